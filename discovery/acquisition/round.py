"""One round: measurements and a pool in, a batch of proposals out.

The pool is streamed once. Cheap surrogates screen every candidate and keep a shortlist, by optimistic quantiles and by Thompson
samples of each; the surrogates that the gates chose then give the joint posterior of shortlist, measured and pending polymers,
and the acquisition picks the batch from it. Where nothing that is wanted can be learned yet, the batch stands for the pool.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from discovery.acquisition.candidate_stream import CandidateStream
from discovery.acquisition.first_batch import fill_space
from discovery.acquisition.front import front_of
from discovery.acquisition.learning_goal import learn_goal, learning_notes, why_not_learned
from discovery.acquisition.objectives import Goal
from discovery.acquisition.picking import BatchOrder, Picked, pick
from discovery.acquisition.plan import Modelling, Plan, PoolCounts, RoundSettings
from discovery.acquisition.pursuit import Pursuit
from discovery.acquisition.reasons import explain_no_estimate
from discovery.acquisition.screening import NO_ESTIMATE, in_words, reasons_of, screen
from discovery.acquisition.searched_space import SearchedSpace
from discovery.acquisition.shortlist import Shortlist, shortlist
from discovery.acquisition.suspects import suspect_keys
from discovery.errors import PoolError, UsedUpError
from discovery.latent.representation import Representation
from discovery.polymers import RepeatUnit
from discovery.pools import Pool
from discovery.progress import Progress, silent
from discovery.surrogate.feasibility import learn_feasibility
from discovery.surrogate.observations import Observation

SHORTLIST_PER_PICK = 4
"""Shortlisted candidates per polymer asked for, at the least: a batch needs something to choose from."""

SPARES = 2
"""Ranked candidates kept for each one shortlisted, to take the place of those that cannot be encoded."""


def plan_round(
    observations: Mapping[str, Sequence[Observation]],
    pool: Pool | None,
    goal: Goal,
    representation: Representation,
    *,
    q: int,
    seed: int,
    searched: SearchedSpace | None = None,
    pending: Sequence[RepeatUnit] = (),
    excluded: Sequence[RepeatUnit] = (),
    abandoned: Sequence[RepeatUnit] = (),
    settings: RoundSettings | None = None,
    modelling: Mapping[str, Modelling] | None = None,
    budget_left: int | None = None,
    progress: Progress = silent,
) -> Plan:
    """Choose the next ``q`` polymers to make.

    Args:
        observations: What is measured of each property, one per polymer, in the property's unit; not every polymer needs to be
            measured in everything.
        pool: Candidates, streamed once; ``None`` where all come from ``searched``.
        goal: What is asked for.
        representation: Encoders, fusion and store.
        q: Polymers asked for, at least one.
        seed: Same inputs and seed, same batch.
        searched: Monomers that make too many polymers to enumerate.
        pending: Polymers that are being made; never proposed again, and counted on by the acquisition.
        excluded: Further polymers never to propose.
        abandoned: Polymers that could not be made: never proposed, and learned from.
        settings: How much work may be done, and what a batch has to keep.
        modelling: How each property is learned, by its name.
        budget_left: Polymers that can still be made in all, this batch among them; ``None``: not told.
        progress: Told of every long step.

    Raises:
        PoolError: When ``q`` is below one or the pool holds nothing that may be proposed.
        SurrogateError, EncodingError, WeightsError: From the floors below.
    """
    settings = settings or RoundSettings()
    if q < 1:
        raise PoolError(f"A batch of {q} polymers cannot be proposed.", "Ask for at least one.")
    learned = learn_goal(
        observations,
        goal,
        representation,
        seed=seed,
        members=settings.members,
        modelling=modelling,
        refining=settings.refining,
        progress=progress,
    )
    pursuit = Pursuit.of(goal, learned, observations)
    made = {o.unit.key: o.unit for given in observations.values() for o in given}
    feasibility = None
    if abandoned:
        feasibility = learn_feasibility(
            list(made.values()), abandoned, representation, seed=seed, progress=progress
        )
    closed = {unit.key for units in (pending, excluded, abandoned) for unit in units}
    stream = CandidateStream(pool, searched, goal, frozenset(made.keys() | closed), progress)
    order = BatchOrder(q, seed, tuple(pending), feasibility, settings, budget_left, progress)
    if pursuit is None:
        reason = why_not_learned(goal, learned)
        chosen = _spread(order, stream, tuple(made.values()), representation, reason)
    else:
        chosen = _promising(order, stream, pursuit, representation)
    if not chosen.picked.batch:
        raise _nothing(stream, chosen.tried)
    notes = [*learning_notes(learned), *chosen.picked.notes, *stream.notes()]
    if feasibility is not None:
        notes.append(feasibility.note)
    if len(chosen.picked.batch) < q:
        notes.append(_short(chosen, order))
    return Plan(
        batch=chosen.picked.batch,
        learned=learned,
        pool=PoolCounts(stream.seen, chosen.shortlisted, stream.reasons(), chosen.without_estimate),
        notes=tuple(dict.fromkeys(notes)),
        feasibility=feasibility,
        front=front_of(observations, goal, suspects=suspect_keys(learned, goal.driven)),
        advice=chosen.picked.advice,
    )


@dataclass(frozen=True, eq=False)
class _Chosen:
    """A batch and what it was chosen from.

    Args:
        picked: The batch.
        shortlisted: Candidates that got the full posterior.
        without_estimate: Candidates that were screened without an estimate for the prior mean.
        tried: What was looked at, where that is not the whole pool.
    """

    picked: Picked
    shortlisted: int = 0
    without_estimate: int = 0
    tried: Shortlist | None = None


def _spread(
    order: BatchOrder,
    stream: CandidateStream,
    made: Sequence[RepeatUnit],
    representation: Representation,
    reason: str,
) -> _Chosen:
    """A batch that stands for the pool, where no model can choose."""
    batch, notes = fill_space(
        stream.chunks(None, order.seed),
        made,
        representation,
        reason,
        order.q,
        order.seed,
        rules=order.settings.rules,
        left_out=stream.left_out,
        pending=order.pending,
        feasibility=order.feasibility,
        fulfilled=stream.fulfilled,
        progress=order.progress,
    )
    return _Chosen(Picked(tuple(batch), tuple(notes), ""))


def _promising(
    order: BatchOrder, stream: CandidateStream, pursuit: Pursuit, representation: Representation
) -> _Chosen:
    """The batch that the surrogates choose."""
    wanted = max(order.settings.shortlist, SHORTLIST_PER_PICK * order.q)
    unread: Counter[str] = Counter()
    remarked: Counter[str] = Counter()
    ranked = screen(
        stream.chunks(pursuit, order.seed),
        pursuit,
        keep=(1 + SPARES) * wanted,
        seed=order.seed,
        left_out=unread,
        explore=not pursuit.skilful,
        feasibility=order.feasibility,
        remarked=remarked,
        progress=order.progress,
    )
    listed = shortlist(ranked, pursuit.models, wanted, order.progress)
    stream.left_out.update(unread)
    stream.left_out.update(reasons_of(listed.failures))
    picked = pick(listed, pursuit, representation, order)
    notes = [*pursuit.notes, *listed.notes(), *picked.notes]
    unestimated = remarked[NO_ESTIMATE]
    if unestimated:
        chosen = [p.candidate for p in picked.batch]
        notes += [explain_no_estimate(one, unestimated, chosen) for one in pursuit.models.values()]
    whole = listed.tried + unread.total() + stream.unscored == stream.seen
    return _Chosen(
        replace(picked, notes=tuple(note for note in notes if note)),
        len(listed.candidates),
        unestimated,
        None if whole else listed,
    )


def _short(chosen: _Chosen, order: BatchOrder) -> str:
    """Why a batch is smaller than asked for."""
    picked, rules = len(chosen.picked.batch), order.settings.rules.in_words()
    polymers = "1 polymer" if picked == 1 else f"{picked} polymers"
    if rules and (not chosen.shortlisted or picked < chosen.shortlisted):
        return f"Only {polymers} of {order.q} can be proposed together: the batch keeps {rules}."
    what = "The best-ranked part of the pool holds" if chosen.tried else "The pool holds"
    return f"{what} only {polymers} that can be proposed; {order.q} were asked for."


def _nothing(stream: CandidateStream, tried: Shortlist | None) -> PoolError:
    """Nothing can be proposed; ``tried`` is what was looked at, where that was not the whole pool."""
    if tried is None:
        return UsedUpError(
            f"None of the {stream.seen} candidates of the pool can be proposed: {_sentence(stream.reasons())}.",
            "Give more monomers or polymers, or ingest the results of pending proposals.",
        )
    return PoolError(
        f"None of the {tried.tried} best-ranked of the pool's {stream.seen} candidates can be encoded "
        f"({in_words(tried.failures)}).",
        "Use a larger shortlist, or encoders that can read these polymers.",
    )


def _sentence(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {what}" for what, n in counts.items()) or "it is empty"
