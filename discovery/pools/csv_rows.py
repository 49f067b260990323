"""CSV text as a stream of rows with their line numbers: the one reader of every table, of pools and of results.

The text must be UTF-8 (a byte-order mark is welcome), separated by commas, semicolons or tabs; which of them
is seen from the header. Line numbers count the header as line 1 and quoted line breaks as lines: they are
the ones an editor shows.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO

from discovery.errors import PoolError

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
"""What may stand between two cells, and its name."""

_CHUNK = 1 << 20


class CsvFaultError(PoolError):
    """A text that is no table: where it stops being one and what to do.

    Args:
        name: Of the file.
        line: Where the fault is, counted from 1.
        fault: What is wrong, as a sentence without capital.
        what_to_do: How to mend it, as a sentence.
        value: The bytes in question, as a text.
    """

    def __init__(self, name: str, line: int, fault: str, what_to_do: str, value: str = "") -> None:
        super().__init__(f"{name}, line {line}: {fault}", what_to_do)
        self.line = line
        self.fault = fault
        self.what_to_do = what_to_do
        self.value = value


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a table."""

    line: int
    """Line on which the row starts; the header is on line 1 unless blank lines stand above it."""
    cells: list[str]


@dataclass(frozen=True, slots=True)
class CsvRows:
    """A table whose header has been read."""

    separator: str
    """Name of the character between cells: ``commas``, ``semicolons`` or ``tabs``."""
    header: Record
    records: Iterator[Record]
    """Rows after the header, blank ones left out; raises CsvFaultError where the text stops being CSV."""


def read_rows(stream: IO[str], name: str, is_header: Callable[[Sequence[str]], bool]) -> CsvRows:
    """Reads the header of a seekable text, and its rows as they are asked for.

    Args:
        stream: Opened with ``newline=""``.
        name: Of the file, for messages.
        is_header: Whether these titles are what is looked for: decides between the separators. Where none
            fits, that which makes the most columns is taken.

    Raises:
        CsvFaultError: The text is empty or its header is not CSV.
    """
    delimiter = _delimiter(stream, is_header)
    records = _records(stream, delimiter, name)
    header = next(records, None)
    if header is None:
        raise CsvFaultError(
            name, 1, "the file is empty.", "Write a header such as psmiles,tg and the rows below it."
        )
    return CsvRows(SEPARATORS[delimiter], header, records)


def checked_digest(path: Path) -> str:
    """SHA-256 of the file, hexadecimal, after making sure that all of it is UTF-8 text.

    Raises:
        CsvFaultError: It is not.
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        return checked_text(file, path.name)


def checked_text(file: IO[bytes], name: str) -> str:
    """:func:`checked_digest` of an open file, from where it stands to its end."""
    digest, decoder, line, at_start = sha256(), codecs.getincrementaldecoder("utf-8")(), 1, True
    while chunk := file.read(_CHUNK):
        if at_start:
            _refuse_other_formats(name, chunk)
            at_start = False
        digest.update(chunk)
        held = len(decoder.getstate()[0])
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            line += chunk.count(b"\n", 0, max(0, error.start - held))
            raise _not_utf8(name, line, error.object[error.start : error.start + 1]) from None
        if (position := chunk.find(b"\0")) >= 0:
            line += chunk.count(b"\n", 0, position)
            raise _not_a_table(name, line, "holds a zero byte, so it is not a text file")
        line += chunk.count(b"\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise _not_utf8(name, line, error.object[error.start : error.start + 1]) from None
    return digest.hexdigest()


def width_fault(titles: Sequence[str], cells: Sequence[str], separator: str) -> str:
    """What is wrong with a row that has text beyond the last title; empty if nothing is."""
    if not any(cell.strip() for cell in cells[len(titles) :]):
        return ""
    return (
        f"the row has {len(cells)} cells under {len(titles)} titles; put a text that holds the separator "
        f"({separator}) into quotation marks"
    )


def _records(stream: IO[str], delimiter: str, name: str) -> Iterator[Record]:
    # strict: a stray or unclosed quotation mark is an error, where csv would otherwise swallow the rest of
    # the file.
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            fault = f"the quotation marks or cells from here on are not CSV ({error})."
            raise CsvFaultError(name, line, fault, "Close every quotation mark that is opened.") from None
        if any(cell.strip() for cell in cells):
            yield Record(line, cells)


def _delimiter(stream: IO[str], is_header: Callable[[Sequence[str]], bool]) -> str:
    first = next((line for line in iter(lambda: stream.readline(_CHUNK), "") if line.strip()), "")
    stream.seek(0)
    headers = {mark: next(csv.reader([first], delimiter=mark), []) for mark in SEPARATORS}
    fitting = (mark for mark, titles in headers.items() if is_header(titles))
    return next(fitting, max(headers, key=lambda mark: len(headers[mark])))


def _refuse_other_formats(name: str, start: bytes) -> None:
    if start.startswith(b"PK\x03\x04"):
        raise _not_a_table(name, 1, "is a workbook or an archive, not a CSV file")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise _not_a_table(name, 1, "is UTF-16 text, not UTF-8")


def _not_a_table(name: str, line: int, fault: str) -> CsvFaultError:
    return CsvFaultError(name, line, f"the file {fault}.", "In the spreadsheet choose Save as, CSV UTF-8.")


def _not_utf8(name: str, line: int, byte: bytes) -> CsvFaultError:
    meaning = byte.decode("cp1252", errors="replace")
    fault = f"the byte 0x{byte.hex()} is not UTF-8 text; in a Windows (cp1252) file it would be {meaning!r}."
    way_out = "Save the file as CSV UTF-8: polyloop does not guess encodings."
    return CsvFaultError(name, line, fault, way_out, f"\\x{byte.hex()}")
