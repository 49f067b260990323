"""What the encoders are taught to say of a polymer, without a single measurement: two blocks of labels, kept on disk.

``structure`` is what RDKit computes (:mod:`.descriptors`), ``physics`` what group contributions and the fire
model on top of them estimate (:mod:`discovery.physics`). Raw numbers are kept in a folder under the hash of the corpus and the
revision of the block, some thousands of polymers a file, so that text, geometry and alignment share them and a run that was
interrupted goes on. Their scale is that of the polymers to train on; what is not known is NaN and is left out of the loss.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rdkit import rdBase
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from discovery.errors import PretrainingError
from discovery.polymers import RepeatUnit
from discovery.pretraining.corpus.corpus import CorpusEntry
from discovery.pretraining.labels import descriptors
from discovery.progress import Progress, silent
from discovery.workers import ordered_map

BLOCKS = ("structure", "physics")

FRAGMENTS = 320
"""Most frequent fragments that are counted; together with the descriptors about 650 numbers of structure."""

CLIP = 4.0
"""Scaled labels beyond this are cut: a few giant values would own the loss."""

SHARD = 8192
"""Polymers in a file: half a minute of work on one core, which is what an interruption can cost."""

_CHUNK = 256
_LEAST_SPREAD = 1e-4
"""Columns that vary less have nothing to teach."""

_LEAST_COVERED = 8
"""Columns that fewer polymers have are left out: there is no scale to give them."""

WITHOUT_EFFECT = ("workers", "save_every")
"""Settings that change how a run is done and not what comes out."""

Tensors = dict[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """Labels of ``n`` polymers as training targets."""

    names: tuple[str, ...]
    """Length ``k``."""
    blocks: Mapping[str, slice]
    """Columns of each block."""
    values: NDArray[np.float16]
    """``n x k``, centred, of unit spread over the polymers to train on, cut at ``CLIP``; NaN where not known."""
    revision: str
    """Hash of what decides the values, but for the corpus."""

    def rows(self, indices: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float32]:
        """Labels of some of the polymers."""
        return self.values[indices].astype(np.float32)

    def coverage(self) -> dict[str, float]:
        """Share of the polymers that have a label, mean over the columns of each block."""
        return {
            name: round(float(np.mean([np.isfinite(c).mean() for c in self.values[:, columns].T])), 3)
            for name, columns in self.blocks.items()
        }


@dataclass(frozen=True, slots=True)
class Block:
    """A block of labels: what it is called, what decides its numbers, and how they are computed."""

    name: str
    revision: str
    names: tuple[str, ...]
    compute: Callable[[Sequence[RepeatUnit]], Tensors]
    """A function of a module; ``values`` (``n x len(names)``) and what else the block keeps."""


def block(name: str) -> Block:
    """A block by its name."""
    if name == "structure":
        return Block(name, descriptors.REVISION, descriptors.label_names(), _structure)
    from discovery import physics

    return Block(name, physics.REVISION, tuple(physics.PROPERTIES), _physics)


def _structure(units: Sequence[RepeatUnit]) -> Tensors:
    found = descriptors.fragments_of(units)
    values = descriptors.descriptor_matrix(units)
    return {"values": values, "sizes": np.diff(found.offsets), "keys": found.keys, "counts": found.counts}


def _physics(units: Sequence[RepeatUnit]) -> Tensors:
    from discovery import physics

    return {"values": physics.estimate(units).values.astype(np.float32)}


def corpus_hash(units: Sequence[RepeatUnit]) -> str:
    """Of which polymers a run sees and in which order."""
    return hashlib.sha256("".join(unit.key for unit in units).encode()).hexdigest()


def run_hash(entries: Sequence[CorpusEntry], labels: Labels, settings: Mapping[str, object]) -> str:
    """Of everything that decides the trained weights."""
    matters = {name: value for name, value in settings.items() if name not in WITHOUT_EFFECT}
    held_out = "".join("01"[entry.held_out] for entry in entries)
    parts = [corpus_hash([entry.unit for entry in entries]), held_out, labels.revision, matters]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def make_labels(
    entries: Sequence[CorpusEntry],
    folder: Path,
    *,
    without: Sequence[str] = (),
    workers: int = 1,
    progress: Progress = silent,
) -> dict[str, list[Path]]:
    """Compute what is not yet kept in ``folder``; gives the files of each block, in the order of the corpus.

    Args:
        entries: The corpus.
        folder: Where labels of any corpora are kept.
        without: Blocks to leave out.
        workers: Processes.
        progress: Told of every chunk that had to be computed.

    Raises:
        PretrainingError: When there is no such block.
    """
    unknown = sorted(set(without) - set(BLOCKS))
    if unknown:
        raise PretrainingError(f"There are no labels {unknown[0]!r}.", f"Leave out {' or '.join(BLOCKS)}.")
    units = [entry.unit for entry in entries]
    corpus = corpus_hash(units)[:16]
    starts = range(0, len(units), SHARD)
    files: dict[str, list[Path]] = {}
    for name in BLOCKS:
        if name in without:
            continue
        chosen = block(name)
        digest = hashlib.sha256(chosen.revision.encode()).hexdigest()[:12]
        home = folder / corpus / f"{name}-{digest}"
        home.mkdir(parents=True, exist_ok=True)
        files[name] = [home / f"{start:07d}.safetensors" for start in starts]
        _compute(chosen, units, dict(zip(starts, files[name], strict=True)), workers, progress)
    return files


def _compute(
    chosen: Block, units: Sequence[RepeatUnit], files: Mapping[int, Path], workers: int, progress: Progress
) -> None:
    missing = [start for start, file in files.items() if not file.is_file()]
    chunks = [
        (first, min(first + _CHUNK, start + SHARD))
        for start in missing
        for first in range(start, min(start + SHARD, len(units)), _CHUNK)
    ]
    work = ((chosen.name, [(u.psmiles, u.key) for u in units[first:last]]) for first, last in chunks)
    answers = ordered_map(_chunk, work, workers)
    total, done = sum(len(units[first:last]) for first, last in chunks), 0
    for start in missing:
        parts: list[Tensors] = []
        for _ in range(start, min(start + SHARD, len(units)), _CHUNK):
            parts.append(next(answers))
            done += len(parts[-1]["values"])
            progress(done, total, f"polymers labelled: {chosen.name}")
        whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        part_file = files[start].with_suffix(f".{os.getpid()}.part")
        save_file(whole, part_file)
        os.replace(part_file, files[start])


def _chunk(work: tuple[str, Sequence[tuple[str, str]]]) -> Tensors:
    """In a process: the numbers of some units."""
    name, texts = work
    with rdBase.BlockLogs():
        return block(name).compute([RepeatUnit(psmiles, key) for psmiles, key in texts])


def read_labels(
    entries: Sequence[CorpusEntry],
    folder: Path,
    *,
    without: Sequence[str] = (),
    workers: int = 1,
    progress: Progress = silent,
) -> Labels:
    """Scaled labels of a corpus, from what is kept in ``folder``; what is not there yet is computed.

    Columns that do not vary over the polymers to train on, or that hardly any has, are left out, so ``k`` depends on the corpus.

    Raises:
        PretrainingError: When a kept file is damaged, or no block is left.
    """
    files = make_labels(entries, folder, without=without, workers=workers, progress=progress)
    if not files:
        raise PretrainingError("No labels are left to train on.", "Leave out fewer of them.")
    training = np.array([not entry.held_out for entry in entries])
    names: list[str] = []
    blocks: dict[str, slice] = {}
    parts: list[NDArray[np.float16]] = []
    digest = hashlib.sha256(repr((CLIP, FRAGMENTS)).encode())
    for name, paths in files.items():
        columns = _Columns(name, paths, training)
        blocks[name] = slice(len(names), len(names) + len(columns.names))
        names += columns.names
        parts.append(columns.scaled(len(entries)))
        digest.update(f"{name} {block(name).revision} {columns.names}".encode())
    return Labels(tuple(names), blocks, np.concatenate(parts, axis=1), digest.hexdigest())


class _Columns:
    """The columns of one block that are worth learning, and their scale; its files are read three times, one at a time."""

    def __init__(self, name: str, paths: Sequence[Path], training: NDArray[np.bool_]) -> None:
        self._block, self._paths = block(name), paths
        self._fragments = self._frequent(training) if name == "structure" else []
        names = [*self._block.names, *(f"fragment {key}" for key in self._fragments)]
        count, total, square = np.zeros(len(names)), np.zeros(len(names)), np.zeros(len(names))
        shift: NDArray[np.float64] | None = None
        for first, raw in self._raw():
            chosen = raw[training[first : first + len(raw)]].astype(np.float64)
            known = np.isfinite(chosen)
            if shift is None:  # sums about a first guess of the mean lose no digits
                shift = np.where(
                    known.any(axis=0), np.nan_to_num(chosen).sum(0) / np.maximum(known.sum(0), 1), 0.0
                )
            away = np.where(known, chosen - shift, 0.0)
            count += known.sum(axis=0)
            total += away.sum(axis=0)
            square += np.square(away).sum(axis=0)
        mean = total / np.maximum(count, 1)
        spread = np.sqrt(np.maximum(square / np.maximum(count, 1) - mean**2, 0))
        self._kept = np.flatnonzero((spread > _LEAST_SPREAD) & (count >= min(_LEAST_COVERED, training.sum())))
        self._mean = (mean + (0 if shift is None else shift))[self._kept]
        self._spread = spread[self._kept]
        self.names = [names[i] for i in self._kept]

    def _frequent(self, training: NDArray[np.bool_]) -> list[int]:
        frequency: dict[int, int] = {}
        first = 0
        for path in self._paths:
            found, n = _stored_fragments(path)
            for key, times in found.frequency(training[first : first + n]).items():
                frequency[key] = frequency.get(key, 0) + times
            first += n
        return sorted(frequency, key=lambda key: (-frequency[key], key))[:FRAGMENTS]

    def _raw(self) -> Iterator[tuple[int, NDArray[np.float32]]]:
        first = 0
        for path in self._paths:
            values = _values(path)
            if self._fragments:
                values = np.concatenate([values, _stored_fragments(path)[0].logs(self._fragments)], axis=1)
            yield first, values
            first += len(values)

    def scaled(self, n: int) -> NDArray[np.float16]:
        """The scaled columns, ``n x k``."""
        out = np.empty((n, len(self.names)), dtype=np.float16)
        for first, raw in self._raw():
            scaled = (raw[:, self._kept] - self._mean) / self._spread
            scaled[~np.isfinite(scaled)] = np.nan
            out[first : first + len(raw)] = np.clip(scaled, -CLIP, CLIP)
        return out


def _tensors(path: Path) -> Tensors:
    try:
        return dict(load_file(path))
    except (OSError, SafetensorError) as error:
        raise PretrainingError(
            f"The labels in {path} cannot be read: {error}", "Remove the file; they are computed again."
        ) from error


def _values(path: Path) -> NDArray[np.float32]:
    return _tensors(path)["values"].astype(np.float32)


def _stored_fragments(path: Path) -> tuple[descriptors.Fragments, int]:
    kept = _tensors(path)
    offsets = np.concatenate([[0], np.cumsum(kept["sizes"].astype(np.int64))])
    fragments = descriptors.Fragments(
        offsets, kept["keys"].astype(np.uint32), kept["counts"].astype(np.uint16)
    )
    return fragments, len(kept["sizes"])
