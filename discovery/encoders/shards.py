"""Append-only tables in Parquet shards: how vectors and conformers are kept between runs.

A table is one folder of shards, each written whole under a temporary name and then moved into place: a kill
at any moment leaves the table as it was, and several processes may append at once. Every row has a ``key``;
where two processes wrote the same key, the shard that sorts first counts. Only keys are held in memory
(about 0.2 GB for a million); rows are read when asked for.
"""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from platformdirs import user_cache_path

from discovery.errors import EncodingError

_ROW_BITS = 32  # an index entry packs (shard number, row number) into one int: half the memory of a tuple


def default_cache() -> Path:
    """Folder of everything that can be computed again: ``$POLYLOOP_CACHE``, else the user's cache folder."""
    folder = os.environ.get("POLYLOOP_CACHE")
    return Path(folder).expanduser() if folder else user_cache_path("polyloop", appauthor=False)


class Shards:
    """Rows of one Arrow schema under unique keys, in the Parquet shards of one folder.

    Args:
        folder: Where the shards lie; made when the first row is appended.
        schema: Columns of a row; the first is the string column ``key``.
    """

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        self.folder = folder
        self.schema = schema
        self._shards: list[Path] = []
        self._seen: set[str] = set()
        self._index: dict[str, int] = {}
        self.refresh()

    def __len__(self) -> int:
        return len(self._index)

    def __contains__(self, key: str) -> bool:
        return key in self._index

    def refresh(self) -> None:
        """Take in the shards that were added since the last look, by this process or another."""
        if not self.folder.is_dir():
            return
        with os.scandir(self.folder) as entries:
            names = {entry.name for entry in entries if entry.name.endswith(".parquet")}
        for name in sorted(names - self._seen):
            path = self.folder / name
            self._take_in(path, self._read(path, ["key"])["key"].to_pylist())

    def append(self, rows: pa.Table) -> None:
        """Write rows as one new shard, all or nothing.

        Raises:
            EncodingError: When the folder cannot be written to.
        """
        rows = rows.cast(self.schema)
        # Sorted by name means sorted by time, which makes the first writer of a key the one that counts.
        path = self.folder / f"{time.time_ns():020d}-{uuid.uuid4().hex[:12]}.parquet"
        temporary = path.with_suffix(".partial")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as file:
                pq.write_table(rows, file, compression="zstd")
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
        self._take_in(path, rows["key"].to_pylist())

    def read(self, keys: Sequence[str]) -> pa.Table:
        """Rows of ``keys``, in that order.

        Raises:
            KeyError: When a key has no row.
            EncodingError: When a shard has gone or is damaged.
        """
        wanted: dict[int, list[tuple[int, int]]] = {}
        for position, key in enumerate(keys):
            shard, row = divmod(self._index[key], 1 << _ROW_BITS)
            wanted.setdefault(shard, []).append((row, position))
        parts, order = [self.schema.empty_table()], []
        for shard, places in sorted(wanted.items()):
            parts.append(self._read(self._shards[shard]).take([row for row, _ in places]))
            order += [position for _, position in places]
        back = [0] * len(order)
        for i, position in enumerate(order):
            back[position] = i
        return pa.concat_tables(parts).take(pa.array(back, pa.int64()))

    def _take_in(self, path: Path, keys: Iterable[str]) -> None:
        self._seen.add(path.name)
        shard = len(self._shards)
        self._shards.append(path)
        for row, key in enumerate(keys):
            self._index.setdefault(key, shard << _ROW_BITS | row)

    def _read(self, path: Path, columns: list[str] | None = None) -> pa.Table:
        try:
            # One file at a time: a dataset scan would open its own threads and guess a common schema.
            table = pq.ParquetFile(path).read(columns)
            return table if columns else table.cast(self.schema)
        except (OSError, ValueError, KeyError) as error:  # pyarrow's errors are children of these
            raise EncodingError(
                f"The cached shard {path} has gone or is damaged: {error}.",
                f"Delete the folder {self.folder}; what it held is computed again.",
            ) from error
