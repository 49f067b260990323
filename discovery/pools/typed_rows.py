"""Rows of formats whose cells have types, workbooks and Parquet, as texts: read like those of a CSV file.

Numbers are written in full, with the decimal sign that is asked for; blank rows are left out, and what counts the others is the
row of the sheet, or the number of the row in Parquet, whose header is no row.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from xml.sax.saxutils import unescape

import numpy as np

from discovery.errors import PoolError
from discovery.pools.csv_rows import Record
from discovery.suggestions import did_you_mean

if TYPE_CHECKING:
    import pyarrow as pa

DecimalSign = Literal[".", ","]

MAXIMUM_UNPACKED = 1 << 30
"""Bytes of a workbook once it is unpacked: Excel's own limit of rows, with texts of usual length, stays below."""

MAXIMUM_CELLS = 50_000_000
"""Cells of the rectangle that holds all that is filled in on a sheet, each of which takes memory."""

_BATCH = 4096
# No part of these runs over the beginning of another tag: a hostile file would keep it busy for hours.
_CELL = re.compile(rb"<(?:\w+:)?c\b[^<>]*?\br=\"([A-Z]{1,3})([0-9]{1,7})\"")
_ERROR = re.compile(
    rb"(<(?:\w+:)?c\b[^<>]*?\bt=\"e\"[^<>]*>)"
    rb"(?:(?:<(?:\w+:)?f\b[^<>]*>(?:[^<]*</(?:\w+:)?f>)?)?<(?:\w+:)?v>([^<]{1,20})<)?"
)
_UNSOLVED = re.compile(
    rb"(<(?:\w+:)?c\b(?![^<>]*\bt=\"str\")[^<>]*[^<>/]>)"
    rb"<(?:\w+:)?f\b[^<>]*(?:/>|>([^<]{0,400})</(?:\w+:)?f>)(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?</(?:\w+:)?c>"
)
"""A formula whose result is not stored, as programs other than spreadsheets write it; a text without letters is a result."""
_SHEET = re.compile(rb"<(?:\w+:)?sheet\b[^<>]*?\b\w+:id=\"([^\"<>]*)\"")
_RELATIONSHIP = re.compile(rb"<(?:\w+:)?Relationship\b[^<>]*>")
_LONGEST_LIST = 1 << 22
"""Bytes of the lists of sheets that are read."""
_TAIL = 512
_ERRORS_KEPT = 100_000
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class TypedRows:
    """An open table of typed cells."""

    header: Record
    source: _Sheet | _ParquetFile
    remarks: tuple[str, ...] = ()
    """What was assumed of the file."""
    others: tuple[str, ...] = ()
    """Names of the workbook's other sheets."""

    def rows(self, decimal: DecimalSign | None) -> Iterator[Record]:
        """The rows below the header, from the first on.

        Args:
            decimal: Sign that numbers are written with; they are left empty if None.

        Raises:
            PoolError: The file turns out to be damaged.
        """
        return self.source.rows(decimal)


def workbook_rows(path: Path, sheet: str | None = None, above: int = 0) -> TypedRows:
    """The rows of a sheet of a workbook; what its formulas gave when it was saved counts as their value, an error such as
    ``#DIV/0!`` as a text, and so does a formula whose result was never stored, such as ``=B2+273.15``.

    Args:
        path: XLSX file.
        sheet: Name of the sheet; the first if None.
        above: Rows above the titles that are no part of the table.

    Raises:
        PoolError: It is no workbook, too large, has no such sheet, or the sheet is empty.
    """
    import python_calamine

    errors = _examined(path)
    try:
        with python_calamine.CalamineWorkbook.from_path(path) as book:
            names = book.sheet_names
            if not names:
                raise PoolError(f"{path} has no sheets.", "Save it again in the spreadsheet program.")
            if sheet is not None and sheet not in names:
                listed = f"Its sheets are: {', '.join(names)}."
                way_out = f"{did_you_mean(sheet, names)} {listed}".strip()
                raise PoolError(f"{path} has no sheet {sheet!r}.", way_out)
            found = book.get_sheet_by_name(names[0] if sheet is None else sheet)
            cells = found.to_python(skip_empty_area=False)
            place = names.index(found.name)
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise PoolError(f"{path} cannot be read as a workbook: {error}.", _SAVE) from None
    except BaseException as error:
        # What the library's Rust code did not foresee comes as an error that is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise PoolError(f"{path} cannot be read as a workbook: it is damaged.", _SAVE) from None
    for (row, column), text in errors.get(place, {}).items():
        if row <= len(cells) and column <= len(cells[row - 1]):
            cells[row - 1][column - 1] = text  # which the library takes for an empty cell
    opened = _Sheet(cells, above)
    header = next(opened.all_rows("."), None)
    others = tuple(name for name in names if name != found.name)
    if header is None:
        ends = f"ends before row {above + 1}" if above else "is empty"
        way_out = f"Name another with --sheet: {', '.join(others)}." if others else "Check the file."
        raise PoolError(f"The sheet {found.name!r} of {path} {ends}.", way_out)
    if sheet is not None or not others:
        return TypedRows(header, opened, (), others)
    shown = ", ".join(others[:_SHOWN]) + (", ..." if len(others) > _SHOWN else "")
    read = f"Of {path.name} the sheet {found.name!r} was read, and not: {shown}."
    return TypedRows(header, opened, (read,), others)


def parquet_rows(path: Path) -> TypedRows:
    """The rows of a Parquet file, numbered from 1.

    Raises:
        PoolError: It cannot be read.
    """
    import pyarrow.parquet as pq

    with reading_parquet(path, "Write it anew."), pq.ParquetFile(path) as file:
        titles = list(file.schema_arrow.names)
    return TypedRows(Record(0, titles), _ParquetFile(path))


@contextmanager
def reading_parquet(path: Path, hint: str) -> Iterator[None]:
    """Within it, what a damaged Parquet file makes of its reader, and a cell that no value of Python's can hold, is an error of
    ours; the texts of a file are checked only as they are taken out.

    Raises:
        PoolError: The file cannot be read.
    """
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, ValueError, OverflowError, LookupError) as error:
        said = str(error).strip().partition("\n")[0].rstrip(".")
        raise PoolError(f"{path} cannot be read as Parquet: {said}.", hint) from None


_SAVE = "Open it in the spreadsheet program and save it anew, as XLSX or as CSV UTF-8."


@dataclass(frozen=True, slots=True)
class _Sheet:
    cells: Sequence[Sequence[object]]
    above: int

    def all_rows(self, decimal: DecimalSign | None) -> Iterator[Record]:
        for number, row in enumerate(self.cells, 1):
            if number > self.above and any(cell is not None and str(cell).strip() for cell in row):
                yield Record(number, [cell_text(cell, decimal) for cell in row])

    def rows(self, decimal: DecimalSign | None) -> Iterator[Record]:
        records = self.all_rows(decimal)
        next(records, None)
        return records


@dataclass(frozen=True, slots=True)
class _ParquetFile:
    path: Path

    def rows(self, decimal: DecimalSign | None) -> Iterator[Record]:
        import pyarrow.parquet as pq

        number = 0
        with reading_parquet(self.path, "Write it anew."), pq.ParquetFile(self.path) as file:
            for batch in file.iter_batches(_BATCH):
                for row in zip(*map(column_cells, batch.columns), strict=True):
                    number += 1
                    cells = [cell_text(cell, decimal) for cell in row]
                    if any(cell not in (None, "") for cell in row):
                        yield Record(number, cells)


def column_cells(column: pa.Array) -> list[object]:
    """The cells of a column of Parquet; numbers of single precision are the shortest that are stored so: 373.15, and not
    373.1499938964844, which would be another fact than the same number in a CSV file.
    """
    import pyarrow as pa

    cells: list[object] = column.to_pylist()
    if not pa.types.is_float32(column.type):
        return cells
    return [float(str(np.float32(cell))) if isinstance(cell, float) else cell for cell in cells]


def is_number(cell: object) -> bool:
    """Whether a cell is a number by its type; true and false are none."""
    return isinstance(cell, int | float | Decimal | np.integer | np.floating) and not isinstance(cell, bool)


def cell_text(cell: object, decimal: DecimalSign | None) -> str:
    """What a CSV file would hold in place of a cell.

    Args:
        cell: Of whatever type; None is an empty one.
        decimal: Sign that numbers are written with; they are left empty if None.
    """
    if cell is None:
        return ""
    if not is_number(cell):
        return str(cell)
    if cell != cell or decimal is None:
        return ""
    number = float(str(cell)) if isinstance(cell, np.floating) else cell
    whole = isinstance(number, float) and number.is_integer() and abs(number) < 1e15
    return (str(int(number)) if whole else str(number)).replace(".", decimal)  # type: ignore[call-overload]


_Errors = dict[tuple[int, int], str]
"""Errors of a sheet's formulas, and formulas without a result, by row and column from 1."""


def _examined(path: Path) -> dict[int, _Errors]:
    """The errors of each sheet, by its place. A workbook is held in memory: one that would fill it is refused before that."""
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            if unpacked > MAXIMUM_UNPACKED:
                raise _too_large(path)
            found = {
                entry.filename: _examined_sheet(path, archive, entry)
                for entry in archive.infolist()
                if entry.filename.startswith("xl/worksheets/") and entry.filename.endswith(".xml")
            }
            if not any(found.values()):
                return {}
            return {place: found.get(name, {}) for place, name in enumerate(_sheet_files(archive))}
    except (
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        EOFError,
        KeyError,
    ) as error:
        raise PoolError(f"{path} cannot be read as a workbook: {error}.", _SAVE) from None


def _sheet_files(archive: zipfile.ZipFile) -> list[str]:
    """Where in the archive each sheet lies, in their order."""
    book, relations = (
        archive.open(name).read(_LONGEST_LIST) for name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
    )
    targets = {}
    for tag in _RELATIONSHIP.findall(relations):
        told = dict(re.findall(rb"\b(Id|Target)=\"([^\"]*)\"", tag))
        targets[told.get(b"Id")] = told.get(b"Target", b"").decode(errors="replace")
    ids = _SHEET.findall(book)
    places = (targets.get(name, "") for name in ids)
    return [place[1:] if place.startswith("/") else f"xl/{place}" for place in places]


def _examined_sheet(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> _Errors:
    last_row = last_column = read = 0
    errors: _Errors = {}
    with archive.open(entry) as file:
        tail = b""
        while chunk := file.read(1 << 20):
            read += len(chunk)
            if read > MAXIMUM_UNPACKED:
                raise _too_large(path)
            for match in _CELL.finditer(tail + chunk):
                row, column = _place(match)
                last_row, last_column = max(last_row, row), max(last_column, column)
            for formula in _UNSOLVED.finditer(tail + chunk):
                if len(errors) < _ERRORS_KEPT and (cell := _CELL.match(formula[1])):
                    errors[_place(cell)] = "=" + unescape((formula[2] or b"").decode(errors="replace"))
            for error in _ERROR.finditer(tail + chunk):
                if len(errors) < _ERRORS_KEPT and (cell := _CELL.match(error[1])):
                    errors[_place(cell)] = (error[2] or b"#ERROR!").decode(errors="replace")
            tail = chunk[-_TAIL:]
    if last_row * last_column > MAXIMUM_CELLS:
        raise PoolError(
            f"{path} has a sheet of {last_row:,} rows and {last_column:,} columns.",
            "Delete what stands far away from the table, or save it as CSV UTF-8.",
        )
    return errors


def _place(cell: re.Match[bytes]) -> tuple[int, int]:
    column = 0
    for letter in cell[1]:
        column = 26 * column + letter - 64
    return int(cell[2]), column


def _too_large(path: Path) -> PoolError:
    return PoolError(f"{path} is too large for a workbook that is read here.", "Save it as CSV UTF-8.")
