r"""Tanimoto similarity of count vectors, as a matrix product and as a kernel.

The form for counts is the MinMax kernel of [Ralaivola2005]_:
``k(a, b) = sum_j min(a_j, b_j) / sum_j max(a_j, b_j)``; on bits it is the usual Tanimoto coefficient, and it
is positive semi-definite for all non-negative vectors.

.. [Ralaivola2005]
    L. Ralaivola, S. J. Swamidass, H. Saigo, P. Baldi. Graph kernels for chemical informatics. Neural Networks
    18, 2005.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from gpytorch.kernels import Kernel
from torch import Tensor

WORKING_SET = 2**24
"""Numbers that the widest intermediate matrix may hold: 128 MB in float64."""

REMEMBERED = 8
"""Training sets whose Gram matrix a kernel keeps while it is fitted: one per fold of a cross-fitted
member."""


def minmax_similarity(a: Tensor, b: Tensor, *, working_set: int = WORKING_SET) -> Tensor:
    r"""Similarity of every row of ``a`` to every row of ``b``.

    ``min(x, y) = \int_0^\infty [x >= t] [y >= t] dt``. In column ``j`` the second factor only changes at the
    values that ``b`` holds there, so the integral is a sum over the steps between them, and the sum over
    columns and steps is one matrix product: exact for real numbers, and as wide as ``b`` has distinct values,
    not as the fingerprint has bits. Let ``b`` be the smaller set. An empty vector is like another empty
    vector (1) and like nothing else (0).

    Args:
        a: ``n x d``, non-negative.
        b: ``m x d``, non-negative.
        working_set: Numbers that an intermediate matrix may hold; ``a`` is taken in chunks to keep to it.

    Returns:
        ``n x m`` similarities from 0 to 1, in float64.
    """
    b = b.to(torch.float64)
    columns = (b > 0).any(dim=0).nonzero().squeeze(-1)
    held = b[:, columns]
    levels = torch.cat([held.new_zeros(1, len(columns)), held.sort(dim=0).values])
    step, place = levels.diff(dim=0).nonzero(as_tuple=True)
    lower, upper = levels[step, place], levels[step + 1, place]
    reached = (held[:, place] >= upper).to(torch.float64).T
    width, column = upper - lower, columns[place]
    sizes = b.sum(dim=-1)

    rows = max(1, working_set // max(1, len(width), b.shape[1]))
    blocks = []
    for chunk in torch.split(a, rows):
        x = chunk.to(torch.float64)
        shared = torch.minimum(x[:, column].sub_(lower).clamp_min_(0.0), width) @ reached
        either = x.sum(dim=-1, keepdim=True) + sizes - shared
        blocks.append(
            torch.where(either > 0, shared / either.clamp_min(torch.finfo(torch.float64).tiny), 1.0)
        )
    return torch.cat(blocks) if blocks else a.new_zeros(0, len(b), dtype=torch.float64)


def _ratio(shared: Tensor, either: Tensor) -> Tensor:
    return torch.where(either > 0, shared / either.clamp_min(torch.finfo(either.dtype).tiny), 1.0)


class TanimotoKernel(Kernel):  # type: ignore[misc]  # GPyTorch ships no types
    """The MinMax kernel for GPyTorch and BoTorch; it has no parameters, and scale comes from a `ScaleKernel`
    around it.

    Args:
        bits: Width of the fingerprint, which stands in the first columns of the input. A slice of it costs
            nothing, where GPyTorch's ``active_dims`` would copy it at every call.

    While the kernel is in training mode it remembers the Gram matrices of the last sets it was asked for,
    since a fit asks for the same one at every step. A remembered matrix is found by the equality of all
    values, never by address.
    """

    is_stationary = False
    has_lengthscale = False

    def __init__(self, bits: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bits = bits
        self._remembered: list[tuple[Tensor, Tensor]] = []

    def train(self, mode: bool = True) -> TanimotoKernel:
        """Enter or leave training mode; what was remembered for the fit is forgotten on leaving."""
        super().train(mode)
        if not mode:
            self._remembered.clear()
        return self

    def forward(self, x1: Tensor, x2: Tensor, diag: bool = False, **params: Any) -> Tensor:
        """Covariance ``... x n x m`` of inputs ``... x n x c`` and ``... x m x c``, or its diagonal."""
        x1, x2 = x1[..., : self.bits], x2[..., : self.bits]
        if diag and torch.equal(x1, x2):
            return x1.new_ones(x1.shape[:-1])
        if diag:
            shared, either = torch.minimum(x1, x2).sum(-1), torch.maximum(x1, x2).sum(-1)
            return _ratio(shared, either)
        if x1.ndim == 2 and x2.ndim == 2:
            return self._gram(x1) if self.training and torch.equal(x1, x2) else minmax_similarity(x1, x2)
        batch = np.broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
        first, second = (x.expand(*batch, *x.shape[-2:]).reshape(-1, *x.shape[-2:]) for x in (x1, x2))
        grams = torch.stack([minmax_similarity(a, b) for a, b in zip(first, second, strict=True)])
        return grams.reshape(*batch, x1.shape[-2], x2.shape[-2])

    def _gram(self, x: Tensor) -> Tensor:
        for known, gram in self._remembered:
            if torch.equal(known, x):
                return gram
        gram = minmax_similarity(x, x)
        self._remembered = [*self._remembered[-(REMEMBERED - 1) :], (x.detach().clone(), gram)]
        return gram
