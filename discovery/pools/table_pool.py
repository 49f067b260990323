"""A table of polymers as a pool: CSV (also compressed), SMILES file or Parquet, read as a stream on every pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from discovery.errors import PoolError
from discovery.polymers import Candidate, NotARepeatUnitError, RepeatUnit
from discovery.pools.piece import Made, PiecewisePool, done, in_pieces
from discovery.pools.signature import signature_of
from discovery.pools.table import open_table
from discovery.pools.table_file import file_digest, table_file

_HINT = (
    "Give a table of polymers (CSV, CSV.gz, Parquet) with a column psmiles (or smiles), such as *CC(*)c1ccccc1, or a "
    "SMILES file (.smi)."
)


@dataclass(frozen=True, slots=True)
class WrittenRow:
    """A row as the table has it."""

    place: str
    """Such as ``Line 3``."""
    text: str
    name: str
    cost: str
    fault: str
    """Why the cells cannot be told apart; empty for a sound row."""


@dataclass(frozen=True, slots=True)
class WrittenRows:
    """Some rows of a table, to be read as polymers."""

    rows: tuple[WrittenRow, ...]

    def make(self) -> Made:
        """See :meth:`discovery.pools.piece.Piece.make`."""
        candidates: list[Candidate] = []
        dropped: Counter[str] = Counter()
        first = ""
        for row in self.rows:
            try:
                candidates.append(_candidate(row))
            except _FaultyRowError as fault:
                dropped[fault.kind] += 1
                first = first or f"{row.place}: {fault.message}"
        return Made(tuple(candidates), dropped, first)


class TablePool(PiecewisePool):
    """A table of polymers. Columns ``name`` and ``cost`` (or ``price``), of one gram, are kept where there are any.

    Args:
        path: CSV (UTF-8; commas, semicolons or tabs) with a header, the same compressed (``.csv.gz``), Parquet, or a
            SMILES file (``.smi``: SMILES, blank, name).
        column: Column with PSMILES; by default ``psmiles``, else ``smiles``.
    """

    def __init__(self, path: str | Path, column: str | None = None) -> None:
        self.path = Path(path)
        self.column = column
        self.dropped: Counter[str] = Counter()

    @property
    def signature(self) -> str:
        """See :attr:`discovery.pools.pool.Pool.signature`; the file is read for it, not understood."""
        return signature_of(
            "table", table_file(self.path, _HINT).kind.value, file_digest(self.path, _HINT), self.column or ""
        )

    def made(self, start: int = 0, workers: int = 1, *, scores: bool = False) -> Iterator[Made]:
        """See :meth:`discovery.pools.piece.PiecewisePool.made`."""
        return done(map(WrittenRows, in_pieces(self._rows())), start, workers, scores)

    def nothing(self, dropped: Counter[str], fault: str) -> PoolError:
        """See :meth:`discovery.pools.piece.PiecewisePool.nothing`."""
        return PoolError(f"{self.path} has no usable row.{fault and ' '}{fault}", _HINT)

    def _rows(self) -> Iterator[WrittenRow]:
        wanted = (self.column,) if self.column else ("psmiles", "smiles")
        with open_table(self.path, _HINT, *wanted) as table:
            text, name, cost = table.require(*wanted), table.find("name"), table.find("cost", "price")
            for row in table.rows:
                yield WrittenRow(
                    f"{table.counted.capitalize()} {row.line}",
                    row.cells[text],
                    "" if name is None else row.cells[name],
                    "" if cost is None else row.cells[cost],
                    row.fault,
                )


class _FaultyRowError(PoolError):
    """A row that gives no candidate; counted by ``kind``."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def _candidate(row: WrittenRow) -> Candidate:
    if row.fault:
        raise _FaultyRowError("more cells than titles", f"{row.fault}.")
    try:
        unit = RepeatUnit.parse(row.text)
    except NotARepeatUnitError as error:
        raise _FaultyRowError(error.kind, error.message) from None
    return Candidate(unit, name=row.name, cost=_cost(row.cost))


def _cost(text: str) -> float | None:
    if not text:
        return None
    try:
        cost = float(text)
    except ValueError:
        cost = -1.0
    if not (isfinite(cost) and cost > 0):
        fault = f"the cost {text!r} is no number above 0; write one, or leave it empty."
        raise _FaultyRowError("cost is no number above 0", fault)
    return cost
