r"""A batch that spreads over the pool, for when nothing is known yet.

Greedy maxmin [Gonzalez1985]_ on Tanimoto distance: each pick is the candidate farthest from all that is
taken. Distances of the pool to one pick at a time need memory for the pool's rows only, never for pairs of
them.

.. [Gonzalez1985]
    T. F. Gonzalez. Clustering to minimize the maximum intercluster distance. Theoretical Computer Science 38,
    1985.
"""

from __future__ import annotations

import torch
from torch import Tensor

from discovery.acquisition.objectives import AcquisitionError
from discovery.surrogate.tanimoto import minmax_similarity

SAMPLE = 256
"""Candidates drawn to find a typical one to begin with."""

ROWS = 8192
"""Pool rows compared at a time."""


def space_filling(pool: Tensor, taken: Tensor | None, q: int, *, seed: int) -> tuple[int, ...]:
    """Spread ``q`` picks over a pool.

    With nothing taken, the first pick is the most typical of a random sample of the pool, so that a batch
    begins in the middle and not at an oddity.

    Args:
        pool: ``n x b`` counts of any dtype; integers of few bytes save memory.
        taken: ``m x b`` counts of what is measured or pending; ``None`` or no rows if nothing is.
        q: How many to pick; a pool no larger than this comes back whole, in order.
        seed: Of the sample for the first pick.

    Returns:
        Positions in the pool, in the order picked. Ties fall to the earliest.

    Raises:
        AcquisitionError: an empty pool, ``q`` below 1, or fingerprints of different width.
    """
    if pool.ndim != 2 or len(pool) == 0:
        raise AcquisitionError("There is no candidate to spread a batch over.", "Widen the pool.")
    if q < 1:
        raise AcquisitionError(f"A batch of {q} cannot be chosen.", "Ask for at least one polymer.")
    if taken is not None and taken.shape[1:] != pool.shape[1:]:
        raise AcquisitionError(
            "The pool's fingerprints are of another width than those taken.",
            "Compute both with the same settings.",
        )
    sizes = torch.cat([chunk.sum(dim=-1, dtype=torch.float64) for chunk in torch.split(pool, ROWS)])
    nearest = torch.full((len(pool),), -torch.inf, dtype=torch.float64)
    picks: list[int] = []
    if taken is None or len(taken) == 0:
        picks.append(_typical(pool, seed))
        _approach(nearest, pool, sizes, pool[picks[0]])
    else:
        for row in taken:
            _approach(nearest, pool, sizes, row)
    while len(picks) < min(q, len(pool)):
        nearest[picks] = torch.inf
        picks.append(int(nearest.argmin()))
        _approach(nearest, pool, sizes, pool[picks[-1]])
    return tuple(picks)


def _typical(pool: Tensor, seed: int) -> int:
    """The member of a random sample that is most like the rest of it."""
    generator = torch.Generator().manual_seed(seed)
    sample = torch.randperm(len(pool), generator=generator)[:SAMPLE].sort().values
    return int(sample[minmax_similarity(pool[sample], pool[sample]).mean(dim=-1).argmax()])


def _approach(nearest: Tensor, pool: Tensor, sizes: Tensor, row: Tensor) -> None:
    """Raise, in place, the ``n`` similarities to the nearest thing taken where ``row``, ``b``, is nearer."""
    columns = row.nonzero().squeeze(-1)
    held = row[columns].to(torch.float64)
    for start in range(0, len(pool), ROWS):
        stop = start + ROWS
        shared = torch.minimum(pool[start:stop].index_select(1, columns).to(torch.float64), held).sum(dim=-1)
        either = sizes[start:stop] + held.sum() - shared
        similarity = torch.where(either > 0, shared / either.clamp_min(torch.finfo(torch.float64).tiny), 1.0)
        torch.maximum(nearest[start:stop], similarity, out=nearest[start:stop])
