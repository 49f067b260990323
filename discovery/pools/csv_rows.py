"""CSV text as a stream of rows with their line numbers: the one reader of every table, of pools and of results.

Cells are separated by commas, semicolons or tabs; which of them is seen from the header. In which encoding the file is,
:mod:`discovery.pools.encodings` finds out. Line numbers count the header as line 1 and quoted line breaks as lines: they are
the ones an editor shows.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from discovery.pools.encodings import CsvFaultError

__all__ = ["SEPARATORS", "CsvFaultError", "CsvRows", "Record", "possible_headers", "read_rows", "width_fault"]

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
"""What may stand between two cells, and its name."""

_CHUNK = 1 << 20


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


def read_rows(
    stream: IO[str], name: str, is_header: Callable[[Sequence[str]], bool], above: int = 0
) -> CsvRows:
    """Reads the header of a seekable text, and its rows as they are asked for.

    Args:
        stream: Opened with ``newline=""``.
        name: Of the file, for messages.
        is_header: Whether these titles are what is looked for: decides between the separators. Where none
            fits, that which makes the most columns is taken.
        above: Lines above the header that are no part of the table.

    Raises:
        CsvFaultError: The text is empty or its header is not CSV.
    """
    _pass_over(stream, above)
    delimiter = _delimiter(stream, is_header)
    stream.seek(0)
    _pass_over(stream, above)
    records = _records(stream, delimiter, name, above)
    header = next(records, None)
    if header is None and above:
        raise CsvFaultError(name, above + 1, "the file ends before it.", "Name the line of the titles.")
    if header is None:
        raise CsvFaultError(
            name, 1, "the file is empty.", "Write a header such as psmiles,tg and the rows below it."
        )
    return CsvRows(SEPARATORS[delimiter], header, records)


def possible_headers(stream: IO[str], last: int) -> Iterator[Record]:
    """The first lines of a text, each as it looks under every separator: one of them may be the header."""
    stream.seek(0)
    for line in range(1, last + 1):
        text = stream.readline(_CHUNK)
        for mark in SEPARATORS:
            with suppress(csv.Error):  # a line that is not CSV is no header
                yield Record(line, next(csv.reader([text], delimiter=mark), []))


def width_fault(titles: Sequence[str], cells: Sequence[str], separator: str) -> str:
    """What is wrong with a row that has text beyond the last title; empty if nothing is."""
    if not any(cell.strip() for cell in cells[len(titles) :]):
        return ""
    return (
        f"the row has {len(cells)} cells under {len(titles)} titles; put a text that holds the separator "
        f"({separator}) into quotation marks"
    )


def _pass_over(stream: IO[str], lines: int) -> None:
    passed = 0
    while passed < lines and (text := stream.readline(_CHUNK)):
        passed += text.endswith(("\n", "\r"))


def _records(stream: IO[str], delimiter: str, name: str, above: int) -> Iterator[Record]:
    # strict: a stray or unclosed quotation mark is an error, where csv would otherwise swallow the rest of
    # the file.
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    while True:
        line = above + reader.line_num + 1
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
    headers = {mark: next(csv.reader([first], delimiter=mark), []) for mark in SEPARATORS}
    fitting = (mark for mark, titles in headers.items() if is_header(titles))
    return next(fitting, max(headers, key=lambda mark: len(headers[mark])))
