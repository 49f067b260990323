"""A table as a stream of records, each with the line or row on which it stands, that can be passed over more than once.

What CSV is, :mod:`discovery.pools.csv_rows` decides for all tables; workbooks and Parquet files are told by their name and first
bytes. A data frame is read as the CSV that pandas would write, so that one reader, one set of messages and one hash serve both.
"""

from __future__ import annotations

import io
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeAlias

from campaigns.errors import RowProblem, TableError
from campaigns.tables.reading import HowToRead
from campaigns.tables.titles import names_a_polymer
from discovery.errors import PoolError
from discovery.pools.csv_rows import CsvRows, Record, possible_headers, read_rows
from discovery.pools.encodings import CsvFaultError, checked_text
from discovery.pools.table import guess_told
from discovery.pools.table_file import TableFile, TableKind, file_digest, table_file
from discovery.pools.typed_rows import DecimalSign, cell_text, is_number, parquet_rows, workbook_rows

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Record", "TableSource", "TextTable", "open_table", "single_fault"]

TableSource: TypeAlias = "str | os.PathLike[str] | pd.DataFrame"
"""A file, or a data frame."""

LOOKED_AT = 20
"""Lines below the first one that may hold the titles: instruments write some lines of their own above."""

_HINT = "Give a table with a column psmiles: CSV, TSV, XLSX or Parquet."


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table whose encoding and header have been read."""

    name: str
    """Of the file, for messages."""
    sha256: str
    """Hash of the bytes, hexadecimal."""
    separator: str
    """Name of the character between cells: ``commas``, ``semicolons`` or ``tabs``; empty where cells are told apart otherwise."""
    header_line: int
    header: list[str]
    counted: str
    """What lines count: ``line``, or ``row`` of a sheet or of a Parquet file."""
    remarks: tuple[str, ...]
    """What was assumed of the file."""
    rows: Callable[[DecimalSign | None], Iterator[Record]]
    """Rows after the header, blank ones left out; raises TableError where the text stops being CSV. Cells that are numbers by
    their type are written with the decimal sign, or left empty without one.
    """
    headers: Callable[[], Iterator[Record]]
    """What the first lines look like, one of which may hold the titles."""
    others: tuple[str, ...] = ()
    """Names of the workbook's other sheets."""


@contextmanager
def open_table(source: TableSource, how: HowToRead | None = None) -> Iterator[TextTable]:
    """Opens a table; its rows can be passed over while it is open.

    Raises:
        TableError: There is no such file, it is no text or no table, it is empty, or it is changed while it is read.
    """
    how = how or HowToRead()
    if not isinstance(source, str | os.PathLike):
        yield _frame(source, how)
        return
    path = Path(source)
    with _reading(path):
        before, table = path.stat(), _file(path, how)
    yield table
    with _reading(path):
        after = path.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise TableError(f"{path} was changed while it was read.", hint="Run the command again.")


def single_fault(name: str, problem: RowProblem) -> TableError:
    """The error for a file that one fault makes unreadable."""
    return TableError(f"{name} cannot be read; nothing was taken from it.", [problem])


def _frame(frame: pd.DataFrame, how: HowToRead) -> TextTable:
    if how.above:
        raise TableError("A data frame has nothing above its titles.", hint="Leave out header_row.")

    def written(frame: pd.DataFrame) -> TextTable:
        text = frame.to_csv(index=False, lineterminator="\n")
        digest = sha256(text.encode()).hexdigest()
        return _csv(lambda: io.StringIO(text, newline=""), Path("data frame"), digest, how, ())

    table = written(frame)

    def rows(decimal: DecimalSign | None) -> Iterator[Record]:
        # pandas writes numbers with a point, whatever sign the texts beside them have
        def signed(cell: object) -> object:
            return cell_text(cell, decimal) if is_number(cell) else cell

        return (table if decimal == "." else written(frame.map(signed))).rows(decimal)

    return replace(table, rows=rows)


def _file(path: Path, how: HowToRead) -> TextTable:
    file = table_file(path, _HINT)
    if file.kind is TableKind.SMILES:
        raise TableError(f"{path} is a SMILES file, which holds no measurements.", hint=_HINT)
    if file.kind is not TableKind.WORKBOOK and how.sheet is not None:
        raise TableError(f"{path} is no workbook: it has no sheets.", hint="Leave out --sheet.")
    if file.kind is TableKind.CSV:
        return _text_file(file, how)
    if how.encoding is not None:
        raise TableError(f"{path} is no text file: it has no encoding.", hint="Leave out --encoding.")
    workbook = file.kind is TableKind.WORKBOOK
    if not workbook and how.above:
        raise TableError(
            f"{path} is a Parquet file: nothing stands above its titles.", hint="Leave out --header-row."
        )
    digest = file_digest(path, _HINT)
    typed = workbook_rows(path, how.sheet, how.above) if workbook else parquet_rows(path)

    def rows(decimal: DecimalSign | None) -> Iterator[Record]:
        return _told(typed.rows(decimal), path)

    def headers() -> Iterator[Record]:
        return islice(rows("."), LOOKED_AT) if workbook else iter(())

    header = typed.header
    return TextTable(
        path.name, digest, "", header.line, header.cells, "row", typed.remarks, rows, headers, typed.others
    )


def _text_file(file: TableFile, how: HowToRead) -> TextTable:
    with file.open() as content:
        text = checked_text(content, file.path.name, how.encoding, older=True)

    def opened() -> AbstractContextManager[IO[str]]:
        return io.TextIOWrapper(file.open(), encoding=text.encoding, newline="")

    told = (guess_told(file.path.name, text.guessed),) if text.guessed else ()
    return _csv(opened, file.path, text.sha256, how, told)


def _csv(
    opened: Callable[[], AbstractContextManager[IO[str]]],
    path: Path,
    digest: str,
    how: HowToRead,
    remarks: tuple[str, ...],
) -> TextTable:
    def read(stream: IO[str]) -> CsvRows:
        return read_rows(stream, path.name, lambda titles: names_a_polymer(titles, how.columns), how.above)

    def rows(_: DecimalSign | None) -> Iterator[Record]:
        with opened() as stream:
            yield from _told(read(stream).records, path)

    def headers() -> Iterator[Record]:
        with opened() as stream:
            yield from _told(possible_headers(stream, table.header.line + LOOKED_AT), path)

    with _reading(path), opened() as stream:
        table = read(stream)
    if table.separator != "commas":
        remarks = (f"{path.name} is separated by {table.separator}.", *remarks)
    header = table.header
    return TextTable(
        path.name, digest, table.separator, header.line, header.cells, "line", remarks, rows, headers
    )


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Within it, whatever keeps a table from being read is a TableError. Rows are used outside of it: what becomes of them is no
    fault of the file.
    """
    try:
        yield
    except CsvFaultError as fault:
        raise _unreadable(path.name, fault) from None
    except PoolError as error:
        raise TableError(error.message, hint=error.hint) from None
    except (OSError, EOFError, zlib.error) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise TableError(f"{path} cannot be read: {said}.", hint="Check the path.") from error


def _told(records: Iterator[Record], path: Path) -> Iterator[Record]:
    while True:
        with _reading(path):
            record = next(records, None)
        if record is None:
            return
        yield record


def _unreadable(name: str, fault: CsvFaultError) -> TableError:
    return single_fault(name, RowProblem(fault.line, "", fault.value, fault.fault, fault.what_to_do))
