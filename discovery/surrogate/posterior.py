r"""An exact Gaussian process with its hyper-parameters settled: conditioning, prediction, and leaving one
out.

One Cholesky factor serves all three ([Rasmussen2006]_, algorithm 2.1 and equations 5.10-5.12).

.. [Rasmussen2006]
    C. E. Rasmussen, C. K. I. Williams. Gaussian processes for machine learning. MIT Press, 2006.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from gpytorch.kernels import Kernel
from torch import Tensor

from discovery.errors import SurrogateError
from discovery.surrogate.censoring import most_likely_normal


@dataclass(frozen=True, eq=False)
class Standardisation:
    """A property's unit and the surrogate's: ``value = centre + spread * standardised``."""

    centre: float
    spread: float

    @classmethod
    def of(cls, values: Tensor, bounds: Tensor | None = None) -> Standardisation:
        """Mean and standard deviation of ``n`` values, or of the normal distribution that ``n`` values and limits make most
        likely; ``bounds`` are their signs, 0 for a value.

        Where no two values differ, the limits stand in for values here, which sets the surrogate's unit and not its belief.
        Where there is no spread to learn from (one value, or all the same), a tenth of the value's size
        stands in for it, or 1 if that is zero too. It sets the width of the intervals until a second,
        different value is measured, and no ranking.
        """
        if bounds is not None and bool((bounds != 0).any()):
            known = values[bounds == 0]
            if len(known) > 1 and float(known.std()) > 1e-9 * float(known.abs().max()):
                every = torch.ones(1, len(values), dtype=torch.bool)
                mean, variance = most_likely_normal(values, bounds, every)
                return cls(float(mean), float(variance.sqrt()))
        centre = float(values.mean())
        spread = float(values.std()) if len(values) > 1 else 0.0
        if spread <= 1e-9 * abs(centre) or spread == 0.0:
            spread = 0.1 * abs(centre) or 1.0
        return cls(centre, spread)

    def standardise(self, values: Tensor) -> Tensor:
        """``n`` values of the property as the surrogate sees them."""
        return (values.to(torch.float64) - self.centre) / self.spread


def cholesky(covariance: Tensor) -> Tensor:
    """Lower Cholesky factor ``n x n``.

    Raises:
        SurrogateError: the matrix is not positive definite to machine precision; nothing is added to make it
            so.
    """
    factor: Tensor
    factor, failed = torch.linalg.cholesky_ex(covariance)
    if int(failed):
        raise SurrogateError(
            "The covariance of the measurements is not positive definite.",
            "Look for features of very different size, and for values far from all others.",
        )
    return factor


@dataclass(frozen=True, eq=False)
class Conditioned:
    """A zero-mean Gaussian process given ``n`` noisy targets, all in standardised units.

    Args:
        kernel: Fitted, in evaluation mode.
        inputs: ``n x c`` packed features.
        targets: ``n`` standardised values.
        noise: ``n`` noise variances.
        factor: ``n x n`` lower Cholesky factor of the covariance of the targets.
        weights: ``n``, that covariance's inverse times the targets.
    """

    kernel: Kernel
    inputs: Tensor
    targets: Tensor
    noise: Tensor
    factor: Tensor
    weights: Tensor

    @classmethod
    @torch.no_grad()
    def on(cls, kernel: Kernel, inputs: Tensor, targets: Tensor, noise: Tensor) -> Conditioned:
        """Condition on targets.

        Raises:
            SurrogateError: the covariance is not positive definite.
        """
        factor = cholesky(kernel(inputs).to_dense() + noise.diag())
        weights = torch.cholesky_solve(targets.unsqueeze(-1), factor).squeeze(-1)
        return cls(kernel, inputs, targets, noise, factor, weights)

    @torch.no_grad()
    def joint(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Mean ``m`` and covariance ``m x m`` of the noise-free function at ``m x c`` inputs."""
        cross = self.kernel(inputs, self.inputs).to_dense()
        explained = torch.linalg.solve_triangular(self.factor, cross.T, upper=False)
        covariance = self.kernel(inputs).to_dense() - explained.T @ explained
        return cross @ self.weights, 0.5 * (covariance + covariance.T)

    @torch.no_grad()
    def marginal(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance, each ``m``, of the noise-free function at each of ``m x c`` inputs alone."""
        cross = self.kernel(inputs, self.inputs).to_dense()
        explained = torch.linalg.solve_triangular(self.factor, cross.T, upper=False)
        variance = self.kernel(inputs, diag=True) - explained.square().sum(dim=0)
        return cross @ self.weights, variance.clamp_min(0.0)

    @torch.no_grad()
    def leave_one_out(self) -> tuple[Tensor, Tensor]:
        """Mean and variance, each ``n``, of every noisy target given the others, hyper-parameters held."""
        precision = torch.cholesky_inverse(self.factor).diagonal()
        return self.targets - self.weights / precision, 1.0 / precision
