"""Tables of monomers: columns ``smiles`` (required), ``name`` and ``cas``."""

from __future__ import annotations

from pathlib import Path

from rdkit import Chem, rdBase

from discovery.errors import PoolError
from discovery.polymers import Monomer
from discovery.pools.table import open_table

_WHAT = "Give a CSV file of monomers with a column smiles, and name and cas where known."
#: Enough to see what is wrong with the file; the count says how many there are.
_SHOWN = 20


def read_monomers(path: str | Path) -> list[Monomer]:
    """Reads and checks a table of monomers; all rows are checked before anything is refused.

    Args:
        path: CSV (UTF-8; commas, semicolons or tabs) with a header; other columns are ignored.

    Raises:
        PoolError: Missing, empty, not CSV or without the column ``smiles``; or rows with faults, each listed with
            its line (the header is line 1), column and value.
    """
    path = Path(path)
    monomers: list[Monomer] = []
    problems: list[str] = []
    # RDKit's remarks are left out: each unreadable SMILES is listed with its line instead.
    with open_table(path, _WHAT, "smiles") as table, rdBase.BlockLogs():
        at = table.require("smiles")
        name_at, cas_at = table.find("name"), table.find("cas")
        for row in table.rows:
            if row.fault:
                problems.append(f"line {row.line}: {row.fault}")
                continue
            smiles = row.cells[at]
            cas = "" if cas_at is None else row.cells[cas_at]
            problem = _smiles_problem(smiles)
            if problem:
                problems.append(f"line {row.line}, column {table.columns[at]}: {smiles!r} {problem}")
            if cas_at is not None and cas and not cas_number_holds(cas):
                problems.append(
                    f"line {row.line}, column {table.columns[cas_at]}: {cas!r} is not a CAS number (wrong check "
                    "digit); correct it or leave it empty"
                )
            monomers.append(Monomer(smiles, "" if name_at is None else row.cells[name_at], cas))
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
