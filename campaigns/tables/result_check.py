"""The check of a table of results, row by row: what each cell says, whether the cells agree, and what is
wrong otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from math import isfinite
from typing import TypeVar

from campaigns.errors import RowProblem, UnitError
from campaigns.ledger.records import TRANSITIONS, LedgerView, Property, ResultRow, Status
from campaigns.tables.cells import CellError, read_n, read_number, read_sem, read_status
from campaigns.tables.columns import Column, ResultColumns
from campaigns.tables.text import Record, TextTable
from campaigns.units import convert, convert_difference, impossible, parse_unit
from discovery.errors import PolymerError
from discovery.polymers.repeat_unit import RepeatUnit

_T = TypeVar("_T")


@dataclass
class ResultCheck:
    """The check of one table, row by row."""

    table: TextTable
    columns: ResultColumns
    objective: Property
    view: LedgerView
    problems: list[RowProblem] = field(default_factory=list)
    rows: list[ResultRow] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    skipped: int = 0
    seen: int = 0
    header_is_sound: bool = True

    def __post_init__(self) -> None:
        self.statuses = dict(self.view.statuses)
        self.repeated_file = self.view.knows(self.table.sha256, self.objective)
        # Replicates repeat the text of their polymer; parsing it is the most costly part of a row.
        self.parse = lru_cache(maxsize=4096)(RepeatUnit.parse)

    def titles(self) -> None:
        """Checks the units that the header names."""
        for column in (self.columns.value, self.columns.optional.get("sem")):
            if column is not None and column.unit is not None:
                agree = self._units_agree(self.table.header_line, column, column.unit)
                self.header_is_sound = self.header_is_sound and agree

    def row(self, record: Record) -> None:
        """Checks one row; it is kept if it has no fault and says anything."""
        self.seen += 1
        before = len(self.problems)
        if not self._right_width(record):
            return  # which cell belongs to which title is not known
        unit = self._polymer(record)
        proposal_id = self._proposal(record, unit)
        value, sem = self._value(record)
        n = self._read(record, "n", read_n)
        status = self._read(record, "status", read_status)
        unreadable_status = status is None and bool(self._text(record, "status"))
        has_value = bool(_cell(record, self.columns.value))
        if self._text(record, "proposal_id") and not has_value and status in (None, Status.PROPOSED):
            if not unreadable_status:
                self._unfilled(record)
            return
        reached = Status.MEASURED if has_value else status
        if not unreadable_status:
            self._status_fits(record, status, has_value)
        if len(self.problems) == before and proposal_id is not None and reached is not None:
            self._step(record, proposal_id, reached)
        if len(self.problems) == before and self.header_is_sound and unit is not None and reached is not None:
            texts = {name: self._text(record, name) for name in ("name", "reference", "note")}
            row = ResultRow(record.line, unit, reached, value, sem, n or 1, proposal_id=proposal_id, **texts)
            self.rows.append(row)

    def _right_width(self, record: Record) -> bool:
        width, found = len(self.table.header), len(record.cells)
        if found == width or (found > width and not any(cell.strip() for cell in record.cells[width:])):
            return True
        way_out = "Fill the row up with empty cells."
        if found > width:
            way_out = (
                "Put a text that holds the separator into quotation marks, and write decimals with a point."
            )
        fault = f"the row has {found} cells under {width} titles."
        value = record.cells[width] if found > width else ""
        self.problems.append(RowProblem(record.line, "", value, fault, way_out))
        return False

    def _polymer(self, record: Record) -> RepeatUnit | None:
        column = self.columns.polymer
        text = _cell(record, column)
        if not text:
            self._fault(
                record,
                column,
                "the cell is empty.",
                "Write the polymer's repeat unit, such as *CC(*)c1ccccc1.",
            )
            return None
        try:
            return self.parse(text)
        except PolymerError as error:
            self._fault(record, column, error.message, error.hint)
            return None

    def _proposal(self, record: Record, unit: RepeatUnit | None) -> str | None:
        column = self.columns.optional.get("proposal_id")
        text = _cell(record, column) if column else ""
        if column is None or not text:
            return None
        proposal = self.view.proposals.get(text) or self.view.proposals.get(text.upper())
        if proposal is None:
            known = list(self.view.proposals)
            way_out = f"Its ids run from {known[0]} to {known[-1]}." if known else "It has no proposals yet."
            self._fault(
                record,
                column,
                "is no proposal of this campaign.",
                f"{way_out} Leave the cell empty for other polymers.",
            )
            return None
        if unit is not None and unit != proposal.unit:
            fault = f"{proposal.id} is the polymer {proposal.unit.psmiles}, and the row is about another."
            self._fault(record, self.columns.polymer, fault, "Correct the polymer, or the proposal id.")
            return None
        return proposal.id

    def _value(self, record: Record) -> tuple[float | None, float | None]:
        """Value and standard error in the objective's unit."""
        column, sem_column = self.columns.value, self.columns.optional.get("sem")
        given = self._unit_of_value(record)
        sem = self._read(record, "sem", read_sem)
        text = _cell(record, column)
        number = self._cell_fault(record, column, lambda: read_number(text)) if text else None
        if given is None:
            return None, None
        if sem is not None and sem_column is not None:
            own = given if sem_column.unit is None else sem_column.unit
            sem = convert_difference(sem, own, self.objective.unit) if self._convertible(own) else None
        if number is None:
            return None, sem
        reason = impossible(number, self.objective.name, given)
        value = convert(number, given, self.objective.unit)
        if not reason and not isfinite(value):
            reason = "it is beyond every number."
        if reason:
            self._fault(
                record,
                column,
                f"is impossible: {reason}",
                f"Check the value and its unit ({given or 'none'}).",
            )
        return value, sem

    def _unit_of_value(self, record: Record) -> str | None:
        """Unit of the row's value; None where it cannot be told or does not convert."""
        column = self.columns.unit
        if column is None:
            unit = self.columns.value.unit
            given = self.objective.unit if unit is None else unit
            return given if self._convertible(given) else None
        text = _cell(record, column)
        if text:
            return text if self._units_agree(record.line, column, text) else None
        if _cell(record, self.columns.value):
            self._fault(
                record,
                column,
                "the cell is empty.",
                f"Write the unit of the value, such as {self.objective.unit}.",
            )
        return None

    def _units_agree(self, line: int, column: Column, unit: str) -> bool:
        try:
            parse_unit(unit)
            convert(1.0, unit, self.objective.unit)
        except UnitError as error:
            self.problems.append(RowProblem(line, column.title, unit, error.message, error.hint))
            return False
        return True

    def _convertible(self, unit: str) -> bool:
        """Whether a unit of the header converts to the objective's; if not, the header check has said so."""
        try:
            convert(1.0, unit, self.objective.unit)
        except UnitError:
            return False
        return True

    def _status_fits(self, record: Record, status: Status | None, has_value: bool) -> None:
        """Checks a row's status against its value, and against what a row without proposal id can say."""
        if has_value:
            if status not in (None, Status.MEASURED):
                way_out = "Write measured (or nothing) for a value, or take the value out."
                self._fault(record, self._status_column, "contradicts the value in the row.", way_out)
        elif status in (None, Status.MEASURED):
            self._fault(
                record,
                self.columns.value,
                "the cell is empty.",
                "Write the measured value, or leave the row out.",
            )
        elif not self._text(record, "proposal_id"):
            way_out = "Write the proposal's id into a column proposal_id, or leave the row out."
            self._fault(
                record, self._status_column, "is the status of a proposal, and the row names none.", way_out
            )
        else:
            self._nothing_without_value(record)

    def _step(self, record: Record, proposal_id: str, status: Status) -> None:
        current = self.statuses[proposal_id]
        if status is current or self.repeated_file:
            return
        if status not in TRANSITIONS[current]:
            fault = f"{proposal_id} is {current} and cannot become {status}."
            way_out = "A measurement is final." if current is Status.MEASURED else "Leave the cell as it was."
            self._fault(record, self._status_column, fault, way_out)
            return
        if current in (Status.ABANDONED, Status.WITHDRAWN):
            self.remarks.append(f"line {record.line}: {proposal_id} was {current} and is now measured.")
        self.statuses[proposal_id] = status

    def _unfilled(self, record: Record) -> None:
        self.skipped += 1
        self._nothing_without_value(record)
        if self._text(record, "note"):
            self.remarks.append(
                f"line {record.line}: the note is not recorded, since the row has neither status nor value."
            )

    def _nothing_without_value(self, record: Record) -> None:
        for name in ("sem", "n"):
            if self._text(record, name):
                way_out = f"Write the value that {name} is about, or clear {name}."
                self._fault(record, self.columns.value, "the cell is empty.", way_out)

    def _read(self, record: Record, name: str, read: Callable[[str], _T]) -> _T | None:
        column = self.columns.optional.get(name)
        if column is None:
            return None
        return self._cell_fault(record, column, lambda: read(_cell(record, column)))

    def _cell_fault(self, record: Record, column: Column, read: Callable[[], _T]) -> _T | None:
        try:
            return read()
        except CellError as fault:
            self._fault(record, column, fault.fault, fault.what_to_do)
            return None

    def _text(self, record: Record, name: str) -> str:
        column = self.columns.optional.get(name)
        return _cell(record, column) if column else ""

    @property
    def _status_column(self) -> Column:
        # In a table without the column, a fault of status is a fault of the value.
        return self.columns.optional.get("status", self.columns.value)

    def _fault(self, record: Record, column: Column, fault: str, what_to_do: str) -> None:
        self.problems.append(RowProblem(record.line, column.title, _cell(record, column), fault, what_to_do))


def _cell(record: Record, column: Column) -> str:
    return record.cells[column.index].strip()
