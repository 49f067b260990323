"""Tables of counts on disk of which most are zero, one row a key.

A shard (:mod:`discovery.encoders.tensor_shards`) holds ``column`` and ``count`` of every number that is not zero, row after row,
``end`` (``n``), where each row ends, and ``key`` (``n x 16`` bytes); ``check``, a checksum of each row, and ``index_check``, one
of all keys and ends.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from discovery.encoders.encoder import Counts
from discovery.encoders.keys import unpacked_bytes
from discovery.encoders.shards import REPLACES
from discovery.encoders.tensor_file import Tensor, read_header, runs, write_tensors
from discovery.encoders.tensor_shards import (
    INDEX_CHECK,
    ROW_CHECK,
    Checked,
    Sources,
    TensorShards,
    as_bytes,
    row_checks,
)


class CountTable(TensorShards):
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
                file, counts.starts, [as_bytes(keys)], [counts.columns], [counts.counts], []
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
            begin, stop = int(starts[done]), int(starts[done + len(rows)])
            ends_here = (starts[done + 1 : done + len(rows) + 1] - begin).tolist()
            checks = row_checks(columns[begin:stop], ends_here)
            self._compare(path, rows, row_checks(counts[begin:stop], ends_here, checks.tolist()))
            done += len(rows)
        found = Counts(starts, columns, counts, self.dim)
        return found if bool((np.diff(back, prepend=-1) == 1).all()) else found.take(back)

    def _starts(self, parts: Sources) -> NDArray[np.int64]:
        """Where each row begins when rows of shards are put together, and where the last one ends."""
        lengths = [np.zeros(1, np.int64)]
        for shard, rows in parts:
            ends = self._ends[self._shards[shard].name].astype(np.int64)
            lengths.append(ends[rows] - np.where(rows > 0, ends[rows - 1], 0))
        return np.cumsum(np.concatenate(lengths))

    def _read_places(self, places: NDArray[np.int64]) -> Counts:
        return self._rows(places)

    def _opened(self, path: Path) -> NDArray[np.uint64]:
        self._headers[path.name] = read_header(path)
        self._ends[path.name], keys = self._whole_index(path, "end", "key")
        return unpacked_bytes(keys.tobytes())

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
        ends = Checked([starts[1:].astype("<u4")])
        named = Checked(keys, ends)
        half: list[int] = []  # checksums of the columns of each row
        whole: list[int] = []
        # what is checked is written before its checksums
        tensors = [
            Tensor("end", np.uint32, (rows,), ends),
            Tensor("column", np.uint16, (total,), _checked(columns, starts, half, None)),
            Tensor("count", np.uint16, (total,), _checked(counts, starts, whole, half)),
            Tensor("key", np.uint8, (rows, 16), named),
            Tensor(ROW_CHECK, np.uint32, (rows,), (np.array(each, np.uint32) for each in (whole,))),
            Tensor(INDEX_CHECK, np.uint32, (1,), named.written()),
        ]
        write_tensors(file, tensors, {REPLACES: json.dumps(list(replaced))})

    def _merge(self, sources: Sources, replaced: Sequence[str], file: BinaryIO) -> None:
        # the columns are written before the counts, so that every shard is read twice; memory stays that of one
        self._write(
            file,
            self._starts(sources),
            self._keys_of(sources, "key", [0] * len(sources)),
            (self._rows(rows | shard << 32).columns for shard, rows in sources),
            (self._rows(rows | shard << 32).counts for shard, rows in sources),
            replaced,
        )


def _checked(
    parts: Iterable[NDArray[np.uint16]],
    starts: NDArray[np.int64],
    checks: list[int],
    before: list[int] | None,
) -> Iterator[NDArray[np.uint16]]:
    """Parts of whole rows on their way to disk, with a checksum of each row.

    Args:
        parts: Numbers of rows, one row after the other.
        starts: Where each row begins, and where the last one ends.
        checks: Gets the checksum of each row.
        before: What these go on from.
    """
    row = 0
    for part in parts:
        begin = int(starts[row])
        end = int(np.searchsorted(starts, begin + len(part), side="right")) - 1
        ends = (starts[row + 1 : end + 1] - begin).tolist()
        so_far = None if before is None else before[row:end]
        checks += row_checks(np.ascontiguousarray(part, dtype="<u2"), ends, so_far).tolist()
        row = end
        yield part
