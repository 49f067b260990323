"""Polymers and monomers of the user's own in data frames; a faulty row is refused with all others that are."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from campaigns.errors import RowProblem, TableError
from discovery.errors import PolymerError, PoolError
from discovery.polymers import Candidate, Monomer, RepeatUnit
from discovery.pools import read_monomers

if TYPE_CHECKING:
    import pandas as pd

_FRAME = "The data frame"


def polymers_in_frame(frame: pd.DataFrame) -> list[Candidate]:
    """Candidates of a frame with a column ``psmiles`` (or ``smiles``), and ``name`` and ``cost`` where known.

    Raises:
        TableError: It has no such column, or rows that are no polymers; every one is listed (the header is line 1).
    """
    column = next((c for c in ("psmiles", "smiles") if c in frame), None)
    if column is None:
        raise TableError("The frame names no polymers.", hint="Give it a column psmiles (or smiles).")
    made, problems = [], []
    for line, row in enumerate(frame.fillna("").to_dict(orient="records"), 2):
        text, cost = str(row[column]).strip(), row.get("cost", "")
        try:
            unit = RepeatUnit.parse(text)
            known = None if cost == "" else float(cost)
            if known is not None and not 0 < known < float("inf"):
                raise ValueError
        except PolymerError as error:
            problems.append(RowProblem(line, column, text, error.message, error.hint))
        except ValueError:
            way_out = "Write a number above 0, or leave it empty."
            problems.append(RowProblem(line, "cost", str(cost), "this is no cost.", way_out))
        else:
            made.append(Candidate(unit, name=str(row.get("name", "")).strip(), cost=known))
    if problems:
        faults = "1 faulty row" if len(problems) == 1 else f"{len(problems)} faulty rows"
        raise TableError(f"{_FRAME} has {faults}; line 1 is its header.", problems)
    return made


def monomers_in_frame(frame: pd.DataFrame) -> list[Monomer]:
    """Monomers of a frame with the columns of a table of monomers, read as the CSV file that pandas would write.

    Raises:
        TableError: It has no column ``smiles``, or faulty cells; every one is listed with its line (the header is line 1).
    """
    if "smiles" not in frame:
        raise TableError(
            "The frame names no monomers.", hint="Give it a column smiles, and name where known."
        )
    texts = frame["smiles"].fillna("").astype(str).str.strip()
    # a row without any text would be a blank line of the file, which is no fault there
    empty = [line for line, text in enumerate(texts, 2) if not text]
    if empty:
        way_out = "Write the monomer's SMILES, or leave the row out."
        problems = [RowProblem(line, "smiles", "", "the cell is empty.", way_out) for line in empty]
        raise TableError(f"{_FRAME} has rows without a monomer; line 1 is its header.", problems)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frame.csv"
        frame.to_csv(path, index=False)
        try:
            return read_monomers(path)
        except PoolError as error:
            raise TableError(error.message.replace(str(path), _FRAME), hint=error.hint) from None
