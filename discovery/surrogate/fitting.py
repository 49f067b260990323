"""Hyper-parameters by the log marginal likelihood and their priors (maximum a posteriori), with L-BFGS-B.

Limits and robust noise have their sites found anew at every step, each search beginning where the last one ended
(:mod:`~discovery.surrogate.sites`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from botorch.optim.core import scipy_minimize
from gpytorch import Module
from gpytorch.kernels import Kernel
from torch import Tensor

from discovery.errors import SurrogateError
from discovery.surrogate.kernels import bounds
from discovery.surrogate.noise import Errors, Noise
from discovery.surrogate.posterior import cholesky
from discovery.surrogate.sites import Likelihood, Start
from discovery.surrogate.sites import log_evidence as evidence_with_sites

RESTARTS = 1
"""Starts besides the prior's typical values: the evidence of small sets often has a second mode, where all is
noise."""

RESTART_SPREAD = 1.0
"""Standard deviation of a further start around the first, in log space."""

STEPS = 200
"""Most L-BFGS iterations of one start; about 30 suffice."""

FLAT = 1e-2
"""Largest slope, per measurement and unit of log space, at which a search that was cut short still counts as
arrived."""


@dataclass(frozen=True, eq=False)
class Block:
    """Measurements whose likelihood counts, in standardised units.

    Args:
        inputs: ``n x c`` packed features.
        targets: ``n`` values.
        errors: What is known of the errors of the ``n`` values.
        signs: ``n``, 0 for a value, 1 for a limit that the property lies above, -1 for one that it lies below; or
            ``None`` where all are values.
        robust: Whether values have Student-t noise.
    """

    inputs: Tensor
    targets: Tensor
    errors: Errors
    signs: Tensor | None = None
    robust: bool = False

    @property
    def told(self) -> Likelihood:
        """How the ``n`` targets hang on the function."""
        return Likelihood(self.targets, self.signs, self.robust)


def log_evidence(kernel: Kernel, noise: Noise, block: Block, start: Start | None = None) -> Tensor:
    """Log density, a scalar, of a block's targets (Rasmussen & Williams 2006, 2.30).

    Args:
        kernel: Over packed features.
        noise: Of measuring.
        block: The measurements.
        start: Where the search for the sites of limits and robust noise begins; moved to where it ends.

    Raises:
        SurrogateError: the covariance is not positive definite, or sites do not converge.
    """
    function, variances, told = kernel(block.inputs).to_dense(), noise(block.errors), block.told
    if not told.plain:
        return evidence_with_sites(function, variances, told, start or Start())[0]
    factor = cholesky(function + variances.diag())
    white = torch.linalg.solve_triangular(factor, block.targets.unsqueeze(-1), upper=False).squeeze(-1)
    fit: Tensor = -0.5 * white.square().sum() - factor.diagonal().log().sum()
    return fit - 0.5 * len(white) * math.log(2.0 * math.pi)


def log_prior(*modules: Module) -> Tensor:
    """Log density of all hyper-parameters under their priors: a scalar."""
    total = torch.zeros((), dtype=torch.float64)
    for module in modules:
        for _, owner, prior, closure, _ in module.named_priors():
            total = total + prior.log_prob(closure(owner)).sum()
    return total


def settle(kernel: Kernel, noise: Noise, block: Block, *, seed: int) -> None:
    """Move the hyper-parameters, in place, to the best mode found of the evidence and the priors.

    Args:
        kernel: Of the process; left in evaluation mode.
        noise: Of measuring; left in evaluation mode.
        block: The measurements.
        seed: Of the further starts. Same inputs and seed, same result.

    Raises:
        SurrogateError: no start arrived anywhere.
    """
    fitted = list(bounds(kernel, noise))
    parameters = {name: parameter for name, parameter, _ in fitted}
    limits: dict[str, tuple[float | None, float | None]] = {name: pair for name, _, pair in fitted}
    generator = torch.Generator().manual_seed(seed)
    first = {name: parameter.detach().clone() for name, parameter in parameters.items()}

    search = Start()

    def loss() -> tuple[Tensor, tuple[Tensor, ...]]:
        evidence = log_evidence(kernel, noise, block, search)
        value = -(evidence + log_prior(kernel, noise)) / len(block.targets)
        return value, torch.autograd.grad(value, list(parameters.values()))

    kernel.train()
    noise.train()
    best, best_loss, reason = None, math.inf, ""
    for start in range(1 + RESTARTS):
        search = Start()
        with torch.no_grad():
            for name, parameter in parameters.items():
                jump = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
                low, high = limits[name]
                parameter.copy_((first[name] + (RESTART_SPREAD * jump if start else 0.0)).clamp(low, high))
        try:
            result = scipy_minimize(loss, parameters, bounds=limits, options={"maxiter": STEPS})
            slope = _slope(loss()[1], parameters, limits)
        except SurrogateError as error:
            reason = error.message
            continue
        if not math.isfinite(float(result.fval)) or slope > FLAT:
            reason = f"{result.message} at slope {slope:.2g}"
        elif float(result.fval) < best_loss:
            best_loss = float(result.fval)
            best = {name: parameter.detach().clone() for name, parameter in parameters.items()}
    kernel.eval()
    noise.eval()
    if best is None:
        raise SurrogateError(
            f"The surrogate's hyper-parameters could not be fitted ({reason}).",
            "Look for values of a wrong unit, and for features that are not standardised.",
        )
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(best[name])


def _slope(
    gradients: Sequence[Tensor],
    parameters: dict[str, Tensor],
    limits: dict[str, tuple[float | None, float | None]],
) -> float:
    """Largest absolute slope, leaving out parameters that rest against the bound they are pushed to."""
    slopes = [0.0]
    for (name, parameter), gradient in zip(parameters.items(), gradients, strict=True):
        low, high = limits[name]
        inwards = gradient.detach()
        held = (parameter <= (-math.inf if low is None else low)) & (inwards > 0)
        held |= (parameter >= (math.inf if high is None else high)) & (inwards < 0)
        slopes.append(float(inwards.masked_fill(held, 0.0).abs().max()))
    return max(slopes)
