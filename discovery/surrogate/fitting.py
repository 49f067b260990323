r"""Hyper-parameters by the log marginal likelihood and their priors (maximum a posteriori), with L-BFGS-B.

The evidence is a sum over blocks of measurements that share kernel and noise but not features: one block for
a plain member, one per fold for a cross-fitted one. A block may be conditioned on its first measurements, so
that only the others are judged, given those (the conditional marginal likelihood of [Lotfi2022]_). Limits and
robust noise have their sites found anew at every step, each search beginning where the last one ended
(:mod:`~discovery.surrogate.sites`).

.. [Lotfi2022]
    S. Lotfi, P. Izmailov, G. Benton, M. Goldblum, A. G. Wilson. Bayesian model selection, the marginal
    likelihood, and generalization. ICML 2022.
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
        given: How many of the first measurements are taken as given, and not judged.
        signs: ``n``, 0 for a value, 1 for a limit that the property lies above, -1 for one that it lies below; or
            ``None`` where all are values.
        robust: Whether values have Student-t noise.
    """

    inputs: Tensor
    targets: Tensor
    errors: Errors
    given: int = 0
    signs: Tensor | None = None
    robust: bool = False

    @property
    def told(self) -> Likelihood:
        """How the ``n`` targets hang on the function."""
        return Likelihood(self.targets, self.signs, self.robust)

    @property
    def judged(self) -> int:
        """How many measurements count."""
        return len(self.targets) - self.given


def log_evidence(
    kernel: Kernel, noise: Noise, block: Block, starts: tuple[Start, Start] | None = None
) -> Tensor:
    """Log density, a scalar, of a block's judged targets given the others (Rasmussen & Williams 2006, 2.30).

    A Cholesky factor is the chain rule written out: each row holds one target given those before it, so that
    the last rows alone are the density of the judged targets. Where there are sites, all targets and the given ones alone have
    their own, and it is the difference of both.

    Args:
        kernel: Over packed features.
        noise: Of measuring.
        block: The measurements.
        starts: Where the searches for the sites of all and of the given targets begin; moved to where they end.

    Raises:
        SurrogateError: the covariance is not positive definite, or sites do not converge.
    """
    function, variances, told = kernel(block.inputs).to_dense(), noise(block.errors), block.told
    if not told.plain:
        of_all, of_given = starts or (Start(), Start())
        whole = evidence_with_sites(function, variances, told, of_all)[0]
        if not block.given:
            return whole
        first = slice(block.given)
        return whole - evidence_with_sites(function[first, first], variances[first], told[first], of_given)[0]
    factor = cholesky(function + variances.diag())
    white = torch.linalg.solve_triangular(factor, block.targets.unsqueeze(-1), upper=False).squeeze(-1)
    rows = slice(block.given, None)
    fit: Tensor = -0.5 * white[rows].square().sum() - factor.diagonal()[rows].log().sum()
    return fit - 0.5 * block.judged * math.log(2.0 * math.pi)


def log_prior(*modules: Module) -> Tensor:
    """Log density of all hyper-parameters under their priors: a scalar."""
    total = torch.zeros((), dtype=torch.float64)
    for module in modules:
        for _, owner, prior, closure, _ in module.named_priors():
            total = total + prior.log_prob(closure(owner)).sum()
    return total


def settle(kernel: Kernel, noise: Noise, blocks: Sequence[Block], *, seed: int) -> None:
    """Move the hyper-parameters, in place, to the best mode found of the summed evidence and the priors.

    Args:
        kernel: The shared kernel; left in evaluation mode.
        noise: The shared noise; left in evaluation mode.
        blocks: The measurements; at least one is judged.
        seed: Of the further starts. Same inputs and seed, same result.

    Raises:
        SurrogateError: no start arrived anywhere.
    """
    fitted = list(bounds(kernel, noise))
    parameters = {name: parameter for name, parameter, _ in fitted}
    limits: dict[str, tuple[float | None, float | None]] = {name: pair for name, _, pair in fitted}
    size = sum(block.judged for block in blocks)
    generator = torch.Generator().manual_seed(seed)
    first = {name: parameter.detach().clone() for name, parameter in parameters.items()}

    searches = [(Start(), Start()) for _ in blocks]

    def loss() -> tuple[Tensor, tuple[Tensor, ...]]:
        evidences = [log_evidence(kernel, noise, *each) for each in zip(blocks, searches, strict=True)]
        evidence = torch.stack(evidences).sum()
        value = -(evidence + log_prior(kernel, noise)) / size
        return value, torch.autograd.grad(value, list(parameters.values()))

    kernel.train()
    noise.train()
    best, best_loss, reason = None, math.inf, ""
    for start in range(1 + RESTARTS):
        searches[:] = [(Start(), Start()) for _ in blocks]
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
