r"""Tasks that hang together: a covariance between them for each part of a kernel over polymers.

An intrinsic model of coregionalisation ([Bonilla2008]_, [Alvarez2012]_): the covariance of task ``s`` at one polymer with task
``t`` at another is the part's kernel times :math:`a_s a_t r_{st}`, with scales of their own and correlations of one common
factor, :math:`r_{st} = w_s w_t` for :math:`s \ne t`: positive definite whatever the weights.

.. [Alvarez2012]
    M. A. Alvarez, L. Rosasco, N. D. Lawrence. Kernels for vector-valued functions: a review. Foundations and Trends in Machine
    Learning 4, 2012.
.. [Bonilla2008]
    E. V. Bonilla, K. M. A. Chai, C. K. I. Williams. Multi-task Gaussian process prediction. NIPS 2007.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import torch
from gpytorch import Module
from gpytorch.kernels import Kernel
from gpytorch.priors import LogNormalPrior, NormalPrior
from torch import Tensor

from discovery.surrogate.kernels import MEAN_VARIANCE, SHARE_SPREAD
from discovery.surrogate.noise import Errors, Noise

TARGET_WEIGHT = 1.0
"""Where the prior of the target's weight on the common factor lies, in the space of its inverse hyperbolic tangent: 0.76."""

START_WEIGHT = 0.5
"""Where the search for a source's weight begins, in the same space: the modest correlation of 0.35 with the target."""


class CoregionalisedKernel(Kernel):  # type: ignore[misc]  # GPyTorch ships no types
    """Parts over packed features, each times a covariance of tasks, and a constant for each task.

    Args:
        parts: Without scales, and with nothing to be fitted: while the kernel is fitted their Gram matrices are remembered.
        tasks: How many there are; the number of a row's task is its last column.
        signs: ``tasks``, of the weights where the search for them begins.
    """

    is_stationary = False
    has_lengthscale = False

    def __init__(self, parts: Sequence[Kernel], tasks: int, signs: Tensor, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.parts = torch.nn.ModuleList(parts).requires_grad_(False)
        self._remembered: tuple[Tensor, list[Tensor]] | None = None
        share = 1.0 / len(parts)
        scales = torch.full((len(parts), tasks), share, dtype=torch.float64)
        first = (START_WEIGHT * signs).repeat(len(parts), 1)
        first[:, 0] = TARGET_WEIGHT
        self.register_parameter("raw_outputscale", torch.nn.Parameter(scales.log()))
        self.register_parameter("raw_correlation", torch.nn.Parameter(first))
        self.register_prior(
            "outputscale_prior",
            LogNormalPrior(scales.log(), SHARE_SPREAD),
            lambda module: module.raw_outputscale.exp(),
        )
        centre = torch.zeros(tasks, dtype=torch.float64)
        centre[0] = TARGET_WEIGHT
        self.register_prior(
            "correlation_prior", NormalPrior(centre, 1.0), lambda module: module.raw_correlation
        )

    def train(self, mode: bool = True) -> CoregionalisedKernel:
        """Enter or leave training mode; what was remembered for the fit is forgotten on leaving."""
        super().train(mode)
        self._remembered = None
        return self

    def between_tasks(self) -> Tensor:
        """``parts x tasks x tasks`` covariances."""
        weights: Tensor = torch.tanh(self.raw_correlation)
        correlation = weights.unsqueeze(-1) * weights.unsqueeze(-2)
        correlation = correlation + torch.diag_embed(1.0 - weights.square())
        deviation: Tensor = (0.5 * self.raw_outputscale).exp()
        return correlation * deviation.unsqueeze(-1) * deviation.unsqueeze(-2)

    def forward(self, x1: Tensor, x2: Tensor, diag: bool = False, **params: Any) -> Tensor:
        """Covariance ``n x m`` of inputs ``n x c`` and ``m x c``, or its diagonal."""
        first, second = x1[..., -1].long(), x2[..., -1].long()
        if diag:
            total = MEAN_VARIANCE * (first == second).to(x1.dtype)
        else:
            total = MEAN_VARIANCE * (first.unsqueeze(-1) == second).to(x1.dtype)
        if diag:
            grams = [part(x1, x2, diag=True) for part in self.parts]
            pairs = (first, second)
        else:
            grams = self._grams(x1, x2)
            pairs = (first.unsqueeze(-1), second)
        for gram, between in zip(grams, self.between_tasks(), strict=True):
            total = total + between[pairs] * gram
        return total

    def _grams(self, x1: Tensor, x2: Tensor) -> list[Tensor]:
        same = self.training and torch.equal(x1, x2)
        if same and self._remembered is not None and torch.equal(self._remembered[0], x1):
            return self._remembered[1]
        grams = [part(x1, x2).to_dense() for part in self.parts]
        if same:
            self._remembered = x1.detach().clone(), grams
        return grams


class TaskNoise(Noise):
    """A noise for each task, of observations that stand task by task."""

    def __init__(self, errors: Sequence[Errors]) -> None:
        Module.__init__(self)
        self.learned = ()
        self.sizes = [len(each.variances) for each in errors]
        self.each = torch.nn.ModuleList(Noise(task) for task in errors)

    def forward(self, errors: Errors) -> Tensor:
        """Noise variance ``n`` of all."""
        return torch.cat([noise(task) for noise, task in zip(self.each, self._split(errors), strict=True)])

    def of_a_new_measurement(self, errors: Errors) -> Tensor:
        """Noise variance, a scalar, of the next measurement of the target."""
        target = self.each[0]
        assert isinstance(target, Noise)
        return target.of_a_new_measurement(self._split(errors)[0])

    def _split(self, errors: Errors) -> list[Errors]:
        ends = torch.tensor([0, *self.sizes]).cumsum(dim=0).tolist()
        return [errors[slice(a, b)] for a, b in itertools.pairwise(ends)]
