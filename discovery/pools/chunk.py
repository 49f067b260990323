"""Chunks of a pool: any sequence of candidates, or a lazy one that knows units and keys without making candidates.

A screen of a million asks each candidate for its unit and its key and for nothing else. A :class:`LazyChunk`
answers that from its columns; a :class:`~discovery.polymers.Candidate` is made when one is asked for by place.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from discovery.polymers import Candidate, RepeatUnit


class LazyChunk(Sequence[Candidate], ABC):
    """Candidates that are made when they are asked for; units and keys come without them."""

    @property
    @abstractmethod
    def units(self) -> list[RepeatUnit]:
        """The repeat unit of each candidate, in order."""

    @property
    @abstractmethod
    def keys(self) -> list[str]:
        """The key of each candidate's unit, in order."""

    @abstractmethod
    def fixed_column(self, name: str) -> NDArray[np.float64]:
        """``sa_score`` or ``cost`` of each candidate, in order; ``nan`` where it is not known."""

    @abstractmethod
    def take(self, rows: Sequence[int]) -> LazyChunk:
        """The candidates at ``rows`` (places in this chunk), in that order, as lazy as this one."""


def units_of(chunk: Sequence[Candidate]) -> list[RepeatUnit]:
    """The repeat unit of each candidate, in order."""
    return chunk.units if isinstance(chunk, LazyChunk) else [candidate.unit for candidate in chunk]


def keys_of(chunk: Sequence[Candidate]) -> list[str]:
    """The key of each candidate's unit, in order."""
    return chunk.keys if isinstance(chunk, LazyChunk) else [candidate.unit.key for candidate in chunk]


def fixed_column(chunk: Sequence[Candidate], name: str) -> NDArray[np.float64]:
    """``sa_score`` or ``cost`` of each candidate, in order; ``nan`` where it is not known."""
    if isinstance(chunk, LazyChunk):
        return chunk.fixed_column(name)
    return np.array([getattr(candidate, name) for candidate in chunk], dtype=np.float64)


def take(chunk: Sequence[Candidate], rows: Sequence[int]) -> Sequence[Candidate]:
    """The candidates at ``rows``, in that order; lazy where ``chunk`` is."""
    return chunk.take(rows) if isinstance(chunk, LazyChunk) else [chunk[row] for row in rows]
