"""What a merged row says beside its values: how many specimens are behind each of them, and how far they scattered.

The count ``n`` of a merged row counts rows, and not every row has every value: where it would be wrong of a property, a column
of its own (``density_n``) says it. The scatter that merging takes away stays as ``tg_sem``, the standard error of the mean of the
merged values: their standard deviation by the square root of their number.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from campaigns.checking.columns import Cell, Role, Tally, read_cell
from campaigns.checking.spool import SpooledRow
from campaigns.tables.title_units import plainly_named

_EMPTY = Cell()


@dataclass(frozen=True, slots=True)
class _Values:
    """A column of values: its place among the cells of a row, and that of the count of specimens, if there is one."""

    place: int
    name: str
    count_place: int | None

    def specimens(self, rows: Sequence[SpooledRow]) -> int:
        """Behind the value that the merged row keeps: a number, or else a limit; 0 where it has neither."""
        cells = [(row, _cell(row, self.place)) for row in rows]
        kept = [row for row, cell in cells if cell.number is not None]
        kept = kept or [row for row, cell in cells if cell.limit is not None]
        return sum(self._count(row) for row in kept)

    def all_specimens(self, rows: Sequence[SpooledRow]) -> int:
        """What the count of the merged row says."""
        return sum(self._count(row) for row in rows)

    def scatter(self, rows: Sequence[SpooledRow]) -> float | None:
        """Standard error of the mean of the numbers; None where there are not two different ones."""
        numbers = [number for row in rows if (number := _cell(row, self.place).number) is not None]
        if not numbers or min(numbers) == max(numbers):
            return None
        return statistics.stdev(numbers) / math.sqrt(len(numbers))

    def _count(self, row: SpooledRow) -> int:
        number = None if self.count_place is None else _cell(row, self.count_place).number
        return 1 if number is None else int(number)


class Beside:
    """The columns that a cleaned table has more because rows were merged, and the errors that merging changes.

    Args:
        kept: Columns of the table that the cleaned one keeps, by their place among the cells of a row.
        repeated: The rows of each chain that stands on more than one.
    """

    def __init__(self, kept: Sequence[tuple[int, Tally]], repeated: Iterable[Sequence[SpooledRow]]) -> None:
        count_place = next((p for p, tally in kept if tally.name == "n" and tally.role is Role.COUNT), None)
        values = [_Values(p, tally.name, count_place) for p, tally in kept if tally.role is Role.VALUE]
        miscounted: set[str] = set()
        scattered: set[str] = set()
        for rows in repeated:
            for of in values:
                if of.specimens(rows) not in (0, of.all_specimens(rows)):
                    miscounted.add(of.name)
                if of.scatter(rows) is not None:
                    scattered.add(of.name)
        there = {tally.name for _, tally in kept}
        # of two columns of one property it could not be told whose a further column is
        shared = {of.name for of in values if sum(of.name == other.name for other in values) > 1}
        miscounted, scattered = miscounted - shared, scattered - shared
        self._counted = [of for of in values if of.name in miscounted and f"{of.name}_n" not in there]
        self._errors: list[_Values] = []
        self._own: list[tuple[int, _Values]] = []
        """Columns of the table, by their place among the kept ones, that hold the error of the values."""
        self._titles_of_own: list[str] = []
        for of in values:
            if of.name not in scattered:
                continue
            names = [f"{of.name}_sem", *(["sem"] if len(values) == 1 else [])]
            own = next((i for i, (_, tally) in enumerate(kept) if tally.name in names), None)
            if own is not None:
                value = next(tally for place, tally in kept if place == of.place)
                if _unit(kept[own][1]) in (None, _unit(value)):
                    self._own.append((own, of))
                    self._titles_of_own.append(kept[own][1].title)
            elif "sem" not in there:  # whose error that is cannot be told, and beside it no second may stand
                self._errors.append(of)

    @property
    def titles(self) -> tuple[str, ...]:
        """Of the columns more."""
        return (*(f"{of.name}_n" for of in self._counted), *(f"{of.name}_sem" for of in self._errors))

    @property
    def note(self) -> str:
        """What these columns are, in a sentence; empty where there are none."""
        said = []
        if self._counted:
            counts = " and ".join(f"{of.name}_n" for of in self._counted)
            said.append(f"{counts} (specimens behind the value, where not every merged row has one)")
        if self._errors:
            errors = " and ".join(f"{of.name}_sem" for of in self._errors)
            said.append(f"{errors} (standard error of the mean of merged values, from their scatter)")
        told = [f"New in the cleaned table: {'; '.join(said)}."] if said else []
        if self._own:
            names = " and ".join(self._titles_of_own)
            told.append(
                f"Where rows were merged, {names} is the scatter of their values if that is the larger error."
            )
        return " ".join(told)

    def cells(self, rows: Sequence[SpooledRow]) -> list[str]:
        """Of the columns more, for the rows of one chain."""
        return [
            *(str(of.specimens(rows) or "") for of in self._counted),
            *(_text(of.scatter(rows)) for of in self._errors),
        ]

    def amended(self, rows: Sequence[SpooledRow], cells: list[str]) -> list[str]:
        """The merged cells, with the scatter in the table's own column of errors where it is larger than what is kept there."""
        amended = list(cells)
        for at, of in self._own:
            scatter = of.scatter(rows)
            kept = (read_cell(cells[at]) if cells[at] else _EMPTY).number
            if scatter is not None and (kept is None or kept < scatter):
                amended[at] = _text(scatter)
        return amended


def _cell(row: SpooledRow, place: int) -> Cell:
    text = row.cells[place]
    return read_cell(text) if text else _EMPTY


def _unit(tally: Tally) -> str | None:
    return plainly_named(tally.title).unit


def _text(error: float | None) -> str:
    return "" if error is None else f"{error:.6g}"
