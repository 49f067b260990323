r"""Observations that are no plain numbers, as numbers: expectation propagation and Student-t weights.

A limit (``>350``) says that a measurement would have come out on its far side, :math:`\Phi(\pm(f - b) / \sigma)` (the Tobit
likelihood [Tobin1958]_); a class label is a limit of 0 with a noise of 1 (probit). Expectation propagation puts a normal density,
its *site*, in the place of each such factor ([Rasmussen2006]_, 3.6; [Groot2012]_ for censored data), so that all that
follows is the exact process given pseudo-targets with a pseudo-noise each. Only the limits need sites: the values are
conditioned on in closed form first, and the sites are found among the limits alone.

A robust process weighs its values (:mod:`~discovery.surrogate.robust`), again by the pseudo-noise alone.

Where sites have converged, the approximate log evidence has the same slope in the hyper-parameters as if they were held
([Seeger2005]_), and so has the variational bound: that is what :func:`log_evidence` returns, in value and in slope.

.. [Groot2012]
    P. Groot, P. J. F. Lucas. Gaussian process regression with censored data using expectation propagation. PGM 2012.
.. [Rasmussen2006]
    C. E. Rasmussen, C. K. I. Williams. Gaussian processes for machine learning. MIT Press, 2006.
.. [Seeger2005]
    M. Seeger. Expectation propagation for exponential families. Technical report, UC Berkeley, 2005.
.. [Tobin1958]
    J. Tobin. Estimation of relationships for limited dependent variables. Econometrica 26, 1958.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor

from discovery.errors import SurrogateError
from discovery.surrogate.censoring import tail_ratio
from discovery.surrogate.posterior import cholesky
from discovery.surrogate.robust import DEGREES, VARIANCE, bound_of
from discovery.surrogate.robust import weights as renewed_weights

TOLERANCE = 1e-5
"""Largest change of a limit's posterior mean, in its deviations, or of its log variance, at which sites have converged."""

STEADY = 3e-3
"""Largest change of a log weight at which the weights of a robust process have converged."""

MOST_SWEEPS = 2000
"""Sweeps over all sites, of which some 20 suffice."""

LEAST_PRECISION = 1e-8
"""Least precision of a site, in standardised units: a limit that says nothing still gets a finite pseudo-noise."""


@dataclass(frozen=True, eq=False)
class Likelihood:
    """How ``n`` observations hang on the function, in standardised units.

    Args:
        targets: ``n`` values or limits.
        signs: ``n``: 0 for a value, 1 for a limit that the property lies above, -1 for one that it lies below; ``None`` where all
            are values.
        robust: Whether values have Student-t noise instead of normal.
    """

    targets: Tensor
    signs: Tensor | None = None
    robust: bool = False

    @property
    def plain(self) -> bool:
        """Whether the exact process needs no sites."""
        return not self.robust and (self.signs is None or not bool((self.signs != 0).any()))

    @property
    def limits(self) -> Tensor:
        """``n``, true at limits."""
        return torch.zeros(len(self.targets), dtype=torch.bool) if self.signs is None else self.signs != 0

    def __getitem__(self, rows: Tensor | slice) -> Likelihood:
        return Likelihood(self.targets[rows], None if self.signs is None else self.signs[rows], self.robust)

    @property
    def degrees(self) -> float | None:
        """Of freedom of the noise of values; ``None`` where it is normal."""
        return DEGREES if self.robust else None

    def predictive_noise(self, noise: Tensor) -> Tensor:
        """``n`` noise variances with which the observations are to be predicted before they are seen: those of the Student-t
        where it stands.
        """
        return noise * VARIANCE if self.robust else noise


@dataclass(eq=False)
class Start:
    """Where the search for sites begins, and where the last one ended: it changes little from one step of a fit to the next."""

    precision: Tensor | None = field(default=None)
    shift: Tensor | None = field(default=None)
    weights: Tensor | None = field(default=None)


@dataclass(frozen=True, eq=False)
class Sites:
    """What stands in for ``n`` observations.

    Args:
        targets: ``n`` pseudo-targets; values as they are.
        noise: ``n`` pseudo-noise variances.
        weights: ``n`` by which a value's noise was divided; 1 at limits.
        cavity_mean: Of each of the limits, what all others say of it.
        cavity_variance: Its variance.
    """

    targets: Tensor
    noise: Tensor
    weights: Tensor
    cavity_mean: Tensor
    cavity_variance: Tensor


@torch.no_grad()
def find_sites(covariance: Tensor, noise: Tensor, told: Likelihood, start: Start | None = None) -> Sites:
    """The sites of ``n`` observations.

    Args:
        covariance: ``n x n``, of the noise-free function.
        noise: ``n`` noise variances.
        told: The observations.
        start: Where to begin; moved to where the search ends.

    Raises:
        SurrogateError: the sites do not converge, or the covariance is not positive definite.
    """
    start = start or Start()
    limits = told.limits
    values = ~limits
    weights = torch.ones_like(noise) if start.weights is None else start.weights
    for _ in range(MOST_SWEEPS):
        sites = _with_weights(covariance, noise, told, weights, start)
        if not told.robust or not bool(values.any()):
            return sites
        factor = cholesky(covariance + sites.noise.diag())
        precision = torch.cholesky_inverse(factor)
        # of each value, its distance from the function and the function's own variance (Rasmussen & Williams, 2.23-2.26)
        residual = sites.noise * (precision @ sites.targets)
        variance = sites.noise - sites.noise.square() * precision.diagonal()
        squares = (residual.square() + variance) / noise
        renewed = torch.where(limits, 1.0, renewed_weights(squares))
        moved = float((renewed.log() - weights.log()).abs().max())
        weights = start.weights = renewed
        if moved < STEADY:
            return _with_weights(covariance, noise, told, weights, start)
    raise _not_converged("weights")


def log_evidence(
    covariance: Tensor, noise: Tensor, told: Likelihood, start: Start | None = None
) -> tuple[Tensor, Sites]:
    """Approximate log probability of ``n`` observations, a scalar whose slopes in covariance and noise are right, and the sites.

    Args:
        covariance: ``n x n``, of the noise-free function.
        noise: ``n`` noise variances.
        told: The observations.
        start: Where the search for sites begins; moved to where it ends.

    Raises:
        SurrogateError: the sites do not converge, or the covariance is not positive definite.
    """
    sites = find_sites(covariance.detach(), noise.detach(), told, start)
    limits = told.limits
    pseudo_noise = torch.where(limits, sites.noise, noise / sites.weights)
    factor = cholesky(covariance + pseudo_noise.diag())
    white = torch.linalg.solve_triangular(factor, sites.targets.unsqueeze(-1), upper=False).squeeze(-1)
    size = len(sites.targets)
    evidence = (
        -0.5 * white.square().sum() - factor.diagonal().log().sum() - 0.5 * size * math.log(2 * math.pi)
    )
    if bool(limits.any()):
        assert told.signs is not None
        spread = (sites.cavity_variance + noise[limits]).sqrt()
        z = told.signs[limits] * (sites.cavity_mean - told.targets[limits]) / spread
        # (Rasmussen & Williams, 3.65), less what stands in the density of the pseudo-targets already
        both = sites.cavity_variance + sites.noise[limits]
        apart = (sites.cavity_mean - sites.targets[limits]).square() / both
        evidence = evidence + torch.special.log_ndtr(z).sum()
        evidence = evidence + 0.5 * (both.log() + math.log(2.0 * math.pi) + apart).sum()
    if told.robust:
        evidence = evidence + bound_of(sites.weights[~limits]).sum()
    return evidence, sites


def propagate(
    mean: Tensor, covariance: Tensor, told: Likelihood, noise: Tensor, start: Start
) -> tuple[Tensor, Tensor]:
    """Parallel expectation propagation among ``k`` limits.

    Args:
        mean: ``k``, of the function before the limits are known.
        covariance: ``k x k``, of the same.
        told: The limits.
        noise: ``k`` noise variances.
        start: Its precision and shift are where the search begins, and are moved to where it ends: those of the ``k`` sites.

    Returns:
        Mean and variance, each ``k``, of each cavity: the function there by all but the limit itself.

    Raises:
        SurrogateError: the sites do not converge.
    """
    assert told.signs is not None
    signs, bounds = told.signs.to(torch.float64), told.targets
    precision = torch.zeros_like(mean) if start.precision is None else start.precision
    shift = torch.zeros_like(mean) if start.shift is None else start.shift
    identity = torch.eye(len(mean), dtype=torch.float64)
    step, last, before = 1.0, math.inf, None
    for _ in range(MOST_SWEEPS):
        root = precision.sqrt()
        factor = cholesky(identity + root.unsqueeze(-1) * covariance * root)
        half = torch.linalg.solve_triangular(factor, root.unsqueeze(-1) * covariance, upper=False)
        left = covariance - half.T @ half
        here = mean + left @ (shift - precision * mean)
        variance = left.diagonal()
        cavity_precision = 1.0 / variance - precision
        cavity_variance = 1.0 / cavity_precision
        cavity_mean = cavity_variance * (here / variance - shift)
        if before is not None:
            moved = max(
                float(((here - before[0]) / variance.sqrt()).abs().max()),
                float((variance.log() - before[1].log()).abs().max()),
            )
            if moved < TOLERANCE * step:
                start.precision, start.shift = precision, shift
                return cavity_mean, cavity_variance
            # all sites move at once and may overshoot together: shorter steps then, longer ones where it goes well
            step = max(0.5 * step, 0.02) if moved > last else min(1.05 * step, 1.0)
            last = moved
        before = here, variance
        spread = (cavity_variance + noise).sqrt()
        z = signs * (cavity_mean - bounds) / spread
        ratio = tail_ratio(z)
        slope = signs * ratio / spread
        bend = (ratio * (z + ratio)).clamp(0.0, 1.0) / spread.square()
        room = (1.0 - cavity_variance * bend).clamp_min(1e-12)
        # where the least precision stands in for a smaller one, it stands at the cavity's mean and pulls nowhere
        renewed = (bend / room).clamp_min(LEAST_PRECISION)
        precision = (1.0 - step) * precision + step * renewed
        shift = (1.0 - step) * shift + step * (slope / room + cavity_mean * renewed)
    raise _not_converged("limits")


def _with_weights(
    covariance: Tensor, noise: Tensor, told: Likelihood, weights: Tensor, start: Start
) -> Sites:
    """The sites of the limits, given the weights of the values."""
    limits, weighted = told.limits, noise / weights
    if not bool(limits.any()):
        empty = noise.new_zeros(0)
        return Sites(told.targets, weighted, weights, empty, empty)
    values = ~limits
    across = covariance[limits][:, values]
    factor = cholesky(covariance[values][:, values] + weighted[values].diag())
    half = torch.linalg.solve_triangular(factor, across.T, upper=False)
    white = torch.linalg.solve_triangular(factor, told.targets[values].unsqueeze(-1), upper=False)
    mean = (half.T @ white).squeeze(-1)
    prior = covariance[limits][:, limits] - half.T @ half
    cavity_mean, cavity_variance = propagate(mean, prior, told[limits], noise[limits], start)
    assert start.precision is not None
    assert start.shift is not None
    targets, pseudo_noise = told.targets.clone(), weighted.clone()
    targets[limits] = start.shift / start.precision
    pseudo_noise[limits] = 1.0 / start.precision
    return Sites(targets, pseudo_noise, weights, cavity_mean, cavity_variance)


def _not_converged(what: str) -> SurrogateError:
    return SurrogateError(
        f"The {what} of the measurements could not be brought into line with one another ({MOST_SWEEPS} sweeps).",
        "Look for limits that contradict values of like polymers, and for limits far outside of all values.",
    )
