r"""What a value of a property is worth.

Utilities are on the scale that the property is modelled on, and more is better: the value itself, its negative, or for a target
minus the distance from the wanted range, which is flat inside of it and keeps its slope however far outside, so that a search
that starts far away knows the way. What is shown of a target is its desirability, which ends at the tolerance ([Derringer1980]_,
with exponents of one).

.. [Derringer1980]
    G. Derringer, R. Suich. Simultaneous optimization of several response variables. Journal of Quality Technology 12, 1980.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from discovery.acquisition.objectives import Constraint, Objective
from discovery.surrogate.observations import Observation
from discovery.surrogate.scale import Scale
from discovery.surrogate.validation import share_below


def target_range(objective: Objective) -> tuple[float, float]:
    """Both ends of the range that a target wants, on the scale."""
    assert objective.low is not None
    assert objective.high is not None
    return objective.scale.on(objective.low), objective.scale.on(objective.high)


def utility(objective: Objective, values: Tensor) -> Tensor:
    """What ``... `` values on the scale are worth, on the scale."""
    if objective.direction != "target":
        return objective.sign * values
    low, high = target_range(objective)
    return -(low - values).clamp_min(0.0) - (values - high).clamp_min(0.0)


def utility_moments(objective: Objective, mean: Tensor, variance: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of the utility of normal values, each ``m``; in closed form, also of a target."""
    if objective.direction != "target":
        return objective.sign * mean, variance
    sigma = variance.clamp_min(torch.finfo(torch.float64).tiny).sqrt()
    first, second = torch.zeros_like(mean), torch.zeros_like(mean)
    low, high = target_range(objective)
    for outside in (low - mean, mean - high):
        z = outside / sigma
        density, below = torch.exp(-0.5 * z.square()) / math.sqrt(2.0 * math.pi), torch.special.ndtr(z)
        first += sigma * (density + z * below)
        second += variance * ((1.0 + z.square()) * below + z * density)
    # Far inside the range both moments are nothing but rounding.
    return -first, (second - first.square()).clamp_min(0.0)


def desirability(objective: Objective, value: float) -> float:
    """How well a value of the property, in its unit, meets a target: 1 in the range, falling evenly to 0 at the tolerance."""
    assert objective.tolerance is not None
    if objective.scale is Scale.LOG and value <= 0.0:
        return 0.0
    at = torch.tensor(objective.scale.on(value), dtype=torch.float64)
    return max(0.0, 1.0 + float(utility(objective, at)) / objective.tolerance)


def bounds_on(constraint: Constraint, scale: Scale) -> tuple[float, float]:
    """Both bounds of a constraint on the scale, infinite where there is none."""
    low = -math.inf if constraint.low is None else constraint.low
    high = math.inf if constraint.high is None else constraint.high
    if scale is Scale.LOG:  # every value of such a property is positive
        low = -math.inf if low <= 0.0 else scale.on(low)
        high = -math.inf if high <= 0.0 else high if math.isinf(high) else scale.on(high)
    return low, high


def probability(
    constraint: Constraint, scale: Scale, mean: Tensor, variance: Tensor, degrees: float | None = None
) -> Tensor:
    """How likely each of ``m`` values on the scale fulfils a constraint: normal ones, or those of a Student-t."""
    low, high = bounds_on(constraint, scale)
    sigma = variance.clamp_min(torch.finfo(torch.float64).tiny).sqrt()
    upper = torch.ones_like(mean)
    if not (math.isinf(high) and high > 0):
        upper = share_below((high - mean) / sigma, degrees)
    lower = torch.zeros_like(mean) if math.isinf(low) else share_below((low - mean) / sigma, degrees)
    return (upper - lower).clamp(0.0, 1.0)


def assured(objective: Objective, observation: Observation) -> float | None:
    """The utility that a measurement vouches for: of a limit that of the limit itself where it is on the good side (``>350`` of
    what is maximised), else ``None``.
    """
    if observation.bound:
        sided = {"max": "above", "min": "below"}.get(objective.direction)
        if observation.bound != sided:
            return None
    if objective.scale is Scale.LOG and observation.value <= 0.0:
        return None
    at = torch.tensor(objective.scale.on(observation.value), dtype=torch.float64)
    return float(utility(objective, at))


def values_on(objective: Objective, observations: Sequence[Observation]) -> Tensor:
    """Measured values on the scale, ``n`` at the most: limits only where there is nothing else, and no zeros in decades."""
    told = [o for o in observations if not o.bound] or list(observations)
    on = [objective.scale.on(o.value) for o in told if objective.scale is Scale.LINEAR or o.value > 0.0]
    return torch.tensor(on, dtype=torch.float64)


def spread_on(objective: Objective, observations: Sequence[Observation]) -> float:
    """Standard deviation of what is measured, on the scale; one where there is none."""
    values = values_on(objective, observations)
    spread = float(values.std()) if len(values) > 1 else 0.0
    return spread if spread > 0.0 else 1.0
