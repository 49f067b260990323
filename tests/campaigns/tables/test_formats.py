"""Tables as other programs write them: encodings, decimal signs, Parquet, columns called otherwise, monomers."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.errors import NotWrittenError, TableError
from campaigns.spec import ObjectiveSpec
from campaigns.tables import HowToRead, ReadResults, read_results
from campaigns.tables.formulas import STARTS, neutral, neutral_cell, original, shown
from campaigns.tables.numbers import plain

TG = ObjectiveSpec(name="tg", direction="max", unit="K")
DENSITY = ObjectiveSpec(name="density", direction="min", unit="g/cm3")


def read(path: Path, content: str | bytes, **how: object) -> ReadResults:
    file = path / "results.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_results(file, [TG, DENSITY], how=HowToRead(**how))  # type: ignore[arg-type]


def values(checked: ReadResults) -> list[float | None]:
    return [row.value for row in checked.rows]


@given(st.text(st.characters(codec="utf-8")) | st.sampled_from(STARTS).map(lambda mark: f"{mark}cmd|x"))
def test_every_text_comes_back_and_none_is_a_formula(text: str) -> None:
    written = neutral(text)
    assert original(written) == text
    assert not written.startswith(tuple(mark for mark in STARTS if mark != "'"))
    assert neutral_cell(neutral_cell(text)) == neutral_cell(text)


@pytest.mark.parametrize("write", [neutral_cell, shown])
def test_no_carriage_return_ends_a_row_before_a_formula(write: Callable[[str], str]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\n").writerow([write("name\r=1+1"), write("\r\n=2"), write("a\r\nb")])
    [row] = csv.reader(io.StringIO(file.getvalue(), newline=""))
    assert row == ["name\n=1+1", "\n=2", "a\nb"]
    assert "\r" not in file.getvalue()


def test_numbers_of_a_table_that_is_handed_on_stay_numbers() -> None:
    numbers = ["-5.2", "-5,2", "-.5", "-5.", "+1e3", "-1,5E-3"]
    assert [neutral_cell(text) for text in numbers] == numbers
    assert [neutral_cell(text) for text in ("-5+1", "=1", "-", "-1,2,3")] == ["'-5+1", "'=1", "'-", "'-1,2,3"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_names_come_back_from_any_usual_encoding(tmp_path: Path, encoding: str) -> None:
    checked = read(tmp_path, "psmiles,tg,name\n*CC*,5,Polyäthylen\n".encode(encoding))
    assert [row.name for row in checked.rows] == ["Polyäthylen"]
    assert any("Windows-1252" in remark for remark in checked.remarks) == (encoding == "cp1252")


def test_an_encoding_is_taken_at_its_name(tmp_path: Path) -> None:
    content = "psmiles,tg,name\n*CC*,5,Полиэтилен\n".encode("cp1251")
    assert read(tmp_path, content, encoding="cp1251").rows[0].name == "Полиэтилен"
    with pytest.raises(TableError, match="no encoding 'utf-99'"):
        read(tmp_path, content, encoding="utf-99")


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["12,5", "1.234,5", "300"], [12.5, 1234.5, 300.0]),
        (["12,5", ">1.234"], [12.5, 1234.0]),
        (["12.5", "1,234"], [12.5, 1234.0]),
        (["1.234"], [1.234]),
        (["0,123"], [0.123]),
        (["1 234.5", "1'000"], [1234.5, 1000.0]),
        (["1,234,567"], [1234567.0]),
    ],
)
def test_a_decimal_sign_that_the_numbers_prove_is_taken(
    tmp_path: Path, cells: list[str], expected: list[float]
) -> None:
    rows = "".join(f"*{'C' * (i + 1)}O*;{cell}\n" for i, cell in enumerate(cells))
    assert values(read(tmp_path, f"psmiles;tg\n{rows}")) == expected


def test_numbers_that_may_mean_either_are_refused_until_somebody_says_which(tmp_path: Path) -> None:
    content = "psmiles;density\n*CC*;1,234\n*CO*;1,1\n".replace("1,1\n", "1,100\n")
    with pytest.raises(TableError, match="--decimal comma") as caught:
        read(tmp_path, content)
    assert [(p.line, p.column, p.value) for p in caught.value.problems] == [(2, "density", "1,234")]
    assert values(read(tmp_path, content, decimal="comma")) == [1.234, 1.1]
    assert values(read(tmp_path, content, decimal="point")) == [1234.0, 1100.0]


def test_two_decimal_signs_in_one_file_are_refused_with_both(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"12.5 on line 2 .* 13,5|12.5 on line 2") as caught:
        read(tmp_path, "psmiles;tg\n*CC*;12.5\n*CO*;13,5\n")
    assert caught.value.problems[0].line == 3


@given(st.floats(-1e9, 1e9, allow_nan=False))
def test_a_number_reads_the_same_in_either_notation(number: float) -> None:
    english, german = f"{number:,.4f}", f"{number:,.4f}".translate(str.maketrans(",.", ".,"))
    assert float(plain(english, ".") or "nan") == float(plain(german, ",") or "nan") == float(f"{number:.4f}")


def test_a_parquet_file_is_read_and_its_rows_are_counted_from_one(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"psmiles": ["*CC*", "*CO*", "CC"], "tg": [300.5, None, 310.0], "density": [None, 1.1, None]}
    )
    frame.head(2).to_parquet(tmp_path / "a.parquet")
    checked = read_results(tmp_path / "a.parquet", [TG, DENSITY])
    assert [(row.line, row.objective, row.value) for row in checked.rows] == [
        (1, "tg", 300.5),
        (2, "density", 1.1),
    ]
    frame.to_parquet(tmp_path / "b.parquet")
    with pytest.raises(TableError, match="row 3, column psmiles"):
        read_results(tmp_path / "b.parquet", [TG, DENSITY])


def test_columns_are_what_the_user_says(tmp_path: Path) -> None:
    content = "polymer,Glass temp. [degC],tg,Probe\n*CC*,100,7,a\n"
    columns = {"psmiles": "polymer", "tg": "Glass temp. [degC]", "name": "probe"}
    [row] = read(tmp_path, content, columns=columns).rows
    assert (row.value, row.name) == (373.15, "a")


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"psmiles": "polymr"}, "Did you mean 'polymer'?"),
        ({"psmiles": "polymer", "tgg": "tg"}, "Did you mean tg?"),
        ({"psmiles": "polymer", "tg": "polymer"}, "mapped twice"),
    ],
)
def test_a_mistyped_column_is_told_with_the_nearest(
    tmp_path: Path, columns: dict[str, str], said: str
) -> None:
    with pytest.raises(TableError, match=said.replace("?", r"\?")) as caught:
        read(tmp_path, "polymer,tg\n*CC*,100\n", columns=columns)
    assert len(caught.value.problems) == 1


def test_a_polymer_may_be_named_by_its_monomers(tmp_path: Path) -> None:
    [pet] = read(tmp_path, "monomer_a,monomer_b,tg\nOC(=O)c1ccc(C(=O)O)cc1,OCCO,345\n").rows
    [same] = read(tmp_path, "monomers,tg\nOCCO + OC(=O)c1ccc(C(=O)O)cc1,345\n").rows
    [ps] = read(tmp_path, "monomer_a,tg\nC=Cc1ccccc1,373\n").rows
    assert pet.unit == same.unit
    assert (pet.unit.psmiles, ps.unit.psmiles) == ("*CCOC(=O)c1ccc(C(=O)O*)cc1", "*CC(*)c1ccccc1")


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        ("CC,CCC,", "monomer_a", "no rule makes"),
        ("C=Cc1ccccc1,xyz,", "monomer_b", "is not the SMILES of a monomer"),
        ("C=Cc1ccccc1,,polyester", "reaction", "is not what"),
        (",,", "monomer_a", "is empty"),
    ],
)
def test_monomers_that_name_no_polymer_are_told(tmp_path: Path, row: str, column: str, said: str) -> None:
    with pytest.raises(TableError) as caught:
        read(tmp_path, f"monomer_a,monomer_b,reaction,tg\n{row},300\n")
    [problem] = caught.value.problems
    assert (problem.line, problem.column) == (2, column)
    assert said in problem.fault


def test_several_processes_read_the_same_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("campaigns.tables.polymers.LEAST_FOR_PROCESSES", 40)
    monkeypatch.setattr("campaigns.tables.polymers.BLOCK", 15)
    content = "psmiles,tg\n" + "".join(f"*{'C' * (1 + i % 30)}O*,{i + 1}\n" for i in range(100))
    assert read(tmp_path, content, workers=2).rows == read(tmp_path, content).rows


def test_a_point_that_nothing_proves_to_be_decimal_is_told(tmp_path: Path) -> None:
    told = read(tmp_path, "psmiles;density\n*CC*;1.234\n").remarks
    assert any("1.234 on line 2" in remark and "--decimal comma" in remark for remark in told)
    proven = read(tmp_path, "psmiles;density\n*CC*;1.234\n*CO*;1.25\n").remarks
    assert not any("--decimal" in remark for remark in proven)


@pytest.mark.parametrize(
    "cell",
    [
        "2024-05-12",
        "12.05.2024",
        "5/12/24",
        "May-12",
        "12. Mai",
        "12 Sep. 2024",
        "1-Dez-2024",
        "12:30",
        "12:30:00",
    ],
)
def test_a_date_is_called_one(tmp_path: Path, cell: str) -> None:
    with pytest.raises(TableError, match="date or a time"):
        read(tmp_path, f"psmiles;tg\n*CC*;{cell}\n")


@pytest.mark.parametrize("cell", ["12 MPa", "12 marks", "1.2.3", "12-15"])
def test_what_is_no_date_is_not_called_one(tmp_path: Path, cell: str) -> None:
    with pytest.raises(TableError) as caught:
        read(tmp_path, f"psmiles;tg\n*CC*;{cell}\n")
    assert "date" not in caught.value.problems[0].fault


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_no_room_for_the_checked_rows_is_no_fault_of_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = partial(open, "/dev/full", "r+b", buffering=0)
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: full())
    with pytest.raises(NotWrittenError, match="temporary files: No space left"):
        read(tmp_path, "psmiles,tg\n*CC*,300\n")


EXPORT = 'Instrument: "DSC 3\nOperator;B, C\n\npsmiles;Tg / °C\n*CC*;100\n*CO*;110\n'


def test_titles_below_lines_of_an_instrument_are_found_and_told(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="The titles seem to stand in line 4: say --header-row 4"):
        read(tmp_path, EXPORT.replace('"', ""))


def test_lines_above_the_titles_are_passed_over(tmp_path: Path) -> None:
    checked = read(tmp_path, EXPORT, header_row=4)
    assert [(row.line, row.value) for row in checked.rows] == [(5, 373.15), (6, 383.15)]
    with pytest.raises(TableError, match="line 40: the file ends before it"):
        read(tmp_path, EXPORT, header_row=40)
    with pytest.raises(TableError, match="nothing above its titles"):
        read_results(pd.DataFrame({"psmiles": ["*CC*"], "tg": [1]}), [TG], how=HowToRead(header_row=2))


def test_a_column_that_is_missing_may_be_named_by_its_title(tmp_path: Path) -> None:
    with pytest.raises(TableError, match='or say --map tg="TITLE"'):
        read_results(pd.DataFrame({"psmiles": ["*CC*"], "x": [1]}), [TG])


def test_a_mapping_the_wrong_way_round_is_told(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="--map takes NAME=TITLE") as caught:
        read(tmp_path, "psmiles,glass\n*CC*,100\n", columns={"glass": "tg"})
    assert caught.value.problems[0].what_to_do.endswith('say --map tg="glass".')
    with pytest.raises(TableError, match=r'--map takes NAME=TITLE.*say --map tg="TITLE"'):
        read(tmp_path, "psmiles,tg\n*CC*,100\n", columns={"foo": "tg"})
