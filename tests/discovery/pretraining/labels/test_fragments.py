"""Circular fragments: those of the chain, counted per repeat unit."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from discovery.encoders.contract import POLYMERS
from discovery.polymers import RepeatUnit
from discovery.pretraining.labels.fragments import Fragments, fragments_of

UNITS = [RepeatUnit.parse(text) for text in POLYMERS]


def by_unit(found: Fragments) -> list[list[tuple[int, int]]]:
    pairs = list(zip(found.keys.tolist(), found.counts.tolist(), strict=True))
    return [sorted(pairs[a:b]) for a, b in itertools.pairwise(found.offsets.tolist())]


def test_fragments_do_not_depend_on_how_the_chain_is_written_or_cut() -> None:
    rng = random.Random(0)
    written = [RepeatUnit(unit.writings(1, rng)[0], unit.key) for unit in UNITS]
    assert by_unit(fragments_of(written)) == by_unit(fragments_of(UNITS))


def test_fragments_are_counted_where_they_are_asked_for() -> None:
    found = fragments_of(UNITS)
    first = found.keys[: found.offsets[1]].tolist()
    logs = found.logs([*first, 1])
    assert logs.shape == (len(UNITS), len(first) + 1)
    np.testing.assert_allclose(np.expm1(logs[0, :-1]), found.counts[: found.offsets[1]], rtol=1e-5)
    assert logs[:, -1].max() == 0  # no fragment has that hash
    np.testing.assert_array_equal(fragments_of(UNITS[1:2]).logs(first)[0], logs[1, :-1])


def test_a_fragment_is_as_frequent_as_the_chosen_units_that_hold_it() -> None:
    found = fragments_of([UNITS[0], UNITS[0], UNITS[1]])
    both = found.frequency(np.array([True, True, True]))
    one = found.frequency(np.array([True, False, False]))
    assert set(one) == set(found.keys[: found.offsets[1]].tolist())
    assert all(both[key] >= 2 for key in one)


@pytest.mark.parametrize(("text", "heavy"), [("*C*", 1), ("*CCO*", 3), ("*CC(*)c1ccccc1", 8)])
def test_fragments_are_counted_per_repeat_unit(text: str, heavy: int) -> None:
    """Of radius 0, 1 and 2 there is at most one fragment around each heavy atom, however long the closed ring is."""
    total = int(fragments_of([RepeatUnit.parse(text)]).counts.sum())
    assert heavy <= total <= 3 * heavy
