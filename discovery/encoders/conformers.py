"""One conformer of a repeat unit: what the geometry encoders see of a polymer, computed once and kept.

Each end of the unit is capped with the atom that the chain would put there, hydrogens are added, and the
coordinates come from ETKDGv3 (Riniker and Landrum, J. Chem. Inf. Model. 55:2562, 2015; Wang et al., ibid.
60:2044, 2020) with a fixed seed, relaxed by MMFF94 (Halgren, J. Comput. Chem. 17:490, 1996). Elements
without MMFF parameters are decided for UFF, and every conformer says which of the two it is. A unit without
a conformer is a named failure: coordinates are never made up.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa
import rdkit
from numpy.typing import NDArray
from rdkit import Chem, rdBase
from rdkit.Chem import rdDistGeom, rdForceFieldHelpers

from discovery.cache import default_cache
from discovery.encoders.parquet_shards import Shards
from discovery.encoders.shards import DAMAGED, DamagedShardError, DamagedShardWarning
from discovery.encoders.store import CheckedVectors
from discovery.errors import CacheError
from discovery.progress import Progress, silent

if TYPE_CHECKING:
    from discovery.polymers.repeat_unit import RepeatUnit

_ATTEMPTS = 40
"""Damaged shards that are set aside in one call, before the disk is thought to be the fault."""

CHUNK = 256
"""Units between two writes of the store: some twenty seconds of work on one core."""

# What RDKit's optimisers return; anything else means that there is no force field for the molecule.
_CONVERGED, _OUT_OF_STEPS = 0, 1
_TIMED_OUT = int(rdDistGeom.EmbedFailureCauses.EXCEEDED_TIMEOUT)

_LAYOUT = 2
"""Number of the columns below: another number is another folder, so that no shard is read as what it is not."""
_SCHEMA = pa.schema(
    [
        pa.field("key", pa.string(), nullable=False),
        pa.field("psmiles", pa.string(), nullable=False),
        pa.field("symbols", pa.list_(pa.string())),
        pa.field("coordinates", pa.list_(pa.float32())),
        pa.field("force_field", pa.string()),
        pa.field("converged", pa.bool_()),
        pa.field("reason", pa.string()),
        pa.field("rdkit", pa.string(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True)
class ConformerSettings:
    """How conformers are made; part of the revision of every encoder that reads them."""

    seed: int = 42
    max_atoms: int = 128
    """Heavy atoms of the capped unit above which no conformer is tried: its cost grows with their cube."""
    seconds: int = 60
    """Limit of one embedding, some hundred times what a usual unit takes."""
    relaxation_steps: int = 200
    """Steps of the force field: RDKit's own default."""

    @property
    def revision(self) -> str:
        """Hash of the settings. RDKit's version is kept with each conformer instead: an update of RDKit
        must not make the bundled encoders new ones.
        """
        text = json.dumps(asdict(self), sort_keys=True)
        return f"conformers-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True, eq=False)
class Conformer:
    """Atoms of a capped repeat unit in space, in the order of :func:`with_hydrogens`."""

    symbols: tuple[str, ...]
    coordinates: NDArray[np.float32]
    """``n x 3``, in ångström."""
    force_field: Literal["mmff94", "uff"]
    converged: bool = True
    """Whether the relaxation reached a minimum within its steps; the coordinates are usable if it did not."""

    def without_hydrogens(self) -> Conformer:
        """Its heavy atoms."""
        heavy = [i for i, symbol in enumerate(self.symbols) if symbol != "H"]
        return replace(
            self, symbols=tuple(self.symbols[i] for i in heavy), coordinates=self.coordinates[heavy]
        )


UNDISTURBED = 0.8
"""Share of its time limit that a search must have had the processor for its failure to be kept."""


@dataclass(frozen=True, slots=True)
class ConformerFailure:
    """Why a repeat unit has no conformer."""

    reason: str
    lasting: bool = True
    """Whether another attempt would end the same: a search that the clock cut off on a busy machine might not, so it is not
    kept.
    """


def with_hydrogens(unit: RepeatUnit) -> Chem.Mol:
    """The molecule that conformers are made of: the capped unit with hydrogens, after the heavy atoms."""
    return Chem.AddHs(unit.capped())


Clock = Callable[[], float]
"""Seconds that the processor has spent on the calling thread."""


def conformer(
    unit: RepeatUnit, settings: ConformerSettings | None = None, clock: Clock = time.thread_time
) -> Conformer | ConformerFailure:
    """Make one conformer of a unit; the same unit and settings give the same coordinates."""
    settings = settings or ConformerSettings()
    try:
        return _place(with_hydrogens(unit), settings, clock)
    except (RuntimeError, ValueError) as error:  # how RDKit reports a broken invariant of its own
        what = str(error).strip() or type(error).__name__
        return ConformerFailure(f"RDKit: {what.splitlines()[0]}")


def _place(mol: Chem.Mol, settings: ConformerSettings, clock: Clock) -> Conformer | ConformerFailure:
    if mol.GetNumHeavyAtoms() > settings.max_atoms:
        return ConformerFailure(f"{mol.GetNumHeavyAtoms()} heavy atoms, the limit is {settings.max_atoms}")
    force_field = _force_field(mol)
    if force_field is None:
        return ConformerFailure("neither MMFF94 nor UFF has parameters for all its atoms")
    failure = _embed(mol, settings, clock)
    if failure is not None:
        return failure
    if force_field == "mmff94":
        code = rdForceFieldHelpers.MMFFOptimizeMolecule(mol, maxIters=settings.relaxation_steps)
    else:
        code = rdForceFieldHelpers.UFFOptimizeMolecule(mol, maxIters=settings.relaxation_steps)
    if code not in (_CONVERGED, _OUT_OF_STEPS):
        return ConformerFailure(f"{force_field} cannot be set up for it")
    coordinates = mol.GetConformer().GetPositions().astype(np.float32)
    if not np.isfinite(coordinates).all():
        return ConformerFailure(f"{force_field} gave coordinates that are not finite")
    symbols = tuple(atom.GetSymbol() for atom in mol.GetAtoms())
    return Conformer(symbols, coordinates, force_field, converged=code == _CONVERGED)


def _force_field(mol: Chem.Mol) -> Literal["mmff94", "uff"] | None:
    if rdForceFieldHelpers.MMFFHasAllMoleculeParams(mol):
        return "mmff94"
    return "uff" if rdForceFieldHelpers.UFFHasAllMoleculeParams(mol) else None


def _embed(mol: Chem.Mol, settings: ConformerSettings, clock: Clock) -> ConformerFailure | None:
    """Put coordinates on ``mol``; a failure where neither start, by eigenvalues or at random, leads to any."""
    for random_start in (False, True):  # the random start is slower, and RDKit's advice where the other fails
        parameters: Any = rdDistGeom.ETKDGv3()  # RDKit's stubs give its settable attributes the wrong types
        parameters.randomSeed = settings.seed
        parameters.timeout = settings.seconds
        parameters.useRandomCoords = random_start
        parameters.trackFailures = True
        begun = clock()
        if rdDistGeom.EmbedMolecule(mol, parameters) == 0:
            return None
        if parameters.GetFailureCounts()[_TIMED_OUT]:
            # The limit is by the clock on the wall: it lasts only if the search had the processor nearly all the time.
            lasting = clock() - begun >= UNDISTURBED * settings.seconds
            return ConformerFailure(f"no conformer within {settings.seconds} s", lasting=lasting)
    return ConformerFailure("ETKDG finds no conformer")


class ConformerStore:
    """Conformers on disk, each made once, for all geometry encoders that share the settings.

    Args:
        folder: Where they lie; by default ``conformers`` in the cache folder.
        settings: How they are made.
        workers: Conformers made at once; by default as many as there are processors. RDKit works outside
            Python's global lock, so threads keep the processors busy without a second copy of the program.
        clock: Tells whether a search that ran out of time had the processor.
    """

    def __init__(
        self,
        folder: Path | None = None,
        settings: ConformerSettings | None = None,
        *,
        workers: int | None = None,
        clock: Clock = time.thread_time,
    ) -> None:
        self.settings = settings or ConformerSettings()
        self._clock = clock
        self.workers = workers or os.cpu_count() or 1
        root = folder or default_cache() / "conformers"
        self._shards = Shards(root / f"{self.settings.revision}.{_LAYOUT}", _SCHEMA)

    def conformers(
        self, units: Sequence[RepeatUnit], progress: Progress = silent
    ) -> dict[str, Conformer | ConformerFailure]:
        """The conformer of each unit, or why it has none, by key.

        Failures are kept too, but for searches that the clock cut off on a busy machine: those are tried again next time.

        Args:
            units: Any number of units.
            progress: Told of every conformer that had to be made.

        Raises:
            EncodingError: When the store cannot be read or written.
        """
        for _ in range(_ATTEMPTS):
            try:
                return self._complete(units, progress)
            except DamagedShardError:
                continue  # it is set aside: what it held is made again
        raise CacheError(
            f"What is written into {self._shards.folder} is damaged again and again.",
            "Check the disk, or set POLYLOOP_CACHE to a folder on another one.",
        )

    def _complete(
        self, units: Sequence[RepeatUnit], progress: Progress
    ) -> dict[str, Conformer | ConformerFailure]:
        self._shards.refresh()
        by_key = {unit.key: unit for unit in units}
        missing = [unit for key, unit in by_key.items() if key not in self._shards]
        passing: dict[str, ConformerFailure] = {}
        for start in range(0, len(missing), CHUNK):
            lasting: list[tuple[RepeatUnit, Conformer | ConformerFailure]] = []
            chunk = missing[start : start + CHUNK]
            for done, (unit, result) in enumerate(
                zip(chunk, self._make(chunk), strict=True), start=start + 1
            ):
                if isinstance(result, ConformerFailure) and not result.lasting:
                    passing[unit.key] = result
                else:
                    lasting.append((unit, result))
                progress(done, len(missing), "conformers made")
            if lasting:
                self._shards.append(_rows(lasting))
        kept = [key for key in by_key if key not in passing]
        found = dict(zip(kept, _conformers(self._shards.read(kept)), strict=True))
        return {key: passing.get(key) or found[key] for key in by_key}

    def _make(self, units: Sequence[RepeatUnit]) -> Iterator[Conformer | ConformerFailure]:
        # RDKit's remarks on missing parameters are in the reason of the failure
        with rdBase.BlockLogs(), ThreadPoolExecutor(self.workers, thread_name_prefix="conformers") as pool:
            jobs: list[Future[Conformer | ConformerFailure]] = [
                pool.submit(conformer, unit, self.settings, self._clock) for unit in units
            ]
            try:
                for job in jobs:
                    yield job.result()
            finally:
                pool.shutdown(cancel_futures=True)  # an interrupt must not wait for the rest of the chunk


def check_conformers(folder: Path | None = None) -> CheckedVectors | None:
    """Read all conformers that are kept, however they were made, and hold them against their checksums; ``None`` where none are.

    Args:
        folder: As for :class:`ConformerStore`.

    Returns:
        Units that have a conformer or a reason for having none, and the shards that are set aside.

    Raises:
        EncodingError: When the folder cannot be read.
    """
    root = folder or default_cache() / "conformers"
    places = sorted(place for place in root.glob(f"*.{_LAYOUT}") if place.is_dir())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DamagedShardWarning)  # told by the names of what is set aside
        rows = sum(Shards(place, _SCHEMA).read_all() for place in places)
    damaged = tuple(path.name for place in places for path in sorted(place.glob(f"*{DAMAGED}")))
    return CheckedVectors(rows, damaged) if places else None


def positioned(unit: RepeatUnit, placed: Conformer) -> Chem.Mol:
    """The capped unit with hydrogens, bonds and the coordinates of its conformer.

    Raises:
        EncodingError: When the conformer is of another unit.
    """
    mol = with_hydrogens(unit)
    if tuple(atom.GetSymbol() for atom in mol.GetAtoms()) != placed.symbols:
        raise CacheError(
            f"The stored conformer of {unit.psmiles} has other atoms than the unit.",
            "Delete the conformers in the cache folder; they are made again.",
        )
    positions = Chem.Conformer(mol.GetNumAtoms())
    for index, (x, y, z) in enumerate(placed.coordinates.tolist()):
        positions.SetAtomPosition(index, (x, y, z))
    mol.AddConformer(positions, assignId=True)
    return mol


def _rows(made: Sequence[tuple[RepeatUnit, Conformer | ConformerFailure]]) -> pa.Table:
    rows: list[Mapping[str, object]] = []
    for unit, result in made:
        row: dict[str, object] = {"key": unit.key, "psmiles": unit.psmiles, "rdkit": rdkit.__version__}
        if isinstance(result, Conformer):
            row["symbols"] = list(result.symbols)
            row["coordinates"] = result.coordinates.reshape(-1)
            row["force_field"] = result.force_field
            row["converged"] = result.converged
        else:
            row["reason"] = result.reason
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def _conformers(rows: pa.Table) -> Iterator[Conformer | ConformerFailure]:
    for row in rows.select(["symbols", "coordinates", "force_field", "converged", "reason"]).to_pylist():
        if row["reason"] is not None:
            yield ConformerFailure(row["reason"])
        else:
            coordinates = np.asarray(row["coordinates"], dtype=np.float32).reshape(-1, 3)
            yield Conformer(tuple(row["symbols"]), coordinates, row["force_field"], row["converged"])
