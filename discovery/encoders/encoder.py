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
