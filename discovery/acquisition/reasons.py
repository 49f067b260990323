"""Why a polymer is proposed, in words: the chance that it is better, what it is near, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from discovery.acquisition.objectives import Objective
from discovery.acquisition.prediction import Prediction
from discovery.polymers import Candidate
from discovery.surrogate.learning import Learned
from discovery.surrogate.tanimoto import minmax_similarity

NEAR, FAR = 0.5, 0.25
"""Tanimoto similarities of fragment counts: from the first on, two repeat units share most of what they are made of; below the
second, they have little in common."""

SURE, UNSURE = 0.5, 0.75
"""Predicted standard deviation over that of the measured values: below the first, the model has removed three quarters of the
variance or more; from the second on, less than half."""


def explain(
    candidates: Sequence[Candidate], predictions: Sequence[Prediction], learned: Learned, objective: Objective
) -> list[str]:
    """One reason for each of ``n`` candidates, against all that is measured.

    Args:
        candidates: The chosen ones.
        predictions: What the surrogate says of them.
        learned: The surrogate, and what is measured.
        objective: Name, unit and direction.
    """
    measured = learned.measured
    values = torch.tensor([o.value for o in measured], dtype=torch.float64)
    best, spread = measured[objective.best(values)], float(values.std())
    fingerprints = learned.representation.fingerprints([c.unit for c in candidates])
    similarity = minmax_similarity(fingerprints, learned.fingerprints)
    reasons = []
    for prediction, row in zip(predictions, similarity, strict=True):
        nearest, close = measured[int(row.argmax())], float(row.max())
        chance = _normal_cdf(objective.sign * (prediction.mean - best.value) / prediction.sigma)
        unsure = prediction.sigma / spread
        errand = "explores" if unsure >= UNSURE or close < FAR else "builds on what is known"
        reasons.append(
            f"{errand}: {chance:.0%} chance to beat the best measured ({_value(best.value, objective)}); "
            f"nearest measured: {nearest.name or nearest.unit.psmiles} "
            f"({_value(nearest.value, objective)}, similarity {close:.2f}); "
            f"{_sureness(unsure)} (±{_value(prediction.half_width, objective)}), {_ground(close)}"
        )
    return reasons


def explain_space_filling(why: str, *, first: bool = False) -> str:
    """The reason of a proposal that no model made; ``first`` if it was chosen before anything was known or proposed."""
    if first:
        return f"a typical polymer of the pool, to begin in its middle ({why})"
    return f"covers a part of the pool that nothing measured or proposed is near ({why})"


def explain_no_estimate(learned: Learned, screened: int, chosen: Sequence[Candidate]) -> str:
    """What the user should know of candidates that the prior mean has no estimate for.

    Args:
        learned: What it learned with, prior mean and all.
        screened: How many candidates were predicted without an estimate.
        chosen: The batch; those of it that have none are named.
    """
    prior = learned.prior
    if prior is None:
        return ""
    polymers = "1 candidate has" if screened == 1 else f"{screened:,} candidates have"
    told = f"{polymers} no estimate for the prior mean {prior.name}, and keep the plain mean, less surely"
    reasons = {c.name or c.unit.psmiles: prior.why_not(c.unit) for c in chosen}
    named = [f"{name} ({why})" for name, why in reasons.items() if why]
    return f"{told}; among the best of them: {', '.join(named)}." if named else f"{told}."


def _sureness(unsure: float) -> str:
    if unsure < SURE:
        return "fairly sure"
    return "moderately sure" if unsure < UNSURE else "uncertain"


def _ground(close: float) -> str:
    if close < FAR:
        return "new ground"
    return "partly new ground" if close < NEAR else "well-known ground"


def _value(value: float, objective: Objective) -> str:
    size = abs(value)
    text = f"{value:.0f}" if 100 <= size < 1e6 else f"{value:.3g}"
    return f"{text} {objective.unit}".strip()


def _normal_cdf(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))
