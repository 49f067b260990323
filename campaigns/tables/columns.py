"""Which column of a table is what: titles, units in titles (``tg [degC]``), and what is missing or there
twice.

Titles are compared without regard to case and to blanks around them; a unit follows the name in square or
round brackets. Beside the values of a property ``tg`` may stand ``tg_sem``, ``tg_n`` and ``tg_unit``; where no other property
of the campaign is in the table, ``sem`` and ``n`` are its own as well.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from campaigns.errors import RowProblem
from campaigns.ledger.records import Property
from campaigns.tables.estimated import PREFIX
from campaigns.tables.predicted import CHANCE

POLYMER_COLUMNS = ("psmiles", "smiles")
"""Columns that name a polymer, the preferred one first."""
OPTIONAL_COLUMNS = ("name", "reference", "note", "proposal_id", "status")
"""What a table of results may say about a row besides its values."""
FORM_COLUMNS = (
    *("rank", "monomers", "reaction", "makeable", "sa_score", "cost", "feasible"),
    *("lower_95", "upper_95", "mean", "lower", "upper", "reason"),
)
"""What the form of proposals (or its data frame) tells the scientist; nothing is read back from these."""
RESERVED_COLUMNS = frozenset((*POLYMER_COLUMNS, *OPTIONAL_COLUMNS, *FORM_COLUMNS, "sem", "n", "cas", "line"))
"""Names that a property cannot have."""
BESIDE = ("sem", "n", "unit")
"""What may stand beside the values of a property, in a column called like it and this: ``tg_sem``."""
PREDICTED = ("predicted", "lower_95", "upper_95", "mean", "lower", "upper")
"""What forms and frames say of a property, in columns called like it and this; nothing is read back from these either."""
SHOWN = ("measured", "bound")
"""What rankings and reports say of a property in columns called like it and this; a table of results may use these names."""

_SURE = 0.75
"""Likeness of two names from which on one is taken for a slip of the other, where nothing says that either is missing."""

_UNIT_IN_TITLE = re.compile(r"(?P<name>[^\[(]*?)\s*[\[(](?P<unit>.*)[\])]")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file."""

    index: int
    title: str
    """As the file writes it."""
    name: str
    """Without unit, in lower case."""
    unit: str | None
    """Unit in the title; None if there is none."""


@dataclass(frozen=True, slots=True)
class ValueColumns:
    """The columns of one property."""

    of: Property
    value: Column
    sem: Column | None
    n: Column | None
    unit: Column | None


@dataclass(frozen=True, slots=True)
class ResultColumns:
    """The columns of a table of results."""

    polymer: Column
    values: tuple[ValueColumns, ...]
    """Of each property that the table holds, at least one, in the order of the campaign's."""
    optional: dict[str, Column]
    """Those of :data:`OPTIONAL_COLUMNS` that the table has."""
    ignored: tuple[str, ...]
    """Titles of columns that are not read."""
    unread: tuple[int, ...] = ()
    """Places of the columns that are not read."""
    remarks: tuple[str, ...] = ()
    """What the user may want to know of the header although it is no fault."""


def read_header(titles: Sequence[str]) -> list[Column]:
    """The columns that a header names; blank titles have an empty name."""
    columns = []
    for index, title in enumerate(titles):
        match = _UNIT_IN_TITLE.fullmatch(title.strip())
        name, unit = (match["name"], match["unit"].strip()) if match and match["name"] else (title, None)
        columns.append(Column(index, title.strip(), name.strip().casefold(), unit))
    return columns


def find_result_columns(
    titles: Sequence[str], properties: Sequence[Property], line: int
) -> tuple[ResultColumns | None, list[RowProblem]]:
    """The columns of a table of results, or None and what is wrong with the header.

    Args:
        titles: Cells of the header.
        properties: Of the campaign; the table need not hold all of them.
        line: Line on which the header stands, for the problems.
    """
    return _Header(read_header(titles), properties, line).found()


class _Header:
    """The titles of a table of results while they are made sense of."""

    def __init__(self, columns: Sequence[Column], properties: Sequence[Property], line: int) -> None:
        self.columns, self.properties, self.line = columns, properties, line
        self.known = [column.title for column in columns if column.title]
        self.problems: list[RowProblem] = []
        self.remarks: list[str] = []
        self.spared: set[int] = set()
        """Columns that are not read and that a remark tells of."""
        names = [of.name.casefold() for of in properties]
        beside = [f"{name}_{word}" for name in names for word in BESIDE]
        self.read = {*POLYMER_COLUMNS, *OPTIONAL_COLUMNS, "sem", "n", *names, *beside}
        self.ours = {*FORM_COLUMNS, *(f"{name}_{word}" for name in names for word in PREDICTED)}
        self.by_name: dict[str, Column] = {}

    def found(self) -> tuple[ResultColumns | None, list[RowProblem]]:
        """What was found, or what is wrong."""
        for column in self.columns:
            if column.name in self.read and column.name in self.by_name:
                first = self.by_name[column.name].title
                fault = f"the column {column.name} is there twice ({first!r} and {column.title!r})."
                self._fault(column, fault, "Keep one of them.")
            self.by_name.setdefault(column.name, column)
        polymer = self.by_name.get("psmiles") or self.by_name.get("smiles")
        held = [of for of in self.properties if of.name.casefold() in self.by_name]
        if polymer is None:
            self.problems.append(
                _missing("psmiles", "the repeat unit of each polymer", self.known, self.line)
            )
        if not held:
            self._none_held()
        values = tuple(self._values(of, held) for of in held)
        if self.problems or polymer is None:
            return None, self.problems
        used = {c.index for v in values for c in (v.value, v.sem, v.n, v.unit) if c is not None}
        optional = {name: self.by_name[name] for name in OPTIONAL_COLUMNS if name in self.by_name}
        used |= {polymer.index, *(column.index for column in optional.values())}
        used |= self.spared
        ignored = [c for c in self.columns if c.title and c.index not in used and not self._is_ours(c)]
        for of in self.properties:
            if of not in held and (near := _near(of.name, [c.title for c in ignored], cutoff=_SURE)):
                self.remarks.append(f"There is no column {of.name}. Is it {near!r}? Then rename that column.")
        self.remarks += [
            f"The column {column.title} was not read. Did you mean {meant}? Then rename that column."
            for read in values
            for column in ignored
            if (meant := _meant_beside(read, column))
        ]
        titles = tuple(column.title for column in ignored)
        unread = tuple(column.index for column in ignored)
        return ResultColumns(polymer, values, optional, titles, unread, tuple(self.remarks)), []

    def _none_held(self) -> None:
        first, *others = (of.name for of in self.properties)
        problem = _missing(first, "the measured values", self.known, self.line)
        if others:
            names = f"{', '.join([first, *others[:-1]])} or {others[-1]}"
            problem = replace(
                problem, fault=problem.fault.replace(f"no column {first}", f"no column {names}", 1)
            )
        self.problems.append(problem)

    def _values(self, of: Property, held: Sequence[Property]) -> ValueColumns:
        name = of.name.casefold()
        value, unit = self.by_name[name], self.by_name.get(f"{name}_unit")
        if value.unit is not None and unit is not None:
            way_out = f"Keep the unit in the title or the column {of.name}_unit, not both."
            self._fault(value, "the unit is given twice.", way_out)
        return ValueColumns(of, value, self._beside(of, "sem", held), self._beside(of, "n", held), unit)

    def _beside(self, of: Property, word: str, held: Sequence[Property]) -> Column | None:
        own, shared = self.by_name.get(f"{of.name.casefold()}_{word}"), self.by_name.get(word)
        if shared is None:
            return own
        if own is not None and len(held) == 1 and word == "sem":
            fault = f"{word} of {of.name} is there twice ({shared.title!r} and {own.title!r})."
            self._fault(own, fault, "Keep one of them.")
        if word == "n" and of is held[0]:
            without = [p.name for p in held if f"{p.name.casefold()}_n" not in self.by_name]
            if (
                not without
            ):  # as in a table that polyloop check cleaned, where n counts the rows that were merged
                self.spared.add(shared.index)
                titles = [f"{p.name}_n" for p in held]
                tell = "tell" if len(titles) > 1 else "tells"
                self.remarks.append(
                    f"The column {shared.title} was not read: {' and '.join(titles)} {tell} the number of specimens."
                )
            elif len(held) > 1:
                names = ", ".join(without)
                self.remarks.append(
                    f"The number of specimens in {shared.title} is taken for each of: {names}."
                )
        if word == "sem" and len(held) > 1 and of is held[0]:
            names = " and ".join(p.name for p in held)
            fault = f"whose standard error this is cannot be told: the table holds {names}."
            self._fault(shared, fault, f"Call it {held[0].name}_sem if it is that of {held[0].name}.")
        return own or shared

    def _is_ours(self, column: Column) -> bool:
        return column.name in self.ours or column.name.startswith((PREFIX, CHANCE))

    def _fault(self, column: Column, fault: str, what_to_do: str) -> None:
        self.problems.append(RowProblem(self.line, column.title, "", fault, what_to_do))


def _meant_beside(read: ValueColumns, column: Column) -> str:
    """What a column may be that stands beside a property's values under a misspelt name; empty where nothing is likely.

    Only what follows the property's name is compared: of the whole, ``density_sd`` is like ``density_sem`` and means another
    number.
    """
    name = read.of.name.casefold()
    if not column.name.startswith(name):
        return ""
    absent = [
        word for word, there in (("sem", read.sem), ("n", read.n), ("unit", read.unit)) if there is None
    ]
    rest = column.name.removeprefix(name).lstrip("_- ")
    near = get_close_matches(rest, absent, n=1, cutoff=_SURE)
    return f"{read.of.name}_{near[0]}" if near else ""


def _near(name: str, titles: Sequence[str], cutoff: float = 0.5) -> str:
    """A title that may be meant with ``name``; empty where there is none."""
    by_text = {title.casefold(): title for title in titles}
    near = [by_text[text] for text in get_close_matches(name.casefold(), by_text, n=1, cutoff=cutoff)]
    # A title such as Tg_K begins with the name that is looked for, however unlike the whole is.
    begins = re.compile(rf"{re.escape(name)}(?![a-z])", re.IGNORECASE)
    return next(iter(near or [title for title in titles if begins.match(title)]), "")


def _missing(name: str, meaning: str, titles: Sequence[str], line: int) -> RowProblem:
    near = _near(name, titles)
    shown = ", ".join(titles[:12]) + (", ..." if len(titles) > 12 else "")
    way_out = (
        f"Is it {near!r}? Rename that column to {name}."
        if near
        else f"Name the column with {meaning} {name}."
    )
    return RowProblem(
        line, name, "", f"there is no column {name}; the columns are: {shown or 'none'}.", way_out
    )
