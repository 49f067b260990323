"""The texts of a step: two writings of every chain, the same for the same seed, made here or in other processes."""

from __future__ import annotations

import numpy as np

from discovery.polymers import RepeatUnit
from discovery.pretraining.text.writings import pairs, write

UNITS = [RepeatUnit.parse(f"*CC(*){'C' * n}c1ccc(OC)cc1") for n in range(30)]
CHAINS = [(unit.psmiles, unit.key) for unit in UNITS]


def test_both_texts_draw_the_chain() -> None:
    one, other = write(("0-0", 0.5, CHAINS))
    for texts in (one, other):
        assert [RepeatUnit.parse(text) for text in texts] == UNITS


def test_half_of_the_first_writings_are_canonical_and_the_second_are_free() -> None:
    one, other = write(("0-0", 0.5, CHAINS * 4))
    canonical = [unit.psmiles for unit in UNITS * 4]
    assert 0.35 < np.mean([a == b for a, b in zip(one, canonical, strict=True)]) < 0.65
    assert np.mean([a == b for a, b in zip(other, canonical, strict=True)]) < 0.2


def test_the_same_seed_writes_the_same_and_another_does_not() -> None:
    assert write(("0-0", 0.5, CHAINS)) == write(("0-0", 0.5, CHAINS))
    assert write(("0-0", 0.5, CHAINS)) != write(("0-1", 0.5, CHAINS))


def test_a_step_has_the_same_texts_wherever_the_run_starts_and_whoever_writes_them() -> None:
    indices = np.arange(3, 30)
    whole = list(pairs(UNITS, indices, 4, steps=6, seed=1, canonical=0.5))
    ahead = list(pairs(UNITS, indices, 4, steps=6, seed=1, canonical=0.5, start=2, workers=2))
    assert [texts for _, texts in ahead] == [texts for _, texts in whole[2:]]
    for (chosen, _), (expected, _) in zip(ahead, whole[2:], strict=True):
        assert chosen.tolist() == expected.tolist()
        assert min(chosen) >= 3
