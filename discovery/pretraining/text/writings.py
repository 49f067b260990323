"""The texts of a training step: every chain in two writings, so that the encoder learns to see the chain and not the string."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from discovery.polymers import RepeatUnit
from discovery.pretraining.loop.batches import like_sized
from discovery.workers import ordered_map

Pairs = tuple[list[str], list[str]]
"""One writing of each chain, and another of each."""


def pairs(
    units: Sequence[RepeatUnit],
    indices: NDArray[np.int64],
    batch: int,
    *,
    steps: int,
    seed: int,
    canonical: float,
    start: int = 0,
    workers: int = 1,
) -> Iterator[tuple[NDArray[np.int64], Pairs]]:
    """Which units each step draws, and their writings; a step is the same wherever a run starts.

    Args:
        units: The corpus.
        indices: Those to draw from.
        batch: Units of a step.
        steps: Steps of the whole run.
        seed: Of the order and the writings.
        canonical: Share of the first writings that are canonical.
        start: Steps that are done already.
        workers: Processes; with two or more, writings are made ahead while the model trains.
    """
    lengths = np.array([len(unit.psmiles) for unit in units])
    schedule = like_sized(lengths, indices, batch, steps=steps, seed=seed, start=start)
    drawn: list[NDArray[np.int64]] = []

    def work() -> Iterator[tuple[str, float, list[tuple[str, str]]]]:
        for step, chosen in enumerate(schedule, start):
            drawn.append(chosen)
            yield f"{seed}-{step}", canonical, [(units[i].psmiles, units[i].key) for i in chosen]

    for found in ordered_map(write, work(), workers):
        yield drawn.pop(0), found


def write(work: tuple[str, float, Sequence[tuple[str, str]]]) -> Pairs:
    """Two writings of each unit, the first of which is canonical with the given probability; the same for the same seed."""
    seed, share, texts = work
    rng = random.Random(seed)
    one, other = [], []
    for psmiles, key in texts:
        canonical = rng.random() < share
        drawn = RepeatUnit(psmiles, key).writings(1 if canonical else 2, rng)
        one.append(psmiles if canonical else drawn[1])
        other.append(drawn[0])
    return one, other
