"""Single cells: what no number is must be told soon, however long it is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.tables.cells import CellError, read_number, read_value

PIECES = st.sampled_from(
    ["-", ".", "1", "12", " ", "\u2013", "to", "+/-", ",", "'", "e", "jan", "/", "<", "\u2212", "nan"]
)


@given(st.lists(PIECES, min_size=1, max_size=3), st.integers(1, 5000), PIECES, PIECES)
@settings(deadline=2000, max_examples=60)
def test_no_long_text_keeps_the_reader_busy(pieces: list[str], times: int, first: str, last: str) -> None:
    found: CellError | None = None
    try:
        read_value(first + "".join(pieces) * times + last)
    except CellError as error:
        found = error
    assert found is None or found.what_to_do


def test_a_long_text_is_not_a_number() -> None:
    begun = time.perf_counter()
    with pytest.raises(CellError, match="is not a number"):
        read_number("1 " + "-" * 4000 + "x")
    assert time.perf_counter() - begun < 2.0


def test_a_number_of_many_digits_is_read() -> None:
    assert read_number("0." + "3" * 500) == pytest.approx(1 / 3)
