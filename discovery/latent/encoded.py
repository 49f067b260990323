"""Polymers and what the frozen encoders make of them, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from discovery.polymers import RepeatUnit


@dataclass(frozen=True, eq=False)
class Encoded:
    """``n`` polymers with both frozen vectors.

    Args:
        units: The polymers.
        text: ``n x d_t`` frozen text vectors.
        geometry: ``n x d_g`` frozen geometry vectors.

    Raises:
        ValueError: When their numbers differ.
    """

    units: Sequence[RepeatUnit]
    text: NDArray[Any]
    geometry: NDArray[Any]

    def __post_init__(self) -> None:
        if not len(self.units) == len(self.text) == len(self.geometry):
            raise ValueError(
                f"{len(self.units)} units need as many vectors, got {len(self.text)} and {len(self.geometry)}"
            )

    def __len__(self) -> int:
        return len(self.units)

    def __getitem__(self, rows: Sequence[int]) -> Encoded:
        """Some of them, in the order of ``rows``."""
        picked = np.asarray(rows, dtype=np.intp)
        return Encoded([self.units[i] for i in picked], self.text[picked], self.geometry[picked])

    @property
    def keys(self) -> list[str]:
        """Of the polymers."""
        return [unit.key for unit in self.units]

    @property
    def vectors(self) -> tuple[Tensor, Tensor]:
        """``n x d_t`` and ``n x d_g``."""
        return torch.from_numpy(self.text), torch.from_numpy(self.geometry)

    @classmethod
    def joined(cls, parts: Sequence[Encoded]) -> Encoded:
        """One or more groups of polymers of the same encoders, each polymer once, where it first stands."""
        units = [unit for part in parts for unit in part.units]
        first: dict[str, int] = {}
        for row, unit in enumerate(units):
            first.setdefault(unit.key, row)
        together = cls(
            units, np.concatenate([p.text for p in parts]), np.concatenate([p.geometry for p in parts])
        )
        return together[list(first.values())]
