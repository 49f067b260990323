"""What a surrogate says of one candidate: a mean and an interval that holds the next measurement."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from discovery.surrogate.features import Views
from discovery.surrogate.learned import Learned
from discovery.surrogate.scale import Scale
from discovery.surrogate.validation import interval_deviations

Z95 = interval_deviations(0.95)
"""Half-width of the central 95 % interval of a normal distribution, in standard deviations."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a surrogate says of a candidate, in the property's unit; the interval holds the next measurement with 95 %.

    On a logarithmic scale ``mean`` is the median: the interval is not even about it.
    """

    mean: float
    lower: float
    upper: float

    @property
    def half_width(self) -> float:
        """Half the width of the interval."""
        return (self.upper - self.lower) / 2

    @property
    def sigma(self) -> float:
        """Standard deviation of the normal that has this interval, where the interval is even."""
        return self.half_width / Z95

    def on(self, scale: Scale) -> tuple[float, float]:
        """Mean and standard deviation of the next measurement on the scale that it was predicted on."""
        if scale is Scale.LINEAR:
            return self.mean, self.sigma
        return scale.on(self.mean), (scale.on(self.upper) - scale.on(self.lower)) / (2 * Z95)


def predictions(
    mean: Tensor, variance: Tensor, scale: Scale = Scale.LINEAR, degrees: float | None = None
) -> list[Prediction]:
    """One prediction for each of ``n`` means and predictive variances, noise included, on a scale.

    Args:
        mean: ``n``.
        variance: ``n``.
        scale: That both are on.
        degrees: Of freedom of the Student-t that each belongs to; ``None`` for a normal.
    """
    half = interval_deviations(0.95, degrees) * variance.sqrt()
    columns = torch.stack([mean, mean - half, mean + half], dim=1).tolist()
    return [Prediction(*map(scale.off, row)) for row in columns]


def predictions_by(learned: Learned, views: Views, mean: Tensor, variance: Tensor) -> list[Prediction]:
    """What a property's surrogate says of ``m`` polymers, its deviations corrected by its errors so far.

    Args:
        learned: Of the property.
        views: The polymers, as :meth:`~discovery.surrogate.learned.Learned.view` gives them.
        mean: ``m`` means of the chosen surrogate, on the property's scale.
        variance: ``m`` predictive variances, noise included.
    """
    corrected, degrees = learned.calibrated(views, mean, variance)
    return predictions(mean, corrected, learned.scale, degrees)
