"""Which polymers a run trains on, which it is judged by, and batches of like size, the same wherever a run starts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from discovery.errors import PretrainingError
from discovery.pretraining.corpus.corpus import CorpusEntry

BUCKET = 16
"""Batches that are drawn together and sorted by size: enough to hardly pad, few enough to stay random."""

RANDOM_SPLIT = 512
"""Polymers held out at random from a corpus that holds no family out."""

FEWEST = 8
"""Polymers below which there is nothing to train on and to hold out."""


def split(entries: Sequence[CorpusEntry], seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Indices to train on and indices held out: the held-out families, or a small random share where there are none.

    Raises:
        PretrainingError: When too few are left to train on.
    """
    if len(entries) < FEWEST:
        raise PretrainingError(
            f"{len(entries)} polymers are too few to train on.", "Make a corpus of some thousands."
        )
    outside = np.array([entry.held_out for entry in entries])
    if not outside.any():
        drawn = np.random.default_rng(seed).permutation(len(entries))[: min(RANDOM_SPLIT, len(entries) // 4)]
        outside[drawn] = True
    training = np.flatnonzero(~outside)
    if len(training) < FEWEST // 2:
        raise PretrainingError(
            f"{len(training)} polymers outside of the held-out families are too few to train on.",
            "Make a corpus of some thousands.",
        )
    return training, np.flatnonzero(outside)


def like_sized(
    sizes: NDArray[np.int64], indices: NDArray[np.int64], batch: int, *, steps: int, seed: int, start: int = 0
) -> Iterator[NDArray[np.int64]]:
    """One batch of ``indices`` a step, from step ``start`` to the last of ``steps``, each epoch in a new order.

    Args:
        sizes: Size of each thing, by index.
        indices: Those to draw from.
        batch: Things in a batch; the last of an epoch may have fewer.
        steps: Steps of the whole run.
        seed: Of the order.
        start: Steps that are done already.
    """
    step = 0
    for epoch in range(steps):
        rng = np.random.default_rng([seed, epoch])
        shuffled = rng.permutation(indices)
        buckets = [shuffled[i : i + BUCKET * batch] for i in range(0, len(shuffled), BUCKET * batch)]
        batches = [
            bucket[np.argsort(sizes[bucket], kind="stable")][i : i + batch]
            for bucket in buckets
            for i in range(0, len(bucket), batch)
        ]
        for k in rng.permutation(len(batches)):
            if step >= steps:
                return
            if step >= start:
                yield batches[k]
            step += 1
