"""Batches of like size: every thing once an epoch, the same wherever a run starts; what is held out never enters one."""

from __future__ import annotations

import numpy as np
import pytest

from discovery.errors import PretrainingError
from discovery.polymers import RepeatUnit
from discovery.pretraining.corpus.corpus import CorpusEntry
from discovery.pretraining.loop.batches import like_sized, split

SIZES = np.random.default_rng(0).integers(5, 60, 200)
UNITS = [RepeatUnit.parse(f"*{'C' * n}O*") for n in range(1, 25)]


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


def test_the_held_out_families_of_a_corpus_are_what_is_held_out() -> None:
    entries = [CorpusEntry(unit, "ether", held_out=i % 5 == 0) for i, unit in enumerate(UNITS)]
    training, held_out = split(entries, seed=0)
    assert held_out.tolist() == [0, 5, 10, 15, 20]
    assert sorted([*training, *held_out]) == list(range(len(UNITS)))


def test_of_a_corpus_that_holds_nothing_out_a_quarter_is_drawn() -> None:
    entries = [CorpusEntry(unit, "ether") for unit in UNITS]
    training, held_out = split(entries, seed=0)
    assert len(held_out) == 6
    assert sorted([*training, *held_out]) == list(range(len(UNITS)))
    assert split(entries, seed=0)[1].tolist() == held_out.tolist()
    assert split(entries, seed=1)[1].tolist() != held_out.tolist()


def test_a_corpus_of_almost_nothing_is_refused() -> None:
    with pytest.raises(PretrainingError, match="7 polymers are too few"):
        split([CorpusEntry(unit, "ether") for unit in UNITS[:7]], seed=0)


def test_a_corpus_that_is_all_held_out_is_refused() -> None:
    with pytest.raises(PretrainingError, match="outside of the held-out families"):
        split([CorpusEntry(unit, "ether", held_out=True) for unit in UNITS], seed=0)
