"""Which columns of a model's input are what: the views of a polymer that a member reads, side by side in one matrix."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from discovery.errors import SurrogateError
from discovery.surrogate.features import Features
from discovery.surrogate.posterior import Standardisation


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

    @property
    def latent_columns(self) -> slice:
        """Where the latent stands."""
        return slice(self.fingerprint, self.fingerprint + self.latent)

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
