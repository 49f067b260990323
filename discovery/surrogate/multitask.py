r"""The multi-task member: the property's measurements with those of other properties, or of a simulation or an estimate of it.

The tasks hang together by a kernel for each part of the members' (:mod:`~discovery.surrogate.coregionalisation`). Each is
standardised for itself and has its own mean and noise. How far likeness reaches, the length-scale, is taken from the target's own
process and held: shared and free, a source that has nothing to do with the target drove it away, at a tenth of the log score. So
where a source does not help, its correlation goes to nothing, and what is left is the target's own process.

A candidate is predicted without any measurement of it in any task, and so is a measured polymer when it is left out: with it go
all of its rows. One source may be *computable*, known for every candidate as ``Features.estimates``: its value at a polymer stays
when the polymer is left out, and each candidate is conditioned on its own.

.. [Rasmussen2006]
    C. E. Rasmussen, C. K. I. Williams. Gaussian processes for machine learning. MIT Press, 2006.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from gpytorch.kernels import Kernel
from torch import Tensor

from discovery.errors import SurrogateError
from discovery.surrogate.coregionalisation import CoregionalisedKernel, TaskNoise
from discovery.surrogate.features import Data, Features, Views
from discovery.surrogate.fitting import Block, settle
from discovery.surrogate.kernels import covariance
from discovery.surrogate.layout import Layout
from discovery.surrogate.members import CHUNK, GaussianProcess, conditioned, one_view
from discovery.surrogate.noise import Errors, Noise
from discovery.surrogate.posterior import Standardisation
from discovery.surrogate.surrogate import Joint
from discovery.surrogate.validation import LeaveOneOut

NAME = "multitask"

FEWEST_SHARED = 4
"""Polymers measured in the target and in a source below which the sign of their correlation is not guessed from the values."""


@dataclass(frozen=True, eq=False)
class Task:
    """A source as the model reads it.

    Args:
        data: Its ``m`` observations.
        polymers: ``m`` positions among the target's measurements, -1 for a polymer that is not measured there.
        computable: Whether its value is known for every candidate.
    """

    data: Data
    polymers: Tensor
    computable: bool = False


@dataclass(frozen=True, eq=False)
class MultitaskGaussianProcess:
    """A process of several tasks that predicts the first.

    Args:
        process: Of all tasks' rows, task by task; its scale is the target's.
        scales: Of each task.
        tasks: The sources.
        size: How many measurements of the target it was fitted to.
    """

    process: GaussianProcess
    scales: tuple[Standardisation, ...]
    tasks: tuple[Task, ...]
    size: int
    name: str = NAME
    views: int = 1

    @property
    def correlations(self) -> Tensor:
        """``parts x sources``: of each source with the target, in each part of the kernel."""
        between: Tensor = self.process.posterior.kernel.between_tasks().detach()
        deviations = between.diagonal(dim1=-2, dim2=-1).sqrt()
        return between[:, 0, 1:] / (deviations[:, :1] * deviations[:, 1:])

    def loo(self) -> LeaveOneOut:
        """Closed-form leave-one-out of the target's measurements; with each go the polymer's rows in all tasks that are not
        computable ([Rasmussen2006]_, 5.10-5.12, for blocks).
        """
        if self.size < 2:
            raise SurrogateError(
                "One measurement cannot be predicted from the others.", "Measure a second polymer."
            )
        posterior, told = self.process.posterior, self.process.told
        precision = torch.cholesky_inverse(posterior.factor)
        polymers = [torch.arange(self.size)]
        polymers += [
            torch.full_like(task.polymers, -1) if task.computable else task.polymers for task in self.tasks
        ]
        of_row = torch.cat(polymers)
        mean, variance = torch.empty(self.size).double(), torch.empty(self.size).double()
        for row in range(self.size):
            block = (of_row == row).nonzero().squeeze(-1)
            left = torch.linalg.inv(precision[block][:, block])
            mean[row] = posterior.targets[row] - left[0] @ posterior.weights[block]
            variance[row] = left[0, 0]
        targets, bounds = posterior.targets[: self.size], None
        if told is not None and self.process.noise is not None:
            targets = told.targets[: self.size]
            bounds = None if told.signs is None else told.signs[: self.size]
            variance = (variance - posterior.noise[: self.size]).clamp_min(0.0) + self.process.noise[
                : self.size
            ]
        centre, spread = self.scales[0].centre, self.scales[0].spread
        degrees = None if told is None else told.degrees
        return LeaveOneOut(
            centre + spread * mean, spread**2 * variance, centre + spread * targets, bounds, degrees
        )

    def joint(self, features: Views) -> Joint:
        """Belief about ``m`` polymers together, in the target's unit."""
        features = one_view(features)
        mean, covariance = self._together(features)
        spread = self.scales[0].spread
        noise = spread**2 * self.process.new_noise
        return Joint(self.scales[0].centre + spread * mean, spread**2 * covariance, noise)

    def predict(self, features: Views) -> tuple[Tensor, Tensor]:
        """Mean and predictive variance of the target, each ``m``."""
        features = one_view(features)
        if self._computable is None:
            return self.process.predict(features)
        means, variances = [torch.zeros(0, dtype=torch.float64)], [torch.zeros(0, dtype=torch.float64)]
        for start in range(0, len(features), CHUNK):
            chunk = features[start : start + CHUNK]
            mean, variance, gain, surprise, shared, _ = self._with_estimates(chunk)
            means.append(mean + gain * surprise)
            variances.append((variance - gain * shared).clamp_min(0.0))
        scale = self.scales[0]
        variance = scale.spread**2 * (torch.cat(variances) + self.process.new_noise)
        return scale.centre + scale.spread * torch.cat(means), variance

    @property
    def _computable(self) -> int | None:
        """Which task is computable."""
        return next((number for number, task in enumerate(self.tasks, 1) if task.computable), None)

    def _inputs(self, features: Features, task: int) -> Tensor:
        packed = self.process.layout.pack(features)
        packed[:, -1] = task
        return packed

    def _with_estimates(self, features: Features) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
        """The target's mean and variance, its gain by the computable source, what that source says beyond what was expected of
        it, and the covariance of both, each ``m``; and the inputs of both tasks, ``2m x c``.
        """
        task = self._computable
        assert task is not None
        if features.estimates is None:
            raise SurrogateError(
                "A computable source is known for every candidate, and these polymers lack its values.",
                "Give them as the estimates of the features.",
            )
        posterior = self.process.posterior
        both = torch.cat([self._inputs(features, 0), self._inputs(features, task)])
        mean, variance = posterior.marginal(both)
        with torch.no_grad():
            cross = posterior.kernel(both, posterior.inputs).to_dense()
            white = torch.linalg.solve_triangular(posterior.factor, cross.T, upper=False)
            half = len(features)
            prior = posterior.kernel(both[:half], both[half:], diag=True)
            shared = prior - (white[:, :half] * white[:, half:]).sum(dim=0)
        known = torch.isfinite(features.estimates)
        told = self.scales[task].standardise(features.estimates)
        surprise = torch.where(known, told - mean[half:], 0.0)
        gain = torch.where(known, shared / (variance[half:] + self._estimate_noise), 0.0)
        return mean[:half], variance[:half], gain, surprise, shared, both

    @property
    def _estimate_noise(self) -> float:
        """Noise variance of the computable source's values, in its standardised units."""
        task = self._computable
        assert task is not None
        begin = self.size + sum(len(each.polymers) for each in self.tasks[: task - 1])
        return float(
            self.process.posterior.noise[begin : begin + len(self.tasks[task - 1].polymers)].median()
        )

    def _together(self, features: Features) -> tuple[Tensor, Tensor]:
        """Mean ``m`` and covariance ``m x m``, each candidate given its own value in the computable source and no other's: what
        is left of the target when its gain times that value is taken away, whose margins are those of each alone.
        """
        if self._computable is None:
            return self.process.posterior.joint(self._inputs(features, 0))
        mean, _, gain, surprise, _, both = self._with_estimates(features)
        _, covariance = self.process.posterior.joint(both)
        size = len(features)
        noise = self._estimate_noise * torch.eye(size, dtype=torch.float64)
        cross, own = covariance[:size, size:], covariance[size:, size:] + noise
        left = covariance[:size, :size] - gain * cross - (gain * cross).T + gain.unsqueeze(-1) * own * gain
        return mean + gain * surprise, 0.5 * (left + left.T)


@dataclass(frozen=True)
class _TargetLayout(Layout):
    """A layout with the number of the task in its last column: the target's."""

    def pack(self, features: Features) -> Tensor:
        """``n x (c + 1)``."""
        packed = super().pack(features)
        return torch.cat([packed, packed.new_zeros(len(packed), 1)], dim=-1)


def fit_multitask_gp(
    data: Data, tasks: Sequence[Task], *, seed: int, with_latent: bool = True
) -> MultitaskGaussianProcess:
    """The multi-task member.

    Args:
        data: Of the target, with at least one measurement.
        tasks: The sources; without any it is the target's own process.
        seed: Of the further starts of the search for hyper-parameters.
        with_latent: Whether it reads the latent beside the fingerprint, and the physics estimates where all tasks have them.

    Raises:
        SurrogateError: more than one computable source, positions that are not among the measurements, features that cannot be
            used, or no hyper-parameters could be found.
    """
    _check(data, tasks)
    every = [data, *(task.data for task in tasks)]
    estimated = all(each.features.physics is not None for each in every)
    features = data.features if estimated else replace(data.features, physics=None)
    plain = Layout.of(features, fingerprint=True, latent=with_latent)
    layout = _TargetLayout(plain.fingerprint, plain.latent, None, plain.physics)
    scales = tuple(Standardisation.of(each.values.to(torch.float64), each.bounds) for each in every)
    inputs = [layout.pack(replace(each.features, estimates=None)) for each in every]
    for number, packed in enumerate(inputs):
        packed[:, -1] = number
    errors = [
        Errors.of(each.sem, each.n, len(each), scale.spread)
        for each, scale in zip(every, scales, strict=True)
    ]
    targets = [scale.standardise(each.values) for each, scale in zip(every, scales, strict=True)]
    limits = any(each.bounds is not None for each in every)
    signs = [torch.zeros(len(each)).double() if each.bounds is None else each.bounds for each in every]
    block = Block(
        torch.cat(inputs),
        torch.cat(targets),
        Errors(
            torch.cat([each.variances for each in errors]), torch.cat([each.specimens for each in errors])
        ),
        signs=torch.cat(signs) if limits else None,
        robust=data.robust,
    )
    own = Block(inputs[0][:, :-1], targets[0], errors[0], signs=data.bounds, robust=data.robust)
    kernel = CoregionalisedKernel(_parts(plain, own, seed), len(every), _signs(targets, tasks)).double()
    noise = TaskNoise(errors)
    settle(kernel, noise, block, seed=seed)
    process = conditioned(NAME, layout, scales[0], kernel, noise, block)
    return MultitaskGaussianProcess(process, scales, tuple(tasks), len(data))


def _parts(layout: Layout, own: Block, seed: int) -> list[Kernel]:
    """Those of the target's own process, without their scales and the constant."""
    kernel = covariance(layout)
    if layout.latent:
        settle(kernel, Noise(own.errors), own, seed=seed)
    return [part.base_kernel for part in kernel.kernels[1:]]


def _signs(targets: Sequence[Tensor], tasks: Sequence[Task]) -> Tensor:
    """Of the correlation of each task with the target, where polymers measured in both tell; else taken to be positive."""
    signs = torch.ones(1 + len(tasks), dtype=torch.float64)
    for number, (task, values) in enumerate(zip(tasks, targets[1:], strict=True), 1):
        shared = task.polymers >= 0
        if int(shared.sum()) >= FEWEST_SHARED:
            products = (values[shared] - values[shared].mean()) * targets[0][task.polymers[shared]]
            signs[number] = 1.0 if float(products.sum()) >= 0.0 else -1.0
    return signs


def _check(data: Data, tasks: Sequence[Task]) -> None:
    if sum(task.computable for task in tasks) > 1:
        raise SurrogateError(
            "More than one source is declared as known for every candidate.",
            "Declare one of them so, and give the others as tables of observations.",
        )
    for task in tasks:
        positions = task.polymers
        if positions.shape != task.data.values.shape or bool(
            ((positions < -1) | (positions >= len(data))).any()
        ):
            raise SurrogateError(
                f"The polymers of a source do not fit the {len(data)} measurements.",
                "Give for each of its rows the position of the polymer among them, or -1.",
            )
