"""The terms of the loss that text, geometry and alignment have in common."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


def masked_huber(predicted: Tensor, wanted: Tensor) -> Tensor:
    """Mean Huber loss of ``n x k`` predictions over the labels that are known; NaN in ``wanted`` moves nothing."""
    known = torch.isfinite(wanted)
    error = nn.functional.huber_loss(
        predicted, torch.where(known, wanted, predicted.detach()), reduction="none"
    )
    return error.sum() / known.sum().clamp(min=1)


def label_terms(predicted: Tensor, wanted: Tensor, blocks: Mapping[str, slice]) -> dict[str, Tensor]:
    """:func:`masked_huber` of each block of labels by itself, so that fifteen estimates weigh as much as six hundred counts."""
    return {name: masked_huber(predicted[:, c], wanted[:, c]) for name, c in blocks.items()}


def info_nce(one: Tensor, other: Tensor, temperature: float) -> Tensor:
    """Symmetric InfoNCE (van den Oord et al., arXiv 1807.03748; CLIP's form, arXiv 2103.00020) of paired vectors.

    Args:
        one: ``n x d``.
        other: ``n x d``; row ``i`` is another view of the same thing as row ``i`` of ``one``, all other rows are not.
        temperature: What the cosines are divided by.
    """
    scores = cosines(one, other) / temperature
    same = torch.arange(len(one), device=one.device)
    return 0.5 * (nn.functional.cross_entropy(scores, same) + nn.functional.cross_entropy(scores.T, same))


def cosines(one: Tensor, other: Tensor) -> Tensor:
    """Cosines ``... x n x m`` of vectors ``... x n x d`` and ``... x m x d``.

    In single precision always: half of it tells cosines near 1 apart by steps of 0.004, more than writings of a chain differ by.
    """
    with torch.autocast(one.device.type, enabled=False):
        a, b = (nn.functional.normalize(vectors.float(), dim=-1) for vectors in (one, other))
        return a @ b.transpose(-1, -2)
