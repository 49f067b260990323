"""What an encoder is: repeat units in, frozen vectors out.

An encoder is pure: the same ``revision`` and the same repeat unit give the same vector, whatever else is in
the batch and in whatever order. A unit that cannot be encoded is handed back by name with the reason; it
never becomes a row of zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from discovery.progress import Progress, silent

if TYPE_CHECKING:
    from discovery.polymers.repeat_unit import RepeatUnit


@dataclass(frozen=True, slots=True)
class EncodingFailure:
    """A repeat unit that an encoder could not turn into a vector, and why."""

    unit: RepeatUnit
    reason: str
    """In words a user can act on, such as ``140 heavy atoms, the limit is 128``."""

    lasting: bool = True
    """Whether another attempt would end the same; after a search cut off by the clock it may not, so that the store does not keep
    it."""


@dataclass(frozen=True, slots=True, eq=False)
class Encoding:
    """Vectors of the units that could be encoded, in input order, and the failures of the others.

    Raises:
        ValueError: When the rows do not match the units.
    """

    units: tuple[RepeatUnit, ...]
    """The ``m`` units that could be encoded, in the order they were given."""

    vectors: NDArray[np.float32]
    """``m x d``; row ``i`` belongs to ``units[i]``."""

    failures: tuple[EncodingFailure, ...] = ()

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or len(self.vectors) != len(self.units):
            raise ValueError(f"{len(self.units)} units need as many rows, got {self.vectors.shape}")
        if self.vectors.dtype != np.float32:
            raise ValueError(f"vectors are float32, got {self.vectors.dtype}")

    def __len__(self) -> int:
        return len(self.units)


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """``n x d`` counts of which most are zero: those that are not, row after row (compressed sparse rows).

    Args:
        starts: ``n + 1`` places in ``columns`` and ``counts`` where rows begin, and where the last one ends.
        columns: Of every count that is not zero.
        counts: What stands there.
        dim: ``d``.
    """

    starts: NDArray[np.int64]
    columns: NDArray[np.uint16]
    counts: NDArray[np.uint16]
    dim: int

    def __len__(self) -> int:
        return len(self.starts) - 1

    @staticmethod
    def cat(parts: Sequence[Counts], dim: int) -> Counts:
        """The rows of all parts, one after the other."""
        lengths = [np.zeros(1, np.int64), *(np.diff(part.starts) for part in parts)]
        empty = np.empty(0, np.uint16)
        return Counts(
            np.cumsum(np.concatenate(lengths)),
            np.concatenate([empty, *(part.columns for part in parts)]),
            np.concatenate([empty, *(part.counts for part in parts)]),
            dim,
        )

    def take(self, rows: NDArray[np.int64]) -> Counts:
        """The chosen rows, in the order asked for."""
        lengths = np.diff(self.starts)[rows]
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        entries = np.repeat(self.starts[rows] - starts[:-1], lengths) + np.arange(starts[-1])
        return Counts(starts, self.columns[entries], self.counts[entries], self.dim)

    def rows(self) -> NDArray[np.int64]:
        """The row of every count."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    def dense(self) -> NDArray[np.int16]:
        """``n x d``, zeros and all."""
        matrix = np.zeros((len(self), self.dim), np.int16)
        matrix[self.rows(), self.columns] = self.counts
        return matrix


@runtime_checkable
class Encoder(Protocol):
    """A frozen map from repeat units to vectors of ``dim`` numbers."""

    @property
    def name(self) -> str:
        """Short name for people, such as ``geometry:bundled``."""
        ...

    @property
    def revision(self) -> str:
        """Hash of the weights and of every setting that changes a vector; usable as a folder name."""
        ...

    @property
    def dim(self) -> int:
        """Length ``d`` of a vector."""
        ...

    def encode(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Encoding:
        """Encode ``n`` units into ``m <= n`` vectors, in input order; the rest are failures with a reason.

        Tells ``progress`` of every unit whose work takes long; each kind of work has a count of its own.
        """
        ...


@runtime_checkable
class CountEncoder(Encoder, Protocol):
    """An encoder whose vectors are counts of which most are zero, so that they are kept as such."""

    def counts(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Counts:
        """The same ``n`` vectors as :meth:`encode` gives; no unit fails."""
        ...
