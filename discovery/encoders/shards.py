"""Append-only tables in shards: how vectors and conformers are kept between runs.

A table is one folder of shards, each written whole under a temporary name and then moved into place: a kill at any moment
leaves the table as it was, and several processes may append at once. Every row has a ``key``; where two processes wrote the
same key, the shard that sorts first counts. Only keys are held in memory (24 bytes each); rows are read when asked for.

Many small shards are merged into one that says whose place it takes. It is in its place before they are removed, and it holds
just those of their rows that count, so that every reader finds each row at any moment: one that looks for a shard that has gone
looks at the folder again. Two processes that merge the same shards at once make rows twice, which changes nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from platformdirs import user_cache_path

from discovery.encoders.keys import UNKNOWN, KeyIndex, packed
from discovery.errors import EncodingError

_ROW_BITS = 32  # a place packs (shard number, row number) into one int
_ROW = (1 << _ROW_BITS) - 1

SMALL = 64 * 2**20
"""Bytes under which a shard is merged with its neighbours: so much is copied in a tenth of a second."""

MANY = 32
"""Small shards in a row that are merged: each costs every start the opening of a file."""

FORGOTTEN = 3600.0
"""Seconds after which a half-written shard belongs to a process that was killed."""

REPLACES = "replaces"
"""Under this name a merged shard lists those whose place it takes."""

_LOOKS = 4  # at the folder, for a row whose shard was merged while it was looked for

T = TypeVar("T")


def default_cache() -> Path:
    """Folder of everything that can be computed again: ``$POLYLOOP_CACHE``, else the user's cache folder."""
    folder = os.environ.get("POLYLOOP_CACHE")
    return Path(folder).expanduser() if folder else user_cache_path("polyloop", appauthor=False)


class KeyedShards(ABC):
    """Rows under unique keys, in the shards of one folder; what a row is and how a shard looks is said by a child.

    Args:
        folder: Where the shards lie; made when the first row is appended.
        suffix: Of the shards' names.
    """

    def __init__(self, folder: Path, suffix: str) -> None:
        self.folder = folder
        self.suffix = suffix
        self._shards: list[Path] = []
        self._sizes: list[int] = []
        self._seen: set[str] = set()
        self._index = KeyIndex()
        self.refresh()

    def __len__(self) -> int:
        return len(self._index)

    def __contains__(self, key: str) -> bool:
        return bool(self.known(packed([key]))[0])

    def known(self, keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Which of ``n x 2`` keys (:func:`discovery.encoders.keys.packed`) have a row."""
        known: NDArray[np.bool_] = self._index.find(keys) != UNKNOWN
        return known

    def refresh(self) -> None:
        """Take in what changed in the folder since the last look, by this process or another.

        Raises:
            EncodingError: When a shard is damaged.
        """
        for _ in range(_LOOKS):
            names = self._listed()
            if self._seen - names:
                self._forget()
            try:
                self._take_in([self.folder / name for name in sorted(names - self._seen)])
            except FileNotFoundError:
                continue  # merged into another between the two looks
            return
        raise self._damaged(self.folder, "its shards keep going away")

    def _listed(self) -> set[str]:
        if not self.folder.is_dir():
            return set()
        with os.scandir(self.folder) as entries:
            return {entry.name for entry in entries if entry.name.endswith(self.suffix)}

    def _forget(self) -> None:
        self._shards, self._sizes, self._seen, self._index = [], [], set(), KeyIndex()

    def _take_in(self, paths: Sequence[Path]) -> None:
        opened = []
        for path in paths:
            try:
                opened.append((path, path.stat().st_size, self._opened(path)))
            except FileNotFoundError:
                raise
            except (OSError, ValueError, KeyError) as error:  # pyarrow's errors are children of these
                raise self._damaged(path, error) from error
        keys, places = [], []
        for path, size, shard_keys in opened:
            self._seen.add(path.name)
            keys.append(shard_keys)
            places.append(np.arange(len(shard_keys), dtype=np.int64) | len(self._shards) << _ROW_BITS)
            self._shards.append(path)
            self._sizes.append(size)
        if keys:
            self._index.add(np.concatenate(keys), np.concatenate(places))

    def _damaged(self, path: Path, why: object) -> EncodingError:
        return EncodingError(
            f"The cached shard {path} has gone or is damaged: {why}.",
            f"Delete the folder {self.folder}; what it held is computed again.",
        )

    def _append(self, write: Callable[[BinaryIO], None]) -> None:
        # Sorted by name means sorted by time, which makes the first writer of a key the one that counts.
        path = self._placed(f"{time.time_ns():020d}", write)
        self._take_in([path])
        if len(self._small_tail()) >= MANY:
            # Every process must agree on which of two rows counts, so the order is that of the names, not of what was seen first.
            self._forget()
            self.refresh()
            self._merge_all(self._small_tail())

    def _placed(self, moment: str, write: Callable[[BinaryIO], None]) -> Path:
        """Write a shard, all or nothing.

        Raises:
            EncodingError: When the folder cannot be written to.
        """
        path = self.folder / f"{moment}-{uuid.uuid4().hex[:12]}{self.suffix}"
        temporary = path.with_suffix(".partial")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):  # where nothing can be written, nothing can be left behind
                temporary.unlink(missing_ok=True)
            raise EncodingError(
                f"The cache folder {self.folder} cannot be written to: {error}.",
                "Make room there, or set POLYLOOP_CACHE to another folder.",
            ) from error
        return path

    def _small_tail(self) -> list[int]:
        """The small shards after the last large one, in the order of their names."""
        order = sorted(range(len(self._shards)), key=lambda shard: self._shards[shard].name)
        tail: list[int] = []
        for shard in reversed(order):
            if self._sizes[shard] >= SMALL:
                break
            tail.insert(0, shard)
        return tail

    def _merge_all(self, shards: Sequence[int]) -> None:
        """Put shards that are neighbours by name into one, and remove them and what was left over of earlier merges."""
        if len(shards) < 2:
            return  # another process was faster
        counting = self._index.places()
        owner = counting >> _ROW_BITS
        sources = [(shard, np.sort(counting[owner == shard] & _ROW)) for shard in shards]
        replaced = [self._shards[shard].name for shard in shards]
        moment = replaced[0].split("-")[0]
        try:
            path = self._placed(moment, lambda file: self._merge(sources, replaced, file))
        except FileNotFoundError:
            return  # another process has just merged them
        for name in {*replaced, *self._leftovers(path)}:
            with contextlib.suppress(
                OSError
            ):  # open in another program, as Windows has it: left for the next merge
                (self.folder / name).unlink(missing_ok=True)
        self.refresh()

    def _leftovers(self, merged: Path) -> set[str]:
        """What merges that were killed left behind: shards replaced by another, and half-written ones."""
        gone = {name for path in self._shards for name in self._replaced_by(path)}
        old = time.time() - FORGOTTEN
        with os.scandir(self.folder) as entries:
            halves = {e.name for e in entries if e.name.endswith(".partial") and e.stat().st_mtime < old}
        return (gone | halves) - {merged.name}

    def _found(self, keys: NDArray[np.uint64], read: Callable[[NDArray[np.int64]], T]) -> T:
        """What ``read`` makes of the places of ``n`` keys; looked up anew where a shard was merged meanwhile.

        Raises:
            KeyError: When a key has no row.
            EncodingError: When a shard has gone or is damaged.
        """
        for _ in range(_LOOKS):
            places = self._index.find(keys)
            if (places == UNKNOWN).any():
                raise KeyError("a key has no row")
            try:
                return read(places)
            except FileNotFoundError as error:
                self.refresh()
                if not self.known(keys).all():
                    raise self._damaged(self.folder, error) from error
        raise self._damaged(self.folder, "its shards keep going away")

    def _by_shard(self, places: NDArray[np.int64]) -> list[tuple[int, NDArray[np.int64]]]:
        """Ascending places as shards with the rows that are wanted of each."""
        owner = places >> _ROW_BITS
        starts = np.flatnonzero(np.diff(owner, prepend=-1))
        parts = np.split(places & _ROW, starts[1:])
        return list(zip(owner[starts].tolist(), parts, strict=True)) if len(places) else []

    @abstractmethod
    def _opened(self, path: Path) -> NDArray[np.uint64]:
        """The ``n x 2`` keys of a shard, in the order of its rows; what is needed to read it is remembered."""

    @abstractmethod
    def _replaced_by(self, path: Path) -> Sequence[str]:
        """Names of the shards that a shard takes the place of."""

    @abstractmethod
    def _merge(
        self, sources: Sequence[tuple[int, NDArray[np.int64]]], replaced: Sequence[str], file: BinaryIO
    ) -> None:
        """Write the given rows of shards (number, ascending rows) as one shard that names those it replaces."""


class Shards(KeyedShards):
    """Rows of one Arrow schema under unique keys, in Parquet.

    Args:
        folder: Where the shards lie; made when the first row is appended.
        schema: Columns of a row; the first is the string column ``key``.
    """

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        self.schema = schema
        super().__init__(folder, ".parquet")

    def append(self, rows: pa.Table) -> None:
        """Write rows as one new shard, all or nothing.

        Raises:
            EncodingError: When the folder cannot be written to.
        """
        rows = rows.cast(self.schema)
        self._append(lambda file: pq.write_table(rows, file, compression="zstd"))

    def read(self, keys: Sequence[str]) -> pa.Table:
        """Rows of ``keys``, in that order.

        Raises:
            KeyError: When a key has no row.
            EncodingError: When a shard has gone or is damaged.
        """
        return self._found(packed(keys), self._rows)

    def _rows(self, places: NDArray[np.int64]) -> pa.Table:
        ordered, back = np.unique(places, return_inverse=True)
        parts = [self._whole(self._shards[shard]).take(rows) for shard, rows in self._by_shard(ordered)]
        return pa.concat_tables([self.schema.empty_table(), *parts]).take(pa.array(back, pa.int64()))

    def _whole(self, path: Path) -> pa.Table:
        try:
            # One file at a time: a dataset scan would open its own threads and guess a common schema.
            return pq.ParquetFile(path).read().cast(self.schema)
        except FileNotFoundError:
            raise
        except (OSError, ValueError, KeyError) as error:  # pyarrow's errors are children of these
            raise self._damaged(path, error) from error

    def _opened(self, path: Path) -> NDArray[np.uint64]:
        return packed(pq.ParquetFile(path).read(["key"])["key"].to_pylist())

    def _replaced_by(self, path: Path) -> Sequence[str]:
        try:
            metadata = pq.read_metadata(path).metadata or {}
        except FileNotFoundError:
            return []
        names: list[str] = json.loads(metadata.get(REPLACES.encode(), b"[]"))
        return names

    def _merge(
        self, sources: Sequence[tuple[int, NDArray[np.int64]]], replaced: Sequence[str], file: BinaryIO
    ) -> None:
        schema = self.schema.with_metadata({REPLACES: json.dumps(list(replaced))})
        with pq.ParquetWriter(file, schema, compression="zstd") as writer:
            for shard, rows in sources:
                writer.write_table(self._whole(self._shards[shard]).take(rows).cast(schema))
