"""Which polymers of a corpus a run reads: balanced over the classes, and never the same for encoders and for their alignment.

What an encoder says of a polymer that it was trained on is surer than what it says of a user's. A fusion that was aligned on such
vectors would trust them too much, so an eighth of every corpus is set apart for alignment, by the key of the polymer: however
many polymers are drawn, with whatever seed and from whatever corpus, text and geometry are not trained on those.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from discovery.pretraining.corpus.corpus import CorpusEntry

SET_APART = 8
"""One polymer of so many is set apart for alignment."""

LEAST_SHARE = 0.02
"""Of a sample, for each class that has as many polymers: the rarest classes of a corpus are not lost in it."""


def set_apart(entries: Sequence[CorpusEntry]) -> NDArray[np.bool_]:
    """Which entries are set apart for alignment, ``n``: a matter of their keys alone."""
    return np.array([int(entry.unit.key[:8], 16) % SET_APART == 0 for entry in entries], dtype=bool)


def encoder_sample(entries: Sequence[CorpusEntry], size: int, seed: int) -> list[int]:
    """Indices of at most ``size`` entries for an encoder, ascending, balanced: none that is set apart for alignment."""
    return balanced_sample(entries, size, seed, np.flatnonzero(~set_apart(entries)).tolist())


def alignment_sample(entries: Sequence[CorpusEntry], size: int, seed: int) -> list[int]:
    """Indices of at most ``size`` entries for alignment, ascending, balanced.

    Those set apart come first. Where a corpus has too few of them, the sample is filled up with others, which encoders that were
    trained on it have seen; :func:`not_set_apart` says how many those are.
    """
    mine = set_apart(entries)
    chosen = balanced_sample(entries, size, seed, np.flatnonzero(mine).tolist())
    others = balanced_sample(entries, size - len(chosen), seed, np.flatnonzero(~mine).tolist())
    return sorted([*chosen, *others])


def not_set_apart(entries: Sequence[CorpusEntry], sample: Sequence[int]) -> int:
    """How many of a sample's polymers an encoder may have been trained on."""
    return int((~set_apart([entries[i] for i in sample])).sum())


def balanced_sample(
    entries: Sequence[CorpusEntry], size: int, seed: int, among: Iterable[int] | None = None
) -> list[int]:
    """Indices of at most ``size`` entries, ascending: the classes in their shares, but small ones not below ``LEAST_SHARE``.

    Args:
        entries: A corpus.
        size: Of the sample; all are drawn where there are no more.
        seed: Of the draw.
        among: Indices to draw from; all by default.
    """
    rng = random.Random(seed)
    by_class: dict[str, list[int]] = {}
    for i in range(len(entries)) if among is None else among:
        by_class.setdefault(entries[i].polymer_class, []).append(i)
    whole = sum(len(members) for members in by_class.values())
    chosen: list[int] = []
    left = min(size, whole)
    # from the smallest to the largest: what a small class cannot give, or takes beyond its share, the larger ones settle
    for name in sorted(by_class, key=lambda name: (len(by_class[name]), name)):
        members = by_class[name]
        whole -= len(members)
        fair = round(left * len(members) / (whole + len(members)))
        taken = min(max(fair, round(LEAST_SHARE * size), left - whole), left, len(members))
        chosen += rng.sample(members, taken)
        left -= taken
    return sorted(chosen)
