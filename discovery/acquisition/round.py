"""One round: measurements and a pool in, a batch of proposals out.

The pool is streamed once. A cheap surrogate screens every candidate and keeps a shortlist, by an optimistic quantile and by a
Thompson sample of each; the surrogate that the gate chose then gives the joint posterior of shortlist, measured and pending
polymers, and the acquisition picks the batch from it. Where nothing can be learned yet, the batch fills the space of
fingerprints evenly.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from discovery.acquisition.batch import choose_batch
from discovery.acquisition.diversity import space_filling
from discovery.acquisition.objectives import Objective
from discovery.acquisition.reasons import explain, explain_space_filling
from discovery.errors import PoolError
from discovery.latent.representation import Representation
from discovery.polymers import Candidate, RepeatUnit
from discovery.pools import Pool
from discovery.progress import Progress, silent
from discovery.surrogate.learning import Learned, NotLearned, View, learn
from discovery.surrogate.observations import Observation

Z95 = 1.959964
"""Half-width of the central 95 % interval of a normal distribution, in standard deviations."""

OPTIMISM = 1.0
"""Standard deviations added to the mean when candidates are screened (an upper confidence bound, Srinivas 2010)."""

SHORTLIST_PER_PICK = 4
"""Shortlisted candidates per polymer asked for, at the least: a batch needs something to choose from."""

SAMPLE = 20_000
"""Candidates that a space-filling batch is chosen from; a larger pool is thinned evenly."""


@dataclass(frozen=True, slots=True)
class RoundSettings:
    """How much work a round may do."""

    shortlist: int = 128
    """Candidates that get a conformer and the full posterior."""

    refine: bool = True
    """Whether LoRA adapters are trained before the gate decides."""

    fingerprint_only: bool = False
    """Fit the fingerprint member alone: the peer that the loop is measured against."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a surrogate says of a candidate, in the objective's unit; the interval holds the next measurement with 95 %."""

    mean: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Proposed:
    """One polymer to make."""

    candidate: Candidate
    prediction: Prediction | None
    acquisition: float | None
    reason: str


@dataclass(frozen=True)
class PoolCounts:
    """What became of the pool: how many candidates it gave, how many were shortlisted, what was left out for which reason."""

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


@dataclass(order=True)
class _Screened:
    """A candidate with its score; candidates of equal score are told apart by their key, so that order is reproducible."""

    score: float
    key: str
    candidate: Candidate = field(compare=False)


def plan_round(
    observations: Sequence[Observation],
    pool: Pool,
    objective: Objective,
    representation: Representation,
    *,
    q: int,
    seed: int,
    pending: Sequence[RepeatUnit] = (),
    excluded: Sequence[RepeatUnit] = (),
    settings: RoundSettings | None = None,
    progress: Progress = silent,
) -> Plan:
    """Choose the next ``q`` polymers to make.

    Args:
        observations: What is measured, one per polymer.
        pool: Candidates, streamed once.
        objective: What is asked for.
        representation: Encoders, fusion and store.
        q: Polymers asked for, at least one.
        seed: Same inputs and seed, same batch.
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
    stream = _Stream(pool, taken, left_out, progress)
    shortlist: list[Candidate] = []
    if isinstance(learned, NotLearned):
        known = [*(o.unit for o in observations), *pending]
        batch, notes = _fill_space(stream.chunks(), known, representation, learned.reason, q, seed)
    else:
        shortlist = screen(
            stream.chunks(),
            learned,
            objective,
            keep=max(settings.shortlist, SHORTLIST_PER_PICK * q),
            seed=seed,
            left_out=left_out,
            progress=progress,
        )
        batch, notes = _acquire(shortlist, pending, learned, objective, q, seed, left_out, progress)
    left_out.update(pool.dropped)
    if not batch:
        raise PoolError(
            f"None of the {stream.seen} candidates of the pool can be proposed: {_sentence(left_out)}.",
            "Give more monomers or polymers, or ingest the results of pending proposals.",
        )
    if len(batch) < q:
        notes.append(f"The pool holds only {len(batch)} polymers that can be proposed; {q} were asked for.")
    told = learned.notes if isinstance(learned, Learned) else ()
    counts = PoolCounts(stream.seen, len(shortlist), {reason: n for reason, n in left_out.items() if n})
    return Plan(tuple(batch), learned, counts, (*told, *notes))


def screen(
    candidates: Iterator[list[Candidate]],
    learned: Learned,
    objective: Objective,
    *,
    keep: int,
    seed: int,
    left_out: Counter[str],
    progress: Progress = silent,
) -> list[Candidate]:
    """The ``keep`` candidates that are worth the full posterior, best first.

    Half are the best by mean plus ``OPTIMISM`` standard deviations, half the best of one draw from each marginal (Thompson
    1933), so that a broad shortlist does not hang on one guess of how optimistic to be.

    Args:
        candidates: Chunks of a pool.
        learned: Its screening surrogate is used.
        objective: Gives the direction.
        keep: How many to keep.
        seed: Of the draws.
        left_out: Gets the number of candidates that could not be encoded.
        progress: Told of every chunk.
    """
    generator = np.random.default_rng([seed, 7])
    optimistic: list[_Screened] = []
    thompson: list[_Screened] = []
    for chunk in candidates:
        view = learned.screen_view([c.unit for c in chunk], progress)
        left_out["could not be read by the text encoder"] += len(view.failures)
        if not view.positions:
            continue
        mean, variance = learned.screening.predict(view.views)
        gain, sigma = objective.sign * mean.numpy(), variance.sqrt().numpy()
        drawn = gain + sigma * generator.standard_normal(len(gain))
        for scores, best in ((gain + OPTIMISM * sigma, optimistic), (drawn, thompson)):
            entries = (
                _Screened(float(s), chunk[i].unit.key, chunk[i])
                for s, i in zip(scores, view.positions, strict=True)
            )
            best[:] = heapq.nlargest(keep, [*best, *entries])
    chosen: dict[str, Candidate] = {}
    for pair in zip(optimistic, thompson, strict=True):
        for entry in pair:
            if len(chosen) < keep:
                chosen.setdefault(entry.key, entry.candidate)
    return list(chosen.values())


class _Stream:
    """The pool without what is measured, pending or excluded; counts what it gave and what it left out."""

    def __init__(self, pool: Pool, taken: set[str], left_out: Counter[str], progress: Progress) -> None:
        self._pool, self._taken, self._left_out, self._progress = pool, taken, left_out, progress
        self.seen = 0

    def chunks(self) -> Iterator[list[Candidate]]:
        for chunk in self._pool.chunks():
            fresh = [c for c in chunk if c.unit.key not in self._taken]
            self.seen += len(chunk)
            self._left_out["measured, pending or withdrawn"] += len(chunk) - len(fresh)
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
    return view, _predictions(*learned.chosen.predict(view.views))


def _fill_space(
    candidates: Iterator[list[Candidate]],
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
        for (
            candidate
        ) in chunk:  # reservoir sampling: every candidate of a stream has the same chance to be kept
            seen += 1
            if len(kept) < SAMPLE:
                kept.append(candidate)
            elif (place := int(rng.integers(seen))) < SAMPLE:
                kept[place] = candidate
    if not kept:
        return [], []
    kept.sort(key=lambda c: c.unit.key)
    fingerprints = representation.fingerprints([c.unit for c in kept])
    chosen = space_filling(fingerprints, representation.fingerprints(known), q, seed=seed)
    note = f"No model yet: {reason}. The batch spreads evenly over the pool instead."
    return [Proposed(kept[i], None, None, explain_space_filling(reason)) for i in chosen], [note]


def _acquire(
    shortlist: Sequence[Candidate],
    pending: Sequence[RepeatUnit],
    learned: Learned,
    objective: Objective,
    q: int,
    seed: int,
    left_out: Counter[str],
    progress: Progress,
) -> tuple[list[Proposed], list[str]]:
    """The batch from the joint posterior of measured, pending and shortlisted polymers."""
    if not shortlist:
        return [], []
    measured = [o.unit for o in learned.observations]
    view = learned.view([*measured, *pending, *(c.unit for c in shortlist)], progress)
    start = len(measured) + len(pending)
    n_pending = sum(len(measured) <= i < start for i in view.positions)
    candidates = [shortlist[i - start] for i in view.positions if i >= start]
    lost = len(shortlist) - len(candidates)
    left_out["no 3D structure could be made"] += lost
    if not candidates:
        return [], []
    n_measured = len(view.positions) - n_pending - len(candidates)
    joint = learned.chosen.joint(view.views)
    choice = choose_batch(joint, n_measured, n_pending, objective, q, seed=seed)
    rows = [n_measured + n_pending + i for i in choice.indices]
    sigma2 = joint.covariance.diagonal()[rows] + joint.noise_variance
    predictions = _predictions(joint.mean[rows], sigma2)
    chosen = [candidates[i] for i in choice.indices]
    reasons = explain(chosen, predictions, learned, objective)
    batch = [
        Proposed(c, p, float(a), r)
        for c, p, a, r in zip(chosen, predictions, choice.values, reasons, strict=True)
    ]
    notes = (
        [f"{lost} of {len(shortlist)} shortlisted candidates have no 3D structure and were left out."]
        if lost
        else []
    )
    return batch, notes


def _predictions(mean: Tensor, variance: Tensor) -> list[Prediction]:
    half = Z95 * variance.sqrt()
    columns = torch.stack([mean, mean - half, mean + half], dim=1).tolist()
    return [Prediction(*row) for row in columns]


def _sentence(counts: Counter[str]) -> str:
    parts = [f"{n} {what}" for what, n in counts.items() if n]
    return ", ".join(parts) if parts else "it is empty"
