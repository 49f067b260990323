"""Peers of `peers.py` that are a few lines of BoTorch or scikit-learn, as a practitioner would write them.

Both read Morgan counts of the endless chain, the fingerprint of polyloop's own members, so that what differs is the model and
not what it sees. Values are turned so that more is better.

.. [Ament2023]
    S. Ament, S. Daulton, D. Eriksson, M. Balandat, E. Bakshy. Unexpected improvements to expected improvement for Bayesian
    optimization. NeurIPS 2023.
.. [Hutter2014]
    F. Hutter, L. Xu, H. Hoos, K. Leyton-Brown. Algorithm runtime prediction: methods and evaluation. Artificial Intelligence 206,
    2014 (spread over the trees of a forest).
.. [Ginsbourger2010]
    D. Ginsbourger, R. Le Riche, L. Carraro. Kriging is well-suited to parallelize optimization. 2010 (believing what is
    predicted of those picked already).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import torch
from botorch.acquisition import LogExpectedImprovement
from botorch.acquisition.logei import qLogExpectedImprovement
from botorch.exceptions import InputDataWarning
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from botorch.models.gpytorch import GPyTorchModel
from botorch.models.transforms import Standardize
from botorch.optim import optimize_acqf_discrete
from botorch.posteriors import GPyTorchPosterior
from botorch.sampling import SobolQMCNormalSampler
from gpytorch.distributions import MultivariateNormal
from gpytorch.kernels import Kernel, ScaleKernel
from gpytorch.mlls import ExactMarginalLogLikelihood
from numpy.typing import NDArray
from scipy.stats import norm
from sklearn.ensemble import RandomForestRegressor

from campaigns.backtesting.oracle import Question
from campaigns.backtesting.rivals import Choice
from discovery.polymers import RepeatUnit

TREES = 100

SAMPLES = 512
"""Joint samples of the acquisition, as BoTorch takes them."""

SHORTLIST = 400
"""Candidates that a batch is picked from, the first by the analytic LogEI of each alone."""


class Similarity(Kernel):
    """A kernel on row numbers that looks similarities up: those of a whole table are computed once.

    Args:
        gram: ``n x n``.
    """

    is_stationary = False
    has_lengthscale = False

    def __init__(self, gram: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("gram", gram)

    def forward(
        self, x1: torch.Tensor, x2: torch.Tensor, diag: bool = False, **params: object
    ) -> torch.Tensor:
        rows, columns = x1.squeeze(-1).round().long(), x2.squeeze(-1).round().long()
        return self.gram[rows, columns] if diag else self.gram[rows.unsqueeze(-1), columns.unsqueeze(-2)]


JITTER = 1e-5
"""Added to every variance, in units of the mean one."""


class Belief(GPyTorchModel):
    """A joint normal over candidates as a model on row numbers, so that the posterior of a table is computed once for a batch.

    Args:
        mean: ``m``.
        covariance: ``m x m``.
    """

    _num_outputs = 1

    def __init__(self, mean: torch.Tensor, covariance: torch.Tensor) -> None:
        super().__init__()
        self.mean, self.covariance = mean, covariance

    @property
    def batch_shape(self) -> torch.Size:
        return torch.Size()

    def posterior(self, X: torch.Tensor, **_: object) -> GPyTorchPosterior:
        rows = X.squeeze(-1).round().long()
        covariance = self.covariance[rows.unsqueeze(-1), rows.unsqueeze(-2)]
        return GPyTorchPosterior(MultivariateNormal(self.mean[rows], covariance))


class TanimotoLogEI:
    """``SingleTaskGP`` with a Tanimoto kernel, a batch by sequential greedy qLogEI [Ament2023]_.

    Args:
        units: The table's polymers.
        gram: ``n x n`` Tanimoto similarities of their counts, in the form for counts (MinMax).
        sign: Of the objective.
    """

    def __init__(self, units: Sequence[RepeatUnit], gram: torch.Tensor, sign: float) -> None:
        self.gram, self.sign = gram, sign
        self.rows = {unit.key: row for row, unit in enumerate(units)}

    def propose(self, question: Question) -> Choice:
        torch.manual_seed(question.seed)
        seen = torch.tensor([[float(self.rows[o.unit.key])] for o in question.measured]).double()
        free = torch.tensor([[float(self.rows[unit.key])] for unit in question.candidates]).double()
        values = torch.tensor([[self.sign * o.value] for o in question.measured]).double()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InputDataWarning)  # row numbers are not in the unit cube
            model = SingleTaskGP(
                seen,
                values,
                covar_module=ScaleKernel(Similarity(self.gram)),
                outcome_transform=Standardize(m=1),
            )
            fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
            with torch.no_grad():
                joint = model.posterior(free).distribution
        with torch.no_grad():
            covariance = joint.covariance_matrix
            # polymers of one fingerprint, and late in a replay all of them, make it singular
            covariance = covariance + JITTER * covariance.diagonal().mean() * torch.eye(len(free)).double()
            everything = Belief(joint.mean, covariance)
            alone = LogExpectedImprovement(everything, values.max())(_places(len(free)).unsqueeze(1))
        listed = alone.topk(min(SHORTLIST, len(free))).indices
        belief = Belief(joint.mean[listed], covariance[listed][:, listed])
        acquisition = qLogExpectedImprovement(
            belief,
            best_f=values.max(),
            sampler=SobolQMCNormalSampler(torch.Size([SAMPLES]), seed=question.seed),
        )
        picked, _ = optimize_acqf_discrete(
            acquisition, q=question.batch, choices=_places(len(listed)), unique=True
        )
        chosen = listed[picked.squeeze(-1).round().long()].tolist()
        return Choice(tuple(question.candidates[place] for place in chosen))


def _places(count: int) -> torch.Tensor:
    """Row numbers ``count x 1``."""
    return torch.arange(count, dtype=torch.float64).unsqueeze(-1)


class ForestEI:
    """A random forest, expected improvement from the spread of its trees [Hutter2014]_; a batch by believing the predictions of
    those picked before [Ginsbourger2010]_.

    Args:
        units: The table's polymers.
        counts: Their fingerprints, ``n x d``.
        sign: Of the objective.
    """

    def __init__(self, units: Sequence[RepeatUnit], counts: NDArray[np.float32], sign: float) -> None:
        self.counts, self.sign = np.ascontiguousarray(counts[:, counts.any(axis=0)], dtype=np.float32), sign
        self.rows = {unit.key: row for row, unit in enumerate(units)}

    def propose(self, question: Question) -> Choice:
        seen = [self.rows[o.unit.key] for o in question.measured]
        values = [self.sign * o.value for o in question.measured]
        free = np.array([self.rows[unit.key] for unit in question.candidates])
        unknown, best, picked = self.counts[free], max(values), []
        for number in range(question.batch):
            forest = RandomForestRegressor(TREES, random_state=(question.seed + number) % 2**32)
            forest.fit(self.counts[seen], values)
            # checked once above: the checks of a hundred trees take longer than their predictions
            each = np.stack([tree.predict(unknown, check_input=False) for tree in forest.estimators_])
            mean, deviation = each.mean(axis=0), each.std(axis=0) + 1e-12
            z = (mean - best) / deviation
            improvement = deviation * (z * norm.cdf(z) + norm.pdf(z))
            improvement[picked] = -np.inf
            place = int(improvement.argmax())
            picked.append(place)
            seen, values = [*seen, int(free[place])], [*values, float(mean[place])]
        return Choice(tuple(question.candidates[place] for place in picked))
