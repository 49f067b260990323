"""Splitting few measurements so that every part spans the whole range of values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def deal(values: NDArray[np.float64], hands: int, generator: np.random.Generator) -> NDArray[np.intp]:
    """Sort ``n`` values and deal them out like cards, each round of the deal in an order of its own.

    Returns:
        The hand, ``0 .. hands - 1``, of every value; sizes differ by one at most.
    """
    # Equal values are shuffled first, so that their order in the table has no say.
    shuffled = generator.permutation(len(values))
    by_value = shuffled[np.argsort(values[shuffled], kind="stable")]
    rounds = [generator.permutation(hands) for _ in range(-(-len(values) // hands))]
    hand = np.empty(len(values), dtype=np.intp)
    if len(values):
        hand[by_value] = np.concatenate(rounds)[: len(values)]
    return hand


def split(
    keys: Sequence[str], values: NDArray[np.float64], parts: int, generator: np.random.Generator
) -> tuple[NDArray[np.intp], ...]:
    """Partition ``n`` observations into parts alike in their values; no polymer sits in two parts.

    Args:
        keys: Identity of the polymer of each observation.
        values: ``n`` measured values.
        parts: How many.
        generator: Source of chance.

    Returns:
        Sorted indices of each part.
    """
    groups, member = np.unique(np.asarray(keys, dtype=object).astype(str), return_inverse=True)
    sums = np.bincount(member, weights=values, minlength=len(groups))
    hand = deal(sums / np.bincount(member, minlength=len(groups)), parts, generator)[member]
    return tuple(np.flatnonzero(hand == part) for part in range(parts))
