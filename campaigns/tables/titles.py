"""Titles of columns: the names that mean something in our tables, units in titles (``tg [degC]``), and what the user says that
a column is.

Titles are compared without regard to case and to blanks around them; a unit follows the name in square or round brackets, or as
:mod:`campaigns.tables.title_units` tells.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

POLYMER_COLUMNS = ("psmiles", "smiles")
"""Columns that name a polymer, the preferred one first."""
MONOMER_COLUMNS = ("monomer_a", "monomer_b", "monomers", "reaction")
"""Columns that name a polymer by what it is made of, where there is none that names it itself."""
OPTIONAL_COLUMNS = ("name", "reference", "note", "proposal_id", "status", "corrects")
"""What a table of results may say about a row besides its values."""
FORM_COLUMNS = (
    *("rank", "monomers", "reaction", "makeable", "sa_score", "cost", "feasible"),
    *("lower_95", "upper_95", "mean", "lower", "upper", "reason"),
)
"""What the form of proposals (or its data frame) tells the scientist; nothing is read back from these."""
RESERVED_COLUMNS = frozenset(
    (*POLYMER_COLUMNS, *MONOMER_COLUMNS, *OPTIONAL_COLUMNS, *FORM_COLUMNS, "sem", "n", "cas", "line")
)
"""Names that a property cannot have."""
BESIDE = ("sem", "n", "unit")
"""What may stand beside the values of a property, in a column called like it and this: ``tg_sem``."""
PREDICTED = ("predicted", "lower_95", "upper_95", "mean", "lower", "upper")
"""What forms and frames say of a property, in columns called like it and this; nothing is read back from these either."""
SHOWN = ("measured", "bound")
"""What rankings and reports say of a property in columns called like it and this; a table of results may use these names."""

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


def read_header(titles: Sequence[str]) -> list[Column]:
    """The columns that a header names; blank titles have an empty name."""
    columns = []
    for index, title in enumerate(titles):
        match = _UNIT_IN_TITLE.fullmatch(title.strip())
        name, unit = (match["name"], match["unit"].strip()) if match and match["name"] else (title, None)
        columns.append(Column(index, title.strip(), name.strip().casefold(), unit))
    return columns


def names_a_polymer(titles: Sequence[str], mapping: Mapping[str, str]) -> bool:
    """Whether these titles name a polymer, so that they are the header of a table of results."""
    columns = mapped(read_header(titles), mapping)
    return any(
        column.name in (*POLYMER_COLUMNS, "monomer_a", "monomers", "proposal_id") for column in columns
    )


def wanted_titles(mapping: Mapping[str, str]) -> dict[str, str]:
    """What the user says of columns: the name that each gets by its title, both in lower case."""
    wanted = {title.strip().casefold(): name.strip().casefold() for name, title in mapping.items()}
    return {title: "proposal_id" if name == "id" else name for title, name in wanted.items()}


def mapped(columns: Sequence[Column], mapping: Mapping[str, str]) -> list[Column]:
    """The columns, those renamed that the user says what they are; a title is known with its unit or without.

    Args:
        columns: Of a header.
        mapping: Titles, by the names that the columns get.
    """
    wanted = wanted_titles(mapping)
    titles = {column.title.casefold() for column in columns}
    renamed = []
    for column in columns:
        # a column that has its name only without its unit gives way to one that is titled so
        key = column.title.casefold()
        if key not in wanted and column.name in wanted and column.name not in titles:
            key = column.name
        if key in wanted:
            renamed.append(replace(column, name=wanted[key]))
        elif column.name in wanted.values():
            renamed.append(replace(column, name=f"{column.name} (not {column.name})"))
        else:
            renamed.append(column)
    return renamed
