"""What a refinement did to a latent, in numbers."""

from __future__ import annotations

import torch
from torch import Tensor

from discovery.latent.fusion import FusedLatent


def effective_rank(latent: Tensor) -> float:
    """Number of directions that ``n x d`` latents spread over: the exponential of the entropy of their shares of the variance.

    O. Roy, M. Vetterli. The effective rank: a measure of effective dimensionality. EUSIPCO 2007 (there of singular values).
    """
    values = torch.linalg.svdvals((latent - latent.mean(dim=0)).double()).square()
    shares = values / values.sum()
    shares = shares[shares > 0]
    return float((-(shares * shares.log()).sum()).exp())


def mean_distance(latent: Tensor) -> float:
    """Between the rows of ``n x d`` latents, each pair once; not a number of fewer than two."""
    return float(torch.pdist(latent.double()).mean())


@torch.no_grad()
def text_share(fusion: FusedLatent, text: Tensor, geometry: Tensor) -> float:
    """Mean weight that the gate of a fusion gives to text against geometry, over ``n`` polymers and all dimensions."""
    return float(fusion.gate_weights(*fusion.project(text, geometry)).mean())
