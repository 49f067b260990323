"""Whether a table of candidates holds monomers or polymers: told by its columns and texts, never by its file
name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from campaigns.errors import RowProblem
from campaigns.tables.text import single_fault
from discovery.pools.csv_rows import CsvFaultError
from discovery.pools.table import Table, open_table

_HINT = "Give a table of polymers (psmiles) or of monomers (smiles)."


def pool_kind(path: Path) -> Literal["monomers", "polymers"]:
    """What the table at ``path`` holds.

    A column ``psmiles`` means polymers. With a column ``smiles`` alone, texts with attachment points (``*``)
    mean polymers and texts without mean monomers.

    Raises:
        TableError: The file is no table, has neither column or no rows, or mixes both kinds.
        PoolError: The file cannot be read, or is not what its name says.
    """
    try:
        with open_table(path, _HINT, "psmiles", "smiles") as table:
            return _kind(table, path.name)
    except CsvFaultError as fault:
        problem = RowProblem(fault.line, "", fault.value, fault.fault, fault.what_to_do)
        raise single_fault(path.name, problem) from None


def _kind(table: Table, name: str) -> Literal["monomers", "polymers"]:
    if table.find("psmiles") is not None:
        return "polymers"
    place = table.find("smiles")
    if place is None:
        shown = ", ".join(title for title in table.columns if title)
        fault = f"there is no column psmiles (polymers) or smiles (monomers); the columns are: {shown}."
        way_out = "Name the column of structures psmiles or smiles."
        raise single_fault(name, RowProblem(1, "", "", fault, way_out, table.counted))
    first: tuple[int, bool] | None = None
    for row in table.rows:
        text = row.cells[place]
        if not text:
            continue
        starred = "*" in text
        if first is None:
            first = row.line, starred
        elif starred != first[1]:
            here, there = ("a polymer", "a monomer") if starred else ("a monomer", "a polymer")
            fault = f"this is {here} (attachment points are written *), but {table.counted} {first[0]} is {there}."
            way_out = "Put monomers and polymers into separate files."
            where = table.columns[place]
            raise single_fault(name, RowProblem(row.line, where, text, fault, way_out, table.counted))
    if first is None:
        fault, way_out = "the table has no rows.", "Add candidates below the header."
        raise single_fault(name, RowProblem(1, "", "", fault, way_out, table.counted))
    return "polymers" if first[1] else "monomers"
