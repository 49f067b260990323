"""Many rows of one chain become one, column by column; what was different between them is kept for the report.

Values become their median, which one slip of a digit among three does not move, and beside values limits are left out; of limits
alone the tightest stays; a count becomes a sum; of texts the first stays.
The cells of a row that is alone stay as they are written.
"""

from __future__ import annotations

import heapq
import statistics
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from campaigns.checking.columns import KEPT, Cell, Role, Tally, read_cell
from campaigns.checking.disagreement import Yardstick
from campaigns.checking.report import ColumnReport, Difference, Duplicates, LeftOut
from campaigns.checking.spool import SpooledRow

TOLD = 20
"""Rows of one chain that a report lists."""

_EMPTY = Cell()


@dataclass
class _Column:
    """One column of the table, while its rows are merged.

    Args:
        place: Among the cells of a row.
        tally: Of all its cells, complete.
        chains: For each chain with differing values, its number.
        distances: The same chains' distances.
        largest: A heap of the largest ones.
    """

    place: int
    tally: Tally
    chains: array[int] = field(default_factory=lambda: array("q"))
    distances: array[float] = field(default_factory=lambda: array("d"))
    largest: list[tuple[float, int, Difference]] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    left_out_count: int = 0

    def __post_init__(self) -> None:
        self.role = self.tally.role
        numbers = self.role is Role.VALUE and self.tally.numbers > 0
        self.yardstick = Yardstick.of(self.tally) if numbers else None

    def alone(self, row: SpooledRow) -> str:
        """The cell of a row whose chain has no other."""
        text = row.cells[self.place]
        if self.role is Role.COUNT:
            return str(_count(text))
        numeric = self.role is Role.VALUE and bool(text)
        return "" if numeric and read_cell(text).missing else text

    def merged(self, rows: Sequence[SpooledRow], chain: int) -> str:
        """One cell for all rows of a chain."""
        if self.role is Role.COUNT:
            return str(sum(_count(row.cells[self.place]) for row in rows))
        if self.role is Role.ERROR:
            first = rows[0].cells[self.place]
            if all(row.cells[self.place] == first for row in rows):
                return first
            self._leave_out([row for row in rows if row.cells[self.place]], rows[0].line, "")
            return ""
        filled = [row for row in rows if row.cells[self.place]]
        return self._value(filled, chain) if self.role is Role.VALUE else self._text(filled)

    def compared(self, rows: Sequence[SpooledRow]) -> bool:
        """Whether two or more of the rows have a number here."""
        return self.yardstick is not None and sum(self._number(row) is not None for row in rows) > 1

    def _number(self, row: SpooledRow) -> float | None:
        text = row.cells[self.place]
        return (read_cell(text) if text else _EMPTY).number

    def _text(self, filled: Sequence[SpooledRow]) -> str:
        if not filled:
            return ""
        kept = filled[0].cells[self.place]
        self._leave_out([row for row in filled if row.cells[self.place] != kept], filled[0].line, kept)
        return kept

    def _value(self, filled: Sequence[SpooledRow], chain: int) -> str:
        cells = {row.line: read_cell(row.cells[self.place]) for row in filled}
        numbered = [row for row in filled if cells[row.line].number is not None]
        others = [row for row in filled if cells[row.line].number is None and not cells[row.line].missing]
        if not numbered:
            limits = [limit for row in others if (limit := cells[row.line].limit) is not None]
            return self._text(_tightest_first(others, cells) if len(limits) == len(others) else others)
        values = [number for row in numbered if (number := cells[row.line].number) is not None]
        if min(values) == max(values):
            text = numbered[0].cells[self.place]
        else:
            text = f"{statistics.median(values):.12g}"
            self._differ(numbered, values, chain)
        self._leave_out(others, numbered[0].line if min(values) == max(values) else 0, text)
        return text

    def _differ(self, rows: Sequence[SpooledRow], values: Sequence[float], chain: int) -> None:
        if self.yardstick is None:
            raise ValueError(f"column {self.tally.title} has no numbers to measure by")
        distance = self.yardstick.distance(values)
        self.chains.append(chain)
        self.distances.append(distance)
        ranked = sorted(zip(values, rows, strict=True), key=lambda pair: (pair[0], pair[1].line))
        told = ranked if len(ranked) <= TOLD else [*ranked[: TOLD // 2], *ranked[-TOLD // 2 :]]
        found = Difference(
            rows[0].canonical,
            len(rows),
            tuple(row.line for _, row in told),
            tuple(row.written for _, row in told),
            tuple(value for value, _ in told),
            ranked[0][0],
            ranked[-1][0],
            statistics.median(values),
            distance,
            flagged=False,
        )
        # The number of the chain breaks ties, and puts the earlier first.
        push = heapq.heappush if len(self.largest) < KEPT else heapq.heappushpop
        push(self.largest, (distance, -chain, found))

    def _leave_out(self, rows: Sequence[SpooledRow], kept_line: int, text: str) -> None:
        told: set[str] = set()
        for row in rows:
            said = row.cells[self.place]
            if said in told:
                continue
            told.add(said)
            self.left_out_count += 1
            if len(self.left_out) < KEPT:
                self.left_out.append(LeftOut(row.line, said, kept_line, text))

    def flagged_chains(self) -> set[int]:
        """Numbers of the chains whose values differ by more than the column's rule lets pass."""
        if self.yardstick is None:
            return set()
        limit = self.yardstick.rule(self.distances).limit
        pairs = zip(self.chains, self.distances, strict=True)
        return {chain for chain, distance in pairs if distance > limit}

    def report(self) -> ColumnReport:
        """All that was seen; call it when every chain has been merged."""
        rule = self.yardstick.rule(self.distances) if self.yardstick and self.distances else None
        numeric = self.role in (Role.VALUE, Role.ERROR)
        checked = numeric or self.tally.is_cas
        return ColumnReport(
            self.tally.title or "(no title)",
            self.role,
            self.tally.filled,
            self.tally.numbers,
            self.tally.missing if numeric else 0,
            self.tally.odd_count if checked else 0,
            tuple(self.tally.odd) if checked else (),
            len(self.distances),
            len(self.flagged_chains()),
            "" if rule is None or self.yardstick is None else self.yardstick.measure.value,
            "" if rule is None else rule.words,
            tuple(
                replace(found, flagged=rule is not None and distance > rule.limit)
                for distance, _, found in sorted(
                    self.largest, key=lambda entry: (entry[0], entry[1]), reverse=True
                )
            ),
            self.left_out_count,
            tuple(self.left_out),
        )


def _tightest_first(rows: Sequence[SpooledRow], cells: Mapping[int, Cell]) -> Sequence[SpooledRow]:
    """Rows with limits on one side of a value, the limit that says most first; with limits on both sides, as they are."""
    limits = {row.line: limit for row in rows if (limit := cells[row.line].limit) is not None}
    if len({limit.bound for limit in limits.values()}) != 1:
        return rows
    upwards = next(iter(limits.values())).bound == "above"
    return sorted(rows, key=lambda row: limits[row.line].number, reverse=upwards)


class Merger:
    """All columns of a table while its chains are merged one after the other.

    Args:
        tallies: Of the columns to keep, by their place among the cells of a row.
    """

    def __init__(self, tallies: Sequence[tuple[int, Tally]]) -> None:
        self._columns = [_Column(place, tally) for place, tally in tallies]
        self.duplicates: list[Duplicates] = []
        """The first chains that stand on several rows."""
        self.merged = 0
        self.merged_rows = 0
        self.rewritten = 0
        self.differing = 0
        self._chain = 0

    @property
    def counts_rows(self) -> bool:
        """Whether one of the columns is itself a count of rows."""
        return any(column.role is Role.COUNT for column in self._columns)

    def merge(self, rows: Sequence[SpooledRow]) -> list[str]:
        """One row's cells, column by column, for the rows of one chain."""
        self._chain += 1
        if len(rows) == 1:
            return [column.alone(rows[0]) for column in self._columns]
        before = [len(column.distances) for column in self._columns]
        cells = [column.merged(rows, self._chain) for column in self._columns]
        differ = before != [len(column.distances) for column in self._columns]
        writings = tuple(dict.fromkeys(row.written for row in rows))
        self.merged += 1
        self.merged_rows += len(rows)
        self.rewritten += len(writings) > 1
        self.differing += differ
        if len(self.duplicates) < KEPT:
            agree = any(column.compared(rows) for column in self._columns)
            lines = tuple(row.line for row in rows[:TOLD])
            values = "differ" if differ else "agree" if agree else "none"
            self.duplicates.append(Duplicates(rows[0].canonical, len(rows), lines, writings[:TOLD], values))
        return cells

    def flagged(self) -> int:
        """How many chains have values, in any column, that differ by more than its rule lets pass."""
        return len(set().union(*(column.flagged_chains() for column in self._columns)))

    def reports(self) -> tuple[ColumnReport, ...]:
        """One for each column; call it when every chain has been merged."""
        return tuple(column.report() for column in self._columns)


def _count(text: str) -> int:
    number = read_cell(text).number if text else None
    return 1 if number is None else int(number)
