"""A table of candidates: named columns, and rows whose cells are asked for by column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from discovery.errors import PoolError
from discovery.pools.csv_rows import CsvRows, Record, checked_digest, read_rows, width_fault


@dataclass(frozen=True, slots=True)
class Row:
    """One row; ``fault`` says why its cells cannot be told apart, and is empty for a sound row."""

    line: int
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
    hint: str

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
                return titles.index(name.casefold())
        return None

    def require(self, *names: str) -> int:
        """:meth:`find`, for a column without which the table is of no use.

        Raises:
            PoolError: The table has none of them, or two of one.
        """
        place = self.find(*names)
        if place is None:
            titles = ", ".join(title for title in self.columns if title)
            raise PoolError(f"{self.path} has no column {' or '.join(names)}, only {titles}.", self.hint)
        return place


@contextmanager
def open_table(path: Path, hint: str, *wanted: str) -> Iterator[Table]:
    """Opens a CSV file with a header for one pass; use as a context manager.

    Args:
        path: UTF-8; commas, semicolons or tabs.
        hint: What the file should be, for the error messages.
        wanted: Names of columns, one of which the header has; they tell the separator.

    Raises:
        PoolError: The file is missing, a folder, empty, not text, or not CSV (also while rows are read).
    """
    try:
        checked_digest(path)
        stream = path.open(encoding="utf-8-sig", newline="")
    except FileNotFoundError:
        raise PoolError(f"{path} does not exist.", hint) from None
    except OSError as error:
        raise PoolError(f"{path} cannot be read: {error.strerror}.", hint) from None
    names = {name.casefold() for name in wanted}
    with stream:
        text = read_rows(stream, str(path), lambda titles: not names.isdisjoint(map(_name, titles)))
        columns = tuple(title.strip() for title in text.header.cells)
        yield Table(path, columns, _rows(text, columns), hint)


def _name(title: str) -> str:
    return title.strip().casefold()


def _rows(text: CsvRows, columns: Sequence[str]) -> Iterator[Row]:
    for record in text.records:
        yield Row(
            record.line, _cells(record, len(columns)), width_fault(columns, record.cells, text.separator)
        )


def _cells(record: Record, width: int) -> tuple[str, ...]:
    cells = [cell.strip() for cell in record.cells[:width]]
    return (*cells, *[""] * (width - len(cells)))
