r"""Gaussian processes whose latent is trained, through their likelihood, while all that decides their variance is held.

Deep kernel learning (arXiv 1511.02222) as GOLLuM does it (arXiv 2504.06265) trains features and hyper-parameters on one and
the same likelihood. The features then bring together what has like values, and length-scale and noise follow: the variance
collapses. Here the hyper-parameters are those that a surrogate found on the *frozen* latent, which has seen no value; only the
latent moves. Each fold's latent is judged at each step by the measurements that are held out of it, and all folds stop together
where their held-out log score is best: of one fold alone it is mostly noise. Several properties share the latent, and their log
scores are summed.

Written as a BoTorch model with BoTorch's ``custom_fit`` hook, so that ``fit_gpytorch_mll`` trains it, with the marginal
likelihood or the leave-one-out likelihood [Rasmussen2006]_ (5.4.2) that it is given.

.. [Rasmussen2006]
    C. E. Rasmussen, C. K. I. Williams. Gaussian processes for machine learning. MIT Press, 2006.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from botorch.exceptions.errors import UnsupportedError
from botorch.models import SingleTaskGP
from botorch.models.model_list_gp_regression import ModelListGP
from gpytorch.means import ZeroMean
from gpytorch.mlls import MarginalLogLikelihood, SumMarginalLogLikelihood
from linear_operator.utils.errors import NanError, NotPSDError
from torch import Tensor, nn

from discovery.errors import SurrogateError
from discovery.latent.diagnostics import mean_distance
from discovery.latent.frozen_process import FrozenProcess, HeldCovariance, TrainedLatent
from discovery.latent.settings import Schedule

Stop = Literal["steps", "held-out score", "diverged"]


@dataclass(frozen=True, slots=True)
class Trace:
    """What happened in the training of one fold; index 0 is the latent that it began with."""

    training_loss: tuple[float, ...]
    """Negative log score per measurement, of standardised values; the mean squared error where a regression head was trained."""

    held_out_score: tuple[float, ...]
    """Mean predictive log density of the held-out part, of standardised values; higher is better. Not a number where no property
    has polymers in both parts of this fold.
    """

    best_step: int
    """The step, common to all folds, whose factors were kept: the last that was not worse than the best by more than the
    schedule's doubt. 0 means that every step was.
    """

    stop: Stop
    """Why training ended; common to all folds."""

    mean_distances: tuple[float, ...]
    """Mean distance in the latent of the polymers of the first property that it was trained on, at each step.

    Held length-scales divided by it tell what happens: a steep fall warns that the polymers are pulled apart one by one
    (memorised), a steep rise that they fall together.
    """


@dataclass(frozen=True, eq=False)
class Fold:
    """The training of one fold's adapter.

    Args:
        latent: Of all ``m`` polymers under the adapter.
        processes: Of the properties; each needs a measurement to train on.
        held_out: ``m``, true for the polymers that are only judged; at least one is measured.
        factors: The parameters that are trained.
        supervised: A loss to train by in the place of the likelihood, and its own parameters.
    """

    latent: TrainedLatent
    processes: Sequence[FrozenProcess]
    held_out: Tensor
    factors: Sequence[nn.Parameter]
    supervised: tuple[Callable[[], Tensor], Sequence[nn.Parameter]] | None = None

    @property
    def parameters(self) -> list[nn.Parameter]:
        """All that is trained."""
        return [*self.factors, *(self.supervised[1] if self.supervised else ())]


class _Judged:
    """The processes of one fold: what they are trained on, what judges them, and what was seen of it so far."""

    def __init__(self, fold: Fold) -> None:
        if not bool(torch.isfinite(fold.latent.table).all()):
            raise SurrogateError(
                "The frozen latent holds numbers that are not finite.", "Look for weights that are damaged."
            )
        self.fold = fold
        self.models: list[SingleTaskGP] = []
        self.losses: list[float] = []
        self.scores: list[float] = []
        self.distances: list[float] = []
        self._judged = []
        for process in fold.processes:
            where = torch.arange(len(process.rows))
            inputs = torch.stack([where, process.rows], dim=-1).double()
            away = fold.held_out[process.rows]
            self.models.append(
                SingleTaskGP(
                    inputs[~away],
                    process.targets[~away].unsqueeze(-1),
                    train_Yvar=process.noise[~away].unsqueeze(-1),
                    covar_module=HeldCovariance(process),
                    mean_module=ZeroMean(),
                    outcome_transform=None,
                    input_transform=fold.latent,
                )
            )
            self._judged.append((inputs[away], process.targets[away], process.noise[away]))
        first = fold.processes[0]
        self._trained = first.rows[~fold.held_out[first.rows]]

    def loss(self, mlls: Sequence[MarginalLogLikelihood]) -> Tensor:
        """Negative log score per measurement, all properties' measurements alike."""
        if self.fold.supervised is not None:
            return self.fold.supervised[0]()
        total, count = torch.zeros((), dtype=torch.float64), 0
        for each, model in zip(mlls, self.models, strict=True):
            n = len(model.train_targets)
            # GPyTorch's likelihoods are means over a property's measurements
            total = total + n * each(model(*model.train_inputs), model.train_targets)
            count += n
        return -total / count

    @torch.no_grad()
    def held_out_scores(self) -> Tensor:
        """Predictive log density of each measurement that judges it; none where this fold knows every property's polymers."""
        scores = [torch.zeros(0, dtype=torch.float64)]
        for model, (inputs, values, noise) in zip(self.models, self._judged, strict=True):
            if not len(values):
                continue
            posterior = model.posterior(inputs, observation_noise=noise.unsqueeze(-1))
            mean, variance = posterior.mean.squeeze(-1), posterior.variance.squeeze(-1)
            scores.append(-0.5 * (torch.log(2 * math.pi * variance) + (values - mean) ** 2 / variance))
        return torch.cat(scores)

    @torch.no_grad()
    def mean_distance(self) -> float:
        """Of the first property's polymers that are trained on."""
        return mean_distance(self.fold.latent.table[self._trained])


class RefiningGP(ModelListGP):
    """One process for each fold and property, all folds trained side by side by ``fit_gpytorch_mll``.

    Args:
        folds: Whose factors have nothing to do with one another.
        keep: Called at each step that is the best so far, before the factors move on.
        schedule: How they are trained.
        progress: Told of each step.

    Raises:
        SurrogateError: when a frozen latent holds numbers that are not finite.
    """

    def __init__(
        self,
        folds: Sequence[Fold],
        *,
        keep: Callable[[], None],
        schedule: Schedule,
        progress: Callable[[int], None],
    ) -> None:
        judged = [_Judged(fold) for fold in folds]
        super().__init__(*(model for each in judged for model in each.models))
        self.requires_grad_(False)
        self._judged = judged
        self._keep = keep
        self._schedule = schedule
        self._progress = progress
        self._best = 0
        self._stop: Stop | None = None

    def custom_fit(
        self,
        mll: SumMarginalLogLikelihood,
        *,
        closure: Callable[..., Any] | None = None,
        closure_kwargs: Mapping[str, Any] | None = None,
        optimizer: Callable[..., Any] | None = None,
        optimizer_kwargs: Mapping[str, Any] | None = None,
    ) -> SumMarginalLogLikelihood:
        """Train the factors; called by ``fit_gpytorch_mll``. Leaves the :attr:`traces`."""
        if closure or closure_kwargs or optimizer or optimizer_kwargs:
            raise UnsupportedError("a refining GP is trained by its own schedule")
        schedule = self._schedule
        optimiser = torch.optim.AdamW(
            [parameter for each in self._judged for parameter in each.fold.parameters],
            lr=schedule.rate,
            weight_decay=schedule.weight_decay,
        )
        best: Tensor | None = None
        self._stop = "steps"
        for step in range(schedule.steps + 1):
            optimiser.zero_grad()
            try:
                scores = self._step(mll)
            except (NotPSDError, NanError, _NoNumberError):
                self._stop = "diverged"
                break
            if best is None or not _worse(scores, best, schedule.doubt):
                self._best = step
                self._keep()
            if best is None or scores.mean() > best.mean():
                best = scores
            self._progress(step)
            if step - self._best >= schedule.patience:
                self._stop = "held-out score"
                break
            if step < schedule.steps:
                optimiser.step()
        if best is None:
            raise SurrogateError(
                "The GP on the frozen latent gives no finite likelihood.", "Look for extreme values."
            )
        return mll.eval()

    @property
    def traces(self) -> tuple[Trace, ...]:
        """How training went, fold by fold.

        Raises:
            RuntimeError: When the model was not trained.
        """
        if self._stop is None:
            raise RuntimeError("a refining GP has no trace before fit_gpytorch_mll")
        return tuple(
            Trace(tuple(each.losses), tuple(each.scores), self._best, self._stop, tuple(each.distances))
            for each in self._judged
        )

    def _step(self, mll: SumMarginalLogLikelihood) -> Tensor:
        """Judge all folds as they stand and leave the gradients of their losses; fold by fold, so that one graph exists at a
        time. Returns the held-out scores of all.
        """
        found, done = [], 0
        for each in self._judged:
            each.fold.latent.refresh()
            scores = each.held_out_scores()
            mll.train()  # forgets what the posterior has cached of this latent
            loss = each.loss(mll.mlls[done : done + len(each.models)])
            done += len(each.models)
            if not (bool(torch.isfinite(scores).all()) and math.isfinite(loss.item())):
                raise _NoNumberError
            each.losses.append(loss.item())
            each.scores.append(float(scores.mean()) if len(scores) else math.nan)
            each.distances.append(each.mean_distance())
            torch.autograd.backward(loss)
            each.fold.latent.settle()
            nn.utils.clip_grad_norm_(each.fold.parameters, self._schedule.clip_norm)
            found.append(scores)
        return torch.cat(found)


def _worse(scores: Tensor, best: Tensor, errors: float) -> bool:
    """Whether ``n`` scores are no better than the best so far, less so many standard errors of their paired differences."""
    differences = scores - best
    if not errors:
        return float(differences.mean()) <= 0.0
    return float(differences.mean()) < -errors * float(differences.std()) / math.sqrt(len(differences))


class _NoNumberError(Exception):
    """A likelihood is no number any more."""
