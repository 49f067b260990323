"""A CSV file or a data frame as a stream of records, each with the line on which it starts.

What CSV is, :mod:`discovery.pools.csv_rows` decides for all tables. A data frame is read as the CSV that
pandas would write, so that one reader, one set of messages and one hash serve both.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeAlias

from campaigns.errors import RowProblem, TableError
from campaigns.tables.columns import POLYMER_COLUMNS, read_header
from discovery.pools.csv_rows import CsvFaultError, Record, checked_digest, read_rows

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Record", "TableSource", "TextTable", "open_table", "single_fault"]

TableSource: TypeAlias = "str | os.PathLike[str] | pd.DataFrame"
"""A CSV file, or a data frame."""


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table whose encoding and header have been read."""

    name: str
    """Of the file, for messages."""
    sha256: str
    """Hash of the bytes, hexadecimal."""
    separator: str
    """Name of the character between cells: ``commas``, ``semicolons`` or ``tabs``."""
    header_line: int
    header: list[str]
    records: Iterator[Record]
    """Rows after the header, blank ones left out; raises TableError where the text stops being CSV."""


@contextmanager
def open_table(source: TableSource) -> Iterator[TextTable]:
    """Opens a table for one pass over its records.

    Raises:
        TableError: There is no such file, it is not UTF-8 text, it is empty, or its header is not CSV.
    """
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        try:
            digest = checked_digest(path)
            file = path.open(encoding="utf-8-sig", newline="")
        except CsvFaultError as fault:
            raise _unreadable(path.name, fault) from None
        except OSError as error:
            raise TableError(f"{path} cannot be read: {error.strerror}.", hint="Check the path.") from error
        with file:
            yield _read_table(file, path.name, digest)
    else:
        text = source.to_csv(index=False, lineterminator="\n")
        yield _read_table(io.StringIO(text, newline=""), "data frame", sha256(text.encode()).hexdigest())


def single_fault(name: str, problem: RowProblem) -> TableError:
    """The error for a file that one fault makes unreadable."""
    return TableError(f"{name} cannot be read; nothing was taken from it.", [problem])


def _read_table(file: IO[str], name: str, digest: str) -> TextTable:
    try:
        rows = read_rows(file, name, _names_a_polymer)
    except CsvFaultError as fault:
        raise _unreadable(name, fault) from None
    return TextTable(
        name, digest, rows.separator, rows.header.line, rows.header.cells, _records(rows.records, name)
    )


def _names_a_polymer(titles: Sequence[str]) -> bool:
    return any(column.name in POLYMER_COLUMNS for column in read_header(titles))


def _records(records: Iterator[Record], name: str) -> Iterator[Record]:
    try:
        yield from records
    except CsvFaultError as fault:
        raise _unreadable(name, fault) from None


def _unreadable(name: str, fault: CsvFaultError) -> TableError:
    return single_fault(name, RowProblem(fault.line, "", fault.value, fault.fault, fault.what_to_do))
