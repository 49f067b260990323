"""What the encoders are taught to say of a polymer, computed by RDKit from the structure alone: labels without measurements.

Three blocks: RDKit's descriptors of the capped unit, as they are and per heavy atom where they count something; the shape of
the chain (length of the backbone, share of the side chains, rings and free rotations along it), which decides the stiffness of
a polymer and which molecular descriptors do not see; and counts of the fragments that are most frequent in the corpus.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, rdBase
from rdkit.Chem import Descriptors, rdFingerprintGenerator

from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent

FRAGMENTS = 320
"""Most frequent fragments that are counted; together with the descriptors the text encoder predicts about 600 numbers."""

_EXCLUDED = ("Ipc", "AvgIpc", "SPS", "BCUT2D")
"""Descriptors that overflow on large molecules, fail on some elements or take most of the time."""

_RADIUS = 2

CLIP = 4.0
"""Scaled labels beyond this are cut: a few giant values would own the loss."""

_ROTATABLE = Chem.MolFromSmarts("[!$(*#*)&!D1&!H]-&!@[!$(*#*)&!D1&!H]")


def _molecular(mol: Chem.Mol) -> list[float]:
    heavy = max(mol.GetNumHeavyAtoms(), 1)
    values = [function(mol) for _, function in _DESCRIPTORS]
    return [
        *values,
        *(v / heavy for v, (name, _) in zip(values, _DESCRIPTORS, strict=True) if _is_count(name)),
    ]


def _is_count(name: str) -> bool:
    return name.startswith(("Num", "fr_", "SMR_", "SlogP_", "PEOE_", "EState_VSA", "VSA_")) or name in {
        "TPSA",
        "MolMR",
        "LabuteASA",
        "MolLogP",
    }


_DESCRIPTORS = [(n, f) for n, f in Descriptors.descList if not n.startswith(_EXCLUDED)]
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


def label_names() -> tuple[str, ...]:
    """Names of the columns of :func:`descriptor_matrix`."""
    names = [name for name, _ in _DESCRIPTORS]
    return (*names, *(f"{n} per heavy atom" for n in names if _is_count(n)), *_CHAIN)


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


def _labels_of(texts: Sequence[str]) -> list[list[float]]:
    with rdBase.BlockLogs():  # descriptors of odd valences chat on stderr
        units = [RepeatUnit.parse(text) for text in texts]
        return [[*_molecular(unit.capped()), *_chain(unit)] for unit in units]


def descriptor_matrix(
    units: Sequence[RepeatUnit], *, workers: int = 1, progress: Progress = silent
) -> NDArray[np.float32]:
    """Descriptors and chain shape of each unit, ``n x k`` with ``k = len(label_names())``.

    What is not a number becomes 0, what is beyond a million is cut.

    Args:
        units: The ``n`` repeat units.
        workers: Processes to use.
        progress: Told of every chunk.
    """
    texts = [unit.psmiles for unit in units]
    chunks = [texts[i : i + 256] for i in range(0, len(texts), 256)]
    rows: list[list[float]] = []
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for done in pool.map(_labels_of, chunks) if workers > 1 else map(_labels_of, chunks):
            rows += done
            progress(len(rows), len(texts), "polymers labelled")
    matrix = np.asarray(rows, dtype=np.float64).reshape(len(rows), len(label_names())).clip(-1e6, 1e6)
    return np.where(np.isnan(matrix), 0.0, matrix).astype(np.float32)


def _per_unit(generator: Any, ring: Chem.Mol) -> dict[int, int]:
    """Counts of fragments in a ring of equal units; every one of them has the same, so nothing is left over."""
    repeats = ring.GetIntProp("repeat_units")
    found = generator.GetSparseCountFingerprint(ring).GetNonzeroElements()
    return {key: count // repeats for key, count in found.items()}


def fragment_counts(
    units: Sequence[RepeatUnit], fragments: Sequence[int] | None = None
) -> tuple[NDArray[np.float32], list[int]]:
    """``log(1 + count)`` of circular fragments (radius 2, on the endless chain), ``n x FRAGMENTS``, and which they are.

    Counts are per repeat unit: the closed ring that stands for the chain holds several units where one is short, and is
    divided by their number.

    Args:
        units: The ``n`` repeat units.
        fragments: Hashes to count; by default those that occur in most of ``units``.
    """
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=_RADIUS)
    counts = [_per_unit(generator, unit.periodic(minimum_atoms=2 * _RADIUS + 2)) for unit in units]
    if fragments is None:
        frequency: dict[int, int] = {}
        for row in counts:
            for key in row:
                frequency[key] = frequency.get(key, 0) + 1
        fragments = sorted(frequency, key=lambda key: (-frequency[key], key))[:FRAGMENTS]
    matrix = np.zeros((len(counts), len(fragments)), dtype=np.float32)
    for i, row in enumerate(counts):
        matrix[i] = [row.get(key, 0) for key in fragments]
    return np.log1p(matrix), list(fragments)


def scaled_labels(
    units: Sequence[RepeatUnit], *, workers: int = 1, progress: Progress = silent
) -> NDArray[np.float32]:
    """All labels of ``n`` units as training targets, ``n x k``: centred, of unit spread, cut at ``CLIP``.

    Columns that do not vary over ``units`` have nothing to teach and are left out, so ``k`` depends on the units.
    """
    fragments, _ = fragment_counts(units)
    raw = np.concatenate([descriptor_matrix(units, workers=workers, progress=progress), fragments], axis=1)
    spread = raw.std(axis=0)
    raw, spread = raw[:, spread > 1e-4], spread[spread > 1e-4]
    scaled = np.clip((raw - raw.mean(axis=0)) / spread, -CLIP, CLIP)
    return np.ascontiguousarray(scaled, dtype=np.float32)
