r"""What leaving one out says of a surrogate: log score, error, and whether its uncertainty means anything.

The log score (log predictive density, higher is better) is a strictly proper score [Gneiting2007]_: no
forecast but the honest one earns the highest on average.

.. [Gneiting2007]
    T. Gneiting, A. E. Raftery. Strictly proper scoring rules, prediction, and estimation. JASA 102, 2007.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from scipy.stats import spearmanr
from torch import Tensor

from discovery.errors import SurrogateError


@dataclass(frozen=True, eq=False)
class LeaveOneOut:
    """Every measurement as predicted, noise and all, from the others.

    Args:
        mean: ``n`` predictions, in the property's unit.
        variance: ``n`` predictive variances, noise included, in its square.
        values: ``n`` measured values.
    """

    mean: Tensor
    variance: Tensor
    values: Tensor

    @property
    def log_scores(self) -> Tensor:
        """``n`` log predictive densities, per property unit."""
        squared = (self.values - self.mean).square() / self.variance
        return -0.5 * (squared + self.variance.log() + math.log(2.0 * math.pi))

    @property
    def log_score(self) -> float:
        """Mean log predictive density; higher is better."""
        return float(self.log_scores.mean())

    @property
    def z_scores(self) -> Tensor:
        """``n`` errors in predictive standard deviations, measured minus predicted."""
        return (self.values - self.mean) / self.variance.sqrt()

    @property
    def rmse(self) -> float:
        """Root mean square error, in the property's unit."""
        return float((self.values - self.mean).square().mean().sqrt())

    @property
    def r2(self) -> float | None:
        """Share of the variance explained; ``None`` where all values are the same."""
        total = float((self.values - self.values.mean()).square().sum())
        return 1.0 - float((self.values - self.mean).square().sum()) / total if total > 0 else None

    @property
    def spearman_error_sigma(self) -> float | None:
        """Rank correlation of ``|error|`` and predicted deviation; ``None`` where one does not vary."""
        errors, sigmas = (self.values - self.mean).abs(), self.variance.sqrt()
        if len(errors) < 3 or bool((errors == errors[0]).all()) or bool((sigmas == sigmas[0]).all()):
            return None
        return float(spearmanr(errors.numpy(), sigmas.numpy()).statistic)

    def coverage(self, level: float) -> float:
        """Share of values inside their central interval of probability ``level``, such as 0.8."""
        if not 0.0 < level < 1.0:
            raise ValueError(f"A level of {level} is not between 0 and 1.")
        half = math.sqrt(2.0) * float(torch.erfinv(torch.tensor(level, dtype=torch.float64)))
        return float((self.z_scores.abs() <= half).to(torch.float64).mean())


def mean_predictor(values: Tensor) -> LeaveOneOut:
    """The control that knows no chemistry: each value from the mean and variance of the others.

    Args:
        values: ``n`` measured values.

    Raises:
        SurrogateError: fewer than three values, of which two leave no variance when one is left out.
    """
    size = len(values)
    if size < 3:
        raise SurrogateError(
            f"Leaving one of {size} values out leaves too few to predict it from.",
            "Measure at least three polymers.",
        )
    values = values.to(torch.float64)
    deviations = values - values.mean()
    rest_mean = values.mean() - deviations / (size - 1)
    rest_squares = (deviations.square().sum() - deviations.square() * size / (size - 1)).clamp_min(0.0)
    variance = rest_squares / (size - 2) * (1.0 + 1.0 / (size - 1))
    # Where the others are all the same their variance is zero and a density would be infinite: a thousandth
    # of the overall deviation (or of the value's size) is as sure as a mean may claim to be.
    least = max(1e-3 * float(values.std()), 1e-3 * abs(float(values.mean())), 1e-12) ** 2
    return LeaveOneOut(rest_mean, variance.clamp_min(least), values)
