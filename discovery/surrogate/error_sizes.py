r"""How large a member's error on a polymer will be, learned from its leave-one-out errors on the others.

A ridge regression of :math:`\log(|z| + 0.05)`, where :math:`z` is an error over the member's own deviation, so that a coefficient
of zero leaves the member as it is. The penalty is strong: with as many measurements as :data:`PENALTY` half of what they say is
believed. Leaving one measurement out of the regression is closed-form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from discovery.surrogate.features import Features, Views
from discovery.surrogate.surrogate import Surrogate
from discovery.surrogate.tanimoto import minmax_similarity
from discovery.surrogate.validation import LeaveOneOut

PENALTY = 300.0
"""Of the squared coefficients of standardised columns, in measurements."""

LEAST_ERROR = 0.05
"""Added to an error over its deviation before the logarithm: a hit by luck is no proof of sureness."""

LEAST_GAP = 0.1
"""Added to how far two members disagree before the logarithm, in deviations of the measured values, for the same reason."""

ALIKE = 3.0
"""Weight of the error on a polymer of the same fingerprint, where the mean error counts one. It falls with similarity cubed."""

LONGEST = 1_000_000
"""Distances that are looked at for what is near."""

REACH = 0.05
"""Share of the distances between measured polymers in the latent that count as near."""


@dataclass(frozen=True, eq=False)
class Witness:
    """Another member fitted to the same measurements, whose disagreement is a sign of trouble, and its leave-one-out."""

    surrogate: Surrogate
    loo: LeaveOneOut


@dataclass(frozen=True, eq=False)
class ErrorSizes:
    """Predicts the size of a member's error, relative to the member's own deviation.

    Args:
        known: The ``n`` measured polymers as the member sees them.
        loo: The member's leave-one-out on them; limits have no error.
        witness: Another member, or ``None``.
        near: ``n x n`` weights of the neighbours' errors, one matrix for each kind of nearness; nothing on the diagonal.
        reach: Distance in the latent that counts as near; 0 where there is no latent.
        kept: ``n``, true for the errors that it is fitted to.
        centre: Mean of each of ``k`` columns.
        scale: Their deviations.
        coefficients: ``k``.
        left_out: ``n`` predictions, of errors that it is fitted to without themselves.
    """

    known: Features
    loo: LeaveOneOut
    witness: Witness | None
    near: tuple[Tensor, ...]
    reach: float
    kept: Tensor
    centre: Tensor
    scale: Tensor
    low: Tensor
    high: Tensor
    coefficients: Tensor
    left_out: Tensor

    @classmethod
    def of(cls, known: Views, loo: LeaveOneOut, witness: Witness | None) -> ErrorSizes:
        """What is needed to predict sizes; nothing is fitted yet.

        Args:
            known: The measured polymers as the member sees them. Of a cross-fitted member, whose folds have latents of their own,
                only the fingerprint tells what is near.
            loo: The member's leave-one-out.
            witness: Another member, or ``None``.
        """
        first = known if isinstance(known, Features) else Features(known[0].fingerprint)
        near, reach = [_alike(first, first)], 0.0
        if first.latent is not None:
            distances = torch.cdist(first.latent, first.latent)
            apart = distances[distances > 0]
            apart = apart[
                :: 1 + len(apart) // LONGEST
            ]  # a quantile takes no more than sixteen million numbers
            reach = float(apart.quantile(REACH)) if len(apart) else 0.0
            if reach:
                near.append(_close(distances, reach))
        for weights in near:
            weights.fill_diagonal_(0.0)
        none = torch.zeros(0, dtype=torch.float64)
        return cls(first, loo, witness, tuple(near), reach, loo.known, *(none,) * 6)

    def fit(self, kept: Tensor) -> ErrorSizes:
        """Fitted to some of the errors.

        Args:
            kept: Of the errors that there are (of values, not of limits), true for those to be fitted to.
        """
        rows = self.loo.known.clone()
        rows[self.loo.known] = kept
        witness = None if self.witness is None else (self.witness.loo.mean, self.witness.loo.variance)
        columns = self._columns(self.known, self.loo.mean, self.loo.variance, witness, self.near, rows)
        centre, scale = columns[rows].mean(dim=0), columns[rows].std(dim=0)
        scale = torch.where(scale > 1e-9, scale, 1.0)
        low, high = columns[rows].amin(dim=0), columns[rows].amax(dim=0)
        design = (columns.clamp(low, high) - centre) / scale
        ratios = (self._errors / self.loo.variance.sqrt() + LEAST_ERROR).log()
        target = ratios[rows] - ratios[rows].mean()
        inside = design[rows]
        gram = inside.T @ inside + PENALTY * torch.eye(inside.shape[1], dtype=torch.float64)
        coefficients = torch.linalg.solve(gram, inside.T @ target)
        leverage = (inside * torch.linalg.solve(gram, inside.T).T).sum(dim=-1)
        left_out = design @ coefficients
        left_out[rows] = (left_out[rows] - leverage * target) / (1.0 - leverage)
        return ErrorSizes(
            self.known,
            self.loo,
            self.witness,
            self.near,
            self.reach,
            rows,
            centre,
            scale,
            low,
            high,
            coefficients,
            left_out,
        )

    def log_ratio(self, views: Views, mean: Tensor, variance: Tensor) -> Tensor:
        """``m`` logarithms of what the member's deviations are to be multiplied by, up to a common factor.

        Args:
            views: Polymers as the member sees them.
            mean: The member's ``m`` predictions.
            variance: Its ``m`` predictive variances.
        """
        first = views if isinstance(views, Features) else Features(views[0].fingerprint, None)
        near = [_alike(first, self.known)]
        if self.reach and first.latent is not None and self.known.latent is not None:
            near.append(_close(torch.cdist(first.latent, self.known.latent), self.reach))
        told = None
        if self.witness is not None:
            seen = views if isinstance(views, Features) else views[0]
            told = self.witness.surrogate.predict(seen)
        columns = self._columns(first, mean, variance, told, near, self.kept)
        return ((columns.clamp(self.low, self.high) - self.centre) / self.scale) @ self.coefficients

    @property
    def _errors(self) -> Tensor:
        return (self.loo.values - self.loo.mean).abs()

    def _columns(
        self,
        features: Features,
        mean: Tensor,
        variance: Tensor,
        witness: tuple[Tensor, Tensor] | None,
        near: Sequence[Tensor],
        kept: Tensor,
    ) -> Tensor:
        """``m x k``: what is known beforehand of the error on each polymer; ``near`` holds weights ``m x n``."""
        errors = self._errors[kept]
        typical = errors.mean().clamp_min(torch.finfo(torch.float64).tiny)
        spread = self.loo.values[kept].std().clamp_min(torch.finfo(torch.float64).tiny)
        columns = [0.5 * variance.log()]
        if witness is not None:
            other, doubt = witness
            columns += [0.5 * doubt.log(), ((mean - other).abs() / spread + LEAST_GAP).log()]
        for weights in near:
            inside = weights[:, kept]
            columns.append(((inside @ errors + typical) / (inside.sum(dim=-1) + 1.0)).log())
        fragments = features.fingerprint.sum(dim=-1, dtype=torch.float64)
        columns += [fragments.clamp_min(1.0).log(), mean / spread]
        return torch.stack(columns, dim=-1)


def _alike(these: Features, those: Features) -> Tensor:
    return ALIKE * minmax_similarity(these.fingerprint, those.fingerprint).to(torch.float64).pow(3)


def _close(distances: Tensor, reach: float) -> Tensor:
    return (-(distances / reach).square()).exp()
