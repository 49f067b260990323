"""Rows laid aside on the disk and fetched again chain by chain.

A table has to be read to its end before it is known which rows are one chain. In memory stay 24 bytes for each row while it is
read (key and place in the spool), and at most some 70 while the rows are sorted by key; cells stay on the disk.
"""

from __future__ import annotations

import json
import tempfile
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

KEY_BYTES = 16


@dataclass(frozen=True, slots=True)
class SpooledRow:
    """A row that can be used."""

    line: int
    """Line of the file."""
    written: str
    """The polymer as the table writes it."""
    canonical: str
    cells: tuple[str, ...]
    """All cells of the row."""


class Spool:
    """A temporary file of rows; a context manager, which deletes it. Fill it first, then read ``groups``."""

    def __init__(self) -> None:
        # Without a name, so that no crash leaves it behind.
        self._file = tempfile.TemporaryFile(prefix="polyloop-check-")  # noqa: SIM115 - closed in __exit__
        self._keys = bytearray()
        self._places = array("q")
        self._end = 0

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._places)

    def add(self, key: bytes, row: SpooledRow) -> None:
        """Lay a row aside under the key of its chain."""
        text = json.dumps((row.line, row.written, row.canonical, row.cells)).encode("ascii") + b"\n"
        self._keys += key
        self._places.append(self._end)
        self._end += self._file.write(text)

    def groups(self) -> tuple[int, Iterator[list[SpooledRow]]]:
        """How many chains there are, and the rows of each, in the order in which the chains first appear.

        The rows of one chain are in memory at a time, in the order of the table.
        """
        order, starts, ends = self._sorted()
        appearance = np.argsort(order[starts])
        return len(starts), self._fetched(order, starts[appearance], ends[appearance])

    def repeated(self) -> Iterator[list[SpooledRow]]:
        """The rows of each chain that stands on more than one, chains in no particular order."""
        order, starts, ends = self._sorted()
        several = ends - starts > 1
        return self._fetched(order, starts[several], ends[several])

    def _sorted(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Rows by chain, and where each chain begins and ends among them."""
        halves = np.frombuffer(self._keys, dtype=np.uint64).reshape(-1, KEY_BYTES // 8)
        order = np.lexsort((halves[:, 1], halves[:, 0]))  # stable: the rows of a chain stay in their order
        keys = halves[order]
        starts = np.flatnonzero(np.r_[True, (keys[1:] != keys[:-1]).any(axis=1)][: len(order)])
        return order, starts, np.r_[starts[1:], len(order)]

    def _fetched(
        self, order: NDArray[np.int64], starts: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> Iterator[list[SpooledRow]]:
        self._file.flush()
        for start, end in zip(starts, ends, strict=True):
            yield [self._row(int(row)) for row in order[start:end]]

    def _row(self, number: int) -> SpooledRow:
        self._file.seek(self._places[number])
        line, written, canonical, cells = json.loads(self._file.readline())
        return SpooledRow(line, written, canonical, tuple(cells))
