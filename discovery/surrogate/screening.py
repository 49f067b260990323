r"""A Gaussian process made ready to predict a pool: the same numbers as :class:`~discovery.surrogate.members.GaussianProcess`,
in single precision, from what a pool is kept as.

Three things make it fast. Of a candidate's counts only those in columns that measured polymers have can be shared; what a count
shares with each of ``n`` measured polymers is a row of a table, and the sum of those rows is all of the Tanimoto kernel that is
not ``n`` sizes. The text branch of the latent is affine, so that it is one matrix product. And all that the measurements decide
(the Cholesky factor's inverse, the weights) is computed once.

The unknown mean is not part of the kernel here, where its large variance would cost single precision its digits. It is
integrated out in closed form instead ([Rasmussen2006]_, 2.7): with :math:`B = S + N`, :math:`b = B^{-1} 1`, :math:`p = 1/c +
1^T b` and :math:`\hat\beta = b^T y / p`, the mean is :math:`\hat\beta + s^T B^{-1} (y - \hat\beta)` and the variance
:math:`s_{**} - s^T B^{-1} s + (1 - s^T b)^2 / p`.

.. [Rasmussen2006]
    C. E. Rasmussen, C. K. I. Williams. Gaussian processes for machine learning. MIT Press, 2006.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from discovery.encoders.encoder import Counts
from discovery.errors import SurrogateError
from discovery.surrogate.kernels import Shares, shares
from discovery.surrogate.members import GaussianProcess
from discovery.surrogate.posterior import cholesky

BLOCK = 2048
"""Candidates predicted at a time: a block's covariances with 200 measured polymers fit the processor's cache."""


@dataclass(frozen=True, eq=False)
class Affine:
    """``x -> x @ matrix + offset``, from ``n x d_t`` to ``n x d``.

    Args:
        matrix: ``d_t x d``, float64.
        offset: ``d``, float64.
    """

    matrix: Tensor
    offset: Tensor


@dataclass(frozen=True, eq=False)
class ScreeningViews:
    """``n`` candidates as they are kept on disk.

    Args:
        counts: Fingerprints, ``n x b``.
        text: Frozen text vectors, ``n x d_t``; ``None`` where the surrogate does not read them.
        estimates: ``n`` estimates for the prior mean, ``nan`` where there is none; ``None`` where the surrogate has none.
    """

    counts: Counts
    text: NDArray[np.float32] | None
    estimates: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.counts)


class _Tanimoto:
    """Tanimoto similarity of counts to ``n`` polymers."""

    def __init__(self, measured: Tensor) -> None:
        columns = measured.shape[1]
        tops = measured.amax(dim=0).ceil().to(torch.int64)
        ends = tops.cumsum(dim=0)
        self._tops = tops.numpy().astype(np.int32)
        self._base = torch.where(tops > 0, ends - tops, 0).numpy().astype(np.int32)
        column = torch.repeat_interleave(torch.arange(columns), tops)
        level = torch.arange(1, int(ends[-1]) + 1) - torch.from_numpy(self._base)[column]
        # row 0 is for what no measured polymer has; then, of each column that one has, the counts from 1 to the largest
        shared = torch.minimum(measured[:, column], level.to(measured.dtype)).T
        self._table = torch.cat([shared.new_zeros(1, len(measured)), shared]).float().contiguous()
        self._sizes = measured.sum(dim=-1).float()

    def prepare(self, counts: Counts) -> tuple[Tensor, Tensor]:
        """Which row of the table each count is, and the size of each candidate."""
        rows = self._base[counts.columns] + np.minimum(counts.counts, self._tops[counts.columns])
        total = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts.counts, dtype=np.int64)])
        sizes = np.diff(total[counts.starts]).astype(np.float32)
        return torch.from_numpy(rows.astype(np.int32, copy=False)), torch.from_numpy(sizes)

    def similarity(self, rows: Tensor, starts: Tensor, sizes: Tensor) -> Tensor:
        """``m x n`` of a block: the rows of its counts, where each candidate's begin, and its sizes."""
        shared = torch.nn.functional.embedding_bag(rows, self._table, starts, mode="sum")
        either = (sizes.unsqueeze(-1) + self._sizes).sub_(shared)
        # 0 / 0: an empty fingerprint is like another empty one
        return shared.div_(either).nan_to_num_(nan=1.0)


class _PriorMean:
    """The prior mean's part: ``m`` standardised estimates, or that there is none, with ``n`` measured polymers."""

    def __init__(self, measured: Tensor, share: float) -> None:
        self._told, self._untold = (share * column for column in measured.float().unbind(dim=-1))
        self._share = share

    def add(self, covariance: Tensor, similarity: Tensor, told: Tensor, untold: Tensor) -> Tensor:
        """To the ``m x n`` covariances of a block, of the given similarity; returns its ``m`` own variances."""
        covariance.addr_(told, self._told)
        rows = untold.nonzero().squeeze(-1)
        if len(rows):
            covariance[rows] += similarity[rows] * self._untold
        return self._share * (told.square() + untold)


class _Matern:
    """Covariance of latents with ``n`` polymers: Matern-5/2, and Matern-1/2 where the process has a rough part."""

    def __init__(self, measured: Tensor, parts: Shares, latent: Affine) -> None:
        scale = math.sqrt(5.0) / parts.lengthscale
        self._share, self._rough = parts.matern, parts.rough
        self._rough_scale = 1.0 / (parts.rough_lengthscale * scale)
        # a shift of both changes no distance, and small numbers lose fewer digits to the difference of squares
        centre = measured.mean(dim=0)
        known = (measured - centre) * scale
        self._matrix = (latent.matrix * scale).float()
        self._offset = ((latent.offset - centre) * scale).float()
        self._known = (-2.0 * known.T).float().contiguous()
        self._squares = known.square().sum(dim=-1).float()

    def covariance(self, text: Tensor) -> Tensor:
        """``m x n`` of the ``m x d_t`` text vectors of a block."""
        latent = torch.addmm(self._offset, text, self._matrix)
        squares = torch.addmm(self._squares, latent, self._known)
        squares.add_(latent.square().sum(dim=-1, keepdim=True)).clamp_min_(0.0)
        distance = squares.sqrt()
        decay = torch.exp(-distance)
        rough = torch.exp(distance.mul(-self._rough_scale)).mul_(self._rough) if self._rough else None
        near = squares.div_(3.0).add_(distance).add_(1.0).mul_(decay).mul_(self._share)
        return near if rough is None else near.add_(rough)


class ScreeningSurrogate:
    """A fitted Gaussian process for pools.

    Args:
        process: With fingerprints, latents or both.
        latent: How its latent comes from text vectors; ``None`` where it reads none.

    Raises:
        SurrogateError: The process reads a latent and ``latent`` is missing, or its covariance is not positive definite.
    """

    def __init__(self, process: GaussianProcess, latent: Affine | None = None) -> None:
        layout, posterior = process.layout, process.posterior
        if layout.latent and latent is None:
            raise SurrogateError(
                "The screening model reads a latent, but not how it is made of text vectors.",
                "Give the text branch of the fusion.",
            )
        if layout.physics:
            raise SurrogateError(
                "A pool cannot be screened with physics estimates.", "Fit the screening model without them."
            )
        parts = shares(posterior.kernel)
        self.process = process
        self.reads_text = bool(layout.latent)
        self.reads_estimates = layout.prior is not None
        self._parts = parts
        widths = [layout.fingerprint, layout.latent, 2 if self.reads_estimates else 0]
        counts, latents, estimates = torch.split(posterior.inputs, widths, dim=-1)
        self._tanimoto = _Tanimoto(counts) if layout.fingerprint else None
        self._prior_mean = _PriorMean(estimates, parts.prior) if self.reads_estimates else None
        self._matern = None if latent is None or not layout.latent else _Matern(latents, parts, latent)

        with torch.no_grad():
            covariance = posterior.kernel(posterior.inputs).to_dense() - parts.constant
            factor = cholesky(covariance + posterior.noise.diag())
        ones = torch.ones(len(factor), 1, dtype=torch.float64)
        pull = torch.cholesky_solve(ones, factor)
        self._precision = 1.0 / parts.constant + float(pull.sum())
        self._centre = float(pull.squeeze(-1) @ posterior.targets) / self._precision
        weights = torch.cholesky_solve((posterior.targets - self._centre).unsqueeze(-1), factor)
        inverse = torch.linalg.solve_triangular(
            factor, torch.eye(len(factor), dtype=torch.float64), upper=False
        )
        self._against = torch.cat([inverse.T, weights, pull], dim=1).float().contiguous()

    @property
    def size(self) -> int:
        """How many measurements it was fitted to."""
        return self.process.size

    @torch.inference_mode()
    def predict(self, views: ScreeningViews) -> tuple[Tensor, Tensor]:
        """Mean and predictive variance, each ``m``, in the property's unit, float64; a part in ten thousand is noise.

        Raises:
            SurrogateError: Other columns than the process was fitted with, or text vectors or estimates missing.
        """
        self._check(views)
        mean, variance = torch.empty(len(views)), torch.empty(len(views))
        starts = torch.from_numpy(views.counts.starts.astype(np.int32))
        text = None if views.text is None else torch.from_numpy(views.text)
        rows, sizes = self._tanimoto.prepare(views.counts) if self._tanimoto else (starts, starts)
        told, untold = self._estimates(views)
        for first in range(0, len(views), BLOCK):
            last = min(first + BLOCK, len(views))
            block = slice(first, last)
            covariance, similarity = None, None
            own: Tensor | float = self._parts.tanimoto + self._parts.matern + self._parts.rough
            if self._tanimoto is not None:
                begin, end = int(starts[first]), int(starts[last])
                similarity = self._tanimoto.similarity(
                    rows[begin:end], starts[first:last] - begin, sizes[block]
                )
                # the similarity itself is asked for once more only by the prior mean
                covariance = similarity if self._prior_mean is None else similarity.clone()
                covariance.mul_(self._parts.tanimoto)
            if self._matern is not None and text is not None:
                near = self._matern.covariance(text[block])
                covariance = near if covariance is None else covariance.add_(near)
            assert covariance is not None
            if self._prior_mean is not None and similarity is not None:
                own = own + self._prior_mean.add(covariance, similarity, told[block], untold[block])
            mean[block], variance[block] = self._marginal(covariance, own)
        scale = self.process.scale
        spread, noise = scale.spread, self.process.new_noise
        return scale.centre + spread * mean.double(), spread**2 * (variance.double() + noise)

    def _estimates(self, views: ScreeningViews) -> tuple[Tensor, Tensor]:
        """Standardised estimates and where there is none, each ``m``; nothing for a process without prior mean."""
        if views.estimates is None or not self.reads_estimates:
            return torch.empty(0), torch.empty(0)
        told, untold = self.process.layout.prior_columns(torch.from_numpy(views.estimates))
        return told.float(), untold.float()

    def _marginal(self, covariance: Tensor, own: Tensor | float) -> tuple[Tensor, Tensor]:
        """Standardised mean and variance of ``m`` candidates from their ``m x n`` covariances with what is measured, and their
        own prior variances.
        """
        products = covariance @ self._against
        explained = products[:, :-2].square().sum(dim=-1)
        apart = (1.0 - products[:, -1]).square() / self._precision
        return products[:, -2] + self._centre, (own - explained + apart).clamp_min_(0.0)

    def _check(self, views: ScreeningViews) -> None:
        layout = self.process.layout
        if layout.fingerprint and views.counts.dim != layout.fingerprint:
            raise SurrogateError(
                f"The fingerprints have {views.counts.dim} columns, the surrogate's {layout.fingerprint}.",
                "Use the same fingerprint for measured polymers and candidates.",
            )
        if self.reads_text and views.text is None:
            raise SurrogateError(
                "The screening model reads text vectors, which these polymers lack.", "Encode them first."
            )
        if self.reads_estimates and views.estimates is None:
            raise SurrogateError(
                "The screening model's prior mean reads estimates, which these polymers lack.",
                "Estimate them first.",
            )
