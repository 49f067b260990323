"""Tables of vectors on disk, dense or as counts of which most are zero, one row a key.

A shard is a safetensors file (:mod:`discovery.encoders.tensor_file`): rows lie uncompressed, so that a chunk of a pool is read
at the speed of the disk, in whatever order the pool comes, and takes no more memory than the chunk. (A column of float vectors
in Parquet is hardly smaller, is decoded at a tenth of the speed, and row groups must be decoded whole.)

Dense: ``vector`` (``n x d`` float32). Counts: ``column`` and ``count`` of every number that is not zero, row after row, and
``end`` (``n``), where each row ends. Both: ``key`` (``n x 16`` bytes). Dense only: ``failed`` (``m x 16`` bytes), keys of units
that have no vector, and their reasons in the metadata.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from discovery.encoders.encoder import Counts
from discovery.encoders.keys import key_bytes, unpacked_bytes
from discovery.encoders.shards import REPLACES, KeyedShards
from discovery.encoders.tensor_file import Header, Tensor, read_header, read_into, runs, write_tensors

_SUFFIX = ".safetensors"
_COPIED = 65_536
"""Rows that are copied at a time when shards are merged."""

_Sources = Sequence[tuple[int, NDArray[np.int64]]]


@dataclass(frozen=True, slots=True, eq=False)
class VectorRows:
    """What a table holds of ``n`` keys.

    Args:
        positions: The ``m`` of the keys, ascending, that have a vector.
        vectors: ``m x d``.
        failures: Position and reason of each of the others.
    """

    positions: NDArray[np.int64]
    vectors: NDArray[np.float32]
    failures: tuple[tuple[int, str], ...]


class _TensorShards(KeyedShards):
    """What both kinds of table have in common: headers are remembered, and every file is opened for one reading only."""

    def __init__(self, folder: Path) -> None:
        self._headers: dict[str, Header] = {}
        super().__init__(folder, _SUFFIX)

    def _forget(self) -> None:
        super()._forget()
        self._headers = {}

    def _replaced_by(self, path: Path) -> Sequence[str]:
        header = self._headers.get(path.name)
        names: list[str] = json.loads(header.metadata.get(REPLACES, "[]")) if header else []
        return names

    def _whole(self, path: Path, name: str) -> NDArray[Any]:
        stored = self._headers[path.name].tensors[name]
        return self._part(path, [(name, 0, stored.shape[0])])[0]

    def _part(self, path: Path, wanted: Sequence[tuple[str, int, int]]) -> list[NDArray[Any]]:
        """Rows of tensors of one shard, each by name, first row and number of rows."""
        tensors = self._headers[path.name].tensors
        parts = []
        with self._open(path) as file:
            for name, first, count in wanted:
                stored = tensors[name]
                out = np.empty((count, *stored.shape[1:]), stored.dtype)
                self._fill(path, file, name, first, out)
                parts.append(out)
        return parts

    def _open(self, path: Path) -> BinaryIO:
        try:
            return path.open("rb", buffering=0)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise self._damaged(path, error) from error

    def _fill(self, path: Path, file: BinaryIO, name: str, first: int, out: NDArray[Any]) -> None:
        try:
            read_into(file, self._headers[path.name].tensors[name], first, out)
        except (OSError, ValueError) as error:
            raise self._damaged(path, error) from error

    def _keys_of(self, sources: _Sources, name: str, below: Sequence[int]) -> Iterator[NDArray[np.uint8]]:
        """The key bytes in tensor ``name`` of those rows of sources that are left, row numbers counted from ``below``."""
        for (shard, rows), start in zip(sources, below, strict=True):
            yield self._whole(self._shards[shard], name)[rows - start]


class VectorTable(_TensorShards):
    """Dense vectors, and the keys that have none with the reason.

    Args:
        folder: Where the shards lie; made when the first row is appended.
        dim: ``d``.
    """

    def __init__(self, folder: Path, dim: int) -> None:
        self.dim = dim
        super().__init__(folder)

    def append(
        self,
        keys: NDArray[np.uint64],
        vectors: NDArray[np.float32],
        failed: NDArray[np.uint64],
        reasons: Sequence[str],
    ) -> None:
        """Write ``n x d`` vectors of ``n x 2`` keys, and ``m x 2`` keys without a vector, as one new shard.

        Raises:
            EncodingError: When the folder cannot be written to.
        """
        self._append(
            lambda file: self._write(
                file, len(keys), [_as_bytes(keys)], [vectors], [_as_bytes(failed)], list(reasons), []
            )
        )

    def read(self, keys: NDArray[np.uint64]) -> VectorRows:
        """What is kept of ``n x 2`` keys.

        Raises:
            KeyError: When a key has no row.
            EncodingError: When a shard has gone or is damaged.
        """
        return self._found(keys, self._rows)

    def _rows(self, places: NDArray[np.int64]) -> VectorRows:
        ordered, back = np.unique(places, return_inverse=True)
        vectors = np.empty((len(ordered), self.dim), np.float32)
        reasons: dict[int, str] = {}
        start = 0
        for shard, rows in self._by_shard(ordered):
            path = self._shards[shard]
            held = self._headers[path.name].tensors["vector"].shape[0]
            there = rows[rows < held]
            with self._open(path) as file:
                for at, first, count in runs(there):
                    self._fill(path, file, "vector", first, vectors[start + at : start + at + count])
            if len(there) < len(rows):
                told = json.loads(self._headers[path.name].metadata["reasons"])
                reasons |= {start + i: told[row - held] for i, row in enumerate(rows.tolist()) if row >= held}
            start += len(rows)
        failed = np.zeros(len(ordered), dtype=bool)
        failed[list(reasons)] = True
        positions = np.flatnonzero(~failed[back])
        rows_of = back[positions]
        in_order = len(rows_of) == len(vectors) and bool((np.diff(rows_of) == 1).all())
        failures = tuple((int(i), reasons[int(back[i])]) for i in np.flatnonzero(failed[back]))
        return VectorRows(positions, vectors if in_order else vectors[rows_of], failures)

    def _opened(self, path: Path) -> NDArray[np.uint64]:
        header = read_header(path)
        if header.tensors["vector"].shape[1:] != (self.dim,):
            raise ValueError(f"its vectors are not of {self.dim} numbers")
        self._headers[path.name] = header
        return unpacked_bytes(self._whole(path, "key").tobytes() + self._whole(path, "failed").tobytes())

    def _write(
        self,
        file: BinaryIO,
        count: int,
        keys: Iterable[NDArray[np.uint8]],
        vectors: Iterable[NDArray[np.float32]],
        failed: Iterable[NDArray[np.uint8]],
        reasons: Sequence[str],
        replaced: Sequence[str],
    ) -> None:
        tensors = [
            Tensor("vector", np.float32, (count, self.dim), vectors),
            Tensor("key", np.uint8, (count, 16), keys),
            Tensor("failed", np.uint8, (len(reasons), 16), failed),
        ]
        write_tensors(
            file, tensors, {"reasons": json.dumps(list(reasons)), REPLACES: json.dumps(list(replaced))}
        )

    def _merge(self, sources: _Sources, replaced: Sequence[str], file: BinaryIO) -> None:
        held = [self._headers[self._shards[shard].name].tensors["vector"].shape[0] for shard, _ in sources]
        kept = [(shard, rows[rows < n]) for (shard, rows), n in zip(sources, held, strict=True)]
        lost = [(shard, rows[rows >= n]) for (shard, rows), n in zip(sources, held, strict=True)]
        reasons = [
            reason
            for (shard, rows), n in zip(lost, held, strict=True)
            for told in [json.loads(self._headers[self._shards[shard].name].metadata["reasons"])]
            for reason in (told[row - n] for row in rows.tolist())
        ]
        self._write(
            file,
            sum(len(rows) for _, rows in kept),
            self._keys_of(kept, "key", [0] * len(kept)),
            self._copied(kept),
            self._keys_of(lost, "failed", held),
            reasons,
            replaced,
        )

    def _copied(self, sources: _Sources) -> Iterator[NDArray[np.float32]]:
        for shard, rows in sources:
            for start in range(0, len(rows), _COPIED):
                part = rows[start : start + _COPIED]
                yield self._rows(part | shard << 32).vectors


class CountTable(_TensorShards):
    """Rows of counts of which most are zero.

    Args:
        folder: Where the shards lie; made when the first row is appended.
        dim: ``d``, at most 65,536.
    """

    def __init__(self, folder: Path, dim: int) -> None:
        self.dim = dim
        self._ends: dict[str, NDArray[np.uint32]] = {}
        super().__init__(folder)

    def append(self, keys: NDArray[np.uint64], counts: Counts) -> None:
        """Write the counts of ``n x 2`` keys as one new shard.

        Raises:
            EncodingError: When the folder cannot be written to.
        """
        self._append(
            lambda file: self._write(
                file, counts.starts, [_as_bytes(keys)], [counts.columns], [counts.counts], []
            )
        )

    def read(self, keys: NDArray[np.uint64]) -> Counts:
        """The counts of ``n x 2`` keys, in that order.

        Raises:
            KeyError: When a key has no row.
            EncodingError: When a shard has gone or is damaged.
        """
        return self._found(keys, self._rows)

    def _forget(self) -> None:
        super()._forget()
        self._ends = {}

    def _rows(self, places: NDArray[np.int64]) -> Counts:
        ordered, back = np.unique(places, return_inverse=True)
        parts = self._by_shard(ordered)
        starts = self._starts(parts)
        columns, counts = np.empty(starts[-1], np.uint16), np.empty(starts[-1], np.uint16)
        done = 0
        for shard, rows in parts:
            path = self._shards[shard]
            ends = self._ends[path.name]
            with self._open(path) as file:
                for at, first, count in runs(rows):
                    begin = int(ends[first - 1]) if first else 0
                    here = slice(starts[done + at], starts[done + at + count])
                    self._fill(path, file, "column", begin, columns[here])
                    self._fill(path, file, "count", begin, counts[here])
            done += len(rows)
        found = Counts(starts, columns, counts, self.dim)
        return found if bool((np.diff(back, prepend=-1) == 1).all()) else found.take(back)

    def _starts(self, parts: _Sources) -> NDArray[np.int64]:
        """Where each row begins when rows of shards are put together, and where the last one ends."""
        lengths = [np.zeros(1, np.int64)]
        for shard, rows in parts:
            ends = self._ends[self._shards[shard].name].astype(np.int64)
            lengths.append(ends[rows] - np.where(rows > 0, ends[rows - 1], 0))
        return np.cumsum(np.concatenate(lengths))

    def _opened(self, path: Path) -> NDArray[np.uint64]:
        self._headers[path.name] = read_header(path)
        self._ends[path.name] = self._whole(path, "end")
        return unpacked_bytes(self._whole(path, "key").tobytes())

    def _write(
        self,
        file: BinaryIO,
        starts: NDArray[np.int64],
        keys: Iterable[NDArray[np.uint8]],
        columns: Iterable[NDArray[np.uint16]],
        counts: Iterable[NDArray[np.uint16]],
        replaced: Sequence[str],
    ) -> None:
        rows, total = len(starts) - 1, int(starts[-1])
        tensors = [
            Tensor("end", np.uint32, (rows,), [starts[1:]]),
            Tensor("column", np.uint16, (total,), columns),
            Tensor("count", np.uint16, (total,), counts),
            Tensor("key", np.uint8, (rows, 16), keys),
        ]
        write_tensors(file, tensors, {REPLACES: json.dumps(list(replaced))})

    def _merge(self, sources: _Sources, replaced: Sequence[str], file: BinaryIO) -> None:
        # the columns are written before the counts, so that every shard is read twice; memory stays that of one
        self._write(
            file,
            self._starts(sources),
            self._keys_of(sources, "key", [0] * len(sources)),
            (self._rows(rows | shard << 32).columns for shard, rows in sources),
            (self._rows(rows | shard << 32).counts for shard, rows in sources),
            replaced,
        )


def _as_bytes(keys: NDArray[np.uint64]) -> NDArray[np.uint8]:
    return np.frombuffer(key_bytes(keys), np.uint8)
