"""Which column of a table is what: titles, units in titles (``tg [degC]``), and what is missing or there
twice.

Titles are compared without regard to case and to blanks around them; a unit follows the name in square or
round brackets.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from campaigns.errors import RowProblem
from campaigns.tables.estimated import PREFIX

POLYMER_COLUMNS = ("psmiles", "smiles")
"""Columns that name a polymer, the preferred one first."""
OPTIONAL_COLUMNS = ("sem", "n", "name", "reference", "note", "proposal_id", "status")
"""What a table of results may say about a measurement besides its value."""
FORM_COLUMNS = (
    *("rank", "monomers", "reaction", "makeable", "sa_score", "cost"),
    *("lower_95", "upper_95", "mean", "lower", "upper", "reason"),
)
"""What the form of proposals (or its data frame) tells the scientist; nothing is read back from these."""
RESERVED_COLUMNS = frozenset((*POLYMER_COLUMNS, *OPTIONAL_COLUMNS, *FORM_COLUMNS, "cas", "line"))
"""Names that a property cannot have."""

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
class ResultColumns:
    """The columns of a table of results."""

    polymer: Column
    value: Column
    unit: Column | None
    """The column ``<objective>_unit``."""
    optional: dict[str, Column]
    """Those of :data:`OPTIONAL_COLUMNS` that the table has."""
    ignored: tuple[str, ...]
    """Titles of columns that are not read."""


def read_header(titles: Sequence[str]) -> list[Column]:
    """The columns that a header names; blank titles have an empty name."""
    columns = []
    for index, title in enumerate(titles):
        match = _UNIT_IN_TITLE.fullmatch(title.strip())
        name, unit = (match["name"], match["unit"].strip()) if match and match["name"] else (title, None)
        columns.append(Column(index, title.strip(), name.strip().casefold(), unit))
    return columns


def find_result_columns(
    titles: Sequence[str], objective: str, line: int
) -> tuple[ResultColumns | None, list[RowProblem]]:
    """The columns of a table of results for the property ``objective``, or None and what is wrong with the
    header.

    Args:
        titles: Cells of the header.
        objective: Name of the property.
        line: Line on which the header stands, for the problems.
    """
    columns = read_header(titles)
    target = objective.casefold()
    unit_column = f"{target}_unit"
    read = (*POLYMER_COLUMNS, target, unit_column, *OPTIONAL_COLUMNS)
    found: dict[str, Column] = {}
    problems = []
    for column in columns:
        if column.name in read and column.name in found:
            first = found[column.name].title
            fault = f"the column {column.name} is there twice ({first!r} and {column.title!r})."
            problems.append(RowProblem(line, column.title, "", fault, "Keep one of them."))
        found.setdefault(column.name, column)
    polymer = found.get("psmiles") or found.get("smiles")
    value = found.get(target)
    known = [column.title for column in columns if column.title]
    if polymer is None:
        problems.append(_missing("psmiles", "the repeat unit of each polymer", known, line))
    if value is None:
        problems.append(_missing(objective, "the measured values", known, line))
    elif value.unit is not None and unit_column in found:
        way_out = f"Keep the unit in the title or the column {objective}_unit, not both."
        problems.append(RowProblem(line, value.title, "", "the unit is given twice.", way_out))
    if problems or polymer is None or value is None:
        return None, problems
    form = {*FORM_COLUMNS, f"{target}_predicted"}
    ignored = [
        c.title
        for c in columns
        if c.title
        and c.name not in form
        and not c.name.startswith(PREFIX)
        and (c.name not in read or found[c.name] is not c)
    ]
    if polymer.name == "psmiles" and "smiles" in found:
        ignored.append(found["smiles"].title)
    optional = {name: found[name] for name in OPTIONAL_COLUMNS if name in found}
    return ResultColumns(polymer, value, found.get(unit_column), optional, tuple(ignored)), []


def _missing(name: str, meaning: str, titles: Sequence[str], line: int) -> RowProblem:
    by_text = {title.casefold(): title for title in titles}
    near = [by_text[text] for text in get_close_matches(name.casefold(), by_text, n=1, cutoff=0.5)]
    # A title such as Tg_K begins with the name that is looked for, however unlike the whole is.
    near = near or [title for title in titles if title.casefold().startswith(name.casefold())][:1]
    shown = ", ".join(titles[:12]) + (", ..." if len(titles) > 12 else "")
    way_out = (
        f"Is it {near[0]!r}? Rename that column to {name}."
        if near
        else f"Name the column with {meaning} {name}."
    )
    return RowProblem(
        line, name, "", f"there is no column {name}; the columns are: {shown or 'none'}.", way_out
    )
