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


def kept_apart(
    keys: Sequence[str],
    values: NDArray[np.float64],
    folds: int,
    repeats: int,
    before: Sequence[Sequence[str]],
    seed: int,
) -> list[NDArray[np.intp]]:
    """Of each of ``repeats x folds`` adapters the polymers that it is kept away from; those of one dealing make up all.

    Args:
        keys: Identity of ``n`` different polymers.
        values: ``n`` values, in which all parts are alike.
        folds: Parts of one dealing.
        repeats: How many times the polymers are dealt out.
        before: Keys of those that each adapter of an earlier round was trained on, or nothing. Who was kept from an adapter then
            stays kept from its successor.
        seed: Of the dealings.

    Returns:
        Sorted indices for each adapter.
    """
    apart = []
    for repeat in range(repeats):
        part = np.full(len(keys), -1)
        earlier = [frozenset(seen) for seen in before[repeat * folds : (repeat + 1) * folds]]
        everyone = frozenset().union(*earlier)
        for number, seen in enumerate(earlier):
            part[[i for i, key in enumerate(keys) if key in everyone - seen]] = number
        new = np.flatnonzero(part < 0)
        generator = np.random.default_rng([seed, 0, repeat])
        for number, rows in enumerate(split([keys[i] for i in new], values[new], folds, generator)):
            part[new[rows]] = number
        apart += [np.flatnonzero(part == number) for number in range(folds)]
    return apart
