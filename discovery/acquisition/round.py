"""One round: measurements and a pool in, a batch of proposals out.

The pool is streamed once. Cheap surrogates screen every candidate and keep a shortlist, by optimistic quantiles and by Thompson
samples of each; the surrogates that the gates chose then give the joint posterior of shortlist, measured and pending polymers,
and the acquisition picks the batch from it. Where nothing that is wanted can be learned yet, the batch stands for the pool.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain

from discovery.acquisition.candidate_stream import CandidateStream
from discovery.acquisition.first_batch import fill_space
from discovery.acquisition.fixed_columns import FixedColumns
from discovery.acquisition.front import front_of
from discovery.acquisition.learning_goal import learn_goal, learning_notes, why_not_learned
from discovery.acquisition.limits import BatchRules
from discovery.acquisition.objectives import Goal
from discovery.acquisition.picking import Picked, pick
from discovery.acquisition.plan import Modelling, Plan, PoolCounts, RoundSettings
from discovery.acquisition.pursuit import Pursuit
from discovery.acquisition.reasons import explain_no_estimate
from discovery.acquisition.screening import NO_ESTIMATE, in_words, reasons_of, screen
from discovery.acquisition.searched_space import SearchedSpace
from discovery.acquisition.shortlist import Shortlist, shortlist
from discovery.acquisition.suspects import suspect_keys
from discovery.errors import PoolError
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
        AcquisitionError: When the settings ask for what no batch can keep.
        SurrogateError, EncodingError, WeightsError: From the floors below.
    """
    settings = settings or RoundSettings()
    rules = BatchRules(settings.minimum_distance, settings.per_monomer, settings.shared_stock)
    if q < 1:
        raise PoolError(f"A batch of {q} polymers cannot be proposed.", "Ask for at least one.")
    learned = learn_goal(
        observations,
        goal,
        representation,
        seed=seed,
        members=settings.members,
        modelling=modelling,
        progress=progress,
    )
    pursuit = Pursuit.of(goal, learned)
    made = {o.unit.key: o.unit for given in observations.values() for o in given}
    feasibility = None
    if abandoned:
        feasibility = learn_feasibility(
            list(made.values()), abandoned, representation, seed=seed, progress=progress
        )
    taken = made.keys() | {unit.key for units in (pending, excluded, abandoned) for unit in units}
    left_out: Counter[str] = Counter()
    unread: Counter[str] = Counter()
    remarked: Counter[str] = Counter()
    fixed = FixedColumns(goal, left_out)
    stream = CandidateStream(pool, set(taken), left_out, progress)
    chunks = fixed.kept(stream.chunks())
    if searched is not None:
        allowed = replace(searched, fault=lambda c: searched.fault(c) or fixed.fault(c))
        found = allowed.chunks(pursuit, taken=taken, left_out=left_out, seed=seed, progress=progress)
        chunks = chain(chunks, stream.counted(found))
    wanted = max(settings.shortlist, SHORTLIST_PER_PICK * q)
    listed = None
    if pursuit is None:
        batch, notes = fill_space(
            chunks,
            list(made.values()),
            representation,
            why_not_learned(goal, learned),
            q,
            seed,
            rules=rules,
            left_out=left_out,
            pending=pending,
            feasibility=feasibility,
            fulfilled=[c.label for c in fixed.constraints],
            progress=progress,
        )
        picked = Picked(tuple(batch), tuple(notes), "")
    else:
        ranked = screen(
            chunks,
            pursuit,
            keep=(1 + SPARES) * wanted,
            seed=seed,
            left_out=unread,
            explore=not pursuit.skilful,
            feasibility=feasibility,
            remarked=remarked,
            progress=progress,
        )
        left_out.update(unread)
        listed = shortlist(ranked, pursuit.models, wanted, progress)
        left_out.update(reasons_of(listed.failures))
        picked = pick(
            listed,
            pursuit,
            representation,
            q=q,
            seed=seed,
            pending=pending,
            feasibility=feasibility,
            rules=rules,
            cost_weight=settings.cost_weight,
            budget_left=budget_left,
            progress=progress,
        )
    left_out.update(pool.dropped if pool is not None else ())
    notes = [
        *learning_notes(learned),
        *(pursuit.notes if pursuit else ()),
        *(listed.notes() if listed else ()),
        *picked.notes,
    ]
    if searched is not None:
        notes.append(searched.note(stream.found))
    if feasibility is not None:
        notes.append(feasibility.note)
    looked_at = None if listed is None else listed.tried + unread.total() + fixed.dropped + stream.taken
    looked_at_all = looked_at is None or looked_at == stream.seen
    if not picked.batch:
        raise _nothing(stream.seen, left_out, None if looked_at_all else listed)
    if len(picked.batch) < q:
        notes.append(_short(len(picked.batch), q, listed, looked_at_all, rules))
    unestimated = remarked[NO_ESTIMATE]
    if pursuit is not None and unestimated:
        chosen = [p.candidate for p in picked.batch]
        every = [explain_no_estimate(one, unestimated, chosen) for one in pursuit.models.values()]
        notes += [note for note in every if note]
    full = 0 if listed is None else len(listed.candidates)
    reasons = {reason: n for reason, n in left_out.items() if n}
    return Plan(
        batch=picked.batch,
        learned=learned,
        pool=PoolCounts(stream.seen, full, reasons, unestimated),
        notes=tuple(dict.fromkeys(notes)),
        feasibility=feasibility,
        front=front_of(observations, goal, suspects=suspect_keys(learned, goal.driven)),
        advice=picked.advice,
    )


def _short(picked: int, q: int, listed: Shortlist | None, looked_at_all: bool, rules: BatchRules) -> str:
    """Why a batch is smaller than asked for."""
    polymers = "1 polymer" if picked == 1 else f"{picked} polymers"
    if rules.in_words() and (listed is None or picked < len(listed.candidates)):
        return f"Only {polymers} of {q} can be proposed together: the batch keeps {rules.in_words()}."
    what = "The pool holds" if looked_at_all else "The best-ranked part of the pool holds"
    return f"{what} only {polymers} that can be proposed; {q} were asked for."


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


def _sentence(counts: Counter[str]) -> str:
    parts = [f"{n} {what}" for what, n in counts.items() if n]
    return ", ".join(parts) if parts else "it is empty"
