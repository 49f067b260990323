"""What a row says of one property: value or limit, standard error, number of specimens and unit, checked together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeVar

from campaigns.errors import UnitError
from campaigns.limits import is_bearable
from campaigns.tables.cells import CellError, Value, read_n, read_sem, read_value
from campaigns.tables.columns import ValueColumns
from campaigns.tables.numbers import written_plainly
from campaigns.tables.text import Record
from campaigns.tables.titles import Column
from campaigns.units import convert, convert_difference, impossible, line_between, parse_unit
from discovery.pools.typed_rows import DecimalSign
from discovery.surrogate.observations import Bound
from discovery.surrogate.scale import Scale

_T = TypeVar("_T")


class Complain(Protocol):
    """Takes down a fault of a cell."""

    def __call__(self, record: Record, column: Column, fault: str, what_to_do: str) -> None:
        """Of the cell that the row has in the column."""


@dataclass(frozen=True, slots=True)
class ReadValue:
    """A value or limit in the property's unit."""

    value: float
    sem: float | None
    n: int
    bound: Bound
    written: str = ""
    """See :attr:`campaigns.ledger.result_rows.ResultRow.written`."""


@dataclass(frozen=True)
class ValueCheck:
    """The check of one property's cells, row by row.

    Args:
        columns: Of the property.
        complain: Takes every fault.
        sign: Decimal sign of the file.
    """

    columns: ValueColumns
    complain: Complain
    sign: DecimalSign = "."

    def filled(self, record: Record) -> bool:
        """Whether the row has a value or limit of the property, sound or not."""
        return bool(cell(record, self.columns.value))

    def read(self, record: Record) -> ReadValue | None:
        """The value; None where there is none, or a fault was found."""
        of = self.columns.of
        given = self._unit(record)
        sem = self.read_cell(record, self.columns.sem, read_sem)
        n = self.read_cell(record, self.columns.n, read_n)
        said = self.read_cell(record, self.columns.value, read_value) if self.filled(record) else None
        if said is None or given is None:
            return None
        sound = self._possible(record, said, given)
        if sem is not None and self.columns.sem is not None:
            if said.bound:
                way_out = "Clear it: a limit is not known with an error. How far off the truth may be, the models work out."
                self.complain(record, self.columns.sem, "stands beside a limit.", way_out)
            own = given if self.columns.sem.unit is None else self.columns.sem.unit
            sem = convert_difference(sem, own, of.unit) if convertible(own, of.unit) else None
            if sem is not None and not is_bearable(sem):
                way_out = "Check the error and its unit, or clear it."
                self.complain(record, self.columns.sem, "is beyond every error that a value has.", way_out)
                return None
        if not sound:
            return None
        written = as_given(cell(record, self.columns.value), given, of.unit)
        return ReadValue(convert(said.number, given, of.unit), sem, n or 1, said.bound, written)

    def nothing_beside(self, record: Record, *, shared: bool) -> None:
        """Complains of an error or a number of specimens that is about no value.

        Args:
            record: A row without a value of the property.
            shared: Whether to look at columns that are about several properties as well.
        """
        for column in (self.columns.sem, self.columns.n):
            own = column is not None and column.name not in ("sem", "n")
            if column is not None and cell(record, column) and (own or shared):
                way_out = f"Write the value that {column.name} is about, or clear {column.name}."
                self.complain(record, self.columns.value, "the cell is empty.", way_out)

    def read_cell(self, record: Record, column: Column | None, read: Callable[[str], _T]) -> _T | None:
        """What a cell says; None where there is no such column, or a fault was found."""
        if column is None:
            return None
        try:
            return read(written_plainly(cell(record, column), self.sign))
        except CellError as fault:
            self.complain(record, column, fault.fault, fault.what_to_do)
            return None

    def _possible(self, record: Record, said: Value, given: str) -> bool:
        of, column = self.columns.of, self.columns.value
        value = convert(said.number, given, of.unit)
        reason = impossible(said.number, of.name, given)
        if not reason and not is_bearable(value):
            reason = "it is beyond every number that a property has."
        if reason:
            # what every polymer fulfils teaches nothing, and what none does is a slip: either is no limit
            fault = f"cannot be a limit: {reason}" if said.bound else f"is impossible: {reason}"
            self.complain(record, column, fault, f"Check the value and its unit ({given or 'none'}).")
            return False
        if of.scale is Scale.LOG and value <= 0.0:
            limit = (
                "Leave the row out."
                if said.bound
                else "Give it as a limit, such as <0.01, or leave the cell empty."
            )
            self.complain(record, column, f"has no logarithm, and {of.name} is modelled on one.", limit)
            return False
        return True

    @cached_property
    def _unit_of_header(self) -> str | None:
        """Unit of all values, where no column tells that of each; None where it does not convert."""
        of, unit = self.columns.of, self.columns.value.unit
        given = of.unit if unit is None else unit
        return given if convertible(given, of.unit) else None

    def _unit(self, record: Record) -> str | None:
        """Unit of the row's value; None where it cannot be told or does not convert."""
        of, column = self.columns.of, self.columns.unit
        if column is None:
            return self._unit_of_header
        text = cell(record, column)
        if text:
            try:
                parse_unit(text)
                convert(1.0, text, of.unit)
            except UnitError as error:
                self.complain(record, column, error.message, error.hint)
                return None
            return text
        if self.filled(record):
            self.complain(
                record, column, "the cell is empty.", f"Write the unit of the value, such as {of.unit}."
            )
        return None


def as_given(text: str, given: str, unit: str) -> str:
    """A value as it was written, with its unit; empty where that is the property's own, whatever it is called."""
    return "" if line_between(given, unit) == (0.0, 1.0) else " ".join(f"{text} {given}".split())


def cell(record: Record, column: Column) -> str:
    """The text of a row in a column."""
    return record.cells[column.index].strip()


def convertible(unit: str, into: str) -> bool:
    """Whether a unit of the header converts to a property's; if not, the check of the header has said so."""
    try:
        convert(1.0, unit, into)
    except UnitError:
        return False
    return True
