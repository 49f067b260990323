"""Fingerprint encoder: counts of circular fragments of the endless chain.

Morgan counts (Rogers & Hahn, J. Chem. Inf. Model. 2010, 50, 742) on the closed periodic graph, so that the vector depends on the
chain alone: no attachment points, no end groups, no choice of the cut.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

import numpy as np
import rdkit
from numpy.typing import NDArray
from rdkit.Chem import rdFingerprintGenerator

from discovery.encoders.encoder import Encoding
from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent


class FingerprintEncoder:
    """Folded Morgan counts per repeat unit of the chain.

    Args:
        radius: Bonds that a fragment reaches from its centre.
        size: Length of the folded vector.
    """

    def __init__(self, radius: int = 3, size: int = 2048) -> None:
        self.radius = radius
        self.size = size
        self.name = f"fingerprint:morgan{radius}"
        settings = json.dumps(
            {"radius": radius, "size": size, "counts": True, "chirality": True, "rdkit": rdkit.__version__}
        )
        self.revision = f"fingerprint-{hashlib.sha256(settings.encode()).hexdigest()[:16]}"

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self.size

    def encode(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Encoding:
        """Encode ``n`` units into an ``n x size`` float32 matrix of counts per repeat unit; none fails."""
        generator = rdFingerprintGenerator.GetMorganGenerator(
            radius=self.radius, fpSize=self.size, includeChirality=True
        )
        vectors: NDArray[np.float32] = np.zeros((len(units), self.size), dtype=np.float32)
        for done, (row, unit) in enumerate(zip(vectors, units, strict=True), 1):
            chain = unit.periodic(minimum_atoms=2 * self.radius + 2)
            # every repeat of the closed chain has the same environments, so the division leaves whole numbers
            counts = generator.GetCountFingerprintAsNumPy(chain)
            row[:] = np.rint(counts / chain.GetIntProp("repeat_units"))
            progress(done, len(units), f"polymers encoded by {self.name}")
        return Encoding(tuple(units), vectors)
