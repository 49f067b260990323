"""Whether a table of candidates holds monomers or polymers: told by its columns and texts, never by its file
name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from campaigns.errors import RowProblem
from campaigns.tables.text import open_table, single_fault


def pool_kind(path: Path) -> Literal["monomers", "polymers"]:
    """What the table at ``path`` holds.

    A column ``psmiles`` means polymers. With a column ``smiles`` alone, texts with attachment points (``*``)
    mean polymers and texts without mean monomers.

    Raises:
        TableError: The file cannot be read, has neither column or no rows, or mixes both kinds.
    """
    with open_table(path) as table:
        titles = [title.strip() for title in table.header]
        names = [title.casefold() for title in titles]
        if "psmiles" in names:
            return "polymers"
        if "smiles" not in names:
            shown = ", ".join(title for title in titles if title)
            fault = f"there is no column psmiles (polymers) or smiles (monomers); the columns are: {shown}."
            way_out = "Name the column of structures psmiles or smiles."
            raise single_fault(table.name, RowProblem(table.header_line, "", "", fault, way_out))
        place = names.index("smiles")
        first: tuple[int, bool] | None = None
        for record in table.records:
            text = record.cells[place].strip() if place < len(record.cells) else ""
            if not text:
                continue
            starred = "*" in text
            if first is None:
                first = record.line, starred
            elif starred != first[1]:
                here, there = ("a polymer", "a monomer") if starred else ("a monomer", "a polymer")
                fault = f"this is {here} (attachment points are written *), but line {first[0]} is {there}."
                way_out = "Put monomers and polymers into separate files."
                raise single_fault(table.name, RowProblem(record.line, titles[place], text, fault, way_out))
        if first is None:
            fault, way_out = "the table has no rows.", "Add candidates below the header."
            raise single_fault(table.name, RowProblem(table.header_line, "", "", fault, way_out))
        return "polymers" if first[1] else "monomers"
