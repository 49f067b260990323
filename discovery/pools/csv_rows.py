"""Rows of a CSV file with their line numbers, read as a stream; what every table of this room has in common.

Line numbers count the header as line 1 and quoted line breaks as lines: they are the ones an editor shows.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from discovery.errors import PoolError


class _CsvReader(Protocol):
    """What ``csv.reader`` gives; its own type has no public name."""

    @property
    def line_num(self) -> int: ...

    def __iter__(self) -> Iterator[list[str]]: ...


@dataclass(frozen=True, slots=True)
class Table:
    """An open table: its column names as written, and its rows as (line number, cells by column)."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[int, Mapping[str, str]]]


@contextmanager
def open_table(path: Path, hint: str) -> Iterator[Table]:
    """Opens a CSV file with a header; use as a context manager.

    Args:
        path: UTF-8 with or without a byte-order mark.
        hint: What the file should be, for the error messages.

    Raises:
        PoolError: The file is missing, a folder, empty, not text, or not CSV (also while rows are read).
    """
    try:
        stream = path.open(encoding="utf-8-sig", newline="")
    except FileNotFoundError:
        raise PoolError(f"{path} does not exist.", hint) from None
    except OSError as error:
        raise PoolError(f"{path} cannot be read: {error.strerror}.", hint) from None
    with stream:
        reader = csv.reader(stream, strict=True)
        try:
            columns = tuple(cell.strip() for cell in next(reader, []))
            if not any(columns):
                raise PoolError(f"{path} is empty.", hint)
            yield Table(columns, _rows(reader, columns))
        except UnicodeDecodeError:
            raise PoolError(f"{path} is not a text in UTF-8.", "Save the table as CSV (UTF-8).") from None
        except csv.Error as error:
            message = f"{path}, line {reader.line_num}: {error}."
            raise PoolError(message, "Save the table as CSV (UTF-8).") from None


def find_column(columns: tuple[str, ...], *names: str) -> str | None:
    """The first of ``names`` that the table has, whatever its case, as the table writes it."""
    by_name = {column.lower(): column for column in reversed(columns)}
    return next((by_name[name.lower()] for name in names if name.lower() in by_name), None)


def _rows(reader: _CsvReader, columns: tuple[str, ...]) -> Iterator[tuple[int, Mapping[str, str]]]:
    last = reader.line_num
    for cells in reader:
        line, last = last + 1, reader.line_num
        if any(cell.strip() for cell in cells):
            padded = [*cells, *[""] * (len(columns) - len(cells))]
            yield line, {column: cell.strip() for column, cell in zip(columns, padded, strict=False)}
