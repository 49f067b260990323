"""What tables of vectors, dense or sparse, have in common: shards that are safetensors files.

Rows lie uncompressed (:mod:`discovery.encoders.tensor_file`), so that a chunk of a pool is read at the speed of the disk, in
whatever order the pool comes, and takes no more memory than the chunk. (A column of float vectors in Parquet is hardly smaller,
is decoded at a tenth of the speed, and row groups must be decoded whole.) ``key`` (``n x 16`` bytes) is in every shard.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray

from discovery.encoders.keys import key_bytes
from discovery.encoders.shards import REPLACES, KeyedShards
from discovery.encoders.tensor_file import Header, read_into

_SUFFIX = ".safetensors"

Sources: TypeAlias = "Sequence[tuple[int, NDArray[np.int64]]]"
"""Shards by number, each with ascending rows."""


class TensorShards(KeyedShards):
    """Headers are remembered, and every file is opened for one reading only."""

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

    def _keys_of(self, sources: Sources, name: str, below: Sequence[int]) -> Iterator[NDArray[np.uint8]]:
        """The key bytes in tensor ``name`` of those rows of sources that are left, row numbers counted from ``below``."""
        for (shard, rows), start in zip(sources, below, strict=True):
            yield self._whole(self._shards[shard], name)[rows - start]


def as_bytes(keys: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """``n x 16`` bytes of ``n x 2`` keys, as one row."""
    return np.frombuffer(key_bytes(keys), np.uint8)
