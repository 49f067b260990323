"""What of a property's Gaussian process refinement holds, and the latent that it moves, as BoTorch's models take them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from botorch.models.transforms.input import InputTransform
from gpytorch.kernels import Kernel
from torch import Tensor


@dataclass(frozen=True, eq=False)
class FrozenProcess:
    """A zero-mean Gaussian process of one property, as it was fitted to measurements on the frozen latent.

    Args:
        rows: ``n`` positions of the measured polymers among the units that are refined on.
        targets: ``n`` standardised values.
        noise: ``n`` noise variances.
        kernel: Over the latent, ``n x d``; its hyper-parameters are held.
        beside: ``n x n`` covariance of all that does not read the latent.
    """

    rows: Tensor
    targets: Tensor
    noise: Tensor
    kernel: Kernel
    beside: Tensor


class TrainedLatent(InputTransform):
    """The latent as an input transform: numbers of a measurement and of its polymer in, the number and the present latent out.

    Args:
        compute: Gives the latent ``m x d`` of all polymers under the present factors.
        settle: Called when a loss has been propagated back to that latent, to carry its gradient on into encoders.
        frozen: ``m x d``, what stands there until it is first computed.
    """

    def __init__(self, compute: Callable[[], Tensor], settle: Callable[[], None], frozen: Tensor) -> None:
        super().__init__()
        self.transform_on_train = True
        self.transform_on_eval = True
        self.transform_on_fantasize = True
        self._compute = compute
        self.settle = settle
        self.table = frozen

    def refresh(self) -> None:
        """Compute the latent anew; once a step, whatever number of times it is then looked up."""
        self.table = self._compute()

    def transform(self, X: Tensor) -> Tensor:
        """``... x n x 2`` (row of the process, polymer) to ``... x n x (1 + d)``."""
        return torch.cat([X[..., :1], self.table[X[..., 1].long()]], dim=-1)


class HeldCovariance(Kernel):  # type: ignore[misc]  # GPyTorch ships no types
    """A kernel on the latent plus a covariance that is looked up by row."""

    is_stationary = False
    has_lengthscale = False

    def __init__(self, process: FrozenProcess) -> None:
        super().__init__()
        self.latent = process.kernel
        self._beside = process.beside

    def forward(self, x1: Tensor, x2: Tensor, diag: bool = False, **params: Any) -> Tensor:
        """Covariance of ``n x (1 + d)`` and ``m x (1 + d)`` inputs, or its diagonal."""
        a, b = x1[..., 0].long(), x2[..., 0].long()
        if diag:
            variance: Tensor = self.latent(x1[..., 1:], x2[..., 1:], diag=True)
            return variance + self._beside[a, b]
        near: Tensor = self.latent(x1[..., 1:], x2[..., 1:]).to_dense()
        return near + self._beside[a.unsqueeze(-1), b.unsqueeze(-2)]
