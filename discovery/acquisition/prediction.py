"""What a surrogate says of one candidate: a mean and an interval that holds the next measurement."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

Z95 = 1.959964
"""Half-width of the central 95 % interval of a normal distribution, in standard deviations."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a surrogate says of a candidate, in the objective's unit; the interval holds the next measurement with 95 %."""

    mean: float
    lower: float
    upper: float

    @property
    def half_width(self) -> float:
        """Half the width of the interval."""
        return (self.upper - self.lower) / 2

    @property
    def sigma(self) -> float:
        """Standard deviation of the next measurement."""
        return self.half_width / Z95


def predictions(mean: Tensor, variance: Tensor) -> list[Prediction]:
    """One prediction for each of ``n`` means and predictive variances, noise included."""
    half = Z95 * variance.sqrt()
    columns = torch.stack([mean, mean - half, mean + half], dim=1).tolist()
    return [Prediction(*row) for row in columns]
