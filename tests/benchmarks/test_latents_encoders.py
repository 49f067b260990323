from __future__ import annotations

import numpy as np
import pytest
from latents_encoders import cosine_ratio, scrambled
from latents_views import standardised

from discovery.encoders.encoder import Encoding
from discovery.polymers import RepeatUnit

UNITS = [RepeatUnit.parse(text) for text in ("*CC(*)c1ccccc1", "*CCO*", "*CC(=O)NCCCC*")]


class ByChain:
    """Knows which chain it sees, however that is written: a fixed angle between every two."""

    def encode(self, units: list[RepeatUnit]) -> Encoding:
        keys = sorted({unit.key for unit in units})
        place = np.eye(len(keys), dtype=np.float32) + 1.0
        return Encoding(tuple(units), place[[keys.index(unit.key) for unit in units]])


def test_scrambling_keeps_the_letters_and_loses_their_order() -> None:
    texts = [scrambled(unit) for unit in UNITS]
    assert [sorted(text) for text in texts] == [sorted(unit.psmiles) for unit in UNITS]
    assert texts != [unit.psmiles for unit in UNITS]
    assert texts == [scrambled(unit) for unit in UNITS]


def test_the_cosine_ratio_compares_writings_with_chains() -> None:
    found = cosine_ratio("text", ByChain(), UNITS)  # type: ignore[arg-type]
    assert found.within == pytest.approx(1.0)
    assert found.between == pytest.approx(5 / 6)  # (2, 1, 1) and (1, 2, 1)


def test_standardising_drops_constants() -> None:
    found = standardised(np.array([[1.0, 5.0], [3.0, 5.0], [5.0, 5.0]]))
    assert found == pytest.approx(np.array([[-(1.5**0.5)], [0.0], [1.5**0.5]]))
