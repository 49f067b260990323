"""Batches of things of like size, the same for the same seed wherever a run starts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

BUCKET = 16
"""Batches that are drawn together and sorted by size: enough to hardly pad, few enough to stay random."""


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
