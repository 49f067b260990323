"""Pools keep the contract, and say what they left out."""

from collections import Counter
from pathlib import Path

import pytest

from discovery.errors import PoolError
from discovery.polymers import Candidate, Monomer, Provenance, RepeatUnit
from discovery.pools import MonomerPool, Pool, TablePool, UnitPool
from discovery.pools.contract import PoolContract

UNITS = [RepeatUnit.parse(text) for text in ("*CC*", "*CCO*", "*CC(*)C", "*CC(*)c1ccccc1", "*OCC*")]
MONOMERS = [Monomer(text) for text in ("C=C", "OCCO", "O=C(O)CC(=O)O", "C=Cc1ccccc1", "CCC")]


class TestUnitPool(PoolContract):
    def pool(self) -> Pool:
        return UnitPool(UNITS)


class TestMonomerPool(PoolContract):
    def pool(self) -> Pool:
        return MonomerPool(MONOMERS)


class TestTablePool(PoolContract):
    @pytest.fixture(autouse=True)
    def _table(self, tmp_path: Path) -> None:
        self.path = tmp_path / "pool.csv"
        self.path.write_text("name,psmiles\nPE,*CC*\nbad,CCO\nPEO,*CCO*\nPP,*CC(*)C\nPEO again,*OCC*\n")

    def pool(self) -> Pool:
        return TablePool(self.path)


def units(pool: Pool) -> list[RepeatUnit]:
    return [candidate.unit for chunk in pool.chunks() for candidate in chunk]


def table(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "pool.csv"
    path.write_text(text, encoding=encoding)
    return path


def test_unit_pool_merges_repeats_keeps_provenance_and_may_be_empty() -> None:
    provenance = Provenance(("ethylene",), "chain growth", "polyolefin")
    pool = UnitPool([Candidate(UNITS[0], provenance), UNITS[0], UNITS[1]])
    (chunk,) = pool.chunks()
    assert [candidate.provenance for candidate in chunk] == [provenance, None]
    assert pool.dropped == {"same chain as an earlier one": 1}
    assert units(UnitPool([])) == []


def test_table_pool_counts_what_it_leaves_out(tmp_path: Path) -> None:
    pool = TablePool(table(tmp_path, "psmiles\n*CC*\n*CC\n*C(*)*\n\n*=CC*\n*C*\n"))
    assert units(pool) == [RepeatUnit.parse("*C*")]
    assert pool.dropped == Counter(
        {
            "one attachment point": 1,
            "three or more attachment points": 1,
            "unequal star bonds": 1,
            "same chain as an earlier one": 1,
        }
    )


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("smiles\n*CCO*\n", None),
        ("PSMILES,tg\n*CCO*,206\n", None),
        ("smiles,psmiles\nC1CO1,*CCO*\n", None),
        ("polymer,psmiles\n*CCO*,*CC*\n", "polymer"),
        ("\ufeffpsmiles\r\n*CCO*\r\n", None),
        ("name;psmiles\nPEO;*CCO*\n", None),
        ("name\tpsmiles\nPEO\t*CCO*\n", None),
        ("a;polymer\n1,2,3;*CCO*\n", "polymer"),
        ('name,psmiles\n"two\nlines",*CCO*\n', None),
    ],
)
def test_table_pool_finds_its_column(tmp_path: Path, text: str, column: str | None) -> None:
    assert units(TablePool(table(tmp_path, text), column)) == [RepeatUnit.parse("*CCO*")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("psmiles\n", "no usable row"),
        ("psmiles\nCCO\n", "Line 2: 'CCO' has no attachment point"),
        ("psmiles,name\n*CC*,poly,ethylene\n", "Line 2: the row has 3 cells under 2 titles"),
        ("name,tg\nPE,195\n", "no column psmiles or smiles, only name, tg"),
        ('psmiles\n"*CC*\n', "unexpected end of data"),
    ],
)
def test_table_that_holds_nothing_is_an_error_with_a_hint(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(PoolError) as caught:
        units(TablePool(table(tmp_path, text)))
    assert said in caught.value.message
    assert caught.value.hint


def test_a_row_with_more_cells_than_titles_is_left_out_and_counted(tmp_path: Path) -> None:
    pool = TablePool(table(tmp_path, "psmiles,name\n*CC*,poly,ethylene\n*CCO*,PEO\n*C:C*,odd\n"))
    assert units(pool) == [RepeatUnit.parse("*CCO*")]
    assert pool.dropped == {"more cells than titles": 1, "unusual bond": 1}


def test_missing_table_folder_and_other_encodings_are_errors_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(PoolError, match="does not exist"):
        units(TablePool(tmp_path / "absent.csv"))
    with pytest.raises(PoolError, match="cannot be read"):
        units(TablePool(tmp_path))
    with pytest.raises(PoolError, match="UTF-8"):
        units(TablePool(table(tmp_path, "psmiles,name\n*CC*,Polyäthylen\n", encoding="latin-1")))


def test_monomer_pool_gives_polymers_with_provenance_and_counts_the_rest() -> None:
    pool = MonomerPool(MONOMERS)
    candidates = [candidate for chunk in pool.chunks() for candidate in chunk]
    assert all(candidate.provenance for candidate in candidates)
    assert pool.dropped["monomer: no rule for it"] == 1


def test_monomer_pool_that_makes_nothing_is_an_error_with_the_reasons() -> None:
    with pytest.raises(PoolError, match="no monomers"):
        MonomerPool([])
    with pytest.raises(PoolError, match=r"no rule for it \(1\)"):
        units(MonomerPool([Monomer("CCC")]))
