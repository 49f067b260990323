"""Tables of monomers are checked as a whole, with the line of each fault."""

from pathlib import Path

import pytest

from discovery.errors import PoolError
from discovery.polymers import Monomer
from discovery.pools import read_monomers
from discovery.pools.monomer_table import cas_number_holds


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "monomers.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_reads_names_and_cas_numbers_where_given(tmp_path: Path) -> None:
    path = table(tmp_path, "Name,SMILES,CAS,price\nstyrene,C=Cc1ccccc1,100-42-5,3\n,C=C,,\n")
    assert read_monomers(path) == [Monomer("C=Cc1ccccc1", "styrene", "100-42-5"), Monomer("C=C")]


def test_smiles_alone_is_enough(tmp_path: Path) -> None:
    assert read_monomers(str(table(tmp_path, "smiles\nC=C\n"))) == [Monomer("C=C")]


def test_all_faults_are_listed_with_line_column_and_value(tmp_path: Path) -> None:
    path = table(tmp_path, "smiles,cas\nC=C,74-85-1\nC1CC,\n,\n,67-64-1\n*CC*,\nOCCO,107-21-2\n")
    with pytest.raises(PoolError) as caught:
        read_monomers(path)
    message = caught.value.message
    assert "4 faulty cells" in message
    assert "line 3, column smiles: 'C1CC' cannot be read" in message
    assert "line 5, column smiles: '' is empty" in message
    assert "line 6, column smiles: '*CC*' has attachment points" in message
    assert "line 7, column cas: '107-21-2' is not a CAS number" in message


def test_line_numbers_count_line_breaks_inside_cells(tmp_path: Path) -> None:
    with pytest.raises(PoolError, match="line 4, column smiles: 'C1CC'"):
        read_monomers(table(tmp_path, 'smiles,name\nC=C,"ethyl\nene"\nC1CC,\n'))


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "is empty"), ("smiles\n", "no rows"), ("name,structure\nPE,C=C\n", "no column smiles")],
)
def test_table_without_monomers_is_an_error_with_a_hint(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(PoolError) as caught:
        read_monomers(table(tmp_path, text))
    assert said in caught.value.message
    assert caught.value.hint


def test_missing_table_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PoolError, match="does not exist"):
        read_monomers(tmp_path / "absent.csv")


@pytest.mark.parametrize("cas", ["7732-18-5", "100-42-5", "80-62-6", "25038-59-9"])
def test_true_cas_numbers_hold(cas: str) -> None:
    assert cas_number_holds(cas)


@pytest.mark.parametrize("cas", ["7732-18-4", "100-42", "styrene", "1-42-5", "100-425", "١٠٠-42-5"])
def test_false_cas_numbers_do_not(cas: str) -> None:
    assert not cas_number_holds(cas)
