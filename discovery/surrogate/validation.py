r"""What leaving one out says of a surrogate: log score, error, and whether its uncertainty means anything.

The log score (log predictive density, higher is better) is a strictly proper score [Gneiting2007]_: no
forecast but the honest one earns the highest on average. A limit (``>350``) counts in the log score, by the log probability of
its side, and in nothing else: how far a prediction is from the value is not known of it.

.. [Gneiting2007]
    T. Gneiting, A. E. Raftery. Strictly proper scoring rules, prediction, and estimation. JASA 102, 2007.
.. [Tran2020]
    K. Tran, W. Neiswanger, J. Yoon, Q. Zhang, E. Xing, Z. W. Ulissi. Methods for comparing uncertainty quantifications for
    material property predictions. Machine Learning: Science and Technology 1, 2020.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from scipy.stats import norm, spearmanr
from scipy.stats import t as student
from torch import Tensor

from discovery.errors import SurrogateError
from discovery.surrogate.censoring import most_likely_normal


@dataclass(frozen=True, eq=False)
class LeaveOneOut:
    """Every measurement as predicted, noise and all, from the others.

    Args:
        mean: ``n`` predictions, in the property's unit.
        variance: ``n`` predictive variances, noise included, in its square.
        values: ``n`` measured values, and limits.
        bounds: ``n`` signs: 0 for a value, 1 for a limit that the property lies above, -1 for one that it lies below; or
            ``None`` where all are values.
        degrees: Degrees of freedom, more than 2, where a prediction stands for a Student-t of this mean and variance, as a robust
            member's does: a slip then costs its score a little and not everything. ``None`` for a normal.
    """

    mean: Tensor
    variance: Tensor
    values: Tensor
    bounds: Tensor | None = None
    degrees: float | None = None

    @property
    def known(self) -> Tensor:
        """``n``, true for a value and false for a limit."""
        return torch.ones_like(self.values, dtype=torch.bool) if self.bounds is None else self.bounds == 0

    @property
    def log_scores(self) -> Tensor:
        """``n`` log predictive densities, per property unit; of limits log probabilities of their sides."""
        squared = (self.values - self.mean).square() / self.variance
        densities = -0.5 * (squared + self.variance.log() + math.log(2.0 * math.pi))
        if self.degrees is not None:
            scale = self.variance.sqrt() * _scale(self.degrees)
            densities = student_log_density(self.values, self.mean, scale, self.degrees)
        if self.bounds is None:
            return densities
        beyond = self.bounds * (self.mean - self.values) / self.variance.sqrt()
        sides = torch.special.log_ndtr(beyond)
        if self.degrees is not None:
            below = share_below(beyond, self.degrees)
            # a limit on the wrong side by a hundred thousand deviations is as unlikely as a number can say
            sides = below.clamp_min(torch.finfo(torch.float64).tiny).log()
        return torch.where(self.known, densities, sides)

    @property
    def log_score(self) -> float:
        """Mean log predictive density; higher is better."""
        return float(self.log_scores.mean())

    @property
    def of_values(self) -> LeaveOneOut:
        """The same without the limits."""
        if self.bounds is None:
            return self
        known = self.known
        return LeaveOneOut(self.mean[known], self.variance[known], self.values[known], degrees=self.degrees)

    @property
    def z_scores(self) -> Tensor:
        """``n`` errors in predictive standard deviations, measured minus predicted; ``nan`` at limits."""
        return ((self.values - self.mean) / self.variance.sqrt()).where(self.known, math.nan)

    @property
    def rmse(self) -> float:
        """Root mean square error of the values, in the property's unit; ``nan`` where all are limits."""
        told = self.of_values
        return float((told.values - told.mean).square().mean().sqrt())

    @property
    def r2(self) -> float | None:
        """Share of the values' variance explained; ``None`` where all values are the same."""
        told = self.of_values
        total = float((told.values - told.values.mean()).square().sum())
        return 1.0 - float((told.values - told.mean).square().sum()) / total if total > 0 else None

    @property
    def spearman_error_sigma(self) -> float | None:
        """Rank correlation of ``|error|`` and predicted deviation; ``None`` where one does not vary."""
        told = self.of_values
        errors, sigmas = (told.values - told.mean).abs(), told.variance.sqrt()
        if len(errors) < 3 or bool((errors == errors[0]).all()) or bool((sigmas == sigmas[0]).all()):
            return None
        return float(spearmanr(errors.numpy(), sigmas.numpy()).statistic)

    def coverage(self, level: float) -> float:
        """Share of values inside their central interval of probability ``level``, such as 0.8."""
        if not 0.0 < level < 1.0:
            raise ValueError(f"A level of {level} is not between 0 and 1.")
        half = interval_deviations(level, self.degrees)
        return float((self.of_values.z_scores.abs() <= half).to(torch.float64).mean())

    @property
    def miscalibration_area(self) -> float:
        """Mean distance between the probability of a central interval and the share of values inside it, over all probabilities
        [Tran2020]_: 0 for honest intervals, one half at the worst.
        """
        z = self.of_values.z_scores.abs().numpy()
        inside = norm.cdf(z) if self.degrees is None else student.cdf(z / _scale(self.degrees), self.degrees)
        reached = np.sort(2.0 * inside - 1.0)  # the level at which each value's interval begins to hold it
        levels = np.linspace(0.005, 0.995, 100)
        share = np.searchsorted(reached, levels, side="right") / len(reached)
        return float(np.abs(share - levels).mean())


def student_log_density(values: Tensor, mean: Tensor, scale: Tensor, degrees: float) -> Tensor:
    """``n`` log densities of Student-t distributions."""
    return torch.from_numpy(student.logpdf(values.numpy(), degrees, mean.numpy(), scale.numpy()))


def _scale(degrees: float) -> float:
    """Scale of a Student-t of unit variance."""
    return math.sqrt((degrees - 2.0) / degrees)


def share_below(z: Tensor, degrees: float | None) -> Tensor:
    """Probability below ``z`` standard deviations of a normal or a Student-t, elementwise."""
    if degrees is None:
        return torch.as_tensor(torch.special.ndtr(z))
    return torch.from_numpy(np.asarray(student.cdf(z.numpy() / _scale(degrees), degrees)))


def interval_deviations(level: float, degrees: float | None = None) -> float:
    """Half the width of the central interval of probability ``level``, in standard deviations, of a normal or a Student-t."""
    quantile = 0.5 + 0.5 * level
    return float(norm.ppf(quantile) if degrees is None else student.ppf(quantile, degrees) * _scale(degrees))


def mean_predictor(values: Tensor, bounds: Tensor | None = None) -> LeaveOneOut:
    """The control that knows no chemistry: each value from the mean and variance of the others, or from the normal distribution
    that the other values and limits make most likely.

    Args:
        values: ``n`` measured values, and limits.
        bounds: ``n`` signs, 0 for a value; ``None`` where all are values.

    Raises:
        SurrogateError: fewer than three values, of which two leave no variance when one is left out.
    """
    known = values if bounds is None else values[bounds == 0]
    size = len(known)
    if size < 3:
        raise SurrogateError(
            f"Leaving one of {size} values out leaves too few to predict it from.",
            "Measure at least three polymers.",
        )
    values = values.to(torch.float64)
    # Where the others are all the same their variance is zero and a density would be infinite: a thousandth
    # of the overall deviation (or of the value's size) is as sure as a mean may claim to be.
    least = max(1e-3 * float(known.std()), 1e-3 * abs(float(known.to(torch.float64).mean())), 1e-12) ** 2
    if bounds is not None and size < len(values) and float(known.std()) > 0.0:
        others = ~torch.eye(len(values), dtype=torch.bool)
        mean, variance = most_likely_normal(values, bounds, others)
        variance = variance * (1.0 + 1.0 / (len(values) - 1))
        return LeaveOneOut(mean, variance.clamp_min(least), values, bounds)
    size = len(values)
    deviations = values - values.mean()
    rest_mean = values.mean() - deviations / (size - 1)
    rest_squares = (deviations.square().sum() - deviations.square() * size / (size - 1)).clamp_min(0.0)
    variance = rest_squares / (size - 2) * (1.0 + 1.0 / (size - 1))
    return LeaveOneOut(rest_mean, variance.clamp_min(least), values, bounds)
