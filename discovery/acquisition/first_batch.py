"""A batch where no model can be fitted yet: it stands for the pool, beside what is known.

Candidates are compared in the frozen latent as a pool is screened by it, from their text alone: no conformer is made for a pool.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from discovery.acquisition.limits import BatchLimits, BatchRules
from discovery.acquisition.medoids import Medoids
from discovery.acquisition.plan import Proposed
from discovery.acquisition.reasons import explain_space_filling
from discovery.acquisition.screening import in_words, reasons_of
from discovery.encoders.encoder import EncodingFailure
from discovery.latent.representation import Representation
from discovery.polymers import Candidate, RepeatUnit
from discovery.pools.chunk import take
from discovery.progress import Progress, silent
from discovery.surrogate.feasibility import Feasibility

SAMPLE = 20_000
"""Candidates that a first batch is chosen from; a larger pool is thinned evenly."""

HEAD = 64
"""Best candidates of each pick whose routes are looked at, where the batch keeps rules on monomers."""


def fill_space(
    candidates: Iterator[Sequence[Candidate]],
    known: Sequence[RepeatUnit],
    representation: Representation,
    reason: str,
    q: int,
    seed: int,
    *,
    rules: BatchRules,
    left_out: Counter[str],
    pending: Sequence[RepeatUnit] = (),
    feasibility: Feasibility | None = None,
    fulfilled: Sequence[str] = (),
    progress: Progress = silent,
) -> tuple[list[Proposed], list[str]]:
    """A batch that stands for the pool and is like nothing that is known.

    Args:
        candidates: Chunks of a pool.
        known: What is measured.
        representation: Gives the latent.
        reason: Why there is no model.
        q: How many to pick.
        seed: Of the sample.
        rules: What the batch keeps.
        left_out: Gets the number of candidates that could not be encoded, by reason.
        pending: What is being made.
        feasibility: What failures have taught; what a candidate stands for counts by the chance that it can be made.
        fulfilled: Texts of the constraints that every candidate fulfils.
        progress: Told of encoding.
    """
    kept = _sample(candidates, seed)
    if not kept:
        return [], []
    ground = _ground(kept, [*known, *pending], representation, left_out, progress)
    kept = ground.candidates
    medoids = Medoids(ground.points, ground.fixed, seed=seed)
    units = [c.unit for c in kept]
    chances = torch.ones(len(kept), dtype=torch.float64)
    if feasibility is not None:
        chances = feasibility.probability(units, progress)
    far = rules.minimum_distance > 0.0
    fingerprints = representation.fingerprints(units if far else [])
    limits = BatchLimits(kept, rules, fingerprints, representation.fingerprints(pending if far else []))
    chosen: list[int] = []
    while len(chosen) < q:
        place = _next(medoids.gains().double() * chances, limits, rules)
        if place is None:
            break
        chosen.append(place)
        medoids.take(place)
        limits.take(place)
    batch = [
        Proposed(
            limits.candidates[i],
            {},
            None,
            explain_space_filling(reason, first=not number and not len(ground.fixed)),
            None if feasibility is None else float(chances[i]),
            dict.fromkeys(fulfilled, 1.0),
        )
        for number, i in enumerate(chosen)
    ]
    note = f"No model yet: {reason}. The batch stands for the pool as a whole instead."
    return batch, [note, *ground.notes]


def _next(gains: Tensor, limits: BatchLimits, rules: BatchRules) -> int | None:
    """The best candidate that the limits allow; the earliest of equal ones."""
    places = limits.free.nonzero().squeeze(-1)
    if not len(places):
        return None
    if not rules.by_route:
        best = gains[places].argmax()
        return int(places[best])
    for head in torch.split(places[gains[places].argsort(descending=True, stable=True)], HEAD):
        fitting = [place for place in head.tolist() if limits.fits(place)]
        if fitting:
            worth = [float(gains[p].clamp_min(1e-30).log()) + limits.bonus_of(p) for p in fitting]
            place: int = fitting[worth.index(max(worth))]
            return place
    return None


@dataclass(frozen=True, eq=False)
class _Ground:
    """Candidates as points, ``n x d``, and what is known as others, ``m x d``."""

    candidates: list[Candidate]
    points: Tensor
    fixed: Tensor
    notes: tuple[str, ...]


def _ground(
    kept: list[Candidate],
    known: Sequence[RepeatUnit],
    representation: Representation,
    left_out: Counter[str],
    progress: Progress,
) -> _Ground:
    """In the latent; of fingerprints, square roots of the counts, where the text encoder can read none of the candidates."""
    units = [c.unit for c in kept]
    text = representation.text_rows(units, progress)
    failures = [EncodingFailure(units[i], reason) for i, reason in text.failures]
    if not len(text.positions):
        note = f"No candidate can be read by the text encoder ({in_words(failures)}), so they are compared by fingerprints."
        return _Ground(kept, _roots(representation, units), _roots(representation, known), (note,))
    left_out.update(reasons_of(failures))
    points = representation.text_latent(text.vectors)
    fixed = points.new_zeros(0, points.shape[1])
    notes: tuple[str, ...] = ()
    if known:
        told = representation.text_vectors(known, progress)
        fixed = representation.text_latent(told.vectors) if len(told) else fixed
        notes = _unread(told.failures)
    if not representation.trained:
        # An untrained fusion has no statistics of its own yet.
        centre, spread = points.mean(dim=0), points.std(dim=0, correction=0).clamp_min(1e-12)
        points, fixed = (points - centre) / spread, (fixed - centre) / spread
    return _Ground([kept[i] for i in text.positions], points.float(), fixed.float(), notes)


def _unread(failures: Sequence[EncodingFailure]) -> tuple[str, ...]:
    """What the user should know of measured and pending polymers that the text encoder cannot read."""
    if not failures:
        return ()
    count, them = (
        ("1 measured or pending polymer is", "it")
        if len(failures) == 1
        else (f"{len(failures)} measured or pending polymers are", "them")
    )
    return (
        f"{count} not seen by the text encoder, so the batch may resemble {them} ({in_words(failures)}).",
    )


def _roots(representation: Representation, units: Sequence[RepeatUnit]) -> Tensor:
    return representation.fingerprints(units).float().sqrt()


def _sample(candidates: Iterator[Sequence[Candidate]], seed: int) -> list[Candidate]:
    """Up to :data:`SAMPLE` candidates, each with the same chance, in the order of their keys."""
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
    # what a pool holds and a search finds as well is one candidate
    return sorted({c.unit.key: c for c in kept}.values(), key=lambda c: c.unit.key)
