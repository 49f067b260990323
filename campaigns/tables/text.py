"""A CSV file or a data frame as a stream of records, each with the line on which it starts.

The text must be UTF-8 (a byte-order mark is welcome), separated by commas, semicolons or tabs; which of them
is seen from the header. A data frame is read as the CSV that pandas would write, so that one reader, one set
of messages and one hash serve both.
"""

from __future__ import annotations

import codecs
import csv
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeAlias

from campaigns.errors import RowProblem, TableError
from campaigns.tables.columns import POLYMER_COLUMNS, read_header

if TYPE_CHECKING:
    import pandas as pd

TableSource: TypeAlias = "str | os.PathLike[str] | pd.DataFrame"
"""A CSV file, or a data frame."""

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a table."""

    line: int
    """Line on which the row starts; the header is on line 1 unless blank lines stand above it."""
    cells: list[str]


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
        digest = _check_bytes(path)
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield _read_table(file, path.name, digest)
    else:
        text = source.to_csv(index=False, lineterminator="\n")
        yield _read_table(io.StringIO(text, newline=""), "data frame", sha256(text.encode()).hexdigest())


def single_fault(name: str, problem: RowProblem) -> TableError:
    """The error for a file that one fault makes unreadable."""
    return TableError(f"{name} cannot be read; nothing was taken from it.", [problem])


def _read_table(file: IO[str], name: str, digest: str) -> TextTable:
    delimiter = _delimiter(file)
    records = _records(file, delimiter, name)
    header = next(records, None)
    if header is None:
        problem = RowProblem(
            1, "", "", "the file is empty.", "Write a header such as psmiles,tg and the rows below it."
        )
        raise single_fault(name, problem)
    return TextTable(name, digest, _SEPARATORS[delimiter], header.line, header.cells, records)


def _records(file: IO[str], delimiter: str, name: str) -> Iterator[Record]:
    # strict: a stray or unclosed quotation mark is an error, where csv would otherwise swallow the rest of
    # the file.
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            fault = f"the quotation marks or cells from here on are not CSV ({error})."
            raise single_fault(
                name, RowProblem(line, "", "", fault, "Close every quotation mark that is opened.")
            ) from error
        if any(cell.strip() for cell in cells):
            yield Record(line, cells)


def _delimiter(file: IO[str]) -> str:
    """The separator under which the header names a polymer column; without one, that which makes the most
    columns.
    """
    first = next((line for line in iter(lambda: file.readline(_CHUNK), "") if line.strip()), "")
    file.seek(0)
    headers = {mark: next(csv.reader([first], delimiter=mark), []) for mark in _SEPARATORS}
    for mark, titles in headers.items():
        if any(column.name in POLYMER_COLUMNS for column in read_header(titles)):
            return mark
    return max(headers, key=lambda mark: len(headers[mark]))


def _check_bytes(path: Path) -> str:
    """SHA-256 of the file, after making sure that all of it is UTF-8 text."""
    digest, decoder, line, at_start = sha256(), codecs.getincrementaldecoder("utf-8")(), 1, True
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                if at_start:
                    _refuse_other_formats(path.name, chunk)
                    at_start = False
                digest.update(chunk)
                held = len(decoder.getstate()[0])
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError as error:
                    line += chunk.count(b"\n", 0, max(0, error.start - held))
                    raise _not_utf8(path.name, line, error.object[error.start : error.start + 1]) from error
                if (position := chunk.find(b"\0")) >= 0:
                    line += chunk.count(b"\n", 0, position)
                    raise _not_a_table(path.name, line, "holds a zero byte, so it is not a text file")
                line += chunk.count(b"\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise _not_utf8(path.name, line, error.object[error.start : error.start + 1]) from error
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror}.", hint="Check the path.") from error
    return digest.hexdigest()


def _refuse_other_formats(name: str, start: bytes) -> None:
    if start.startswith(b"PK\x03\x04"):
        raise _not_a_table(name, 1, "is a workbook or an archive, not a CSV file")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise _not_a_table(name, 1, "is UTF-16 text, not UTF-8")


def _not_a_table(name: str, line: int, fault: str) -> TableError:
    way_out = "In the spreadsheet choose Save as, CSV UTF-8."
    return single_fault(name, RowProblem(line, "", "", f"the file {fault}.", way_out))


def _not_utf8(name: str, line: int, byte: bytes) -> TableError:
    meaning = byte.decode("cp1252", errors="replace")
    fault = f"the byte 0x{byte.hex()} is not UTF-8 text; in a Windows (cp1252) file it would be {meaning!r}."
    way_out = "Save the file as CSV UTF-8: polyloop does not guess encodings."
    return single_fault(name, RowProblem(line, "", f"\\x{byte.hex()}", fault, way_out))
