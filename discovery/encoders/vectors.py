"""Tables of dense vectors on disk, one row a key, and of keys that have none.

A shard (:mod:`discovery.encoders.tensor_shards`) holds ``vector`` (``n x d`` float32), ``key`` (``n x 16`` bytes), and ``failed``
(``m x 16`` bytes): keys of units that have no vector, their reasons in the metadata; ``check``, a checksum of each vector, and
``index_check``, one of all keys.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

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

_COPIED = 65_536
"""Rows that are copied at a time when shards are merged."""


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


class VectorTable(TensorShards):
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
                file, len(keys), [as_bytes(keys)], [vectors], [as_bytes(failed)], list(reasons), []
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
            read = vectors[start : start + len(there)]
            self._compare(path, there, row_checks(read, range(1, len(there) + 1)))
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

    def _read_places(self, places: NDArray[np.int64]) -> VectorRows:
        return self._rows(places)

    def _opened(self, path: Path) -> NDArray[np.uint64]:
        header = read_header(path)
        if header.tensors["vector"].shape[1:] != (self.dim,):
            # nothing is damaged: two encoders call themselves the same
            raise self._damaged(path, f"its vectors are not of {self.dim} numbers")
        self._headers[path.name] = header
        keys, failed = self._whole_index(path, "key", "failed")
        return unpacked_bytes(keys.tobytes() + failed.tobytes())

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
        checks: list[NDArray[np.uint32]] = []

        def checked() -> Iterator[NDArray[np.float32]]:
            for part in vectors:
                part = np.ascontiguousarray(part, dtype="<f4")
                checks.append(row_checks(part, range(1, len(part) + 1)))
                yield part

        named = Checked(keys)
        without = Checked(failed, named)
        # what is checked is written before its checksums
        tensors = [
            Tensor("vector", np.float32, (count, self.dim), checked()),
            Tensor("key", np.uint8, (count, 16), named),
            Tensor("failed", np.uint8, (len(reasons), 16), without),
            Tensor(ROW_CHECK, np.uint32, (count,), (part for part in checks)),
            Tensor(INDEX_CHECK, np.uint32, (1,), without.written()),
        ]
        write_tensors(
            file, tensors, {"reasons": json.dumps(list(reasons)), REPLACES: json.dumps(list(replaced))}
        )

    def _merge(self, sources: Sources, replaced: Sequence[str], file: BinaryIO) -> None:
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

    def _copied(self, sources: Sources) -> Iterator[NDArray[np.float32]]:
        for shard, rows in sources:
            for start in range(0, len(rows), _COPIED):
                part = rows[start : start + _COPIED]
                yield self._rows(part | shard << 32).vectors
