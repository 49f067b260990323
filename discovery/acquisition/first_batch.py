"""A batch where no model can be fitted yet: spread evenly over the pool and away from what is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from discovery.acquisition.diversity import space_filling
from discovery.acquisition.plan import Proposed
from discovery.acquisition.reasons import explain_space_filling
from discovery.latent.representation import Representation
from discovery.polymers import Candidate, RepeatUnit
from discovery.pools.chunk import take

SAMPLE = 20_000
"""Candidates that a space-filling batch is chosen from; a larger pool is thinned evenly."""


def fill_space(
    candidates: Iterator[Sequence[Candidate]],
    known: Sequence[RepeatUnit],
    representation: Representation,
    reason: str,
    q: int,
    seed: int,
) -> tuple[list[Proposed], list[str]]:
    """A batch that lies as far as possible from itself and from what is known."""
    kept: list[Candidate] = []
    rng = np.random.default_rng([seed, 11])
    seen = 0
    for chunk in candidates:
        # Reservoir sampling: every candidate of a stream has the same chance to be kept, and only those kept are made.
        free = max(0, SAMPLE - len(kept))
        kept += take(chunk, range(min(free, len(chunk))))
        places = rng.integers(np.arange(seen + 1, seen + len(chunk) + 1))
        seen += len(chunk)
        rows = [row for row in np.flatnonzero(places < SAMPLE).tolist() if row >= free]
        for row, candidate in zip(rows, take(chunk, rows), strict=True):
            kept[places[row]] = candidate
    if not kept:
        return [], []
    # what a pool holds and a search finds as well is one candidate
    kept = sorted({c.unit.key: c for c in kept}.values(), key=lambda c: c.unit.key)
    fingerprints = representation.fingerprints([c.unit for c in kept])
    chosen = space_filling(fingerprints, representation.fingerprints(known), q, seed=seed)
    note = f"No model yet: {reason}. The batch spreads evenly over the pool instead."
    batch = [
        Proposed(kept[i], None, None, explain_space_filling(reason, first=place == 0 and not known))
        for place, i in enumerate(chosen)
    ]
    return batch, [note]
