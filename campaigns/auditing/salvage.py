"""What can still be read of a damaged SQLite file, row by row, written into a database of its own to be looked at.

Nothing of what is read here is believed: a row counts only once the digest of its command holds.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, Table, create_engine
from sqlalchemy.pool import NullPool

from campaigns.errors import LedgerError
from campaigns.ledger import Ledger
from campaigns.ledger.places import LOG
from campaigns.ledger.schema import FACTS, Base
from campaigns.ledger.sealing import COMMANDS, table_of

_AT_ONCE = 4096
"""Rows that are asked for at once."""

_GIVEN_UP = 2000
"""Rows of a table that cannot be read, after which whatever cannot be read together is not asked for one by one any more: a page
holds a hundred rows at most, and every row that cannot be read takes half a millisecond.
"""

_SINGLY = 64
"""First rows of a table that are each tried, to see whether any can be read; after them more and more are passed over."""

_SHORTEST_ROW = 8
"""Bytes: a file cannot hold more rows than its size lets."""

_HEADER = 100
"""Bytes of an SQLite file before its first page's content."""

_INTERIOR = 5
"""What a page of a table begins with that holds the numbers of other pages."""

FAULTS = (sqlite3.DatabaseError, UnicodeDecodeError)
"""How a damaged file shows: the second is of messages that quote what is no text."""


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What could be read.

    Args:
        engine: Of the database that holds it.
        unreadable: Of each table, the first and last number of each run of rows that could not be read.
    """

    engine: Engine
    unreadable: dict[str, list[tuple[int, int]]]


def salvage(file: Path, work: Path) -> Salvaged:
    """Read whatever can be read of a ledger's file; the file is not touched.

    Args:
        file: That is damaged.
        work: A folder to work in.

    Raises:
        LedgerError: Nothing can be read.
    """
    copy = work / "damaged.sqlite"
    shutil.copyfile(file, copy)
    log = file.with_name(file.name + LOG)
    if log.is_file():
        shutil.copyfile(log, copy.with_name(copy.name + LOG))
    if not _opens(copy):
        _replace_schema(copy, work)
    # one of an older schema has no digests before it is upgraded, which may still go well
    with suppress(LedgerError):
        Ledger.open(copy)
    engine = scratch(work)
    unreadable: dict[str, list[tuple[int, int]]] = {}
    with closing(sqlite3.connect(copy)) as source, closing(sqlite3.connect(work / "read.sqlite")) as target:
        source.text_factory = lambda raw: raw.decode("utf-8", "replace")
        for table in (COMMANDS, *map(table_of, FACTS)):
            gaps = unreadable.setdefault(table.name, [])
            _copy_rows(source, target, table, gaps, copy.stat().st_size)
        target.commit()
    return Salvaged(engine, {name: gaps for name, gaps in unreadable.items() if gaps})


def scratch(work: Path) -> Engine:
    """An empty database without triggers, in which rows may refer to what is not there."""
    engine = create_engine(f"sqlite:///{work / 'read.sqlite'}", poolclass=NullPool)
    Base.metadata.create_all(engine)
    return engine


def _opens(file: Path) -> bool:
    try:
        with closing(sqlite3.connect(file)) as connection:
            return bool(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    except FAULTS:
        return False


def _replace_schema(copy: Path, work: Path) -> None:
    """Put the pages of a new ledger that say where each table begins in place of those that are damaged: they are the same in
    every ledger that was made by one polyloop. Whether they are, the digests show.
    """
    fresh = work / "fresh.sqlite"
    Ledger.create(fresh)
    new = fresh.read_bytes()
    content = bytearray(copy.read_bytes())
    size = int.from_bytes(new[16:18], "big")
    if len(content) <= size:
        raise LedgerError(
            "Nothing of the ledger can be read: the file is too short.", "Restore it from a copy."
        )
    for page in _schema_pages(new[:size]):
        place = slice((page - 1) * size, page * size)
        content[place] = new[place]
    # how many pages there are, and that this number is up to date
    content[28:32] = (len(content) // size).to_bytes(4, "big")
    content[92:96] = content[24:28]
    copy.write_bytes(content)


def _schema_pages(first: bytes) -> list[int]:
    """Numbers of the pages of the table of tables, from the first page of a file
    (https://www.sqlite.org/fileformat2.html#b_tree_pages).
    """
    if first[_HEADER] != _INTERIOR:
        return [1]
    cells = int.from_bytes(first[_HEADER + 3 : _HEADER + 5], "big")
    pages = [1, int.from_bytes(first[_HEADER + 8 : _HEADER + 12], "big")]
    for number in range(cells):
        at = _HEADER + 12 + 2 * number
        cell = int.from_bytes(first[at : at + 2], "big")
        pages.append(int.from_bytes(first[cell : cell + 4], "big"))
    return pages


def _copy_rows(
    source: sqlite3.Connection,
    target: sqlite3.Connection,
    table: Table,
    gaps: list[tuple[int, int]],
    file_size: int,
) -> None:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    marks = ", ".join("?" for _ in table.columns)
    # a row that breaks the rules of its table is damaged
    taken_in = f"INSERT OR IGNORE INTO {table.name} ({names}) VALUES ({marks})"
    asked = f"SELECT {names} FROM {table.name} WHERE rowid BETWEEN ? AND ? ORDER BY rowid"
    lost = 0
    for first, last in _ranges(source, table, gaps, file_size):
        waiting = [(first, last)]
        while waiting:
            low, high = waiting.pop()
            try:
                rows = source.execute(asked, (low, high)).fetchall()
            except FAULTS:
                if low < high and lost < _GIVEN_UP:
                    middle = (low + high) // 2
                    waiting += [(middle + 1, high), (low, middle)]
                else:
                    lost += high - low + 1
                    _add_gap(gaps, low, high)
            else:
                target.executemany(taken_in, rows)


def _ranges(
    source: sqlite3.Connection, table: Table, gaps: list[tuple[int, int]], file_size: int
) -> Iterator[tuple[int, int]]:
    """Ranges of row numbers that hold every row there can be; of a table of which nothing can be read, a gap."""
    try:
        last = source.execute(f"SELECT max(rowid) FROM {table.name}").fetchone()[0] or 0
    except FAULTS:
        last = file_size // _SHORTEST_ROW
        if not any(_can_be_read(source, table, row) for row in _tried(last)):
            gaps.append((1, last))
            return
    for first in range(1, last + 1, _AT_ONCE):
        yield first, min(first + _AT_ONCE - 1, last)


def _tried(last: int) -> Iterator[int]:
    row = 1
    while row <= last:
        yield row
        row += 1 + max(0, row - _SINGLY) // 10


def _can_be_read(source: sqlite3.Connection, table: Table, row: int) -> bool:
    try:
        source.execute(f"SELECT * FROM {table.name} WHERE rowid = ?", (row,)).fetchall()
    except FAULTS:
        return False
    return True


def _add_gap(gaps: list[tuple[int, int]], low: int, high: int) -> None:
    if gaps and gaps[-1][1] == low - 1:
        gaps[-1] = (gaps[-1][0], high)
    else:
        gaps.append((low, high))
