"""One round: measurements and a pool in, a batch of proposals out.

The pool is streamed once. A cheap surrogate screens every candidate and keeps a shortlist, by an optimistic quantile and by a
Thompson sample of each; the surrogate that the gate chose then gives the joint posterior of shortlist, measured and pending
polymers, and the acquisition picks the batch from it. Where nothing can be learned yet, the batch fills the space of
fingerprints evenly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch

from discovery.acquisition.batch import choose_batch, with_measured
from discovery.acquisition.cost import cost_handicap
from discovery.acquisition.diversity import space_filling
from discovery.acquisition.objectives import Objective
from discovery.acquisition.prediction import Z95, Prediction, predictions
from discovery.acquisition.reasons import explain, explain_space_filling
from discovery.acquisition.screening import in_words, reasons_of, screen
from discovery.acquisition.searched_space import SearchedSpace
from discovery.acquisition.shortlist import Shortlist, shortlist
from discovery.errors import PoolError
from discovery.latent.representation import Representation
from discovery.polymers import Candidate, RepeatUnit
from discovery.pools import Pool
from discovery.pools.chunk import keys_of, take
from discovery.progress import Progress, silent
from discovery.surrogate.features import join_views
from discovery.surrogate.learning import Learned, NotLearned, View, learn
from discovery.surrogate.observations import Observation

__all__ = [
    "Z95",
    "Plan",
    "PoolCounts",
    "Prediction",
    "Proposed",
    "RoundSettings",
    "plan_round",
    "predict",
    "reasons_of",
    "screen",
]

SHORTLIST_PER_PICK = 4
"""Shortlisted candidates per polymer asked for, at the least: a batch needs something to choose from."""

SPARES = 2
"""Ranked candidates kept for each one shortlisted, to take the place of those that cannot be encoded."""

SAMPLE = 20_000
"""Candidates that a space-filling batch is chosen from; a larger pool is thinned evenly."""


@dataclass(frozen=True, slots=True)
class RoundSettings:
    """How much work a round may do."""

    shortlist: int = 128
    """Candidates that get a conformer and the full posterior."""

    refine: bool = True
    """Whether LoRA adapters are trained before the gate decides."""

    cost_weight: float = 0.0
    """How much the price of the monomers counts when the batch is picked: 1 is improvement per price."""

    fingerprint_only: bool = False
    """Fit the fingerprint member alone: the peer that the loop is measured against."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """One polymer to make."""

    candidate: Candidate
    prediction: Prediction | None
    acquisition: float | None
    reason: str


@dataclass(frozen=True)
class PoolCounts:
    """What became of the pool: how many candidates it gave, how many got the full posterior, what was left out and why."""

    candidates: int
    shortlisted: int
    left_out: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class Plan:
    """A batch and everything that made it.

    Args:
        batch: Best first; fewer than asked for where the pool is smaller.
        learned: The surrogates, or why there are none.
        pool: What became of the candidates.
        notes: What the user should know, in sentences.
    """

    batch: tuple[Proposed, ...]
    learned: Learned | NotLearned
    pool: PoolCounts
    notes: tuple[str, ...]


def plan_round(
    observations: Sequence[Observation],
    pool: Pool | None,
    objective: Objective,
    representation: Representation,
    *,
    q: int,
    seed: int,
    searched: SearchedSpace | None = None,
    pending: Sequence[RepeatUnit] = (),
    excluded: Sequence[RepeatUnit] = (),
    settings: RoundSettings | None = None,
    progress: Progress = silent,
) -> Plan:
    """Choose the next ``q`` polymers to make.

    Args:
        observations: What is measured, one per polymer.
        pool: Candidates, streamed once; ``None`` where all come from ``searched``.
        objective: What is asked for.
        representation: Encoders, fusion and store.
        q: Polymers asked for, at least one.
        seed: Same inputs and seed, same batch.
        searched: Monomers that make too many polymers to enumerate.
        pending: Polymers that are being made; never proposed again, and counted on by the acquisition.
        excluded: Further polymers never to propose, such as those that could not be made.
        settings: How much work may be done.
        progress: Told of every long step.

    Raises:
        PoolError: When ``q`` is below one or the pool holds nothing that may be proposed.
        SurrogateError, EncodingError, WeightsError: From the floors below.
    """
    settings = settings or RoundSettings()
    if q < 1:
        raise PoolError(f"A batch of {q} polymers cannot be proposed.", "Ask for at least one.")
    learned = learn(
        observations,
        representation,
        seed=seed,
        refinement=settings.refine,
        fingerprint_only=settings.fingerprint_only,
        progress=progress,
    )
    taken = {o.unit.key for o in observations} | {u.key for u in pending} | {u.key for u in excluded}
    left_out: Counter[str] = Counter()
    unread: Counter[str] = Counter()
    stream = _Stream(pool, taken, left_out, progress)
    chunks = stream.chunks()
    if searched is not None:
        found = searched.chunks(
            learned, objective, taken=taken, left_out=left_out, seed=seed, progress=progress
        )
        chunks = chain(chunks, stream.counted(found))
    wanted = max(settings.shortlist, SHORTLIST_PER_PICK * q)
    listed = None
    if isinstance(learned, NotLearned):
        known = [*(o.unit for o in observations), *pending]
        batch, notes = _fill_space(chunks, known, representation, learned.reason, q, seed)
    else:
        ranked = screen(
            chunks,
            learned,
            objective,
            keep=(1 + SPARES) * wanted,
            seed=seed,
            left_out=unread,
            progress=progress,
        )
        left_out.update(unread)
        listed = shortlist(ranked, learned, wanted, progress)
        left_out.update(reasons_of(listed.failures))
        batch, notes = _acquire(listed, pending, learned, objective, q, seed, settings.cost_weight, progress)
        notes = [*listed.notes(), *notes]
    left_out.update(pool.dropped if pool is not None else ())
    if searched is not None:
        notes.append(searched.note(stream.found))
    looked_at_all = listed is None or listed.tried + unread.total() == stream.seen - stream.taken
    if not batch:
        raise _nothing(stream.seen, left_out, None if looked_at_all else listed)
    if len(batch) < q:
        what = "The pool holds" if looked_at_all else "The best-ranked part of the pool holds"
        polymers = "1 polymer" if len(batch) == 1 else f"{len(batch)} polymers"
        notes.append(f"{what} only {polymers} that can be proposed; {q} were asked for.")
    told = learned.notes if isinstance(learned, Learned) else ()
    full = 0 if listed is None else len(listed.candidates)
    counts = PoolCounts(stream.seen, full, {reason: n for reason, n in left_out.items() if n})
    return Plan(tuple(batch), learned, counts, (*told, *notes))


def _nothing(seen: int, left_out: Counter[str], tried: Shortlist | None) -> PoolError:
    """Nothing can be proposed; ``tried`` is what was looked at, where that was not the whole pool."""
    if tried is None:
        return PoolError(
            f"None of the {seen} candidates of the pool can be proposed: {_sentence(left_out)}.",
            "Give more monomers or polymers, or ingest the results of pending proposals.",
        )
    return PoolError(
        f"None of the {tried.tried} best-ranked of the pool's {seen} candidates can be encoded "
        f"({in_words(tried.failures)}).",
        "Use a larger shortlist, or encoders that can read these polymers.",
    )


class _Stream:
    """The pool without what is measured, pending or excluded; counts what it gave and what it left out."""

    def __init__(
        self, pool: Pool | None, taken: set[str], left_out: Counter[str], progress: Progress
    ) -> None:
        self._pool, self._taken, self._left_out, self._progress = pool, taken, left_out, progress
        self.seen = self.taken = self.found = 0

    def counted(self, chunks: Iterator[Sequence[Candidate]]) -> Iterator[Sequence[Candidate]]:
        """What a search found, which has none of those left out already."""
        for chunk in chunks:
            self.seen += len(chunk)
            self.found += len(chunk)
            yield chunk

    def chunks(self) -> Iterator[Sequence[Candidate]]:
        for chunk in self._pool.chunks() if self._pool is not None else ():
            rows = [i for i, key in enumerate(keys_of(chunk)) if key not in self._taken]
            fresh = chunk if len(rows) == len(chunk) else take(chunk, rows)
            self.seen += len(chunk)
            self.taken += len(chunk) - len(fresh)
            self._left_out["measured, pending, abandoned or withdrawn"] += len(chunk) - len(fresh)
            self._progress(self.seen, None, "candidates of the pool")
            if fresh:
                yield fresh


def predict(
    learned: Learned, units: Sequence[RepeatUnit], progress: Progress = silent
) -> tuple[View, list[Prediction]]:
    """Predictions of the chosen surrogate for those of ``n`` units that can be encoded, in order."""
    view = learned.view(units, progress)
    if not view.positions:
        return view, []
    return view, predictions(*learned.chosen.predict(view.views))


def _fill_space(
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


def _acquire(
    listed: Shortlist,
    pending: Sequence[RepeatUnit],
    learned: Learned,
    objective: Objective,
    q: int,
    seed: int,
    cost_weight: float,
    progress: Progress,
) -> tuple[list[Proposed], list[str]]:
    """The batch from the joint posterior of measured, pending and shortlisted polymers."""
    if not listed.candidates:
        return [], []
    views, n_pending, notes = [learned.known], 0, []
    if pending:
        seen = learned.view(pending, progress)
        n_pending = len(seen.positions)
        if n_pending:
            views.append(seen.views)
        if seen.failures:
            count = (
                "1 pending polymer is"
                if len(seen.failures) == 1
                else f"{len(seen.failures)} pending polymers are"
            )
            notes.append(
                f"{count} not seen by the model, so the batch may resemble them ({in_words(seen.failures)})."
            )
    joint = learned.chosen.joint(join_views([*views, *listed.views]))
    n_measured = len(learned.observations)
    visible = {o.unit.key for o in learned.observations}
    unseen = [o for o in learned.measured if o.unit.key not in visible]
    if unseen:
        values = torch.tensor([o.value for o in unseen], dtype=torch.float64)
        variances = [joint.noise_variance / o.n if o.sem is None else o.sem**2 for o in unseen]
        joint = with_measured(joint, n_measured, values, torch.tensor(variances, dtype=torch.float64))
        n_measured += len(unseen)
    handicap, told_of_cost = cost_handicap(listed.candidates, cost_weight)
    notes += told_of_cost
    choice = choose_batch(joint, n_measured, n_pending, objective, q, seed=seed, handicap=handicap)
    rows = [n_measured + n_pending + i for i in choice.indices]
    told = predictions(joint.mean[rows], joint.covariance.diagonal()[rows] + joint.noise_variance)
    chosen = [listed.candidates[i] for i in choice.indices]
    reasons = explain(chosen, told, learned, objective)
    batch = [
        Proposed(c, p, float(a), r) for c, p, a, r in zip(chosen, told, choice.values, reasons, strict=True)
    ]
    return batch, notes


def _sentence(counts: Counter[str]) -> str:
    parts = [f"{n} {what}" for what, n in counts.items() if n]
    return ", ".join(parts) if parts else "it is empty"
