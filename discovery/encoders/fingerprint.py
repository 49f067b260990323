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
from rdkit.Chem import rdFingerprintGenerator

from discovery.encoders.encoder import Counts, Encoding
from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent

LARGEST = 65_536
"""Columns that a fingerprint may have: their numbers are kept in 16 bits."""


class FingerprintEncoder:
    """Folded Morgan counts per repeat unit of the chain.

    Args:
        radius: Bonds that a fragment reaches from its centre.
        size: Length of the folded vector.

    Raises:
        ValueError: When ``size`` is over 65,536.
    """

    def __init__(self, radius: int = 3, size: int = 2048) -> None:
        if size > LARGEST:
            raise ValueError(f"a fingerprint has at most {LARGEST} columns, not {size}")
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
        return Encoding(tuple(units), self.counts(units, progress).dense().astype(np.float32))

    def counts(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Counts:
        """The same counts without the zeros: some forty of a row's two thousand are left."""
        generator = rdFingerprintGenerator.GetMorganGenerator(
            radius=self.radius, fpSize=self.size, includeChirality=True
        )
        lengths, columns, counts = [0], [], []
        for done, unit in enumerate(units, 1):
            chain = unit.periodic(minimum_atoms=2 * self.radius + 2)
            found = generator.GetCountFingerprint(chain).GetNonzeroElements()
            # every repeat of the closed chain has the same environments, so the division leaves whole numbers
            repeats = chain.GetIntProp("repeat_units")
            lengths.append(len(found))
            columns += found.keys()
            counts += [round(count / repeats) for count in found.values()]
            progress(done, len(units), f"polymers encoded by {self.name}")
        return Counts(
            np.cumsum(np.array(lengths, np.int64)),
            np.array(columns, np.uint16),
            np.array(counts, np.uint16),
            self.size,
        )
