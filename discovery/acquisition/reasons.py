"""Why a polymer is proposed, in words: what the model expects of it, what it is near, and what is uncertain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from discovery.acquisition.objectives import Objective
from discovery.polymers import Candidate
from discovery.surrogate.learning import Learned
from discovery.surrogate.tanimoto import minmax_similarity

if TYPE_CHECKING:
    from discovery.acquisition.round import Prediction

NEAR, FAR = 0.5, 0.25
"""Tanimoto similarities of fragment counts: from the first on, two repeat units share most of what they are made of; below the
second, they have little in common."""


def explain(
    candidates: Sequence[Candidate], predictions: Sequence[Prediction], learned: Learned, objective: Objective
) -> list[str]:
    """One reason for each of ``n`` candidates.

    Args:
        candidates: The chosen ones.
        predictions: What the surrogate says of them.
        learned: The surrogate and what it was fitted to.
        objective: Name, unit and direction.
    """
    measured = learned.observations
    fingerprint = learned.representation.fingerprints
    similarity = minmax_similarity(
        fingerprint([c.unit for c in candidates]), fingerprint([o.unit for o in measured])
    )
    best = max(measured, key=lambda o: objective.sign * o.value)
    reasons = []
    for prediction, row in zip(predictions, similarity, strict=True):
        nearest = measured[int(row.argmax())]
        close = float(row.max())
        sigma = (prediction.upper - prediction.lower) / (2 * 1.959964)
        chance = _normal_cdf(objective.sign * (prediction.mean - best.value) / sigma)
        parts = [
            f"{chance:.0%} chance to beat the best measured ({_value(best.value, objective)})",
            f"nearest measured: {nearest.name or nearest.unit.psmiles} "
            f"({_value(nearest.value, objective)}, similarity {close:.2f})",
        ]
        if close < FAR:
            parts.append("uncertain: nothing like it is measured, so it teaches much")
        elif close < NEAR:
            parts.append("partly new ground")
        else:
            parts.append("well-known ground")
        reasons.append("; ".join(parts))
    return reasons


def explain_space_filling(why: str) -> str:
    """The reason of a proposal that no model made."""
    return f"covers a part of the pool that nothing measured or proposed is near ({why})"


def _value(value: float, objective: Objective) -> str:
    return f"{value:.4g} {objective.unit}".strip()


def _normal_cdf(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))
