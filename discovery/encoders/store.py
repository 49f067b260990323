"""The embedding store: a vector is computed once, then read from disk in every later round and campaign.

Vectors lie in ``folder/<encoder revision>.<layout>/`` under the key of their repeat unit. A unit that could not be encoded is
kept too, with its reason, so that a hopeless conformer search is not run again; one that may go better another time is not.
What is read is held against the checksum that was written with it; what was damaged is set aside, told, and computed again.
Work goes to disk every few seconds: a kill loses no more, an error or an interrupt nothing.
"""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from discovery.cache import default_cache
from discovery.encoders.count_table import CountTable
from discovery.encoders.encoder import CountEncoder, Counts, Encoder, Encoding, EncodingFailure
from discovery.encoders.keys import packed
from discovery.encoders.shards import DAMAGED, DamagedShardError, DamagedShardWarning
from discovery.encoders.tensor_file import read_header
from discovery.encoders.vectors import VectorRows, VectorTable
from discovery.errors import CacheError, EncodingError
from discovery.progress import Progress, silent

if TYPE_CHECKING:
    from discovery.polymers.repeat_unit import RepeatUnit

LAYOUT = 2
"""Number of the form of the files: another number is another folder, so that no shard is read as what it is not. What layout 1
(Parquet, in a folder named by the revision alone) held is computed again; its folders may be deleted."""

FIRST = 32
"""Units of the first step, before it is known how long one takes."""

LONGEST = 8192
"""Units of the longest step."""

STEP_SECONDS = 4.0
"""Time that a step should take. Encoders take their units in batches, so that a step must not be too short either."""

WRITE_SECONDS = 8.0
"""Time after which what was computed is written, at the end of a step: with the step, a kill loses about twelve seconds."""

WRITE_BYTES = 2**26
"""Size of what was computed, from which on it is written however short the time was."""


_ATTEMPTS = 40
"""Damaged shards that are set aside in one call, before the disk is thought to be the fault."""


class EmbeddingStore:
    """Vectors of any number of encoders, on disk, shared by every process that names the same folder.

    Args:
        folder: Where the vectors lie; by default ``embeddings`` in :func:`default_cache`.
        chunk: Units encoded between two writes, where it shall not go by the time they take.
    """

    def __init__(self, folder: Path | None = None, *, chunk: int | None = None) -> None:
        self.folder = folder or default_cache() / "embeddings"
        self.chunk = chunk
        self._dense: dict[str, VectorTable] = {}
        self._counts: dict[str, CountTable] = {}
        self._passing: dict[str, dict[str, str]] = {}

    def encode(
        self, encoder: Encoder, units: Sequence[RepeatUnit], progress: Progress | None = None
    ) -> Encoding:
        """Encode ``n`` units, computing only what is not in the store.

        Args:
            encoder: Any encoder; its ``revision`` names the table.
            units: The ``n`` units; a unit that comes twice has two rows.
            progress: Told of what the encoder tells, counted over all units that had to be computed, and after each
                step of them.

        Returns:
            ``m x d`` vectors in input order and the failures, as :meth:`Encoder.encode` gives them.

        Raises:
            EncodingError: When the folder cannot be written to, or a shard in it cannot be read.
        """
        if isinstance(encoder, CountEncoder):
            return Encoding(tuple(units), self.counts(encoder, units, progress).dense().astype(np.float32))
        rows = self.rows(encoder, units, progress)
        kept = tuple(units) if len(rows.positions) == len(units) else tuple(units[i] for i in rows.positions)
        failures = tuple(EncodingFailure(units[i], reason) for i, reason in rows.failures)
        return Encoding(kept, rows.vectors, failures)

    def rows(
        self, encoder: Encoder, units: Sequence[RepeatUnit], progress: Progress | None = None
    ) -> VectorRows:
        """The same as positions in ``units``, for whoever takes a pool through in chunks.

        Raises:
            EncodingError: When the folder cannot be written to, or a shard in it cannot be read.
        """
        table = self._dense.get(encoder.revision)
        if table is None:
            table = self._dense[encoder.revision] = VectorTable(self._folder(encoder), encoder.dim)
        keys = packed([unit.key for unit in units])
        passing = self._passing.setdefault(encoder.revision, {})
        for _ in range(_ATTEMPTS):
            self._complete(_Vectors(table, encoder, passing), encoder, units, keys, progress or silent)
            known = table.known(keys)
            kept = np.flatnonzero(known)
            lost = [i for i in np.flatnonzero(~known).tolist() if units[i].key not in passing]
            try:
                found = table.read(keys[kept])
            except DamagedShardError:
                continue  # it is set aside: what it held is computed again
            if not lost:
                break  # otherwise a shard was set aside when others were merged
        else:
            raise self._failing(encoder)
        if known.all():
            return found
        failures = [(int(kept[i]), reason) for i, reason in found.failures]
        failures += [(i, passing[units[i].key]) for i in np.flatnonzero(~known).tolist()]
        return VectorRows(kept[found.positions], found.vectors, tuple(sorted(failures)))

    def counts(
        self, encoder: CountEncoder, units: Sequence[RepeatUnit], progress: Progress | None = None
    ) -> Counts:
        """Counts of ``n`` units, computing only what is not in the store.

        Raises:
            EncodingError: When the folder cannot be written to, or a shard in it cannot be read.
        """
        table = self._counts.get(encoder.revision)
        if table is None:
            table = self._counts[encoder.revision] = CountTable(self._folder(encoder), encoder.dim)
        keys = packed([unit.key for unit in units])
        for _ in range(_ATTEMPTS):
            self._complete(_Counted(table, encoder), encoder, units, keys, progress or silent)
            try:
                if table.known(keys).all():
                    return table.read(keys)
            except DamagedShardError:
                continue  # it is set aside: what it held is computed again
        raise self._failing(encoder)

    def _failing(self, encoder: Encoder) -> CacheError:
        return CacheError(
            f"What is written into {self._folder(encoder)} is damaged again and again.",
            "Check the disk, or set POLYLOOP_CACHE to a folder on another one.",
        )

    def _folder(self, encoder: Encoder) -> Path:
        if not re.fullmatch(r"[\w.-]+", encoder.revision):
            raise EncodingError(
                f"The revision {encoder.revision!r} of {encoder.name} cannot name a folder.",
                "Use letters, digits, '-', '_' and '.' only.",
            )
        return self.folder / f"{encoder.revision}.{LAYOUT}"

    def _complete(
        self,
        made: _Vectors | _Counted,
        encoder: Encoder,
        units: Sequence[RepeatUnit],
        keys: NDArray[np.uint64],
        progress: Progress,
    ) -> None:
        """Compute and write what is not in the table, but for what this store has tried already in vain."""
        table = made.table
        if table.known(keys).all():
            return
        table.refresh()  # another process may have been there
        by_key = {units[i].key: units[i] for i in np.flatnonzero(~table.known(keys)).tolist()}
        missing = [unit for key, unit in by_key.items() if key not in made.passing]
        pace = _Pace(self.chunk)
        try:
            for start, end in pace.steps(len(missing)):
                if start and made.is_empty:
                    table.refresh()  # another process may do the same work: its vectors are taken as they come
                step = missing[start:end]
                known = table.known(packed([unit.key for unit in step]))
                step = [unit for unit, there in zip(step, known, strict=True) if not there]
                if step:
                    made.encode(step, _over_all(progress, end, len(missing)))
                if pace.is_time_to_write(made.bytes):
                    made.write()
                progress(end, len(missing), f"polymers encoded by {encoder.name}")
        finally:
            made.write()


@dataclass(frozen=True, slots=True)
class CheckedVectors:
    """What was found when everything that is kept of an encoder was read.

    Args:
        rows: Units that have a vector, counts, or a reason for having none.
        damaged: Names of shards that are set aside, now or before: what they held is computed again.
    """

    rows: int
    damaged: tuple[str, ...]


def check_vectors(revision: str, folder: Path | None = None) -> CheckedVectors | None:
    """Read everything that is kept of an encoder and hold it against its checksums; ``None`` where nothing is kept.

    Args:
        revision: Of the encoder.
        folder: As for :class:`EmbeddingStore`.

    Raises:
        EncodingError: When the folder cannot be read.
    """
    place = (folder or default_cache() / "embeddings") / f"{revision}.{LAYOUT}"
    rows = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DamagedShardWarning)  # told by the names of what is set aside
        for shard in sorted(place.glob("*.safetensors")):
            try:
                tensors = read_header(shard).tensors
            except (OSError, ValueError):
                continue  # the others show what kind of table it belongs to
            if "vector" in tensors:
                rows = VectorTable(place, *tensors["vector"].shape[1:]).read_all()
            else:
                rows = CountTable(place, 0).read_all()
            break
    damaged = tuple(sorted(path.name for path in place.glob(f"*{DAMAGED}")))
    return CheckedVectors(rows, damaged) if place.is_dir() else None


class _Pace:
    """Steps that take about as long as they should, and when to write what they made."""

    def __init__(self, chunk: int | None) -> None:
        self._chunk = chunk
        self._written = time.monotonic()

    def steps(self, total: int) -> Iterator[tuple[int, int]]:
        """Ranges that make up ``total``, each as long as the last one's time lets expect to be right."""
        start, size = 0, self._chunk or FIRST
        while start < total:
            end = min(start + size, total)
            before = time.monotonic()
            yield start, end
            if self._chunk is None:
                # at most four times as many: the next units may be slower than the last ones
                rate = (end - start) / max(time.monotonic() - before, 1e-3)
                size = int(min(max(rate * STEP_SECONDS, 1), 4 * size, LONGEST))
            start = end

    def is_time_to_write(self, made: int) -> bool:
        """Whether ``made`` bytes should go to disk now."""
        now = time.monotonic()
        due = self._chunk is not None or now - self._written >= WRITE_SECONDS or made >= WRITE_BYTES
        if due:
            self._written = now
        return due


class _Vectors:
    """Dense vectors on their way into a table.

    Args:
        table: Where they go.
        encoder: Makes them.
        passing: Gets the reasons, by key, of failures that are not to be kept.
    """

    def __init__(self, table: VectorTable, encoder: Encoder, passing: dict[str, str]) -> None:
        self.table = table
        self.passing = passing
        self._encoder = encoder
        self._made: list[Encoding] = []

    @property
    def is_empty(self) -> bool:
        return not self._made

    @property
    def bytes(self) -> int:
        return sum(encoding.vectors.nbytes for encoding in self._made)

    def encode(self, units: Sequence[RepeatUnit], progress: Progress) -> None:
        self._made.append(self._encoder.encode(units, progress))

    def write(self) -> None:
        """Write a vector or a reason of each unit; a vector that is not finite would spoil every fit after it."""
        keys, vectors, failed = [], [], []
        for encoding in self._made:
            finite = np.logical_and.reduce(np.isfinite(encoding.vectors), axis=1)
            vectors.append(encoding.vectors[finite])
            keys += [unit.key for unit, ok in zip(encoding.units, finite, strict=True) if ok]
            broken = f"{self._encoder.name} gave numbers that are not finite"
            failed += [(unit.key, broken) for unit, ok in zip(encoding.units, finite, strict=True) if not ok]
            failed += [(failure.unit.key, failure.reason) for failure in encoding.failures if failure.lasting]
            self.passing |= {f.unit.key: f.reason for f in encoding.failures if not f.lasting}
        self._made = []
        if keys or failed:
            self.table.append(
                packed(keys),
                np.concatenate(vectors),
                packed([key for key, _ in failed]),
                [reason for _, reason in failed],
            )


class _Counted:
    """Counts on their way into a table."""

    def __init__(self, table: CountTable, encoder: CountEncoder) -> None:
        self.table = table
        self.passing: dict[str, str] = {}
        self._encoder = encoder
        self._keys: list[str] = []
        self._made: list[Counts] = []

    @property
    def is_empty(self) -> bool:
        return not self._made

    @property
    def bytes(self) -> int:
        return sum(counts.columns.nbytes + counts.counts.nbytes for counts in self._made)

    def encode(self, units: Sequence[RepeatUnit], progress: Progress) -> None:
        self._made.append(self._encoder.counts(units, progress))
        self._keys += [unit.key for unit in units]

    def write(self) -> None:
        if self._made:
            self.table.append(packed(self._keys), Counts.cat(self._made, self._encoder.dim))
        self._keys, self._made = [], []


def _over_all(progress: Progress, end: int, total: int) -> Progress:
    """Progress within the step that ends at ``end``, told as progress over ``total`` units."""

    def told(done: int, of: int | None, what: str) -> None:
        # what the step need not do again, such as conformers at hand, counts as done
        progress(end if of is None else end - of + done, total, what)

    return told
