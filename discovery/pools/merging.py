"""Merging repeats by key, with bounded memory: who comes first keeps its place, and takes what it lacks from the others.

The keys are split by their first bits into files small enough to sort in memory (a key is a hash, so the files
are of equal size): Grace's partitioning (Kitsuregawa et al., New Gener. Comput. 1:63, 1983). What stays in memory is
two numbers for each repeat and one byte for each row; a million rows are sorted without any file.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from discovery.polymers import Candidate
from discovery.pools.columns import SCHEMA, as_table, candidates_of, key_halves

SORTED_AT_ONCE = 1 << 21
"""Keys sorted in memory at a time, at 24 bytes and as much again for the order."""

ROW_GROUP = 1 << 16
"""Rows in a row group: what a walk holds in memory."""

_HELD = 1 << 18  # additions held before they are put on disk
_ENTRY = np.dtype([("high", "<u8"), ("low", "<u8"), ("row", "<i8")])


class Rows(Protocol):
    """Candidates as Arrow tables, to be read several times."""

    def __len__(self) -> int: ...

    def tables(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """The rows in order, some at a time; all columns of :data:`~discovery.pools.columns.SCHEMA` or those named."""
        ...


def merged(first: Candidate, later: Iterable[Candidate]) -> Candidate:
    """What is known of one chain that several rows hold, the first of them leading.

    The cost is the lowest that any of them tells, and the route that it belongs to comes first; a cost that is told without a
    route is that of the chain however it is made. The other routes follow in order, the name is the first there is. The score
    is that of the chain, so the first has it.
    """
    rows = (first, *later)
    priced = [(row.cost, row.provenance) for row in rows if row.cost is not None]
    cost, cheapest = min(priced, key=lambda each: each[0], default=(None, None))
    told = (route for row in rows for route in (row.provenance, *row.other_routes))
    routes = tuple(route for route in dict.fromkeys((cheapest, *told)) if route)
    return replace(
        first,
        provenance=routes[0] if routes else None,
        name=next((row.name for row in rows if row.name), ""),
        cost=cost,
        other_routes=routes[1:],
    )


def write_merged(
    sources: Sequence[Rows], path: Path, spill: Path, at_once: int = SORTED_AT_ONCE
) -> tuple[int, int]:
    """Writes the candidates of ``sources``, one after the other, every chain once, as a Parquet file.

    Args:
        sources: Rows of :data:`~discovery.pools.columns.SCHEMA`.
        path: The file to write.
        spill: A folder for what does not stay in memory; removed in the end.
        at_once: Keys to sort at a time.

    Returns:
        Rows written, and repeats merged into them.

    Raises:
        OSError: There is no room.
    """
    spill.mkdir(parents=True)
    try:
        repeats = _repeats(sources, spill, at_once)
        additions = _Additions.gathered(sources, repeats, spill)
        kept = np.ones(sum(map(len, sources)), dtype=bool)
        kept[repeats.row] = False
        with pq.ParquetWriter(path, SCHEMA, compression="zstd", use_dictionary=_DICTIONARIES) as writer:
            for group in regrouped(_first_rows(sources, kept, additions), ROW_GROUP):
                writer.write_table(group, row_group_size=ROW_GROUP)
    finally:
        shutil.rmtree(spill)
    return int(kept.sum()), len(repeats.row)


def regrouped(tables: Iterable[pa.Table], size: int) -> Iterator[pa.Table]:
    """The same rows in tables of ``size``, the last one shorter; none empty."""
    waiting: list[pa.Table] = []
    held = 0
    for table in tables:
        start = 0
        while held + table.num_rows - start >= size:
            part = table.slice(start, size - held)
            yield pa.concat_tables([*waiting, part]) if waiting else part
            start += size - held
            waiting, held = [], 0
        if start < table.num_rows:
            waiting.append(table.slice(start))
            held += table.num_rows - start
    if held:
        yield pa.concat_tables(waiting)


#: Columns that repeat themselves; the others are written as they are.
_DICTIONARIES = [
    "route.monomers.list.element",
    "route.reaction",
    "route.polymer_class",
    "other_routes.list.element.monomers.list.element",
    "other_routes.list.element.reaction",
    "other_routes.list.element.polymer_class",
]


@dataclass(frozen=True, slots=True)
class _Repeats:
    """Rows whose chain an earlier row has: their places, ascending, and those of the earlier rows."""

    row: NDArray[np.int64]
    first: NDArray[np.int64]


def _repeats(sources: Sequence[Rows], spill: Path, at_once: int) -> _Repeats:
    parts = 1
    while sum(map(len, sources)) > parts * at_once:
        parts *= 2
    held: list[NDArray[np.void]] = []
    row = 0
    for source in sources:
        for table in source.tables(["key"]):
            entries = np.empty(table.num_rows, _ENTRY)
            entries["high"], entries["low"] = key_halves(table["key"])
            entries["row"] = np.arange(row, row + len(entries))
            row += len(entries)
            if parts == 1:
                held.append(entries)
            else:
                _split(entries, parts, spill)
    if parts == 1:
        found = [_within(np.concatenate(held))] if held else []
    else:
        found = [_within(np.fromfile(file, _ENTRY)) for file in sorted(spill.glob("keys-*"))]
    rows = np.concatenate([part.row for part in found] or [np.empty(0, np.int64)])
    firsts = np.concatenate([part.first for part in found] or [np.empty(0, np.int64)])
    order = np.argsort(rows)
    return _Repeats(rows[order], firsts[order])


def _split(entries: NDArray[np.void], parts: int, spill: Path) -> None:
    numbers = (entries["high"] >> np.uint64(64 - parts.bit_length() + 1)).astype(np.int64)
    order = np.argsort(numbers, kind="stable")
    bounds = np.searchsorted(numbers[order], np.arange(parts + 1))
    for part in range(parts):
        with (spill / f"keys-{part:06d}").open("ab") as file:
            entries[order[bounds[part] : bounds[part + 1]]].tofile(file)


def _within(entries: NDArray[np.void]) -> _Repeats:
    """Repeats among entries in ascending order of rows."""
    order = np.lexsort((entries["low"], entries["high"]))  # stable: rows of one key stay in order
    entries = entries[order]
    new = np.ones(len(entries), dtype=bool)
    new[1:] = (entries["high"][1:] != entries["high"][:-1]) | (entries["low"][1:] != entries["low"][:-1])
    firsts = entries["row"][new][np.cumsum(new) - 1] if len(entries) else entries["row"]
    return _Repeats(entries["row"][~new], firsts[~new])


class _Additions:
    """What repeats know and the first of their chain may not, on disk, by blocks of first rows."""

    def __init__(self, spill: Path) -> None:
        self._spill = spill
        self._files: dict[int, list[Path]] = defaultdict(list)

    @classmethod
    def gathered(cls, sources: Sequence[Rows], repeats: _Repeats, spill: Path) -> _Additions:
        """Of all repeats that have a name, a route or a cost."""
        additions = cls(spill)
        held: list[pa.Table] = []
        row = 0
        for source in sources:
            if not len(repeats.row):
                break
            for table in source.tables():
                low, high = np.searchsorted(repeats.row, [row, row + table.num_rows])
                if high > low:
                    told = table.take(repeats.row[low:high] - row)
                    told = told.append_column("first", pa.array(repeats.first[low:high]))
                    held.append(told.filter(_tells_something(told)))
                row += table.num_rows
                if sum(map(len, held)) > _HELD:
                    additions._put(held)
                    held = []
        additions._put(held)
        return additions

    def of(self, start: int, stop: int) -> Iterator[tuple[int, list[Candidate]]]:
        """For each first row from ``start`` to before ``stop`` that gets something: its place, and the repeats in order."""
        later: dict[int, list[Candidate]] = defaultdict(list)
        for block in range(start // ROW_GROUP, (stop - 1) // ROW_GROUP + 1):
            for file in self._files[block]:
                table = pq.ParquetFile(file).read()
                firsts = table["first"].to_numpy()
                table = table.filter(pa.array((firsts >= start) & (firsts < stop)))
                for first, candidate in zip(table["first"].to_pylist(), candidates_of(table), strict=True):
                    later[first].append(candidate)
        yield from sorted(later.items(), key=lambda item: item[0])

    def _put(self, held: Sequence[pa.Table]) -> None:
        if not held:
            return
        table = pa.concat_tables(held).combine_chunks()
        blocks = table["first"].to_numpy() // ROW_GROUP
        for block in np.unique(blocks):
            path = self._spill / f"additions-{block:06d}-{len(self._files[int(block)]):06d}"
            pq.write_table(table.filter(pa.array(blocks == block)), path)
            self._files[int(block)].append(path)


def _tells_something(table: pa.Table) -> pa.Array:
    import pyarrow.compute as pc

    named = pc.not_equal(table["name"], "")
    return pc.or_(pc.or_(named, pc.is_valid(table["route"])), pc.is_valid(table["cost"]))


def _first_rows(
    sources: Sequence[Rows], kept: NDArray[np.bool_], additions: _Additions
) -> Iterator[pa.Table]:
    row = 0
    for source in sources:
        for table in source.tables():
            stop = row + table.num_rows
            places, richer = [], []
            for first, later in additions.of(row, stop) if table.num_rows else ():
                places.append(first - row)
                richer.append(merged(candidates_of(table.slice(first - row, 1))[0], later))
            order = np.arange(table.num_rows)
            order[places] = table.num_rows + np.arange(len(places))
            both = pa.concat_tables([table, as_table(richer)]) if richer else table
            yield both.take(order[kept[row:stop]])
            row = stop
