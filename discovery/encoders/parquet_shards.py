"""Append-only tables of rows of any columns: :class:`~discovery.encoders.shards.KeyedShards` in Parquet."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from discovery.encoders.keys import packed
from discovery.encoders.shards import REPLACES, DamagedShardError, KeyedShards

_WRITTEN: dict[str, Any] = {"compression": "zstd", "write_page_checksum": True}
"""How shards are written: what is read is held against the checksum of its page."""


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
        self._append(lambda file: pq.write_table(rows, file, **_WRITTEN))

    def read(self, keys: Sequence[str]) -> pa.Table:
        """Rows of ``keys``, in that order.

        Raises:
            KeyError: When a key has no row.
            EncodingError: When a shard has gone or is damaged.
        """
        return self._found(packed(keys), self._rows)

    def read_all(self) -> int:
        """Read every shard, so that what is damaged is set aside and told; returns how many rows there are then.

        Raises:
            EncodingError: When a shard cannot be read.
        """
        while True:
            try:
                for path in list(self._shards):
                    self._whole(path)
            except (DamagedShardError, FileNotFoundError):  # the second: merged into another one meanwhile
                self.refresh()
                continue
            return len(self)

    def _rows(self, places: NDArray[np.int64]) -> pa.Table:
        ordered, back = np.unique(places, return_inverse=True)
        parts = [self._whole(self._shards[shard]).take(rows) for shard, rows in self._by_shard(ordered)]
        return pa.concat_tables([self.schema.empty_table(), *parts]).take(pa.array(back, pa.int64()))

    def _whole(self, path: Path) -> pa.Table:
        try:
            # One file at a time: a dataset scan would open its own threads and guess a common schema.
            return pq.ParquetFile(path, page_checksum_verification=True).read().cast(self.schema)
        except FileNotFoundError:
            raise
        except (OSError, ValueError, KeyError) as error:  # pyarrow's errors are children of these
            raise self._fault(path, error) from error

    def _opened(self, path: Path) -> NDArray[np.uint64]:
        held = pq.ParquetFile(path, page_checksum_verification=True).read(["key"])
        return packed(held["key"].to_pylist())

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
        with pq.ParquetWriter(file, schema, **_WRITTEN) as writer:
            for shard, rows in sources:
                writer.write_table(self._whole(self._shards[shard]).take(rows).cast(schema))
