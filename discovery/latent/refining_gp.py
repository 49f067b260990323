"""An exact GP whose features are trained together with it, through the marginal likelihood.

Deep kernel learning (arXiv 1511.02222) in the form of GOLLuM (arXiv 2504.06265): Matern-5/2 with one
length-scale over the latent, two learning rates, gradients clipped at every step. The training likelihood
alone collapses the predictive variance, so a held-out part of the observations says when to stop. Written
as a BoTorch model with BoTorch's ``custom_fit`` hook, so ``fit_gpytorch_mll`` trains it.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from botorch.exceptions.errors import ModelFittingError, UnsupportedError
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from botorch.models.transforms.input import InputTransform
from gpytorch.constraints import GreaterThan
from gpytorch.kernels import MaternKernel
from gpytorch.likelihoods import GaussianLikelihood
from gpytorch.mlls import ExactMarginalLogLikelihood, MarginalLogLikelihood
from gpytorch.priors import LogNormalPrior
from linear_operator.utils.errors import NanError, NotPSDError
from torch import Tensor, nn

from discovery.errors import SurrogateError

_SMALLEST_LENGTHSCALE = 2.5e-2
_SMALLEST_NOISE = 1e-4
"""Floors of BoTorch's own default GP; the noise is a variance of standardised values."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How adapter and GP are trained."""

    adapter_rate: float = 1e-3
    """Learning rate of the low-rank factors."""

    gp_rate: float = 2e-2
    """Learning rate of the hyper-parameters, which are trained as logarithms: about two percent a step."""

    weight_decay: float = 1e-2
    """On the factors only: pulls towards the frozen latent."""

    clip_norm: float = 1.0
    """Largest norm of the whole gradient at a step."""

    patience: int = 6
    """Steps without a better held-out score before training stops."""


Stop = Literal["steps", "held-out score", "diverged"]


@dataclass(frozen=True, slots=True)
class Trace:
    """What happened in training; index 0 is the frozen latent with hyper-parameters fitted to it."""

    training_loss: tuple[float, ...]
    """Negative log marginal likelihood per observation, of standardised values."""

    held_out_score: tuple[float, ...]
    """Mean predictive log density of the held-out part, of standardised values; higher is better."""

    best_step: int
    """The step whose factors were kept; 0 means that nothing beat the frozen latent."""

    stop: Stop
    """Why training ended."""

    lengthscale_ratios: tuple[float, ...]
    """Length-scale divided by the mean distance of the training rows, at each step.

    A steep fall warns that the rows are pulled apart one by one (memorised), a steep rise that they
    fall together.
    """

    noise: float
    """Noise variance at the best step, of standardised values."""


class TrainedLatent(InputTransform):
    """The latent as an input transform: row numbers in, the present latent of those rows out.

    Args:
        compute: Gives the latent ``n x d`` of all rows under the present factors.
    """

    def __init__(self, compute: Callable[[], Tensor]) -> None:
        super().__init__()
        self.transform_on_train = True
        self.transform_on_eval = True
        self.transform_on_fantasize = True
        self._compute = compute
        self.table = compute()

    def refresh(self) -> None:
        """Compute the latent anew; once a step, whatever number of times it is then looked up."""
        self.table = self._compute()

    def transform(self, X: Tensor) -> Tensor:
        """Row numbers ``batch_shape x n x 1`` to latent vectors ``batch_shape x n x d``."""
        return self.table[X[..., 0].long()]


class RefiningGP(SingleTaskGP):
    """GP over the first ``n`` rows of a latent in training; the ``m`` rows after them are held out.

    Args:
        latent: Latent of all ``n + m`` rows.
        values: ``n + m`` values, standardised by the first ``n``.
        fitted: Number ``n`` of rows to train on.
        factors: What training changes beside the hyper-parameters.
        keep: Called when a step is the best so far, to keep its factors.
        schedule: How to train.
        steps: Largest number of steps.
        progress: Called with each step's number.

    Raises:
        SurrogateError: When no GP can be fitted to the frozen latent.
    """

    input_transform: TrainedLatent
    covar_module: MaternKernel

    def __init__(
        self,
        latent: TrainedLatent,
        values: Tensor,
        fitted: int,
        *,
        factors: Sequence[nn.Parameter],
        keep: Callable[[], None],
        schedule: Schedule,
        steps: int,
        progress: Callable[[int], None],
    ) -> None:
        # The hyper-parameters start where they fit the frozen latent. From a cold start the first steps
        # would mostly tune the GP, and early stopping would take that gain for the adapter's.
        frozen = _frozen_gp(latent.table[:fitted].detach(), values[:fitted])
        rows = torch.arange(len(values), dtype=values.dtype).unsqueeze(-1)
        super().__init__(
            rows[:fitted],
            values[:fitted].unsqueeze(-1),
            likelihood=copy.deepcopy(frozen.likelihood),
            covar_module=copy.deepcopy(frozen.covar_module),
            mean_module=copy.deepcopy(frozen.mean_module),
            outcome_transform=None,
            input_transform=latent,
        )
        self._held_out = (rows[fitted:], values[fitted:])
        self._factors = list(factors)
        self._keep = keep
        self._schedule = schedule
        self._steps = steps
        self._progress = progress
        self._trace: Trace | None = None

    def custom_fit(
        self,
        mll: MarginalLogLikelihood,
        *,
        closure: Callable[..., Any] | None = None,
        closure_kwargs: Mapping[str, Any] | None = None,
        optimizer: Callable[..., Any] | None = None,
        optimizer_kwargs: Mapping[str, Any] | None = None,
    ) -> MarginalLogLikelihood:
        """Train factors and hyper-parameters; called by ``fit_gpytorch_mll``. Leaves the :attr:`trace`."""
        if closure or closure_kwargs or optimizer or optimizer_kwargs:
            raise UnsupportedError("a refining GP is trained by its own schedule")
        schedule = self._schedule
        hyper = list(mll.parameters())
        optimiser = torch.optim.AdamW(
            [
                {"params": self._factors, "lr": schedule.adapter_rate, "weight_decay": schedule.weight_decay},
                {"params": hyper, "lr": schedule.gp_rate, "weight_decay": 0.0},
            ]
        )
        losses: list[float] = []
        scores: list[float] = []
        ratios: list[float] = []
        stop: Stop = "steps"
        noise, best = math.nan, 0
        for step in range(self._steps + 1):
            try:
                self.input_transform.refresh()
                score = self._held_out_score()
                mll.train()
                loss = -mll(self(*self.train_inputs), self.train_targets)
            except (NotPSDError, NanError):
                stop = "diverged"
                break
            if not (math.isfinite(score) and math.isfinite(loss.item())):
                stop = "diverged"
                break
            losses.append(loss.item())
            scores.append(score)
            ratios.append(self._lengthscale_ratio())
            if step == 0 or score > scores[best]:
                best, noise = step, self.likelihood.noise.item()
                self._keep()
            self._progress(step)
            if step - best >= schedule.patience:
                stop = "held-out score"
                break
            if step < self._steps:
                optimiser.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_([*self._factors, *hyper], schedule.clip_norm)
                optimiser.step()
        if not scores:
            raise SurrogateError(
                "The GP on the frozen latent gives no finite likelihood.", "Look for extreme values."
            )
        self._trace = Trace(tuple(losses), tuple(scores), best, stop, tuple(ratios), noise)
        return mll.eval()

    @property
    def trace(self) -> Trace:
        """How training went.

        Raises:
            RuntimeError: When the model was not trained.
        """
        if self._trace is None:
            raise RuntimeError("a refining GP has no trace before fit_gpytorch_mll")
        return self._trace

    @torch.no_grad()
    def _held_out_score(self) -> float:
        rows, values = self._held_out
        posterior = self.posterior(rows, observation_noise=True)
        mean, variance = posterior.mean.squeeze(-1), posterior.variance.squeeze(-1)
        return float(-0.5 * (torch.log(2 * math.pi * variance) + (values - mean) ** 2 / variance).mean())

    @torch.no_grad()
    def _lengthscale_ratio(self) -> float:
        distances = torch.pdist(self.input_transform.table[: len(self.train_targets)])
        return float(self.covar_module.lengthscale.squeeze() / distances.mean())


def _frozen_gp(latent: Tensor, values: Tensor) -> SingleTaskGP:
    """GP on ``n x d`` frozen latent vectors with the hyper-parameters of largest posterior density.

    Priors of BoTorch's default GP (arXiv 2402.02229): the length-scale grows with the square root of the
    dimension.
    """
    if not bool(torch.isfinite(latent).all()):
        raise SurrogateError(
            "The frozen latent holds numbers that are not finite.", "Look for weights that are damaged."
        )
    lengthscale = LogNormalPrior(loc=math.sqrt(2) + 0.5 * math.log(latent.shape[-1]), scale=math.sqrt(3))
    noise = LogNormalPrior(loc=-4.0, scale=1.0)
    # Logarithms, so that one learning rate means the same relative step whatever the dimension.
    logarithm = {"transform": torch.exp, "inv_transform": torch.log}
    gp = SingleTaskGP(
        latent,
        values.unsqueeze(-1),
        likelihood=GaussianLikelihood(
            noise_prior=noise,
            noise_constraint=GreaterThan(_SMALLEST_NOISE, initial_value=noise.mode, **logarithm),
        ),
        covar_module=MaternKernel(
            nu=2.5,
            lengthscale_prior=lengthscale,
            lengthscale_constraint=GreaterThan(
                _SMALLEST_LENGTHSCALE, initial_value=lengthscale.mode, **logarithm
            ),
        ),
        outcome_transform=None,
    )
    try:
        fit_gpytorch_mll(ExactMarginalLogLikelihood(gp.likelihood, gp))
    except ModelFittingError as error:
        raise SurrogateError(
            "No GP could be fitted to the frozen latent.", "Look for extreme values."
        ) from error
    return gp
