"""Batches of like size: every thing once an epoch, the same wherever a run starts."""

from __future__ import annotations

import numpy as np

from discovery.pretraining.batches import like_sized

SIZES = np.random.default_rng(0).integers(5, 60, 200)


def test_a_step_has_the_same_batch_wherever_the_run_starts() -> None:
    whole = list(like_sized(SIZES, np.arange(200), 8, steps=40, seed=3))
    rest = list(like_sized(SIZES, np.arange(200), 8, steps=40, seed=3, start=27))
    assert len(whole) == 40
    assert [batch.tolist() for batch in rest] == [batch.tolist() for batch in whole[27:]]


def test_an_epoch_holds_every_thing_once() -> None:
    epoch = list(like_sized(SIZES, np.arange(200), 8, steps=25, seed=0))
    assert sorted(i for batch in epoch for i in batch.tolist()) == list(range(200))


def test_a_batch_holds_things_of_like_size() -> None:
    spread = [np.ptp(SIZES[batch]) for batch in like_sized(SIZES, np.arange(200), 8, steps=25, seed=0)]
    assert np.mean(spread) < 8  # of 55 over all
