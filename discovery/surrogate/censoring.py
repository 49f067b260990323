r"""Limits among values: the normal distribution that both together make most likely, and what a limit may have been.

A limit such as ``>350`` is no value of 350. Whatever needs a mean and a deviation of the measurements (the surrogate's own unit,
the mean as a control) takes them from the normal distribution of largest likelihood, in which a limit counts with the
probability of its side; expectation maximisation finds it ([Dempster1977]_, 4.3).

.. [Dempster1977]
    A. P. Dempster, N. M. Laird, D. B. Rubin. Maximum likelihood from incomplete data via the EM algorithm. JRSS B 39, 1977.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor

from discovery.surrogate.observations import Observation

SIGNS = {"": 0.0, "above": 1.0, "below": -1.0}
"""What an observation's bound is in tensors."""

ARRIVED = 1e-9
"""Largest step of the mean, in deviations, and of the log variance, at which the search ends."""

MOST_STEPS = 2000
"""Steps of the search at most. Each raises the likelihood, so that a search cut short (where nearly all are limits) is still
better than where it began."""


def signs(observations: Iterable[Observation]) -> Tensor | None:
    """``n`` float64: 0 for a value, 1 for a limit that the property lies above, -1 for one below; ``None`` if all are values."""
    found = torch.tensor([SIGNS[o.bound] for o in observations], dtype=torch.float64)
    return found if bool((found != 0).any()) else None


def tail_ratio(z: Tensor) -> Tensor:
    """Density over distribution function of the standard normal, sound in both tails."""
    scaled: Tensor = torch.special.erfcx(-z / math.sqrt(2.0))
    return math.sqrt(2.0 / math.pi) / scaled


def truncated(mean: Tensor, variance: Tensor, limits: Tensor, sides: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of normal variables that lie on one side of a limit; all of one shape, ``sides`` being 1 or -1."""
    deviation = variance.sqrt()
    z = sides * (mean - limits) / deviation
    ratio = tail_ratio(z)
    left = (1.0 - (ratio * (z + ratio)).clamp(0.0, 1.0)) * variance
    # far outside of what was expected the digits are gone, but not the side
    inside = torch.where(sides > 0, torch.maximum(mean + deviation * ratio, limits), mean - deviation * ratio)
    return torch.where(sides > 0, inside, torch.minimum(inside, limits)), left


def most_likely_normal(values: Tensor, bounds: Tensor, counted: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance, each ``m``, of the normal distribution that values and limits make most likely.

    Args:
        values: ``n`` values and limits.
        bounds: ``n`` signs, as :func:`signs` gives them.
        counted: ``m x n``, true for those that count in each of ``m`` questions; one value at least must in each, and not all
            of the values may be the same.

    Returns:
        The variance is enlarged by ``k / (k - 1)`` for ``k`` counted ones, so that without limits it is the sample's.
    """
    values, bounds = values.to(torch.float64), bounds.to(torch.float64)
    weights = counted.to(torch.float64)
    known = weights * (bounds == 0)
    share = known / known.sum(dim=-1, keepdim=True)
    mean = (share * values).sum(dim=-1, keepdim=True)
    variance = (share * (values - mean).square()).sum(dim=-1, keepdim=True)
    # the others may all be the same where one is left out
    least = 1e-6 * float(values[bounds == 0].var())
    variance = variance.clamp_min(least)
    share, limit = weights / weights.sum(dim=-1, keepdim=True), bounds != 0
    for _ in range(MOST_STEPS if bool(limit.any()) else 1):
        expected, spread = truncated(mean, variance, values, torch.where(limit, bounds, 1.0))
        expected = torch.where(limit, expected, values)
        spread = torch.where(limit, spread, 0.0)
        renewed = (share * expected).sum(dim=-1, keepdim=True)
        wider = (share * (spread + (expected - renewed).square())).sum(dim=-1, keepdim=True).clamp_min(least)
        step = max(
            float(((renewed - mean).abs() / variance.sqrt()).max()),
            float((wider.log() - variance.log()).abs().max()),
        )
        mean, variance = renewed, wider
        if step < ARRIVED:
            break
    size = weights.sum(dim=-1)
    return mean.squeeze(-1), variance.squeeze(-1) * size / (size - 1.0)
