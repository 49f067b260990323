r"""The members' prior over functions: a constant, likeness of fingerprints, nearness in the latent and a prior mean, added.

All hyper-parameters live in log space, in units of a standardised outcome. Each has a prior, so that two or
three measurements already give a sane surrogate.

.. [Hvarfner2024]
    C. Hvarfner, E. O. Hellsten, L. Nardi. Vanilla Bayesian optimization performs great in high dimensions.
    ICML 2024.
.. [Rasmussen2006]
    C. E. Rasmussen, C. K. I. Williams. Gaussian processes for machine learning. MIT Press, 2006.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from gpytorch import Module
from gpytorch.constraints import Positive
from gpytorch.kernels import AdditiveKernel, ConstantKernel, Kernel, MaternKernel, ScaleKernel
from gpytorch.priors import LogNormalPrior
from torch import Tensor

from discovery.errors import SurrogateError
from discovery.surrogate.layout import Layout
from discovery.surrogate.noise import NOISE_FLOOR
from discovery.surrogate.tanimoto import TanimotoKernel

MEAN_VARIANCE = 10.0
"""Prior variance of the unknown mean, in variances of the outcome: vague, but small beside 1 / machine
precision. A constant kernel instead of a fitted constant ([Rasmussen2006]_, 2.7) lets leave-one-out leave the
point out of the mean as well."""

UNIT_CUBE_DEVIATION = 1.0 / math.sqrt(12.0)
"""Standard deviation of a coordinate of the unit cube, for which the length-scale prior of [Hvarfner2024]_
was made."""

SHARE_SPREAD = 1.0
"""Deviation of the logarithm of a part's variance around an equal share, a priori: a factor e."""

SCALE_BOUNDS = (1e-3, 1e2)
"""Bounds of an additive part's variance, in variances of the outcome."""

CORRELATION_BOUNDS = (-3.0, 3.0)
"""Bounds of a task's weight on what tasks have in common, as an inverse hyperbolic tangent: up to 0.995."""


def _log_space() -> Positive:
    return Positive(transform=torch.exp, inv_transform=torch.log)


def covariance(layout: Layout) -> Kernel:
    """A fresh kernel over packed features, at its prior's typical values.

    Constant + scale x Tanimoto over the fingerprint + scale x Matern-5/2 with one length-scale over the latent + scale x a linear
    trend in the physics estimates + scale x the prior mean's part. The trend is what carries beyond the measured range: a
    campaign looks for polymers better than any measured one. A latent without fingerprints has scale x Matern-1/2 beside the
    smooth part, which alone is too sure between few measured polymers; likeness of fingerprints cures that as well. Each scale
    has a log-normal prior around an equal share of the outcome's variance. A length-scale's prior is the dimension-scaled one of
    [Hvarfner2024]_, carried over from the unit cube to a latent of unit variance per dimension.
    """
    constant = ConstantKernel()
    constant.constant = torch.tensor(MEAN_VARIANCE)
    constant.raw_constant.requires_grad_(False)
    shares: list[Kernel] = []
    if layout.fingerprint:
        tanimoto = TanimotoKernel(layout.fingerprint)
        shares.append(tanimoto)
        if layout.prior is not None:
            shares.append(PriorMeanKernel(tanimoto, layout.width))
    first = layout.fingerprint
    if layout.latent:
        shares.append(_nearness(first, layout.latent, 2.5))
        if not layout.fingerprint:
            shares.append(_nearness(first, layout.latent, 0.5))
    if layout.physics:
        first += layout.latent
        shares.append(TrendKernel(first, layout.physics))
    share = 1.0 / len(shares)
    parts: list[Kernel] = [constant]
    for base in shares:
        scaled = ScaleKernel(
            base,
            outputscale_prior=LogNormalPrior(loc=math.log(share), scale=SHARE_SPREAD),
            outputscale_constraint=_log_space(),
        )
        scaled.outputscale = share
        parts.append(scaled)
    return AdditiveKernel(*parts).double()


def _nearness(first: int, dims: int, smoothness: float) -> MaternKernel:
    """Matern over ``dims`` columns from ``first`` on, with the prior of its length-scale."""
    columns = tuple(range(first, first + dims))
    median = math.sqrt(2.0) + 0.5 * math.log(dims) - math.log(UNIT_CUBE_DEVIATION)
    prior = LogNormalPrior(loc=median, scale=math.sqrt(3.0))
    matern = MaternKernel(
        nu=smoothness, active_dims=columns, lengthscale_prior=prior, lengthscale_constraint=_log_space()
    )
    # A typical distance between standardised vectors: the prior's mode is half as long.
    matern.lengthscale = math.sqrt(2.0 * dims)
    return matern


class TrendKernel(Kernel):  # type: ignore[misc]  # GPyTorch ships no types
    """A linear trend, ``x x' / a`` over ``a`` columns of order one: slopes with equal normal priors ([Rasmussen2006]_, 2.7).

    Args:
        first: The first of the columns.
        dims: How many there are.
    """

    is_stationary = False
    has_lengthscale = False

    def __init__(self, first: int, dims: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.columns = slice(first, first + dims)
        self.dims = dims

    def forward(self, x1: Tensor, x2: Tensor, diag: bool = False, **params: Any) -> Tensor:
        """Covariance ``... x n x m`` of inputs ``... x n x c`` and ``... x m x c``, or its diagonal."""
        a, b = x1[..., self.columns], x2[..., self.columns]
        return ((a * b).sum(dim=-1) if diag else a @ b.transpose(-1, -2)) / self.dims


class PriorMeanKernel(Kernel):  # type: ignore[misc]  # GPyTorch ships no types
    """The part of a mean that follows an estimate: ``z z'`` where both polymers have a standardised estimate ``z``, their
    Tanimoto similarity where both have none, and 0 between the two.

    Args:
        tanimoto: Over the fingerprint; shared with the member's own part, so that a Gram matrix is made once.
        column: Where the estimates stand in the packed features; the next column says where there is none.
    """

    is_stationary = False
    has_lengthscale = False

    def __init__(self, tanimoto: TanimotoKernel, column: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tanimoto = tanimoto
        self.column = column

    def forward(self, x1: Tensor, x2: Tensor, diag: bool = False, **params: Any) -> Tensor:
        """Covariance ``... x n x m`` of inputs ``... x n x c`` and ``... x m x c``, or its diagonal."""
        (z1, none1), (z2, none2) = ((x[..., self.column], x[..., self.column + 1]) for x in (x1, x2))
        if diag:
            told, untold = z1 * z2, none1 * none2
        else:
            told, untold = (a.unsqueeze(-1) * b.unsqueeze(-2) for a, b in ((z1, z2), (none1, none2)))
        if bool((untold == 0).all()):
            return told
        return told + untold * self.tanimoto.forward(x1, x2, diag=diag)


@dataclass(frozen=True)
class Shares:
    """What the parts of a kernel of :func:`covariance` contribute, each a variance; 0 where a part is missing.

    Args:
        constant: Of the unknown mean.
        tanimoto: Of likeness of fingerprints.
        matern: Of nearness in the latent.
        lengthscale: Of the last; infinite where it is missing.
        rough: Of the rough part of nearness in the latent.
        rough_lengthscale: Of the last; infinite where it is missing.
        prior: Of the slope of the prior mean.
        trend: Of the trend in the physics estimates.
    """

    constant: float
    tanimoto: float = 0.0
    matern: float = 0.0
    lengthscale: float = math.inf
    rough: float = 0.0
    rough_lengthscale: float = math.inf
    prior: float = 0.0
    trend: float = 0.0


def shares(kernel: Kernel) -> Shares:
    """The settled numbers of a kernel that :func:`covariance` made.

    Raises:
        SurrogateError: It is another kernel.
    """
    found: dict[str, float] = {}
    for part in getattr(kernel, "kernels", [kernel]):
        if isinstance(part, ConstantKernel):
            found["constant"] = float(part.constant.detach())
        elif isinstance(part, ScaleKernel) and isinstance(part.base_kernel, TanimotoKernel):
            found["tanimoto"] = float(part.outputscale.detach())
        elif isinstance(part, ScaleKernel) and isinstance(part.base_kernel, PriorMeanKernel):
            found["prior"] = float(part.outputscale.detach())
        elif isinstance(part, ScaleKernel) and isinstance(part.base_kernel, TrendKernel):
            found["trend"] = float(part.outputscale.detach())
        elif isinstance(part, ScaleKernel) and isinstance(part.base_kernel, MaternKernel):
            rough = part.base_kernel.nu < 1
            found["rough" if rough else "matern"] = float(part.outputscale.detach())
            lengthscale = float(part.base_kernel.lengthscale.detach())
            found["rough_lengthscale" if rough else "lengthscale"] = lengthscale
        else:
            raise SurrogateError(
                f"A pool cannot be screened with a {type(part).__name__}.", "Use a member of this room."
            )
    return Shares(**found)


@torch.no_grad()
def apart(kernel: Kernel, inputs: Tensor, latent: slice) -> tuple[Kernel, Tensor]:
    """What of a kernel of :func:`covariance` reads the latent, and what does not.

    Args:
        kernel: Settled.
        inputs: ``n x c`` packed features.
        latent: Which columns of them are the latent.

    Returns:
        A copy of the first as a kernel over the latent alone, and the ``n x n`` covariance of the second.
    """
    near: list[Kernel] = []
    for part in kernel.kernels:
        if isinstance(getattr(part, "base_kernel", None), MaternKernel):
            # made anew, so that it brings no priors, which a likelihood would count
            near.append(ScaleKernel(MaternKernel(nu=part.base_kernel.nu)).double())
            near[-1].base_kernel.lengthscale = part.base_kernel.lengthscale
            near[-1].outputscale = part.outputscale
    alone = AdditiveKernel(*near)
    beside = kernel(inputs).to_dense() - alone(inputs[:, latent]).to_dense()
    return alone, beside


def bounds(*modules: Module) -> Iterator[tuple[str, Tensor, tuple[float, float]]]:
    """Every parameter to be fitted, with its bounds in log space."""
    for position, module in enumerate(modules):
        for name, parameter in module.named_parameters():
            if not parameter.requires_grad:
                continue
            if name.endswith(("raw_nugget", "raw_scatter")):
                limits = (math.log(NOISE_FLOOR), math.log(10.0))
            elif name.endswith("raw_outputscale"):
                limits = (math.log(SCALE_BOUNDS[0]), math.log(SCALE_BOUNDS[1]))
            elif name.endswith("raw_correlation"):
                limits = CORRELATION_BOUNDS
            else:
                limits = (math.log(1e-2), math.log(1e4))
            yield f"{position}.{name}", parameter, limits
