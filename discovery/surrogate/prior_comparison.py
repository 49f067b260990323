"""Whether a prior mean pays: the member that the gate chose, with it against without it, in numbers and in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from discovery.surrogate.crossfit import CrossfittedGaussianProcess
from discovery.surrogate.features import Features
from discovery.surrogate.gate import GateDecision, paired_difference
from discovery.surrogate.members import GaussianProcess
from discovery.surrogate.observations import Observation
from discovery.surrogate.prior import (
    WITH_PRIOR,
    PriorMean,
    PriorVerdict,
    obstacle,
    verdict_in_words,
    without_prior,
)
from discovery.surrogate.surrogate import Surrogate
from discovery.surrogate.validation import LeaveOneOut

NAMED = 3
"""Polymers that a note calls by name with the reason; of more it gives the number."""


def variants_of(prior: PriorMean | None, features: Features) -> tuple[bool, ...]:
    """Whether members are fitted without the prior mean only, or also with it."""
    return (False,) if prior is None or obstacle(_estimates(features)) else (False, True)


def verdict_of(
    prior: PriorMean | None,
    variants: Sequence[bool],
    decision: GateDecision,
    members: Sequence[Surrogate],
    left_out: Sequence[LeaveOneOut],
    observations: Sequence[Observation],
    every: Features,
) -> PriorVerdict | None:
    """What the prior mean is worth: the chosen member with it against the same without; ``None`` where none was asked for."""
    if prior is None:
        return None
    lacking = [
        o for o, value in zip(observations, _estimates(every), strict=True) if not math.isfinite(value)
    ]
    names = tuple(o.name or o.unit.psmiles for o in lacking)
    told = ""
    if lacking:
        count = "1 measured polymer has" if len(lacking) == 1 else f"{len(lacking)} measured polymers have"
        reasons = [f"{o.name or o.unit.psmiles} ({prior.why_not(o.unit)})" for o in lacking[:NAMED]]
        more = f" and {len(lacking) - NAMED} more" if len(lacking) > NAMED else ""
        told = f" {count} no estimate: {', '.join(reasons)}{more}."
    if True not in variants:
        why = obstacle(_estimates(every)) or "too few of the polymers that all models read have an estimate"
        return PriorVerdict(
            prior.name, prior.revision, False, f"The prior mean {prior.name} is not used: {why}.{told}", names
        )
    base, used = without_prior(decision.chosen), decision.chosen.endswith(WITH_PRIOR)
    by_name = {member.name: (member, loo) for member, loo in zip(members, left_out, strict=True)}
    if (
        base + WITH_PRIOR not in by_name
    ):  # the multi-task member has none: the best of those that have one tells its worth
        having = [name for name in by_name if name.endswith(WITH_PRIOR)]
        base = without_prior(max(having, key=lambda name: by_name[name][1].log_score))
    informed, scores = by_name[base + WITH_PRIOR]
    difference, error = paired_difference(scores.log_scores, by_name[base][1].log_scores)
    slope, slope_error = _slope(informed)
    reason = verdict_in_words(prior.name, base, used, difference, error, slope, slope_error) + told
    return PriorVerdict(
        prior.name, prior.revision, used, reason, names, base, difference, error, slope, slope_error
    )


def _slope(member: Surrogate) -> tuple[float, float]:
    """Slope of a member's prior mean and its deviation; the mean over the folds of a cross-fitted one."""
    parts = member.parts if isinstance(member, CrossfittedGaussianProcess) else (member,)
    slopes = [part.prior_slope() for part in parts if isinstance(part, GaussianProcess)]
    mean, error = np.mean(slopes, axis=0).tolist()
    return mean, error


def _estimates(features: Features) -> NDArray[np.float64]:
    if features.estimates is None:
        return np.full(len(features), np.nan)
    known: NDArray[np.float64] = features.estimates.numpy()
    return known
