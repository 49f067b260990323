"""The latent of measured polymers while an adapter is trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from discovery.latent.adapted_blocks import Below, Traced
from discovery.latent.adapter import FoldAdapter
from discovery.latent.encoded import Encoded
from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent


@dataclass(frozen=True, eq=False)
class Piece:
    """Some of the polymers that adapters are trained on, up to what enters the adapted blocks; adapters of one depth share it.

    Args:
        rows: Their positions.
        below: What enters the blocks of each encoder.
    """

    rows: Tensor
    below: tuple[Below, ...]


class LatentUnderTraining:
    """The latent of ``n`` polymers under an adapter, as training sees it.

    The gradient of a loss is exact however large the encoders: it is taken as far as their vectors, and each encoder carries it
    on as its memory allows. Polymers that are only judged by need no way back.

    Args:
        adapter: Whose factors are trained.
        pieces: All polymers, as :func:`read_below` gives them; nothing of them is read where no encoder is adapted.
        judged: Number of the piece that is only judged by.
        encoded: The polymers with their frozen vectors.
    """

    def __init__(self, adapter: FoldAdapter, pieces: Sequence[Piece], judged: int, encoded: Encoded) -> None:
        self._adapter = adapter
        self._pieces = pieces
        self._judged = judged
        self._frozen = list(encoded.vectors)
        self._order = torch.cat([piece.rows for piece in pieces]).argsort() if adapter.blocks else None
        self._vectors = self._frozen
        self._traced: list[Traced] = []

    def compute(self) -> Tensor:
        """``n x d`` float64; a loss on it may be propagated back once, and then :meth:`settle` called."""
        if self._adapter.blocks:
            self._traced = []
            self._vectors = [self._read(number) for number in range(len(self._adapter.blocks))]
        return self._adapter.fused(*self._vectors)

    @property
    def vectors(self) -> list[Tensor]:
        """Text and geometry vectors, as last computed."""
        return [vectors.detach() for vectors in self._vectors]

    def settle(self) -> None:
        """Carry the gradient that reached the encoders' vectors on to the factors of their blocks."""
        for traced in self._traced:
            traced.settle()

    def _read(self, number: int) -> Tensor:
        """Vectors ``n x d`` of one encoder."""
        part, found = self._adapter.blocks[number], []
        for place, piece in enumerate(self._pieces):
            if place == self._judged:
                found.append(part.vectors(piece.below[number]))
            else:
                self._traced.append(part.traced(piece.below[number]))
                found.append(self._traced[-1].vectors)
        return torch.cat(found)[self._order]


def read_below(
    adapter: FoldAdapter,
    units: Sequence[RepeatUnit],
    parts: Sequence[NDArray[np.intp]],
    progress: Progress = silent,
) -> list[Piece]:
    """What enters the adapted blocks of each encoder, of ``n`` units in parts.

    Raises:
        EncodingError: When a unit cannot be encoded.
    """
    return [
        Piece(
            torch.from_numpy(rows),
            tuple(part.read([units[i] for i in rows], progress) for part in adapter.blocks),
        )
        for rows in parts
    ]
