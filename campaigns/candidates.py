"""Where a campaign's candidates come from: the spec's pool, and tables or frames of the user's own.

A row keeps what the user wrote and what the user calls it, which the pools of :mod:`discovery.pools` do not need to know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pandas as pd

from campaigns.errors import RowProblem, TableError
from campaigns.spec import CampaignSpec
from discovery.errors import PolymerError, PoolError
from discovery.polymers import Candidate, Monomer, NotARepeatUnitError, RepeatUnit
from discovery.pools import MonomerPool, Pool, TablePool, read_monomers
from discovery.pools.table import open_table

_POLYMERS = "Give a CSV file of polymers with a column psmiles (or smiles), such as *CC(*)c1ccccc1."
_FRAME = "data frame"


@dataclass(frozen=True, slots=True)
class WrittenPolymer:
    """One row of a user's table of polymers."""

    line: int
    """Line of the file; the header is line 1."""
    text: str
    """The polymer as the table writes it."""
    name: str
    """What the user calls it; may be empty."""
    unit: RepeatUnit | None
    """None where the text is no repeat unit."""
    fault: str = ""
    """Why not."""
    kind: str = ""
    """The fault's kind, to count by."""


def written_polymers(path: Path) -> Iterator[WrittenPolymer]:
    """Every row of a CSV file of polymers, in order, as a stream.

    Raises:
        PoolError: The file cannot be read or has no column of polymers.
    """
    with open_table(path, _POLYMERS, "psmiles", "smiles") as table:
        column, name = table.require("psmiles", "smiles"), table.find("name")
        for row in table.rows:
            text, called = row.cells[column], "" if name is None else row.cells[name]
            if row.fault:
                yield WrittenPolymer(row.line, text, called, None, row.fault, "more cells than titles")
                continue
            try:
                yield WrittenPolymer(row.line, text, called, RepeatUnit.parse(text))
            except NotARepeatUnitError as error:
                yield WrittenPolymer(row.line, text, called, None, error.message, error.kind)


class NamedPool:
    """Polymers of the user's own as a pool (see :class:`discovery.pools.Pool`) that remembers what they are called.

    Args:
        source: A CSV file, read as a stream on every pass, or a frame, which is checked at once.

    Raises:
        TableError: A frame has rows that are no polymers; every one is listed.
    """

    def __init__(self, source: Path | pd.DataFrame) -> None:
        self._source = source if isinstance(source, Path) else _polymers_of(source)
        self.dropped: Counter[str] = Counter()
        self.names: dict[str, str] = {}
        """The first name of each polymer that has one, by key; complete after a pass."""

    def chunks(self, size: int = 2048) -> Iterator[list[Candidate]]:
        """See :meth:`discovery.pools.Pool.chunks`; rows that are no repeat unit are counted in ``dropped`` by kind."""
        self.dropped = Counter()
        candidates = self._candidates()
        return iter(lambda: list(islice(candidates, size)), [])

    def _candidates(self) -> Iterator[Candidate]:
        seen: set[str] = set()
        fault = ""
        rows = written_polymers(self._source) if isinstance(self._source, Path) else iter(self._source)
        for row in rows:
            if row.unit is None:
                self.dropped[row.kind] += 1
                fault = fault or f" Line {row.line}: {row.fault}"
                continue
            if row.name:
                self.names.setdefault(row.unit.key, row.name)
            if row.unit.key in seen:
                self.dropped["same chain as an earlier one"] += 1
                continue
            seen.add(row.unit.key)
            yield Candidate(row.unit)
        if not seen:
            raise PoolError(f"The table of polymers has no usable row.{fault}", _POLYMERS)


def monomer_pool(source: Path | pd.DataFrame) -> Pool:
    """The polymers that a table of monomers makes.

    Raises:
        PoolError: A file cannot be read or has faulty cells.
        TableError: A frame has rows that are no monomers; every one is listed.
    """
    return MonomerPool(read_monomers(source) if isinstance(source, Path) else _monomers_of(source))


def campaign_pool(spec: CampaignSpec, table: Path) -> Pool:
    """The pool that a spec names; ``table`` is where its file lies."""
    return MonomerPool(read_monomers(table)) if spec.pool.kind == "monomers" else TablePool(table)


def check_pool(spec: CampaignSpec, table: Path) -> None:
    """Read enough of the pool to know that it can be used.

    Raises:
        PoolError: It cannot.
    """
    next(campaign_pool(spec, table).chunks(1), None)


def _polymers_of(frame: pd.DataFrame) -> tuple[WrittenPolymer, ...]:
    column = next((c for c in ("psmiles", "smiles") if c in frame), None)
    if column is None:
        raise TableError("The frame names no polymers.", hint="Give it a column psmiles (or smiles).")
    rows, problems = [], []
    for line, text, name in _cells(frame, column):
        try:
            rows.append(WrittenPolymer(line, text, name, RepeatUnit.parse(text)))
        except PolymerError as error:
            problems.append(RowProblem(line, column, text, error.message, error.hint))
    _refuse(problems)
    return tuple(rows)


def _monomers_of(frame: pd.DataFrame) -> list[Monomer]:
    from rdkit import Chem, rdBase

    if "smiles" not in frame:
        raise TableError(
            "The frame names no monomers.", hint="Give it a column smiles, and name where known."
        )
    monomers, problems = [], []
    with rdBase.BlockLogs():  # each unreadable SMILES is listed with its row instead
        for line, text, name in _cells(frame, "smiles"):
            fault, way_out = "", ""
            mol = Chem.MolFromSmiles(text) if text else None
            if not text:
                fault, way_out = "the cell is empty.", "Write the monomer's SMILES."
            elif mol is None:
                fault, way_out = "cannot be read as SMILES.", "Correct it."
            elif any(not atom.GetAtomicNum() for atom in mol.GetAtoms()):
                fault, way_out = "has attachment points (*).", "Give the monomer, or rank it as a polymer."
            if fault:
                problems.append(RowProblem(line, "smiles", text, fault, way_out))
            monomers.append(Monomer(text, name))
    _refuse(problems)
    return monomers


def _cells(frame: pd.DataFrame, column: str) -> Iterator[tuple[int, str, str]]:
    """Line (the header is line 1, as if the frame were written to CSV), text and name of each row."""
    texts = frame[column].fillna("").astype(str).str.strip()
    names = (
        frame["name"].fillna("").astype(str).str.strip() if "name" in frame else pd.Series("", texts.index)
    )
    for line, (text, name) in enumerate(zip(texts, names, strict=True), 2):
        yield line, text, name


def _refuse(problems: list[RowProblem]) -> None:
    if problems:
        faults = "1 faulty row" if len(problems) == 1 else f"{len(problems)} faulty rows"
        raise TableError(f"The {_FRAME} has {faults}; line 1 is its header.", problems)
