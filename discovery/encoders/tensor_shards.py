"""What tables of vectors, dense or sparse, have in common: shards that are safetensors files.

Rows lie uncompressed (:mod:`discovery.encoders.tensor_file`), so that a chunk of a pool is read at the speed of the disk, in
whatever order the pool comes, and takes no more memory than the chunk. (A column of float vectors in Parquet is hardly smaller,
is decoded at a tenth of the speed, and row groups must be decoded whole.) ``key`` (``n x 16`` bytes) is in every shard, and so
are checksums (CRC-32) of each row and of all that says what the rows are: what is read is held against them, at some gigabytes a
second. Shards of before there were any are read without.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from discovery.encoders.keys import key_bytes
from discovery.encoders.shards import REPLACES, ROW_BITS, DamagedShardError, KeyedShards
from discovery.encoders.tensor_file import Header, read_into

_SUFFIX = ".safetensors"

_AT_ONCE = 8192
"""Rows that are read at a time when all are."""

ROW_CHECK, INDEX_CHECK = "check", "index_check"
"""Tensors of checksums: one of each row, and one of all that says what the rows are."""

Sources: TypeAlias = "Sequence[tuple[int, NDArray[np.int64]]]"
"""Shards by number, each with ascending rows."""


class TensorShards(KeyedShards):
    """Headers are remembered, and every file is opened for one reading only."""

    def __init__(self, folder: Path) -> None:
        self._headers: dict[str, Header] = {}
        self._checks: dict[str, NDArray[np.uint32]] = {}
        super().__init__(folder, _SUFFIX)

    def read_all(self) -> int:
        """Read every row, so that what is damaged is set aside and told; returns how many rows there are then."""
        while True:
            try:
                for shard in range(len(self._shards)):
                    for places in self._places_in(shard):
                        self._read_places(places)
            except DamagedShardError:
                self.refresh()
                continue
            return len(self)

    @abstractmethod
    def _read_places(self, places: NDArray[np.int64]) -> object:
        """The rows at places."""

    def _places_in(self, shard: int) -> Iterator[NDArray[np.int64]]:
        """Places of the rows of a shard that count, some thousand at a time."""
        places = self._index.places()
        own = np.sort(places[places >> ROW_BITS == shard])
        yield from (own[start : start + _AT_ONCE] for start in range(0, len(own), _AT_ONCE))

    def _forget(self) -> None:
        super()._forget()
        self._headers, self._checks = {}, {}

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
            raise self._fault(path, error) from error

    def _fill(self, path: Path, file: BinaryIO, name: str, first: int, out: NDArray[Any]) -> None:
        try:
            read_into(file, self._headers[path.name].tensors[name], first, out)
        except (OSError, ValueError) as error:
            raise self._fault(path, error) from error

    def _whole_index(self, path: Path, *names: str) -> list[NDArray[Any]]:
        """Tensors that say what the rows of a shard are.

        Raises:
            ValueError: When they are not those that were written.
        """
        whole = [self._whole(path, name) for name in names]
        if INDEX_CHECK in self._headers[path.name].tensors:
            check = 0
            for each in whole:
                check = crc32(each.tobytes(), check)
            if not np.array_equal(self._whole(path, INDEX_CHECK), [check]):
                raise ValueError("its keys are not those that were written")
        return whole

    def _compare(self, path: Path, rows: NDArray[np.int64], checks: NDArray[np.uint32]) -> None:
        """Hold rows that were read against the checksums that were written with them; shards of before there were any have none.

        Raises:
            DamagedShardError: When one of them is another.
        """
        if ROW_CHECK in self._headers[path.name].tensors:
            if path.name not in self._checks:
                self._checks[path.name] = self._whole(path, ROW_CHECK)
            if not np.array_equal(self._checks[path.name][rows], checks):
                raise self._fault(path, ValueError("rows of it do not agree with their checksums"))

    def _keys_of(self, sources: Sources, name: str, below: Sequence[int]) -> Iterator[NDArray[np.uint8]]:
        """The key bytes in tensor ``name`` of those rows of sources that are left, row numbers counted from ``below``."""
        for (shard, rows), start in zip(sources, below, strict=True):
            yield self._whole(self._shards[shard], name)[rows - start]


def as_bytes(keys: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """``n x 16`` bytes of ``n x 2`` keys, as one row."""
    return np.frombuffer(key_bytes(keys), np.uint8)


def row_checks(
    values: NDArray[Any], ends: Sequence[int], before: Sequence[int] | None = None
) -> NDArray[np.uint32]:
    """CRC-32 of the bytes of each row.

    Args:
        values: Rows one after the other.
        ends: Of each row, where it ends among the first axis of ``values``.
        before: Checksums of what belongs to the rows as well and lies elsewhere; these are gone on from.
    """
    flat = np.ascontiguousarray(values)
    size = flat.dtype.itemsize * int(np.prod(flat.shape[1:], dtype=np.int64))
    view = flat.reshape(-1).view(np.uint8).data if flat.size else memoryview(b"")
    starts = [0, *ends[:-1]]
    so_far = before if before is not None else [0] * len(starts)
    made = (
        crc32(view[start * size : end * size], check)
        for start, end, check in zip(starts, ends, so_far, strict=True)
    )
    return np.fromiter(made, np.uint32, len(ends)) if len(ends) else np.empty(0, np.uint32)


class Checked:
    """Parts of a tensor on their way to disk, with one checksum over all of them.

    Args:
        parts: As they come.
        before: What this goes on from.
    """

    def __init__(self, parts: Iterable[NDArray[Any]], before: Checked | None = None) -> None:
        self._parts = parts
        self._before = before
        self.check = 0

    def __iter__(self) -> Iterator[NDArray[Any]]:
        self.check = 0 if self._before is None else self._before.check
        for part in self._parts:
            self.check = crc32(np.ascontiguousarray(part).tobytes(), self.check)
            yield part

    def written(self) -> Iterator[NDArray[np.uint32]]:
        """The checksum as a tensor, once all parts are written."""
        yield np.array([self.check], np.uint32)
