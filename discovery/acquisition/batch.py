r"""A batch from a shortlist: greedy noisy expected improvement, in logs, on the joint belief.

The surrogate may be anything that gives a joint normal; BoTorch sees it as a model whose inputs are row
numbers.

.. [Ament2023]
    S. Ament, S. Daulton, D. Eriksson, M. Balandat, E. Bakshy. Unexpected improvements to expected improvement
    for Bayesian optimization. NeurIPS 2023.
.. [Snoek2012]
    J. Snoek, H. Larochelle, R. P. Adams. Practical Bayesian optimization of machine learning algorithms. NeurIPS
    2012 (section 3.2, expected improvement per second).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from botorch.acquisition.logei import qLogNoisyExpectedImprovement
from botorch.acquisition.objective import PosteriorTransform
from botorch.acquisition.utils import prune_inferior_points
from botorch.models.gpytorch import GPyTorchModel
from botorch.optim.optimize import optimize_acqf_discrete
from botorch.posteriors.gpytorch import GPyTorchPosterior
from botorch.posteriors.transformed import TransformedPosterior
from botorch.sampling.normal import SobolQMCNormalSampler
from gpytorch.distributions import MultivariateNormal
from gpytorch.settings import fast_computations
from torch import Tensor

from discovery.acquisition.objectives import AcquisitionError, Objective
from discovery.surrogate.surrogate import Joint

SAMPLES = 512
"""Joint samples for the improvement of a candidate; quasi-random, and the same for all candidates."""

PRUNING_SAMPLES = 2048
"""Joint samples that decide which measured polymers could be the best at all."""

JITTER = 1e-6
"""Added to every variance, in units of the standardised belief: a thousandth of its deviation. Polymers that
no feature tells apart would make their covariance singular."""


class DiscretePosterior(GPyTorchModel):
    """A joint normal over ``m`` things as a BoTorch model of one outcome; inputs are row numbers.

    Args:
        mean: ``m``.
        covariance: ``m x m``, positive semi-definite.
    """

    mean: Tensor
    covariance: Tensor
    _num_outputs = 1

    def __init__(self, mean: Tensor, covariance: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("covariance", covariance)

    @property
    def batch_shape(self) -> torch.Size:
        """Empty: one belief."""
        return torch.Size()

    # BoTorch's two base classes disagree on this signature; callers pass everything after X by keyword.
    def posterior(  # type: ignore[override]
        self,
        X: Tensor,
        observation_noise: bool | Tensor = False,
        posterior_transform: PosteriorTransform | None = None,
        **kwargs: Any,
    ) -> GPyTorchPosterior | TransformedPosterior:
        """The marginal over rows ``X``, ``... x q x 1``, noise-free: a reading is no improvement."""
        rows = X.squeeze(-1).round().long()
        covariance = self.covariance[rows.unsqueeze(-1), rows.unsqueeze(-2)]
        posterior = GPyTorchPosterior(MultivariateNormal(self.mean[rows], covariance))
        return posterior if posterior_transform is None else posterior_transform(posterior=posterior, X=X)


class _Handicapped(qLogNoisyExpectedImprovement):
    """Log expected improvement less a handicap: improvement per cost where the handicap is the log of the cost ([Snoek2012]_).

    Args:
        handicap: One number for each row of the belief.
        options: As for the parent.
    """

    handicap: Tensor

    def __init__(self, handicap: Tensor, **options: Any) -> None:
        super().__init__(**options)
        self.register_buffer("handicap", handicap)

    def forward(self, X: Tensor) -> Tensor:
        """``b x 1 x 1`` row numbers to ``b`` values; what is picked already is in the parent's baseline."""
        value: Tensor = super().forward(X)
        return value - self.handicap[X[..., 0, 0].round().long()]


@dataclass(frozen=True)
class BatchChoice:
    """A batch, best first.

    Args:
        indices: Positions in the shortlist, in the order they were picked.
        values: Log of the expected improvement that each adds to what is measured, pending or picked before
            it; the improvement is in the property's unit, whatever the handicap.
    """

    indices: tuple[int, ...]
    values: tuple[float, ...]


def choose_batch(
    joint: Joint,
    n_measured: int,
    n_pending: int,
    objective: Objective,
    q: int,
    *,
    seed: int,
    handicap: Tensor | None = None,
) -> BatchChoice:
    """Pick ``q`` of a shortlist, each for what it adds to those before it.

    Args:
        joint: Over the measured polymers, then the pending ones, then the shortlist.
        n_measured: How many are measured, at least one.
        n_pending: How many are being made or measured; they count as if their results were in, whatever they
            may be.
        objective: Which way is better.
        q: Size of the batch; a shortlist that is no longer than this comes back whole, in order.
        seed: Of the joint samples. Same inputs and seed, same batch.
        handicap: Taken off the log improvement of each one of the shortlist before they are compared; for costs.

    Raises:
        AcquisitionError: nothing measured, nothing on the shortlist, counts that do not fit, or a belief with
            numbers that are not finite.
    """
    known = n_measured + n_pending
    shortlist = len(joint) - known
    if n_measured < 1:
        raise AcquisitionError(
            "Nothing is measured, so nothing can be improved on.",
            "Fill the first batch by spreading it over the pool.",
        )
    if n_pending < 0 or shortlist < 1:
        raise AcquisitionError("The shortlist is empty.", "Widen the pool, or wait for pending results.")
    if q < 1:
        raise AcquisitionError(f"A batch of {q} cannot be chosen.", "Ask for at least one polymer.")
    if not (bool(torch.isfinite(joint.mean).all()) and bool(torch.isfinite(joint.covariance).all())):
        raise AcquisitionError(
            "The surrogate's belief holds numbers that are not finite.", "Check its features."
        )

    mean, covariance, spread = _standardise(joint, objective)
    model = DiscretePosterior(mean, covariance)
    rows = torch.arange(len(joint), dtype=torch.float64).unsqueeze(-1)
    # Lanczos roots are random and inexact where a Cholesky factor is neither, and sizes here are modest.
    with torch.no_grad(), fast_computations(covar_root_decomposition=False):
        # Pending rows join the measured ones here and not as X_pending, which greedy discrete optimisation
        # forgets at its second pick; for incremental noisy improvement both mean the same. BoTorch's own
        # pruning would draw samples without our seed.
        baseline = prune_inferior_points(
            model, rows[:known], sampler=SobolQMCNormalSampler(torch.Size([PRUNING_SAMPLES]), seed=seed)
        )
        taken_off = torch.zeros(len(joint), dtype=torch.float64)
        if handicap is not None:
            taken_off[known:] = handicap
        acquisition = _Handicapped(
            taken_off,
            model=model,
            X_baseline=baseline,
            sampler=SobolQMCNormalSampler(torch.Size([SAMPLES]), seed=seed),
            prune_baseline=False,
            cache_root=True,
        )
        picked, values = optimize_acqf_discrete(
            acquisition, q=min(q, shortlist), choices=rows[known:], unique=True
        )
    chosen = picked.squeeze(-1).round().long()
    gains = values.reshape(-1) + taken_off[chosen] + math.log(spread)
    return BatchChoice(tuple(int(row) - known for row in chosen), tuple(map(float, gains)))


def with_measured(joint: Joint, at: int, values: Tensor, variances: Tensor) -> Joint:
    """The belief with ``k`` measured polymers put in before row ``at``, which the surrogate cannot see.

    They are known by their measurements alone, so they covary with nothing; yet the best of them has to be
    beaten like any other.

    Args:
        joint: Over ``m`` polymers.
        at: Row that comes after the new ones.
        values: ``k`` measured values.
        variances: ``k`` variances of those values.
    """
    mean = torch.cat([joint.mean[:at], values.to(joint.mean), joint.mean[at:]])
    rows = torch.cat([torch.arange(at), torch.arange(at, len(joint)) + len(values)])
    covariance = torch.diag(
        torch.cat([torch.zeros(at), variances, torch.zeros(len(joint) - at)]).to(joint.mean)
    )
    covariance[rows.unsqueeze(-1), rows] = joint.covariance
    return Joint(mean, covariance, joint.noise_variance)


def _standardise(joint: Joint, objective: Objective) -> tuple[Tensor, Tensor, float]:
    """Mean and covariance to be maximised, near unit size whatever the property's unit, and their unit."""
    mean, covariance = joint.mean.to(torch.float64), joint.covariance.to(torch.float64)
    size = float(mean.var(correction=0) + covariance.diagonal().mean())
    spread = math.sqrt(size) if size > 0.0 else 1.0
    standardised = covariance / spread**2 + JITTER * torch.eye(len(mean), dtype=torch.float64)
    return objective.sign * (mean - mean.mean()) / spread, standardised, spread
