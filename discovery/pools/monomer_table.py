"""Tables of monomers: columns ``smiles`` (required), ``name``, ``cas``, ``price`` of one gram and ``available``."""

from __future__ import annotations

from math import isfinite
from pathlib import Path

from rdkit import Chem, rdBase

from discovery.errors import PoolError
from discovery.polymers import Monomer
from discovery.pools.table import Row, Table, open_table

_WHAT = (
    "Give a table of monomers (CSV, CSV.gz, Parquet) with a column smiles, and name, cas, price (of one gram) and "
    "available where known."
)
#: Enough to see what is wrong with the file; the count says how many there are.
_SHOWN = 20

_AVAILABLE = {
    **dict.fromkeys(("yes", "y", "true", "1", "1.0", "in stock", "available"), True),
    **dict.fromkeys(("no", "n", "false", "0", "0.0", "out of stock", "not available", "unavailable"), False),
}


def read_monomers(path: str | Path) -> list[Monomer]:
    """Reads and checks a table of monomers; all rows are checked before anything is refused.

    Args:
        path: CSV (UTF-8; commas, semicolons or tabs) with a header, also compressed (``.csv.gz``), Parquet, or a SMILES
            file (``.smi``); other columns are ignored. The price may also be titled ``price_per_g``.

    Raises:
        PoolError: Missing, empty, not what its name says or without the column ``smiles``; or rows with faults, each
            listed with its line (the header is line 1), column and value.
    """
    path = Path(path)
    monomers: list[Monomer] = []
    problems: list[str] = []
    # RDKit's remarks are left out: each unreadable SMILES is listed with its line instead.
    with open_table(path, _WHAT, "smiles") as table, rdBase.BlockLogs():
        columns = _Columns(table)
        for row in table.rows:
            if row.fault:
                problems.append(f"{table.counted} {row.line}: {row.fault}")
                continue
            monomers.append(columns.monomer(row, problems))
    if problems:
        shown = "\n  ".join(problems[:_SHOWN])
        more = f"\n  and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise PoolError(
            f"{path} has {len(problems)} {'fault' if len(problems) == 1 else 'faults'}:\n  {shown}{more}\n",
            "Correct them and try again.",
        )
    if not monomers:
        raise PoolError(f"{path} has a header but no rows.", _WHAT)
    return monomers


class _Columns:
    """Where the table has what, and what a row says."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._smiles = table.require("smiles")
        self._name = table.find("name")
        self._cas = table.find("cas")
        self._price = table.find("price", "price_per_g")
        self._available = table.find("available")

    def monomer(self, row: Row, problems: list[str]) -> Monomer:
        """The row's monomer; what is wrong with its cells is added to ``problems``."""

        def cell(place: int | None) -> str:
            return "" if place is None else row.cells[place]

        def tell(place: int | None, what: str) -> None:
            title = "" if place is None else self._table.columns[place]
            problems.append(f"{self._table.counted} {row.line}, column {title}: {cell(place)!r} {what}")

        smiles, cas = cell(self._smiles), cell(self._cas)
        if problem := _smiles_problem(smiles):
            tell(self._smiles, problem)
        if cas and not cas_number_holds(cas):
            tell(self._cas, "is not a CAS number (wrong check digit); correct it or leave it empty")
        price = _price(cell(self._price))
        if price is not None and not (isfinite(price) and price > 0):
            tell(
                self._price,
                "is not a price; write the price of one gram as a number above 0, or leave it empty",
            )
        stock = cell(self._available)
        if stock and stock.casefold() not in _AVAILABLE:
            tell(self._available, "does not say whether it is available; write yes or no, or leave it empty")
        return Monomer(smiles, cell(self._name), cas, price, _AVAILABLE.get(stock.casefold()))


def _price(text: str) -> float | None:
    """The number; ``nan`` for what is none."""
    try:
        return float(text) if text else None
    except ValueError:
        return float("nan")


def cas_number_holds(cas: str) -> bool:
    """Whether ``cas`` has the form of a CAS registry number and its check digit fits.

    The last digit is the sum of the others, each times its place counted from the right, modulo 10.
    """
    parts = cas.split("-")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
        return False
    if not (2 <= len(parts[0]) <= 7 and len(parts[1]) == 2 and len(parts[2]) == 1):
        return False
    digits = [int(digit) for digit in reversed(parts[0] + parts[1])]
    return sum(place * digit for place, digit in enumerate(digits, start=1)) % 10 == int(parts[2])


def _smiles_problem(smiles: str) -> str:
    if not smiles:
        return "is empty; write the monomer's SMILES"
    mol = Chem.MolFromSmiles(smiles)
    if mol is None:
        return "cannot be read as SMILES; correct it"
    if any(not atom.GetAtomicNum() for atom in mol.GetAtoms()):
        return "has attachment points (*); give the monomer, or use this file as a table of polymers"
    return ""
