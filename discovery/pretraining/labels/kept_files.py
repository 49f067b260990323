"""Raw numbers of the blocks on disk, under the hash of the corpus and the revision of the block.

Some thousands of polymers a file, so that a run that was interrupted goes on, and text, geometry and alignment share them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray
from rdkit import rdBase
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from discovery.errors import PretrainingStateError
from discovery.polymers import RepeatUnit
from discovery.pretraining.corpus.corpus import CorpusEntry
from discovery.pretraining.labels.blocks import Block, Tensors, block, blocks_without
from discovery.pretraining.labels.fragments import Fragments
from discovery.progress import Progress, silent
from discovery.workers import ordered_map

POLYMERS_IN_A_FILE = 8192
"""Half a minute of work on one core, which is what an interruption can cost."""

_CHUNK = 256


def corpus_hash(units: Sequence[RepeatUnit]) -> str:
    """Of which polymers a run sees and in which order."""
    return hashlib.sha256("".join(unit.key for unit in units).encode()).hexdigest()


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
    chosen = blocks_without(without)
    units = [entry.unit for entry in entries]
    corpus = corpus_hash(units)[:16]
    starts = range(0, len(units), POLYMERS_IN_A_FILE)
    files: dict[str, list[Path]] = {}
    for each in chosen:
        home = folder / corpus / each.folder
        home.mkdir(parents=True, exist_ok=True)
        files[each.name] = [home / f"{start:07d}.safetensors" for start in starts]
        if all(file.is_file() for file in files[each.name]):
            continue
        with _held(home, each.name, progress):
            _compute(each, units, dict(zip(starts, files[each.name], strict=True)), workers, progress)
    return files


@contextmanager
def _held(home: Path, name: str, progress: Progress) -> Iterator[None]:
    """Hold the folder of a block, so that two runs on one corpus do not compute the same; waits for the other one."""
    lock = FileLock(home / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        progress(0, None, f"waiting for another process that labels: {name}")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _compute(
    chosen: Block, units: Sequence[RepeatUnit], files: Mapping[int, Path], workers: int, progress: Progress
) -> None:
    missing = [start for start, file in files.items() if not file.is_file()]
    chunks = {
        start: [units[i : min(i + _CHUNK, end)] for i in range(start, end, _CHUNK)]
        for start in missing
        for end in (min(start + POLYMERS_IN_A_FILE, len(units)),)
    }
    work = ((chosen.name, [(u.psmiles, u.key) for u in part]) for parts in chunks.values() for part in parts)
    answers = ordered_map(_chunk, work, workers)
    total, done = sum(len(part) for parts in chunks.values() for part in parts), 0
    for start, asked in chunks.items():
        parts: list[Tensors] = []
        for part in asked:
            parts.append(next(answers))
            done += len(part)
            progress(done, total, f"polymers labelled: {chosen.name}")
        whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        unfinished = files[start].with_suffix(".part")
        save_file(whole, unfinished)
        os.replace(unfinished, files[start])


def _chunk(work: tuple[str, Sequence[tuple[str, str]]]) -> Tensors:
    """In a process: the numbers of some units."""
    name, texts = work
    with rdBase.BlockLogs():
        return block(name).compute([RepeatUnit(psmiles, key) for psmiles, key in texts])


def kept_values(path: Path) -> NDArray[np.float32]:
    """The columns of a block, ``n x k``, of the polymers of one file.

    Raises:
        PretrainingError: When the file is damaged.
    """
    return _tensors(path)["values"].astype(np.float32)


def kept_fragments(path: Path) -> Fragments:
    """The fragments of the polymers of one file of the block ``structure``.

    Raises:
        PretrainingError: When the file is damaged.
    """
    kept = _tensors(path)
    offsets = np.concatenate([[0], np.cumsum(kept["sizes"].astype(np.int64))])
    return Fragments(offsets, kept["keys"].astype(np.uint32), kept["counts"].astype(np.uint16))


def _tensors(path: Path) -> Tensors:
    try:
        return dict(load_file(path))
    except (OSError, SafetensorError) as error:
        raise PretrainingStateError(
            f"The labels in {path} cannot be read: {error}", "Remove the file; they are computed again."
        ) from error
