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
from discovery.surrogate.features import Features
from discovery.surrogate.noise import NOISE_FLOOR
from discovery.surrogate.posterior import Standardisation
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


@dataclass(frozen=True)
class Layout:
    """Which columns of a model's input are what.

    Args:
        fingerprint: How many columns of counts come first; 0 where they are not used.
        latent: How many columns of latent follow; 0 where it is not used.
        physics: How many columns of physics estimates come after these; 0 where they are not used.
        prior: How estimates of the property are standardised, for two more columns: the estimate, 0 where there is none, and
            whether there is none. ``None`` for a member without prior mean.
    """

    fingerprint: int
    latent: int
    prior: Standardisation | None = None
    physics: int = 0

    @property
    def width(self) -> int:
        """How many columns come before those of the prior mean."""
        return self.fingerprint + self.latent + self.physics

    @classmethod
    def of(cls, features: Features, *, fingerprint: bool, latent: bool, prior: bool = False) -> Layout:
        """The layout of a member that uses the named views of ``features``; physics estimates go with the latent, where there
        are any.

        Raises:
            SurrogateError: the latent or the estimates are asked for and missing, or nothing is asked for.
        """
        if latent and features.latent is None:
            raise SurrogateError(
                "The polymers have no latent.", "Embed them first, or fit the fingerprint member."
            )
        bits = features.fingerprint.shape[1] if fingerprint else 0
        dims = features.latent.shape[1] if latent and features.latent is not None else 0
        if bits + dims == 0:
            raise SurrogateError(
                "A surrogate needs at least one column of features.", "Give fingerprints or latents."
            )
        axes = features.physics.shape[1] if dims and features.physics is not None else 0
        return cls(bits, dims, _standardisation(features.estimates, bits) if prior else None, axes)

    def pack(self, features: Features) -> Tensor:
        """``n x c`` float64, as the kernel of this layout reads it.

        Raises:
            SurrogateError: another number of columns than the member was fitted with, or values that cannot
                be.
        """
        parts: list[Tensor] = []
        if self.fingerprint:
            counts = features.fingerprint
            if counts.shape[1] != self.fingerprint:
                raise SurrogateError(
                    f"The fingerprints have {counts.shape[1]} columns, the surrogate's {self.fingerprint}.",
                    "Use the same fingerprint for measured polymers and candidates.",
                )
            _check(counts, negative_allowed=False)
            parts.append(counts.to(torch.float64))
        if self.latent:
            latent = features.latent
            if latent is None or latent.shape[1] != self.latent:
                raise SurrogateError(
                    f"The surrogate reads a latent of {self.latent} dimensions, which these polymers lack.",
                    "Embed candidates with the encoders that embedded the measured polymers.",
                )
            _check(latent, negative_allowed=True)
            parts.append(latent.to(torch.float64))
        if self.physics:
            physics = features.physics
            if physics is None or physics.shape[1] != self.physics:
                raise SurrogateError(
                    f"The surrogate reads {self.physics} columns of physics estimates, which these polymers lack.",
                    "Estimate them first.",
                )
            _check(physics, negative_allowed=True)
            parts.append(physics.to(torch.float64))
        if self.prior is not None:
            parts.append(torch.stack(self.prior_columns(features.estimates), dim=-1))
        return torch.cat(parts, dim=-1)

    def prior_columns(self, estimates: Tensor | None) -> tuple[Tensor, Tensor]:
        """The last two columns, each ``n``: standardised estimates, 0 where there is none, and 1 there.

        Raises:
            SurrogateError: there are no estimates, or the member has no prior mean.
        """
        if estimates is None or self.prior is None:
            raise SurrogateError(
                "The surrogate's prior mean reads estimates, which these polymers lack.",
                "Estimate them first.",
            )
        known = torch.isfinite(estimates)
        # the inner replacement keeps nan out of the products
        standard = self.prior.standardise(torch.where(known, estimates, self.prior.centre))
        return standard, (~known).to(torch.float64)


def _standardisation(estimates: Tensor | None, bits: int) -> Standardisation:
    """Mean and deviation of the estimates of the measured polymers."""
    known = None if estimates is None else estimates[torch.isfinite(estimates)].to(torch.float64)
    if known is None or len(known) < 2 or not bits:
        raise SurrogateError(
            "A prior mean needs fingerprints, and estimates of two polymers at the least.",
            "Fit this member without it.",
        )
    return Standardisation.of(known)


def _check(columns: Tensor, *, negative_allowed: bool) -> None:
    # The two extremes betray a value that is not finite (nan spreads to both) in one pass, and without a mask
    # of the whole matrix.
    low, high = (float(extreme) for extreme in columns.aminmax()) if columns.numel() else (0.0, 0.0)
    if not (math.isfinite(low) and math.isfinite(high)) or (low < 0 and not negative_allowed):
        raise SurrogateError(
            "The features hold numbers that are not finite, or negative counts.",
            "Leave out the polymers that could not be encoded.",
        )


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
