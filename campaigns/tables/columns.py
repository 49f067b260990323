"""Which column of a table of results is what, and what is missing or there twice.

Beside the values of a property ``tg`` may stand ``tg_sem``, ``tg_n`` and ``tg_unit``; where no other property of the campaign is
in the table, ``sem`` and ``n`` are its own as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from campaigns.errors import RowProblem
from campaigns.ledger.measurements import Property
from campaigns.tables.estimated import PREFIX
from campaigns.tables.predicted import CHANCE
from campaigns.tables.remarks import Remark
from campaigns.tables.title_units import header_columns
from campaigns.tables.titles import (
    BESIDE,
    FORM_COLUMNS,
    MONOMER_COLUMNS,
    OPTIONAL_COLUMNS,
    POLYMER_COLUMNS,
    PREDICTED,
    Column,
    wanted_titles,
)

_SURE = 0.75
"""Likeness of two names from which on one is taken for a slip of the other, where nothing says that either is missing."""


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

    polymer: tuple[Column, ...]
    """The one of :data:`POLYMER_COLUMNS`, or those of :data:`MONOMER_COLUMNS` that the table has, in their order; in a form
    without any of them ``proposal_id``.
    """
    values: tuple[ValueColumns, ...]
    """Of each property that the table holds, at least one, in the order of the campaign's."""
    optional: dict[str, Column]
    """Those of :data:`OPTIONAL_COLUMNS` that the table has."""
    ignored: tuple[str, ...]
    """Titles of columns that are not read."""
    unread: tuple[int, ...] = ()
    """Places of the columns that are not read."""
    remarks: tuple[Remark, ...] = ()
    """What the user may want to know of the header although it is no fault."""


def find_result_columns(
    titles: Sequence[str],
    properties: Sequence[Property],
    line: int,
    mapping: Mapping[str, str] | None = None,
) -> tuple[ResultColumns | None, list[RowProblem]]:
    """The columns of a table of results, or None and what is wrong with the header.

    Args:
        titles: Cells of the header.
        properties: Of the campaign; the table need not hold all of them.
        line: Line on which the header stands, for the problems.
        mapping: What the user says of columns, see :func:`mapped`.
    """
    columns, named = header_columns(titles, properties, mapping or {})
    header = _Header(named, properties, line, mapping or {})
    header.check_mapping(mapping or {}, columns)
    # what a column is that was named wrongly is not known, so that nothing can be said of what is missing
    return (None, header.problems) if header.problems else header.found()


class _Header:
    """The titles of a table of results while they are made sense of."""

    def __init__(
        self,
        columns: Sequence[Column],
        properties: Sequence[Property],
        line: int,
        mapping: Mapping[str, str],
    ) -> None:
        self.columns, self.properties, self.line = columns, properties, line
        self.known = [column.title for column in columns if column.title]
        self.problems: list[RowProblem] = []
        self.remarks: list[Remark] = []
        self.mapped = set(wanted_titles(mapping).values())
        self.spared: set[int] = set()
        """Columns that are not read and that a remark tells of."""
        names = [of.name.casefold() for of in properties]
        beside = [f"{name}_{word}" for name in names for word in BESIDE]
        self.read = {*POLYMER_COLUMNS, *OPTIONAL_COLUMNS, "sem", "n", *names, *beside}
        if not any(column.name in POLYMER_COLUMNS for column in columns):
            self.read |= set(MONOMER_COLUMNS)
        self.ours = {*FORM_COLUMNS, *(f"{name}_{word}" for name in names for word in PREDICTED)}
        self.by_name: dict[str, Column] = {}

    def check_mapping(self, mapping: Mapping[str, str], columns: Sequence[Column]) -> None:
        """Complains of names and titles that are none."""
        names = sorted({*self.read, *MONOMER_COLUMNS, "id"})
        there = {text for column in columns for text in (column.title.casefold(), column.name) if text}
        seen: set[str] = set()
        for name, title in mapping.items():
            known = name.strip().casefold() in names
            near = get_close_matches(name.strip().casefold(), names, n=1)
            is_title = name.strip().casefold() in there
            if not known and title.strip().casefold() in names and (is_title or not near):
                what = "is the title of a column" if is_title else "is nothing that a column can be"
                fault = f"--map takes NAME=TITLE, and {name!r} {what}."
                meant = name if is_title else "TITLE"
                way_out = f'If the column {meant} holds {title}, say --map {title}="{meant}".'
                self.problems.append(RowProblem(self.line, title, "", fault, way_out))
            elif not known:
                way_out = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(names)}."
                self.problems.append(
                    RowProblem(self.line, title, "", f"{name!r} is nothing that a column can be.", way_out)
                )
            elif title.strip().casefold() not in there:
                near_title = _near(title.strip(), self.known, cutoff=0.4)
                way_out = f"Did you mean {near_title!r}?" if near_title else "Check the title."
                shown = ", ".join(self.known[:12]) or "none"
                fault = f"there is no column {title!r} for {name}; the columns are: {shown}."
                self.problems.append(RowProblem(self.line, title, "", fault, way_out))
            elif title.strip().casefold() in seen:
                self.problems.append(
                    RowProblem(self.line, title, "", "is mapped twice.", "Say once what it is.")
                )
            seen.add(title.strip().casefold())

    def found(self) -> tuple[ResultColumns | None, list[RowProblem]]:
        """What was found, or what is wrong."""
        for column in self.columns:
            if column.name in self.read and column.name in self.by_name:
                first = self.by_name[column.name].title
                fault = f"the column {column.name} is there twice ({first!r} and {column.title!r})."
                self._fault(column, fault, "Keep one of them.")
            self.by_name.setdefault(column.name, column)
        polymer = self._polymer()
        held = [of for of in self.properties if of.name.casefold() in self.by_name]
        if not polymer:
            self.problems.append(
                _missing("psmiles", "the repeat unit of each polymer", self.known, self.line)
            )
        if not held:
            self._none_held()
        values = tuple(self._values(of, held) for of in held)
        if self.problems:
            return None, self.problems
        used = {c.index for v in values for c in (v.value, v.sem, v.n, v.unit) if c is not None}
        optional = {name: self.by_name[name] for name in OPTIONAL_COLUMNS if name in self.by_name}
        used |= {column.index for column in (*polymer, *optional.values())}
        used |= self.spared
        ignored = [c for c in self.columns if c.title and c.index not in used and not self._is_ours(c)]
        for of in self.properties:
            if of not in held and (near := _near(of.name, [c.title for c in ignored], cutoff=_SURE)):
                self._tell(f"There is no column {of.name}. Is it {near!r}? Then rename that column.")
        for read in values:
            self._tell_of_units(read)
            for column in ignored:
                if meant := _meant_beside(read, column):
                    self._tell(
                        f"The column {column.title} was not read. Did you mean {meant}? Then rename that column."
                    )
        titles = tuple(column.title for column in ignored)
        unread = tuple(column.index for column in ignored)
        return ResultColumns(polymer, values, optional, titles, unread, tuple(self.remarks)), []

    def _polymer(self) -> tuple[Column, ...]:
        own = self.by_name.get("psmiles") or self.by_name.get("smiles")
        if own is not None:
            return (own,)
        made_of = [self.by_name[name] for name in MONOMER_COLUMNS if name in self.by_name]
        names = {column.name for column in made_of}
        if "monomers" in names and names & {"monomer_a", "monomer_b"}:
            column = self.by_name["monomers"]
            self._fault(column, "the monomers are given twice.", "Keep monomers, or monomer_a and monomer_b.")
        if names & {"monomers", "monomer_a"}:
            return tuple(made_of)
        # a proposal is of one polymer
        return (self.by_name["proposal_id"],) if "proposal_id" in self.by_name else ()

    def _none_held(self) -> None:
        first, *others = (of.name for of in self.properties)
        unit = self.properties[0].unit
        problem = _missing(first, "the measured values", self.known, self.line, unit)
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
                self._tell(
                    f"The column {shared.title} was not read: {' and '.join(titles)} {tell} the number of specimens."
                )
            elif len(held) > 1:
                names = ", ".join(without)
                self._tell(f"The number of specimens in {shared.title} is taken for each of: {names}.")
        if word == "sem" and len(held) > 1 and of is held[0]:
            names = " and ".join(p.name for p in held)
            fault = f"whose standard error this is cannot be told: the table holds {names}."
            self._fault(shared, fault, f"Call it {held[0].name}_sem if it is that of {held[0].name}.")
        return own or shared

    def _tell(self, text: str) -> None:
        self.remarks.append(Remark("header", text))

    def _tell_of_units(self, read: ValueColumns) -> None:
        """Which unit values are in whose column the user named, if its title does not say so."""
        if not read.of.unit or read.unit is not None:
            return
        given = read.of.unit if read.value.unit is None else read.value.unit
        for column, unit, whose in (
            (read.value, read.of.unit, "the campaign's unit"),
            (read.sem, given, "the unit of the values"),
        ):
            if column is None or column.unit is not None or column.title.casefold() == column.name:
                continue
            if column.name in self.mapped:
                text = f"{column.name} is read in {unit} ({whose}): its title {column.title!r} names none."
                self.remarks.append(Remark("unit-not-named", text))

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


def _missing(name: str, meaning: str, titles: Sequence[str], line: int, unit: str = "") -> RowProblem:
    near = _near(name, titles)
    shown = ", ".join(titles[:12]) + (", ..." if len(titles) > 12 else "")
    if near:
        # a new title without the unit that the old one may hint at would have the values read in the campaign's
        with_unit = f" with its unit, as in {name} [{unit}]" if unit else ""
        way_out = f'Is it {near!r}? Rename that column to {name}{with_unit}, or say --map {name}="{near}".'
    else:
        way_out = f'Name the column with {meaning} {name}, or say --map {name}="TITLE".'
    return RowProblem(
        line, name, "", f"there is no column {name}; the columns are: {shown or 'none'}.", way_out
    )
