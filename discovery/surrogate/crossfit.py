"""A refined member: a mixture of Gaussian processes, one per fold of adapters, none of which judges itself.

An adapter trained on a measurement moves its latent to where its value fits, so the likelihood of that
measurement says nothing any more: hyper-parameters fitted to it make the variance collapse. Here they are those of
the process on the frozen latent, which no value has moved. (Fitted anew, to the measurements that an adapter did not see
given those that it saw, they cost 0.01 to 0.02 in log score at fifty measurements and gained nothing.) Each process is
conditioned on all measurements, and the folds' predictions are mixed with the variance between them. Leave-one-out scores a
measurement by the folds that did not see it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from discovery.errors import SurrogateError
from discovery.surrogate.features import Features, Views
from discovery.surrogate.members import GaussianProcess
from discovery.surrogate.surrogate import Joint
from discovery.surrogate.validation import LeaveOneOut


@dataclass(frozen=True, eq=False)
class CrossfittedGaussianProcess:
    """A mixture, in equal parts, of one Gaussian process per fold.

    Args:
        name: Short name of the member.
        parts: One per fold, all conditioned on all ``n`` measurements.
        unseen: ``folds x n``, true where a fold's adapter was not trained on a measurement.
    """

    name: str
    parts: tuple[GaussianProcess, ...]
    unseen: Tensor

    @property
    def views(self) -> int:
        """One `Features` per fold."""
        return len(self.parts)

    @property
    def size(self) -> int:
        """How many measurements it was fitted to."""
        return self.unseen.shape[1]

    def loo(self) -> LeaveOneOut:
        """Each measurement from the others, by the mixture of the folds whose adapters did not see it."""
        scores = [part.loo() for part in self.parts]
        means = torch.stack([score.mean for score in scores])
        variances = torch.stack([score.variance for score in scores])
        weights = self.unseen.to(torch.float64) / self.unseen.sum(dim=0)
        mean = (weights * means).sum(dim=0)
        variance = (weights * (variances + (means - mean).square())).sum(dim=0)
        return LeaveOneOut(mean, variance, scores[0].values, scores[0].bounds, scores[0].degrees)

    def joint(self, features: Views) -> Joint:
        """Belief about ``m`` polymers together: covariance within the folds plus that between them."""
        beliefs = [part.joint(view) for part, view in zip(self.parts, self._per_fold(features), strict=True)]
        means = torch.stack([belief.mean for belief in beliefs])
        mean = means.mean(dim=0)
        apart = means - mean
        within = torch.stack([belief.covariance for belief in beliefs]).mean(dim=0)
        return Joint(mean, within + apart.T @ apart / len(beliefs), beliefs[0].noise_variance)

    def predict(self, features: Views) -> tuple[Tensor, Tensor]:
        """Mean and predictive variance, each ``m``: variance within the folds plus that between them."""
        pairs = [part.predict(view) for part, view in zip(self.parts, self._per_fold(features), strict=True)]
        means = torch.stack([mean for mean, _ in pairs])
        within = torch.stack([variance for _, variance in pairs]).mean(dim=0)
        mean = means.mean(dim=0)
        return mean, within + (means - mean).square().mean(dim=0)

    def _per_fold(self, features: Views) -> Sequence[Features]:
        if isinstance(features, Features) or len(features) != len(self.parts):
            given = 1 if isinstance(features, Features) else len(features)
            raise SurrogateError(
                f"This surrogate takes {len(self.parts)} views of the polymers, one per fold, not {given}.",
                "Embed them once with each fold's adapter.",
            )
        return features


def crossfitted(
    name: str, frozen: GaussianProcess, folds: Sequence[tuple[Features, Sequence[int]]]
) -> CrossfittedGaussianProcess:
    """A member on a latent that adapters changed.

    Args:
        name: Of the member.
        frozen: The process that was fitted to the ``n`` measurements on the frozen latent.
        folds: For each fold, the features of all ``n`` measured polymers under its adapter, and the rows its
            adapter was trained on.

    Raises:
        SurrogateError: a measurement was seen by every adapter, the folds do not fit the measurements or each
            other, or a covariance is not positive definite.
    """
    size = frozen.size
    if not folds or any(len(features) != size for features, _ in folds):
        raise SurrogateError(
            "A cross-fitted surrogate needs, for every fold, one row of features per measurement.",
            "Embed all measured polymers with each fold's adapter.",
        )
    unseen = torch.ones(len(folds), size, dtype=torch.bool)
    for fold, (_, trained_on) in enumerate(folds):
        if any(not 0 <= row < size for row in trained_on):
            raise SurrogateError(
                f"Fold {fold} was trained on a row that is not among the {size} measurements.",
                "Give positions in the measurements, counted from 0.",
            )
        unseen[fold, list(trained_on)] = False
    if not bool(unseen.any(dim=0).all()):
        raise SurrogateError(
            f"{int((~unseen.any(dim=0)).sum())} of the measurements were seen by every adapter.",
            "Train each adapter on one part of the measurements only.",
        )
    parts = tuple(frozen.seeing(features, f"{name}, fold {fold}") for fold, (features, _) in enumerate(folds))
    return CrossfittedGaussianProcess(name, parts, unseen)
