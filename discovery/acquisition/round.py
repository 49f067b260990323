"""One round: measurements and a pool in, a batch of proposals out.

The pool is streamed once. A cheap surrogate screens every candidate and keeps a shortlist, by an optimistic quantile and by a
Thompson sample of each; the surrogate that the gate chose then gives the joint posterior of shortlist, measured and pending
polymers, and the acquisition picks the batch from it. Where nothing can be learned yet, the batch fills the space of
fingerprints evenly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain

import torch

from discovery.acquisition.batch import choose_batch, with_measured
from discovery.acquisition.candidate_stream import CandidateStream
from discovery.acquisition.cost import cost_handicap
from discovery.acquisition.first_batch import fill_space
from discovery.acquisition.objectives import Objective
from discovery.acquisition.plan import Plan, PoolCounts, Proposed, RoundSettings
from discovery.acquisition.prediction import predictions
from discovery.acquisition.reasons import explain, explain_no_estimate
from discovery.acquisition.screening import NO_ESTIMATE, in_words, reasons_of, screen
from discovery.acquisition.searched_space import SearchedSpace
from discovery.acquisition.shortlist import Shortlist, shortlist
from discovery.errors import PoolError
from discovery.latent.representation import Representation
from discovery.polymers import RepeatUnit
from discovery.pools import Pool
from discovery.progress import Progress, silent
from discovery.surrogate.features import join_views
from discovery.surrogate.learning import Learned, NotLearned, learn
from discovery.surrogate.observations import Observation
from discovery.surrogate.prior import PriorMean

SHORTLIST_PER_PICK = 4
"""Shortlisted candidates per polymer asked for, at the least: a batch needs something to choose from."""

SPARES = 2
"""Ranked candidates kept for each one shortlisted, to take the place of those that cannot be encoded."""


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
    prior: PriorMean | None = None,
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
        prior: Estimates that the surrogates' mean may follow; the gate decides whether it does.
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
        prior=prior,
        progress=progress,
    )
    taken = {o.unit.key for o in observations} | {u.key for u in pending} | {u.key for u in excluded}
    left_out: Counter[str] = Counter()
    unread: Counter[str] = Counter()
    remarked: Counter[str] = Counter()
    stream = CandidateStream(pool, taken, left_out, progress)
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
        batch, notes = fill_space(chunks, known, representation, learned.reason, q, seed)
    else:
        ranked = screen(
            chunks,
            learned,
            objective,
            keep=(1 + SPARES) * wanted,
            seed=seed,
            left_out=unread,
            remarked=remarked,
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
    unestimated = remarked[NO_ESTIMATE]
    if isinstance(learned, Learned) and unestimated:
        notes.append(explain_no_estimate(learned, unestimated, [p.candidate for p in batch]))
    reasons = {reason: n for reason, n in left_out.items() if n}
    counts = PoolCounts(stream.seen, full, reasons, unestimated)
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
