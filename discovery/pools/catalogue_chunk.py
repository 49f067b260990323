"""A chunk of a catalogue: rows as they were read, candidates when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from discovery.polymers import Candidate, RepeatUnit
from discovery.pools.chunk import LazyChunk
from discovery.pools.columns import candidates_of, keys, units


class CatalogueChunk(LazyChunk):
    """Rows of :data:`discovery.pools.columns.SCHEMA` as candidates."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __len__(self) -> int:
        return int(self._table.num_rows)

    @overload
    def __getitem__(self, place: int) -> Candidate: ...
    @overload
    def __getitem__(self, place: slice) -> CatalogueChunk: ...
    def __getitem__(self, place: int | slice) -> Candidate | CatalogueChunk:
        rows = range(len(self))[place]
        if isinstance(rows, range):
            return self.take(rows)
        return candidates_of(self._table.slice(rows, 1))[0]

    def __iter__(self) -> Iterator[Candidate]:
        return iter(candidates_of(self._table))

    @property
    def units(self) -> list[RepeatUnit]:
        """See :attr:`LazyChunk.units`."""
        return units(self._table)

    @property
    def keys(self) -> list[str]:
        """See :attr:`LazyChunk.keys`."""
        return keys(self._table)

    def fixed_column(self, name: str) -> NDArray[np.float64]:
        """See :meth:`LazyChunk.fixed_column`."""
        return np.array(self._table[name].to_numpy(), dtype=np.float64)

    def take(self, rows: Sequence[int]) -> CatalogueChunk:
        """See :meth:`LazyChunk.take`."""
        return CatalogueChunk(self._table.take(pa.array(rows, pa.int64())))
