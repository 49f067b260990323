"""Tables of monomers are checked as a whole, with the line of each fault."""

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
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
    path = table(tmp_path, "Name,SMILES,CAS,supplier\nstyrene,C=Cc1ccccc1,100-42-5,A\n,C=C,,\n")
    assert read_monomers(path) == [Monomer("C=Cc1ccccc1", "styrene", "100-42-5"), Monomer("C=C")]


def test_smiles_alone_is_enough(tmp_path: Path) -> None:
    assert read_monomers(str(table(tmp_path, "smiles\nC=C\n"))) == [Monomer("C=C")]


def test_all_faults_are_listed_with_line_column_and_value(tmp_path: Path) -> None:
    path = table(tmp_path, "smiles,cas\nC=C,74-85-1\nC1CC,\n,\n,67-64-1\n*CC*,\nOCCO,107-21-2\n")
    with pytest.raises(PoolError) as caught:
        read_monomers(path)
    message = caught.value.message
    assert "4 faults" in message
    assert "line 3, column smiles: 'C1CC' cannot be read" in message
    assert "line 5, column smiles: '' is empty" in message
    assert "line 6, column smiles: '*CC*' has attachment points" in message
    assert "line 7, column cas: '107-21-2' is not a CAS number" in message


@pytest.mark.parametrize("title", ["price", "Price_per_g"])
def test_reads_price_and_availability_where_told(tmp_path: Path, title: str) -> None:
    path = table(tmp_path, f"smiles,{title},Available\nC=C,0.5,In stock\nCC=C,,no\nOCCO,1e2,\n")
    assert read_monomers(path) == [
        Monomer("C=C", price=0.5, available=True),
        Monomer("CC=C", available=False),
        Monomer("OCCO", price=100.0),
    ]


@pytest.mark.parametrize("said", ["yes", "TRUE", "1", "in stock"])
def test_says_yes_to_availability_in_several_ways(tmp_path: Path, said: str) -> None:
    assert read_monomers(table(tmp_path, f"smiles,available\nC=C,{said}\n"))[0].available is True


@pytest.mark.parametrize("said", ["No", "false", "0", "Out of stock"])
def test_says_no_to_availability_in_several_ways(tmp_path: Path, said: str) -> None:
    assert read_monomers(table(tmp_path, f"smiles,available\nC=C,{said}\n"))[0].available is False


@pytest.mark.parametrize("price", ["0", "-1", "nan", "inf", "3 EUR"])
def test_a_price_that_is_none_is_a_listed_fault(tmp_path: Path, price: str) -> None:
    with pytest.raises(PoolError, match=f"line 2, column price: '{price}' is not a price"):
        read_monomers(table(tmp_path, f"smiles,price\nC=C,{price}\n"))


def test_availability_that_says_neither_is_a_listed_fault(tmp_path: Path) -> None:
    with pytest.raises(PoolError, match="line 3, column available: 'perhaps' does not say"):
        read_monomers(table(tmp_path, "smiles,available\nC=C,yes\nCC=C,perhaps\n"))


def test_compressed_and_parquet_tables_are_read_alike(tmp_path: Path) -> None:
    text = "smiles,name,price,available\nC=C,ethene,2.5,yes\nOCCO,,,\n"
    plain = read_monomers(table(tmp_path, text))
    with gzip.open(tmp_path / "monomers.csv.gz", "wt", encoding="utf-8") as file:
        file.write(text)
    columns = {
        "smiles": ["C=C", "OCCO"],
        "name": ["ethene", None],
        "price": [2.5, None],
        "available": [True, None],
    }
    pq.write_table(pa.table(columns), tmp_path / "monomers.parquet")
    assert read_monomers(tmp_path / "monomers.csv.gz") == plain
    assert read_monomers(tmp_path / "monomers.parquet") == plain


def test_faults_of_parquet_tables_are_told_by_row(tmp_path: Path) -> None:
    pq.write_table(pa.table({"smiles": ["C=C", "C1CC"]}), tmp_path / "monomers.parquet")
    with pytest.raises(PoolError, match="row 2, column smiles: 'C1CC' cannot be read"):
        read_monomers(tmp_path / "monomers.parquet")


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_commas_semicolons_and_tabs_separate_cells(tmp_path: Path, mark: str, start: str) -> None:
    text = f'{start}SMILES{mark}name\r\nOCCCCO{mark}"1{mark}4-butanediol"\r\n'
    assert read_monomers(table(tmp_path, text)) == [Monomer("OCCCCO", f"1{mark}4-butanediol")]


def test_a_row_with_more_cells_than_titles_is_a_listed_fault(tmp_path: Path) -> None:
    with pytest.raises(PoolError) as caught:
        read_monomers(table(tmp_path, "smiles,name\nC=C,ethene,,\nOCCCCO,1,4-butanediol\nC1CC,x\n"))
    message = caught.value.message
    assert "2 faults" in message
    assert (
        "line 3: the row has 3 cells under 2 titles; put a text that holds the separator (commas)" in message
    )
    assert "line 4, column smiles: 'C1CC' cannot be read" in message


def test_a_column_that_is_there_twice_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PoolError, match="two columns smiles"):
        read_monomers(table(tmp_path, "smiles,SMILES\nC=C,CC\n"))


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        ("smiles,name\nC=C,Äthen\n".encode("cp1252"), 2, "'Ä'"),
        (b"smiles\nC=C\0\n", 2, "zero byte"),
        (b'smiles\nC=C\n"C=C\n', 3, "not CSV"),
    ],
)
def test_what_is_no_csv_text_is_refused_with_its_line(
    tmp_path: Path, content: bytes, line: int, said: str
) -> None:
    (tmp_path / "monomers.csv").write_bytes(content)
    with pytest.raises(PoolError) as caught:
        read_monomers(tmp_path / "monomers.csv")
    assert f"line {line}: " in caught.value.message
    assert said in caught.value.message
    assert caught.value.hint


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
