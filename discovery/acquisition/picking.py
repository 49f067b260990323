"""From a shortlist to the proposals of a round: what is picked, what is said of it, and whether another batch may pay."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from discovery.acquisition.advice import stopping_advice
from discovery.acquisition.batch import choose_batch
from discovery.acquisition.common_rows import CommonRows, common_rows
from discovery.acquisition.cost import cost_handicap
from discovery.acquisition.front import (
    inferred_from,
    inferred_reference,
    measured_utilities,
    reference_in_words,
)
from discovery.acquisition.limits import BatchLimits
from discovery.acquisition.plan import Proposed, RoundSettings
from discovery.acquisition.prediction import Prediction, predictions_by
from discovery.acquisition.pursuit import Pursuit
from discovery.acquisition.reasons import explain
from discovery.acquisition.shortlist import Shortlist
from discovery.acquisition.suspects import best_is_suspect, suspect_keys
from discovery.acquisition.utility import probability
from discovery.acquisition.wording import percent
from discovery.latent.representation import Representation
from discovery.polymers import Candidate, RepeatUnit
from discovery.progress import Progress
from discovery.surrogate.feasibility import Feasibility
from discovery.surrogate.features import Views


@dataclass(frozen=True, eq=False)
class BatchOrder:
    """What is asked for.

    Args:
        q: Polymers asked for.
        seed: Of all that is drawn.
        pending: Polymers that are being made.
        feasibility: What failures have taught.
        settings: How much work may be done, and what a batch has to keep.
        budget_left: Polymers that can still be made, this batch among them; ``None``: not told.
        progress: Told of every long step.
    """

    q: int
    seed: int
    pending: tuple[RepeatUnit, ...]
    feasibility: Feasibility | None
    settings: RoundSettings
    budget_left: int | None
    progress: Progress


@dataclass(frozen=True, eq=False)
class Picked:
    """What came of a shortlist.

    Args:
        batch: Best first.
        notes: What the user should know, in sentences.
        advice: Whether another batch is likely to pay.
    """

    batch: tuple[Proposed, ...]
    notes: tuple[str, ...]
    advice: str


def pick(listed: Shortlist, pursuit: Pursuit, representation: Representation, order: BatchOrder) -> Picked:
    """The batch from the joint posterior of measured, pending and shortlisted polymers.

    Args:
        listed: Candidates that the surrogates can see.
        pursuit: The surrogates and what is gone after.
        representation: Gives fingerprints.
        order: What is asked for.
    """
    if not listed.candidates:
        return Picked((), (), "")
    aim = pursuit.aim
    rows = common_rows(pursuit, order.pending, listed, order.progress)
    known = rows.n_measured + rows.n_pending
    notes = list(rows.notes)
    reference = None
    if aim.pareto:
        reference, source = _reference(pursuit, rows)
        notes.append(reference_in_words(aim.driven, reference, source))
    handicap, told_of_cost = cost_handicap(listed.candidates, order.settings.cost_weight)
    notes += told_of_cost
    units = [c.unit for c in listed.candidates]
    feasibility = order.feasibility
    chances = None if feasibility is None else feasibility.probability(units, order.progress)
    limits = BatchLimits(
        listed.candidates,
        order.settings.rules,
        representation.fingerprints(units),
        representation.fingerprints(order.pending),
    )
    widen = not pursuit.skilful
    if widen:
        notes.append(_widening(pursuit))
    choice = choose_batch(
        rows.joints,
        rows.n_measured,
        rows.n_pending,
        aim,
        order.q,
        seed=order.seed,
        reference=reference,
        handicap=handicap,
        log_chance=None if chances is None else chances.clamp_min(LEAST_CHANCE).log(),
        limits=limits,
        widen=widen,
    )
    chosen = [limits.candidates[i] for i in choice.indices]
    at = [known + i for i in choice.indices]
    views = {
        name: pursuit.models[name].view([c.unit for c in chosen], order.progress).views
        for name in rows.joints
    }
    told = _predictions(pursuit, rows, at, chosen, views, order.progress)
    likely = _fulfilled(pursuit, rows, at, views)
    makeable = [] if chances is None else [float(chances[i]) for i in choice.indices]
    reasons = explain(
        chosen,
        told,
        pursuit,
        widened=choice.widened,
        fulfils=likely,
        feasibility=makeable,
        batch=True,
        seed=order.seed,
    )
    notes += _hopeless(likely)
    fixed = {c.label: 1.0 for c in aim.goal.constraints if c.fixed}
    batch = tuple(
        Proposed(
            candidate,
            {name: each[i] for name, each in told.items()},
            choice.values[i],
            reasons[i],
            makeable[i] if makeable else None,
            likely[i] | fixed,
        )
        for i, candidate in enumerate(chosen)
    )
    advice = stopping_advice(
        rows.joints,
        known,
        at,
        aim,
        reference=reference,
        skilful=pursuit.skilful,
        budget_left=order.budget_left,
        seed=order.seed,
        suspicion=best_is_suspect(pursuit),
    )
    return Picked(batch, tuple(notes), advice)


LEAST_CHANCE = 1e-6
"""Probability that a polymer can be made below which none is told from another."""


NAMED = 3
"""Suspect polymers that a note calls by name."""


def _reference(pursuit: Pursuit, rows: CommonRows) -> tuple[Tensor, str]:
    """``k`` utilities, inferred from the polymers that all driven properties are measured on, else from beliefs about all; and
    from which of both, in words.
    """
    aim = pursuit.aim
    observations = {name: learned.measured for name, learned in pursuit.models.items()}
    measured = measured_utilities(observations, aim.driven, aim.barred)
    if measured.keys:
        point, left_out = inferred_from(measured, suspect_keys(pursuit.models, aim.driven))
        names = {o.unit.key: o.name or o.unit.psmiles for given in observations.values() for o in given}
        without = " and ".join(names[key] for key in left_out[:NAMED])
        more = f" and {len(left_out) - NAMED} more" if len(left_out) > NAMED else ""
        aside = f" without {without}{more}, which all others speak against" if left_out else ""
        return point, f"what is measured{aside}"
    believed = aim.utilities({o.name: rows.joints[o.name].mean[: rows.n_measured] for o in aim.driven})
    return inferred_reference(
        believed
    ), "what the models say of the measured polymers, none of which counts for a front yet"


def _predictions(
    pursuit: Pursuit,
    rows: CommonRows,
    at: Sequence[int],
    chosen: Sequence[Candidate],
    views: Mapping[str, Views],
    progress: Progress,
) -> dict[str, list[Prediction]]:
    """Of every learned property; one that is only observed is left out where its surrogate cannot see all of the batch."""
    told = {}
    for name, joint in rows.joints.items():
        learned, mean = pursuit.models[name], joint.mean[at]
        variance = joint.covariance.diagonal()[at] + joint.noise_variance
        told[name] = predictions_by(learned, views[name], mean, variance)
    for name, learned in pursuit.shown.items():
        view = learned.view([c.unit for c in chosen], progress)
        if len(view.positions) == len(chosen):
            told[name] = predictions_by(learned, view.views, *learned.chosen.predict(view.views))
    return told


def _fulfilled(
    pursuit: Pursuit, rows: CommonRows, at: Sequence[int], views: Mapping[str, Views]
) -> list[dict[str, float]]:
    """Probability of each constraint on a modelled property, by its text, for each row: by the interval that is shown beside it,
    less the noise of measuring.
    """
    found: list[dict[str, float]] = [{} for _ in at]
    for constraint in pursuit.aim.constraints:
        joint, learned = rows.joints[constraint.name], pursuit.models[constraint.name]
        mean, variance = joint.mean[at], joint.covariance.diagonal()[at]
        whole, degrees = learned.calibrated(views[constraint.name], mean, variance + joint.noise_variance)
        variance = variance * whole / (variance + joint.noise_variance)
        chances = probability(constraint, learned.scale, mean, variance, degrees)
        for row, chance in zip(found, chances.tolist(), strict=True):
            row[constraint.label] = chance
    return found


REAL = 0.05
"""Chance to fulfil all constraints below which a polymer is not made for that."""


def _hopeless(likely: Sequence[Mapping[str, float]]) -> list[str]:
    """A note where none of a batch has a real chance to fulfil all constraints, which is the hardest, and what can be done."""
    joint = [math.prod(chances.values()) for chances in likely]
    if not joint or max(joint) >= REAL:
        return []
    hardest = min(likely[0], key=lambda text: max(chances[text] for chances in likely))
    all_ = "all constraints" if len(likely[0]) > 1 else "the constraint"
    return [
        f"No polymer of this batch has a real chance to fulfil {all_} (the likeliest: {percent(max(joint))}): relax "
        f"{hardest}, widen the pool, or make these only to learn."
    ]


def _widening(pursuit: Pursuit) -> str:
    names = " or ".join(o.name for o in pursuit.aim.driven)
    return (
        f"No model of {names} predicts better than the mean of what is measured yet, so the batch widens: every second "
        "polymer is the one that is known least well."
    )
