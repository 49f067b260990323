"""Circular fragments of endless chains, counted per repeat unit, for as many polymers as a file holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit.Chem import rdFingerprintGenerator

from discovery.polymers import RepeatUnit

RADIUS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Fragments:
    """Circular fragments (Morgan, radius 2, on the endless chain) of ``n`` units, each counted per repeat unit."""

    offsets: NDArray[np.int64]
    """``n + 1``: where the fragments of a unit begin in the others."""
    keys: NDArray[np.uint32]
    """Hash of each fragment."""
    counts: NDArray[np.uint16]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def frequency(self, rows: NDArray[np.bool_]) -> dict[int, int]:
        """In how many of the chosen units each fragment occurs; ``rows`` has a flag for each unit."""
        found, times = np.unique(self.keys[np.repeat(rows, np.diff(self.offsets))], return_counts=True)
        return dict(zip(found.tolist(), times.tolist(), strict=True))

    def logs(self, fragments: Sequence[int]) -> NDArray[np.float32]:
        """``log(1 + count)`` of the given fragments, ``n x len(fragments)``."""
        matrix = np.zeros((len(self), len(fragments)), dtype=np.float32)
        if not len(fragments) or not len(self.keys):
            return matrix
        order = np.argsort(np.asarray(fragments, dtype=np.uint32))
        known = np.asarray(fragments, dtype=np.uint32)[order]
        place = np.minimum(np.searchsorted(known, self.keys), len(known) - 1)
        hit = known[place] == self.keys
        rows = np.repeat(np.arange(len(matrix)), np.diff(self.offsets))
        matrix[rows[hit], order[place[hit]]] = np.log1p(self.counts[hit].astype(np.float32))
        return matrix


def fragments_of(units: Sequence[RepeatUnit]) -> Fragments:
    """The fragments of each unit.

    Counts are per repeat unit: the closed ring that stands for the chain holds several units where one is short, and is
    divided by their number; every one of them has the same, so nothing is left over.
    """
    generator: Any = rdFingerprintGenerator.GetMorganGenerator(radius=RADIUS)
    offsets, keys, counts = [0], [], []
    for unit in units:
        ring = unit.periodic(minimum_atoms=2 * RADIUS + 2)
        repeats = ring.GetIntProp("repeat_units")
        for key, count in generator.GetSparseCountFingerprint(ring).GetNonzeroElements().items():
            keys.append(key)
            counts.append(count // repeats)
        offsets.append(len(keys))
    return Fragments(np.array(offsets, np.int64), np.array(keys, np.uint32), np.array(counts, np.uint16))
