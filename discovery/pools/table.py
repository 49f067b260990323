"""A table of candidates: named columns, and rows whose cells are asked for by column, whatever the file is.

CSV (also compressed), SMILES files, Parquet and workbooks look the same to whoever reads the rows; all but workbooks are read as
streams.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from discovery.errors import PoolError
from discovery.pools.csv_rows import CsvRows, Record, read_rows, width_fault
from discovery.pools.encodings import checked_text
from discovery.pools.table_file import TableKind, table_file, unreadable
from discovery.pools.typed_rows import TypedRows, column_cells, reading_parquet, workbook_rows
from discovery.suggestions import did_you_mean

_BATCH = 4096
_SMILES_COLUMNS = ("smiles", "name")


@dataclass(frozen=True, slots=True)
class Row:
    """One row; ``fault`` says why its cells cannot be told apart, and is empty for a sound row."""

    line: int
    """Of the file, the header being line 1; in Parquet, which has no lines, the number of the row from 1."""
    cells: tuple[str, ...]
    """As many as there are columns, without blanks around them; missing ones at the end are empty."""
    fault: str


@dataclass(frozen=True, slots=True)
class Table:
    """An open table."""

    path: Path
    columns: tuple[str, ...]
    """Titles as written."""
    rows: Iterator[Row]
    """Of a Parquet file only the columns that :meth:`find` was asked for before the first row; the other cells are empty."""
    hint: str
    counted: str = "line"
    """What :attr:`Row.line` counts: ``line`` or ``row``."""
    asked: set[int] = field(default_factory=set)
    """Places of the columns that were asked for."""
    remarks: tuple[str, ...] = ()
    """What was assumed of the file."""

    def find(self, *names: str) -> int | None:
        """Place of the column with the first of ``names`` that the table has, whatever its case.

        Raises:
            PoolError: The table has two such columns.
        """
        titles = [title.casefold() for title in self.columns]
        for name in names:
            if titles.count(name.casefold()) > 1:
                raise PoolError(f"{self.path} has two columns {name}.", "Keep one of them.")
            if name.casefold() in titles:
                place = titles.index(name.casefold())
                self.asked.add(place)
                return place
        return None

    def require(self, *names: str) -> int:
        """:meth:`find`, for a column without which the table is of no use.

        Raises:
            PoolError: The table has none of them, or two of one.
        """
        place = self.find(*names)
        if place is None:
            titles = ", ".join(title for title in self.columns if title)
            near = next(filter(None, (did_you_mean(name, self.columns) for name in names)), "")
            raise PoolError(
                f"{self.path} has no column {' or '.join(names)}, only {titles}.",
                f"{near} {self.hint}".strip(),
            )
        return place


@contextmanager
def open_table(path: Path, hint: str, *wanted: str, older: bool = False) -> Iterator[Table]:
    """Opens a table for one pass; use as a context manager.

    Args:
        path: CSV (UTF-8 or UTF-16; commas, semicolons or tabs; a header), SMILES file (columns ``smiles`` and ``name``, no
            header needed), either also compressed with gzip, Parquet, or the first sheet of a workbook (XLSX); see
            :mod:`discovery.pools.table_file`.
        hint: What the file should be, for the error messages.
        wanted: Names of columns, one of which the header has; they tell a CSV file's separator.
        older: Whether a text that is not UTF-8 is read as Windows-1252 or Latin-1, which a remark tells.

    Raises:
        PoolError: The file is missing, a folder, empty, or not what its name says (also while rows are read).
    """
    file = table_file(path, hint)
    if file.kind is TableKind.PARQUET:
        with _parquet(path, hint) as table:
            yield table
        return
    if file.kind is TableKind.WORKBOOK:
        yield _workbook(workbook_rows(path), path, hint)
        return
    with ExitStack() as opened:
        try:
            with file.open() as content:
                text = checked_text(content, str(path), older=older)
            stream = opened.enter_context(io.TextIOWrapper(file.open(), encoding=text.encoding, newline=""))
            table = (_csv if file.kind is TableKind.CSV else _smiles)(stream, path, hint, wanted)
        except (OSError, EOFError, zlib.error) as error:
            raise unreadable(path, error, hint) from None
        yield replace(table, remarks=(guess_told(path.name, text.guessed),)) if text.guessed else table


def guess_told(name: str, encoding: str) -> str:
    """What is said of a file whose encoding nothing in it proves."""
    return f"{name} is not UTF-8 and was read as {encoding}: check names with umlauts and signs such as °."


def _workbook(sheet: TypedRows, path: Path, hint: str) -> Table:
    columns = tuple(title.strip() for title in sheet.header.cells)
    rows = (
        Row(r.line, _cells(r, len(columns)), width_fault(columns, r.cells, "cells")) for r in sheet.rows(".")
    )
    return Table(path, columns, rows, hint, "row", remarks=sheet.remarks)


def _csv(stream: IO[str], path: Path, hint: str, wanted: Sequence[str]) -> Table:
    names = {name.casefold() for name in wanted}
    text = read_rows(stream, str(path), lambda titles: not names.isdisjoint(map(_name, titles)))
    columns = tuple(title.strip() for title in text.header.cells)
    return Table(path, columns, _csv_rows(text, columns), hint)


def _name(title: str) -> str:
    return title.strip().casefold()


def _csv_rows(text: CsvRows, columns: Sequence[str]) -> Iterator[Row]:
    for record in text.records:
        fault = width_fault(columns, record.cells, text.separator)
        yield Row(record.line, _cells(record, len(columns)), fault)


def _cells(record: Record, width: int) -> tuple[str, ...]:
    cells = [cell.strip() for cell in record.cells[:width]]
    return (*cells, *[""] * (width - len(cells)))


def _smiles(stream: IO[str], path: Path, hint: str, wanted: Sequence[str]) -> Table:
    return Table(path, _SMILES_COLUMNS, _smiles_rows(stream), hint)


def _smiles_rows(stream: IO[str]) -> Iterator[Row]:
    at_start = True
    for line, text in enumerate(stream, 1):
        parts = text.split(maxsplit=1)
        if not parts:
            continue
        # Some programs write a title line all the same.
        if not (at_start and parts[0].casefold() in ("smiles", "psmiles")):
            yield Row(line, (parts[0], parts[1].strip() if len(parts) > 1 else ""), "")
        at_start = False


@contextmanager
def _parquet(path: Path, hint: str) -> Iterator[Table]:
    import pyarrow.parquet as pq

    asked: set[int] = set()

    def rows() -> Iterator[Row]:
        titles = [columns[place] for place in sorted(asked)]
        line = 0
        with reading_parquet(path, hint):
            for batch in file.iter_batches(_BATCH, columns=titles):
                cells = [[""] * batch.num_rows for _ in columns]
                for place, column in zip(sorted(asked), batch.columns, strict=True):
                    cells[place] = [
                        "" if cell is None else str(cell).strip() for cell in column_cells(column)
                    ]
                for row in zip(*cells, strict=True):
                    line += 1
                    if any(row):
                        yield Row(line, row, "")

    with reading_parquet(path, hint):
        file = pq.ParquetFile(path)
    with file:
        columns = tuple(file.schema_arrow.names)
        yield Table(path, columns, rows(), hint, "row", asked)
