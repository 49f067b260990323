"""The block ``structure`` of the labels: what RDKit computes from a repeat unit alone, without measurements.

Three parts: RDKit's descriptors of the capped unit, as they are and per heavy atom where they count something; the shape of
the chain (length of the backbone, share of the side chains, rings and free rotations along it), which decides the stiffness of
a polymer and which molecular descriptors do not see; and circular fragments of the endless chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import rdkit
from numpy.typing import NDArray
from rdkit import Chem, rdBase
from rdkit.Chem import Descriptors, rdFingerprintGenerator

from discovery.polymers import RepeatUnit

_EXCLUDED = ("Ipc", "AvgIpc", "SPS", "BCUT2D", "qed")
"""Descriptors that overflow on large molecules, fail on some elements, take most of the time, or say nothing of a polymer."""

FRAGMENT_RADIUS = 2

LARGEST = 1e6
"""Descriptors beyond this are cut: a few of them divide by what may be nearly zero."""

_ROTATABLE = Chem.MolFromSmarts("[!$(*#*)&!D1&!H]-&!@[!$(*#*)&!D1&!H]")

_VERSION = 1


def _is_count(name: str) -> bool:
    return name.startswith(("Num", "fr_", "SMR_", "SlogP_", "PEOE_", "EState_VSA", "VSA_")) or name in {
        "TPSA",
        "MolMR",
        "LabuteASA",
        "MolLogP",
    }


_DESCRIPTORS = [(n, f) for n, f in Descriptors.descList if not n.startswith(_EXCLUDED)]
_COUNTS = [i for i, (name, _) in enumerate(_DESCRIPTORS) if _is_count(name)]
_CHAIN = (
    "log backbone atoms",
    "side chain share",
    "backbone ring atom share",
    "rotations per backbone atom",
    "backbone hetero share",
    "backbone quaternary share",
    "backbone branch share",
    "mass per backbone atom",
    "aromatic share",
)

REVISION = f"{_VERSION}-rdkit{rdkit.__version__}-{len(_DESCRIPTORS)}-r{FRAGMENT_RADIUS}"
"""What decides the numbers; labels that were kept under another revision are not used."""


def label_names() -> tuple[str, ...]:
    """Names of the columns of :func:`descriptor_matrix`."""
    names = [name for name, _ in _DESCRIPTORS]
    return (*names, *(f"{names[i]} per heavy atom" for i in _COUNTS), *_CHAIN)


def descriptor_matrix(units: Sequence[RepeatUnit]) -> NDArray[np.float32]:
    """Descriptors and chain shape of each unit, ``n x k`` with ``k = len(label_names())``.

    What is not a number becomes 0, what is beyond a million is cut.
    """
    with rdBase.BlockLogs():  # descriptors of odd valences chat on stderr
        rows = [[*_molecular(unit.capped()), *_chain(unit)] for unit in units]
    matrix = np.asarray(rows, dtype=np.float64).reshape(len(rows), len(label_names())).clip(-LARGEST, LARGEST)
    return np.where(np.isnan(matrix), 0.0, matrix).astype(np.float32)


def _molecular(mol: Chem.Mol) -> list[float]:
    heavy = max(mol.GetNumHeavyAtoms(), 1)
    values = [function(mol) for _, function in _DESCRIPTORS]
    return [*values, *(values[i] / heavy for i in _COUNTS)]


def _chain(unit: RepeatUnit) -> list[float]:
    """The shape of the chain; see ``_CHAIN`` for what each number is."""
    mol = unit.mol()
    ends = [atom.GetIdx() for atom in mol.GetAtoms() if atom.GetAtomicNum() == 0]
    path = Chem.GetShortestPath(mol, *ends)[1:-1]
    backbone = [mol.GetAtomWithIdx(i) for i in path]
    heavy = mol.GetNumAtoms() - 2
    on_path = set(path) | {i for ring in mol.GetRingInfo().AtomRings() if set(ring) & set(path) for i in ring}
    turns = sum(1 for a, b in mol.GetSubstructMatches(_ROTATABLE) if a in on_path and b in on_path)
    mass = sum(atom.GetMass() for atom in mol.GetAtoms())
    n = len(backbone)
    return [
        float(np.log(n)),
        1 - len(on_path) / heavy,
        sum(a.IsInRing() for a in backbone) / n,
        turns / n,
        sum(a.GetAtomicNum() != 6 for a in backbone) / n,
        sum(a.GetDegree() == 4 for a in backbone) / n,
        sum(a.GetDegree() == 3 and not a.IsInRing() for a in backbone) / n,
        mass / n / 14,
        sum(a.GetIsAromatic() for a in mol.GetAtoms()) / heavy,
    ]


@dataclass(frozen=True, slots=True, eq=False)
class Fragments:
    """Circular fragments (Morgan, radius 2, on the endless chain) of ``n`` units, each counted per repeat unit."""

    offsets: NDArray[np.int64]
    """``n + 1``: where the fragments of a unit begin in the others."""
    keys: NDArray[np.uint32]
    """Hash of each fragment."""
    counts: NDArray[np.uint16]

    def frequency(self, rows: NDArray[np.bool_]) -> dict[int, int]:
        """In how many of the chosen units each fragment occurs; ``rows`` has a flag for each unit."""
        found, times = np.unique(self.keys[np.repeat(rows, np.diff(self.offsets))], return_counts=True)
        return dict(zip(found.tolist(), times.tolist(), strict=True))

    def logs(self, fragments: Sequence[int]) -> NDArray[np.float32]:
        """``log(1 + count)`` of the given fragments, ``n x len(fragments)``."""
        matrix = np.zeros((len(self.offsets) - 1, len(fragments)), dtype=np.float32)
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
    generator: Any = rdFingerprintGenerator.GetMorganGenerator(radius=FRAGMENT_RADIUS)
    offsets, keys, counts = [0], [], []
    for unit in units:
        ring = unit.periodic(minimum_atoms=2 * FRAGMENT_RADIUS + 2)
        repeats = ring.GetIntProp("repeat_units")
        for key, count in generator.GetSparseCountFingerprint(ring).GetNonzeroElements().items():
            keys.append(key)
            counts.append(count // repeats)
        offsets.append(len(keys))
    return Fragments(np.array(offsets, np.int64), np.array(keys, np.uint32), np.array(counts, np.uint16))
