"""The check of a table of results, row by row: what each cell says, whether the cells agree, and what is
wrong otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from campaigns.errors import RowProblem, UnitError, UnknownNameError
from campaigns.ledger.measurements import measurement_number
from campaigns.ledger.proposals import TRANSITIONS, Status, way_back
from campaigns.ledger.result_rows import LedgerView, ResultRow
from campaigns.tables.cells import CellError, read_status, read_value
from campaigns.tables.columns import ResultColumns
from campaigns.tables.formulas import original
from campaigns.tables.polymers import NoPolymer
from campaigns.tables.remarks import Remark
from campaigns.tables.text import Record, TextTable
from campaigns.tables.titles import Column
from campaigns.tables.value_check import ValueCheck, cell
from campaigns.units import convert, parse_unit
from discovery.polymers.repeat_unit import RepeatUnit
from discovery.pools.typed_rows import DecimalSign

MOST_PROBLEMS = 10_000
"""Faults of a table that are kept, each with its place; of more, the number."""


@dataclass
class ResultCheck:
    """The check of one table, row by row."""

    table: TextTable
    columns: ResultColumns
    view: LedgerView
    keep: Callable[[ResultRow], None]
    """Takes every sound row."""
    gaps: bool = False
    """Whether rows without any value are passed over, whatever else they say."""
    sign: DecimalSign = "."
    """Decimal sign of the file."""
    problems: list[RowProblem] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    faults: int = 0
    """All that were found; :data:`MOST_PROBLEMS` are kept."""
    skipped: int = 0
    without_value: int = 0
    """Rows passed over that say nothing of the properties."""
    seen: int = 0
    header_is_sound: bool = True

    def __post_init__(self) -> None:
        self.values = [ValueCheck(columns, self._fault, self.sign) for columns in self.columns.values]
        # A form of ours comes back with the marks that kept its texts from being formulas.
        self.is_form = "proposal_id" in self.columns.optional
        self._told: set[RowProblem] = set()
        self.statuses = dict(self.view.statuses)
        known = [self.view.knows(self.table.sha256, columns.of) for columns in self.columns.values]
        # A file that comes back for a property that it was not read for before has told its statuses already.
        self.repeated_file, self.told_statuses = all(known), any(known)

    def titles(self) -> None:
        """Checks the units that the header names."""
        for columns in self.columns.values:
            for column in (columns.value, columns.sem):
                if column is None or column.unit is None:
                    continue
                try:
                    parse_unit(column.unit)
                    convert(1.0, column.unit, columns.of.unit)
                except UnitError as error:
                    line, self.header_is_sound = self.table.header_line, False
                    self.take(RowProblem(line, column.title, column.unit, error.message, error.hint))

    def row(self, record: Record, polymer: RepeatUnit | NoPolymer) -> None:
        """Checks one row; what it says is kept if it has no fault and says anything.

        Args:
            record: The row.
            polymer: That it is about, or why that is none.
        """
        self.seen += 1
        before = self.faults
        if not self._right_width(record):
            return  # which cell belongs to which title is not known
        has_value = any(check.filled(record) for check in self.values)
        if not has_value and (self.gaps or self._is_of_others(record)):
            self.without_value += 1
            return
        unit = self._polymer(record, polymer)
        proposal_id = self._proposal(record, unit)
        read = [(check.columns.of.name, check.read(record)) for check in self.values]
        corrects = self._corrects(record, [name for name, v in read if v is not None])
        status = self._status(record)
        unreadable_status = status is None and bool(self._text(record, "status"))
        unfilled = (
            bool(self._text(record, "proposal_id")) and not has_value and status in (None, Status.PROPOSED)
        )
        if has_value or unfilled or status not in (None, Status.MEASURED):
            for check in self.values:
                if not check.filled(record):
                    check.nothing_beside(record, shared=not has_value)
        if unfilled:
            if not unreadable_status:
                self._unfilled(record)
            return
        reached = Status.MEASURED if has_value else status
        if not unreadable_status:
            self._status_fits(record, status, has_value)
        if self.faults == before and proposal_id is not None and reached is not None:
            self._step(record, proposal_id, reached)
        if self.faults > before or not self.header_is_sound or unit is None or reached is None:
            return
        texts = (self._text(record, "name"), self._text(record, "reference"), self._text(record, "note"))
        if not has_value:
            self.keep(ResultRow(record.line, unit, reached, None, None, 1, *texts, proposal_id))
        for name, v in read:
            if v is not None:
                self.keep(
                    ResultRow(
                        *(record.line, unit, reached, v.value, v.sem, v.n, *texts, proposal_id),
                        objective=name,
                        bound=v.bound,
                        corrects=corrects,
                        written=v.written,
                    )
                )

    def _is_of_others(self, record: Record) -> bool:
        """Whether a row without any value says something of a property that is not asked for, and nothing of a proposal."""
        if self._text(record, "proposal_id") or self._text(record, "status"):
            return False
        return any(_is_number(record.cells[i]) for i in self.columns.unread)

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
        self.take(RowProblem(record.line, "", value, fault, way_out))
        return False

    def _polymer(self, record: Record, polymer: RepeatUnit | NoPolymer) -> RepeatUnit | None:
        if isinstance(polymer, RepeatUnit):
            return polymer
        column = self.columns.polymer[polymer.place]
        if column.name == "proposal_id" and cell(record, column):
            return None  # an id that is none is a fault of its own
        self._fault(record, column, polymer.fault, polymer.what_to_do)
        return None

    def _corrects(self, record: Record, values: list[str]) -> int | None:
        column = self.columns.optional.get("corrects")
        text = cell(record, column) if column else ""
        if column is None or not text:
            return None
        try:
            number = measurement_number(text)
        except UnknownNameError as error:
            self._fault(record, column, error.message, error.hint)
            return None
        if len(values) != 1:
            fault = f"names one measurement, and the row has {len(values)} values."
            self._fault(record, column, fault, "Give each corrected value a row of its own.")
        return number

    def _proposal(self, record: Record, unit: RepeatUnit | None) -> str | None:
        column = self.columns.optional.get("proposal_id")
        text = cell(record, column) if column else ""
        if column is None or not text:
            return None
        proposal = self.view.proposals.get(text) or self.view.proposals.get(text.upper())
        if proposal is None:
            if self.view.is_of_lost_round(text):
                when = self.view.recovered
                day = f" on {when:%Y-%m-%d}" if when else ""
                fault = f"is of a round that the ledger lost: it was recovered{day} from a damaged one."
                out = "A value can be taken without its proposal: empty this cell and the row's status. A status alone cannot."
                self._fault(record, column, fault, out)
                return None
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
            self._fault(record, self.columns.polymer[0], fault, "Correct the polymer, or the proposal id.")
            return None
        return proposal.id

    def _status(self, record: Record) -> Status | None:
        column = self.columns.optional.get("status")
        if column is None:
            return None
        try:
            return read_status(cell(record, column))
        except CellError as fault:
            self._fault(record, column, fault.fault, fault.what_to_do)
            return None

    def _status_fits(self, record: Record, status: Status | None, has_value: bool) -> None:
        """Checks a row's status against its value, and against what a row without proposal id can say."""
        if has_value:
            if status not in (None, Status.MEASURED):
                way_out = "Write measured (or nothing) for a value, or take the value out."
                self._fault(record, self._status_column, "contradicts the value in the row.", way_out)
        elif status in (None, Status.MEASURED):
            names = [check.columns.of.name for check in self.values]
            fault = "the cell is empty." if len(names) == 1 else f"{', '.join(names)}: all cells are empty."
            self._fault(record, self._first_value, fault, "Write a measured value, or leave the row out.")
        elif not self._text(record, "proposal_id"):
            way_out = "Write the proposal's id into a column proposal_id, or leave the row out."
            self._fault(
                record, self._status_column, "is the status of a proposal, and the row names none.", way_out
            )

    def _step(self, record: Record, proposal_id: str, status: Status) -> None:
        current = self.statuses[proposal_id]
        if status is current or self.repeated_file or (self.told_statuses and status is not Status.MEASURED):
            return
        if status not in TRANSITIONS[current]:
            fault = f"{proposal_id} is {current} and cannot become {status}."
            way_out = f"Leave the cell as it was. {way_back(proposal_id, current)}".strip()
            self._fault(record, self._status_column, fault, way_out)
            return
        if current in (Status.ABANDONED, Status.WITHDRAWN):
            name = f"{current}-proposal"
            text = f"{self.table.counted.capitalize()} {record.line}: {proposal_id} was {current} and is measured here."
            self.remarks.append(Remark(name, text, record.line))
        self.statuses[proposal_id] = status

    def _unfilled(self, record: Record) -> None:
        self.skipped += 1
        if self._text(record, "note"):
            where = f"{self.table.counted.capitalize()} {record.line}"
            text = f"{where}: the note is not taken, since the row has neither status nor value."
            self.remarks.append(Remark("note-not-recorded", text, record.line))

    def _text(self, record: Record, name: str) -> str:
        column = self.columns.optional.get(name)
        text = cell(record, column) if column else ""
        return original(text) if self.is_form else text

    @property
    def _first_value(self) -> Column:
        return self.columns.values[0].value

    @property
    def _status_column(self) -> Column:
        # In a table without the column, a fault of status is a fault of the value.
        return self.columns.optional.get("status", self._first_value)

    def _fault(self, record: Record, column: Column, fault: str, what_to_do: str) -> None:
        self.take(RowProblem(record.line, column.title, cell(record, column), fault, what_to_do))

    def take(self, problem: RowProblem) -> None:
        """Takes down a fault."""
        # A column that several properties share is read for each of them, and its fault is told once.
        if problem in self._told:
            return
        self._told = {told for told in self._told if told.line == problem.line} | {problem}
        self.faults += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(replace(problem, counted=self.table.counted))


def _is_number(text: str) -> bool:
    try:
        read_value(text.strip())
    except CellError:
        return False
    return True
