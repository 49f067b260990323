r"""Intervals that hold what they promise: a member's deviations corrected by its own leave-one-out errors.

A Gaussian process believes in normal errors of one size wherever the features are alike. Errors on polymers are neither: a few
are large, and some families err more than others. Two corrections are made:

* **tails**, always: one factor on all deviations and a Student-t in place of the normal. Their priors carry what public tables
  teach and one campaign's leave-one-out cannot see below fifty measurements: that new polymers err more than left-out ones, on
  which the hyper-parameters were settled, and a few of them far more;
* **sizes**, where they pay: before that, the size of the error is predicted for each polymer. The logarithm of the absolute
  leave-one-out error, over the member's own deviation, is regressed (ridge) on what is known beforehand: the member's own
  deviation, that of the fingerprint member and how far the two disagree, the errors made nearby in fingerprint and in latent, the
  size of the repeat unit, and the prediction itself. It is fitted to nine tenths of the errors and scored by the others, ten
  times, and taken where the mean log score is better than with the tails alone by half a standard error.

Means never change, so that no ranking by mean does. It is a recalibration on residuals as in [Kuleshov2018]_, but made of
densities, so that the log score [Gneiting2007]_ can judge it.

.. [Gneiting2007]
    T. Gneiting, A. E. Raftery. Strictly proper scoring rules, prediction, and estimation. JASA 102, 2007.
.. [Kuleshov2018]
    V. Kuleshov, N. Fenner, S. Ermon. Accurate uncertainties for deep learning using calibrated regression. ICML 2018.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from scipy.stats import t as student
from torch import Tensor

from discovery.surrogate.error_sizes import ErrorSizes, Witness
from discovery.surrogate.features import Views
from discovery.surrogate.surrogate import Surrogate
from discovery.surrogate.validation import LeaveOneOut, interval_deviations

FACTORS = torch.linspace(-1.0, 1.0, 81, dtype=torch.float64).exp()
"""Factors on a deviation that are tried, a fortieth apart."""

DEGREES = 2.0 + torch.linspace(-1.0, 4.0, 26, dtype=torch.float64).exp()
"""Degrees of freedom that are tried, from 2.4 to 57, where a Student-t is as good as a normal."""

Kind = Literal["tails", "sizes"]

FEWEST = 20
"""Left-out values below which sizes are not predicted."""

LEAST_GAIN = 0.5
"""Standard errors by which the held-out log score must rise before sizes are predicted: where errors are of one size a gain of
any amount is seen in a third of all cases.
"""

FOLDS = 10
"""Parts that the errors are dealt into to judge a correction by errors that it was not fitted to."""

FACTOR_SPREAD = 0.3
"""Deviation of the log-normal prior of the factor, around 1."""

TYPICAL_EXCESS, EXCESS_SPREAD = 2.0, 1.0
"""Median of the degrees of freedom beyond two, and the deviation of its logarithm."""


@dataclass(frozen=True)
class Tails:
    """A Student-t in place of a normal.

    Args:
        factor: From a member's deviation to the t's scale.
        degrees: Of freedom, more than 2.
    """

    factor: float
    degrees: float

    @property
    def inflation(self) -> float:
        """From a member's deviation to that of the t."""
        return self.factor * math.sqrt(self.degrees / (self.degrees - 2.0))

    def log_density(self, z: Tensor) -> Tensor:
        """Of ``n`` errors over the member's deviations, before the deviation itself is counted."""
        density = student.logpdf(z.numpy() / self.factor, self.degrees) - math.log(self.factor)
        return torch.from_numpy(np.asarray(density))


def fit_tails(z: Tensor) -> Tails:
    """The most probable factor and degrees of freedom of ``n`` errors over their deviations, given weak priors on both.

    The best point of a grid: finer than what any number of errors tells apart, and at no risk of a search that goes astray.
    """
    scales, excesses = FACTORS.log().unsqueeze(-1), (DEGREES - 2.0).log()
    squares = (z / FACTORS.unsqueeze(-1)).square().unsqueeze(1)
    degrees = DEGREES.unsqueeze(-1)
    shape = (
        torch.lgamma(0.5 * (DEGREES + 1.0)) - torch.lgamma(0.5 * DEGREES) - 0.5 * (math.pi * DEGREES).log()
    )
    densities = -0.5 * (degrees + 1.0) * (squares / degrees).log1p()
    likelihood = densities.sum(dim=-1) + len(z) * (shape - scales)
    prior = (scales / FACTOR_SPREAD).square() + (
        (excesses - math.log(TYPICAL_EXCESS)) / EXCESS_SPREAD
    ).square()
    row, column = divmod(int((likelihood - 0.5 * prior).argmax()), len(DEGREES))
    return Tails(float(FACTORS[row]), float(DEGREES[column]))


def with_tails(loo: LeaveOneOut, tails: Tails | None = None) -> LeaveOneOut:
    """The same predictions with Student-t deviations, by default those that fit their errors best."""
    tails = tails or fit_tails(loo.z_scores[loo.known])
    return LeaveOneOut(loo.mean, loo.variance * tails.inflation**2, loo.values, loo.bounds, tails.degrees)


@dataclass(frozen=True, eq=False)
class Calibration:
    """How the deviations of one member are corrected.

    Args:
        tails: What replaces the normal.
        loo: The member's leave-one-out, corrected.
        gain: Mean held-out log score of predicted sizes minus that of the tails alone; 0 where there is too little to tell.
        standard_error: Of the gain, paired by measurement.
        sizes: What predicts the size of an error; ``None`` where that does not pay.
    """

    tails: Tails
    loo: LeaveOneOut
    gain: float = 0.0
    standard_error: float = 0.0
    sizes: ErrorSizes | None = None

    @property
    def kind(self) -> Kind:
        """Which corrections are made."""
        return "tails" if self.sizes is None else "sizes"

    @property
    def degrees(self) -> float:
        """Of freedom of what is predicted."""
        return self.tails.degrees

    def variance(self, views: Views, mean: Tensor, variance: Tensor) -> Tensor:
        """``m`` predictive variances, noise included, for the member's ``m`` means and variances of polymers of these views."""
        grown = variance * self.tails.inflation**2
        if self.sizes is None or not len(mean):
            return grown
        return grown * (2.0 * self.sizes.log_ratio(views, mean, variance)).exp()

    @property
    def widening(self) -> float:
        """Width of a 95 % interval over that of the process, before sizes are predicted."""
        return self.tails.inflation * interval_deviations(0.95, self.degrees) / interval_deviations(0.95)

    @property
    def in_words(self) -> str:
        """What was corrected, in sentences."""
        told = (
            f"Intervals are those of a Student-t of {self.degrees:.0f} degrees of freedom; at 95 % they are {self.widening:.2f} "
            "times as wide as the process believes, by the errors of leave-one-out."
        )
        if not self.gain:
            return told
        scored = f"(held-out log score {self.gain:+.3f}, standard error {self.standard_error:.3f})"
        if self.sizes is None:
            return f"{told} Predicting how large the error on each polymer will be does not pay {scored}."
        return f"{told} How large the error on each polymer will be is predicted as well {scored}."


def calibrate(
    surrogate: Surrogate, loo: LeaveOneOut, known: Views, witness: Surrogate | None, *, seed: int
) -> Calibration:
    """Correct a member's deviations by its left-out errors.

    Args:
        surrogate: The member.
        loo: Its leave-one-out.
        known: What it was fitted to, as it sees it.
        witness: The fingerprint member, fitted to the same; ``None`` where it is the member itself.
        seed: Of the parts that the errors are dealt into.
    """
    told = loo.known.nonzero().squeeze(-1)
    error, deviation = (loo.values - loo.mean)[told], loo.variance[told].sqrt()
    z = error / deviation
    plain = fit_tails(z)
    if len(told) < FEWEST:
        return Calibration(plain, with_tails(loo, plain))
    pair = None if witness is None else Witness(witness, witness.loo())
    sizes = ErrorSizes.of(known, loo, pair)
    gain = torch.zeros_like(z)
    order = np.random.default_rng([seed, 17]).permutation(len(told))
    for part in np.array_split(order, FOLDS):
        judged = torch.as_tensor(np.sort(part))
        kept = torch.ones(len(told), dtype=torch.bool)
        kept[judged] = False
        ratio = sizes.fit(kept).left_out[told]
        tails = fit_tails(z[kept] * (-ratio[kept]).exp())
        sized = tails.log_density(z[judged] * (-ratio[judged]).exp()) - ratio[judged]
        gain[judged] = sized - fit_tails(z[kept]).log_density(z[judged])
    mean, error_of_mean = float(gain.mean()), float(gain.std()) / math.sqrt(len(gain))
    if mean <= LEAST_GAIN * error_of_mean:
        return Calibration(plain, with_tails(loo, plain), mean, error_of_mean)
    fitted = sizes.fit(torch.ones(len(told), dtype=torch.bool))
    sized_loo = LeaveOneOut(loo.mean, loo.variance * (2.0 * fitted.left_out).exp(), loo.values, loo.bounds)
    tails = fit_tails(sized_loo.z_scores[told])
    return Calibration(tails, with_tails(sized_loo, tails), mean, error_of_mean, fitted)
