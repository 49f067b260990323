from __future__ import annotations

import numpy as np
import pytest

from discovery.latent.encoded import Encoded
from discovery.polymers import RepeatUnit


def encoded(units: tuple[RepeatUnit, ...], offset: float = 0.0) -> Encoded:
    rows = np.arange(len(units), dtype=np.float32)[:, None] + offset
    return Encoded(units, rows, -rows)


def test_joined_groups_hold_every_polymer_once_where_it_first_stands(units: tuple[RepeatUnit, ...]) -> None:
    together = Encoded.joined([encoded(units[:5]), encoded(units[3:8], offset=100.0)])
    assert together.keys == [unit.key for unit in units[:8]]
    assert together.text[:, 0].tolist() == [0, 1, 2, 3, 4, 102, 103, 104]
    assert together.geometry[:, 0].tolist() == [0, -1, -2, -3, -4, -102, -103, -104]


def test_rows_are_taken_in_the_order_asked_for(units: tuple[RepeatUnit, ...]) -> None:
    some = encoded(units[:6])[[4, 0]]
    assert some.keys == [units[4].key, units[0].key]
    assert [part[:, 0].tolist() for part in some.vectors] == [[4, 0], [-4, 0]]
    assert len(some[[]]) == 0


def test_polymers_need_as_many_vectors(units: tuple[RepeatUnit, ...]) -> None:
    with pytest.raises(ValueError, match="3 units need as many vectors, got 3 and 2"):
        Encoded(units[:3], np.zeros((3, 2)), np.zeros((2, 2)))
