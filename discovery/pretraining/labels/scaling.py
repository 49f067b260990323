"""Labels as a network is taught them: the columns that are worth learning, of one scale.

The scale is that of the polymers to train on. What is not known is NaN and is left out of the loss.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from discovery.errors import PretrainingError
from discovery.pretraining.corpus.corpus import CorpusEntry
from discovery.pretraining.labels.blocks import Block, blocks_without
from discovery.pretraining.labels.kept_files import corpus_hash, kept_fragments, kept_values, make_labels
from discovery.progress import Progress, silent

FRAGMENTS = 320
"""Most frequent fragments that are counted; together with the descriptors some seven hundred numbers of structure."""

CLIP = 4.0
"""Scaled labels beyond this are cut: a few giant values would own the loss."""

_LEAST_SPREAD = 1e-4
"""Columns that vary less have nothing to teach."""

_LEAST_COVERED = 8
"""Columns that fewer polymers have are left out: there is no scale to give them."""

WITHOUT_EFFECT = ("workers", "save_every")
"""Settings that change how a run is done and not what comes out."""


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
    corpus: str
    """Hash of the ``n`` polymers in their order."""
    revisions: Mapping[str, str]
    """Of each block: the version of the code and tables that computed its raw numbers."""

    def rows(self, indices: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float32]:
        """Labels of some of the polymers."""
        return self.values[indices].astype(np.float32)

    def coverage(self) -> dict[str, float]:
        """Share of the polymers that have a label, mean over the columns of each block."""
        return {
            name: round(float(np.mean([np.isfinite(c).mean() for c in self.values[:, columns].T])), 3)
            for name, columns in self.blocks.items()
        }


def run_hash(entries: Sequence[CorpusEntry], labels: Labels, settings: Mapping[str, object]) -> str:
    """Of everything that decides the trained weights."""
    matters = {name: value for name, value in settings.items() if name not in WITHOUT_EFFECT}
    held_out = "".join("01"[entry.held_out] for entry in entries)
    parts = [corpus_hash([entry.unit for entry in entries]), held_out, labels.revision, matters]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


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
    chosen = blocks_without(without)
    if not chosen:
        raise PretrainingError("No labels are left to train on.", "Leave out fewer of them.")
    files = make_labels(entries, folder, without=without, workers=workers, progress=progress)
    training = np.array([not entry.held_out for entry in entries])
    names: list[str] = []
    blocks: dict[str, slice] = {}
    parts: list[NDArray[np.float16]] = []
    digest = hashlib.sha256(repr((CLIP, FRAGMENTS)).encode())
    for each in chosen:
        columns = _Columns(each, files[each.name], training)
        blocks[each.name] = slice(len(names), len(names) + len(columns.names))
        names += columns.names
        parts.append(columns.scaled(len(entries)))
        digest.update(f"{each.name} {each.revision} {columns.names}".encode())
    return Labels(
        tuple(names),
        blocks,
        np.concatenate(parts, axis=1),
        digest.hexdigest(),
        corpus_hash([entry.unit for entry in entries]),
        {each.name: each.revision for each in chosen},
    )


class _Columns:
    """The columns of one block that are worth learning, and their scale; its files are read three times, one at a time."""

    def __init__(self, block: Block, paths: Sequence[Path], training: NDArray[np.bool_]) -> None:
        self._paths = paths
        self._fragments = self._frequent(training) if block.name == "structure" else []
        names = [*block.names, *(f"fragment {key}" for key in self._fragments)]
        count, total, square = np.zeros(len(names)), np.zeros(len(names)), np.zeros(len(names))
        shift: NDArray[np.float64] | None = None
        for first, raw in self._raw():
            chosen = raw[training[first : first + len(raw)]].astype(np.float64)
            known = np.isfinite(chosen)
            if shift is None:  # sums about a first guess of the mean lose no digits
                sums = np.where(known, chosen, 0.0).sum(axis=0)
                shift = sums / np.maximum(known.sum(axis=0), 1)
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
            found = kept_fragments(path)
            for key, times in found.frequency(training[first : first + len(found)]).items():
                frequency[key] = frequency.get(key, 0) + times
            first += len(found)
        return sorted(frequency, key=lambda key: (-frequency[key], key))[:FRAGMENTS]

    def _raw(self) -> Iterator[tuple[int, NDArray[np.float32]]]:
        first = 0
        for path in self._paths:
            values = kept_values(path)
            if self._fragments:
                values = np.concatenate([values, kept_fragments(path).logs(self._fragments)], axis=1)
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
