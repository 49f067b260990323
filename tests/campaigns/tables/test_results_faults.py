from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from campaigns.errors import RowProblem, TableError
from campaigns.ledger import LedgerView, Proposal, Status
from campaigns.spec import ObjectiveSpec
from campaigns.tables import read_results
from discovery.polymers.repeat_unit import RepeatUnit

TG = ObjectiveSpec(name="tg", direction="max", unit="K")
PS, PEO = RepeatUnit.parse("*CC(*)c1ccccc1"), RepeatUnit.parse("*CCO*")


def proposal(rank: int, unit: RepeatUnit) -> Proposal:
    return Proposal(f"R001-{rank:02d}", 1, rank, unit, (), "", {}, None, "")


VIEW = LedgerView(
    proposals={"R001-01": proposal(1, PS), "R001-02": proposal(2, PEO)},
    statuses={"R001-01": Status.PROPOSED, "R001-02": Status.WITHDRAWN},
)


def problems(path: Path, content: str | bytes, view: LedgerView | None = None) -> list[RowProblem]:
    file = path / "results.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(TableError) as caught:
        read_results(file, [TG], view)
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("content", "line", "column", "said"),
    [
        ("", 1, "", "is empty"),
        ("\n\n", 1, "", "is empty"),
        ("psmiles,tg\n", 1, "", "no rows"),
        ("psmiles,tg\n,\n", 1, "", "no rows"),
        ("polymer,tg\n*CC*,5\n", 1, "psmiles", "no column psmiles"),
        ("psmiles,Tg_x\n*CC*,5\n", 1, "tg", "'Tg_x'? Rename"),
        ("psmiles,tg,TG\n*CC*,5,6\n", 1, "TG", "twice"),
        ("psmiles,tg,tg [degC]\n*CC*,5,6\n", 1, "tg [degC]", "twice"),
        ("psmiles,tg [K],tg_unit\n*CC*,5,K\n", 1, "tg [K]", "given twice"),
        ("psmiles,tg [g/cm3]\n*CC*,5\n", 1, "tg [g/cm3]", "cannot be converted to K"),
        ("psmiles,tg [C]\n*CC*,5\n", 1, "tg [C]", "degC"),
        ("psmiles,tg [hot]\n*CC*,5\n", 1, "tg [hot]", "not a unit"),
        ("psmiles,tg,sem [m]\n*CC*,5,1\n", 1, "sem [m]", "cannot be converted"),
        ("psmiles,tg,tg_unit\n*CC*,5,K\n*CC*,5,\n", 3, "tg_unit", "empty"),
        ("psmiles,tg,tg_unit\n*CC*,5,MPa\n", 2, "tg_unit", "cannot be converted"),
        ("psmiles,tg [degC]\n*CC*,-300\n", 2, "tg [degC]", "below 0 K"),
        ("psmiles,tg\n*CC*,12,5\n", 2, "", "3 cells under 2 titles"),
        ("psmiles,tg\n*CC*\n", 2, "", "1 cells under 2 titles"),
        ("psmiles,tg\n*CC*,5\n\n*CO*,x\n", 4, "tg", "not a number"),
        ('psmiles,tg,name\n*CC*,5,"a\nb"\n*CO*,x,\n', 4, "tg", "not a number"),
        ('psmiles,tg\n*CC*,5\n"*CO*,6\n', 3, "", "not CSV"),
        ("psmiles,tg\n*CC*,~350\n", 2, "tg", "is an estimate"),
        ('psmiles,tg\n*CC*,">3,5"\n*CO*,2.5\n', 2, "tg", "decimal comma"),
        ('psmiles,tg\n*CC*,"3,500"\n', 2, "tg", "--decimal comma"),
        ("psmiles,tg\n*CC*,>\n", 2, "tg", "is a limit, not a number"),
        ("psmiles,tg\n*CC*,<-5\n", 2, "tg", "cannot be a limit"),
        ("psmiles,tg\n*CC*,>-5\n", 2, "tg", "cannot be a limit"),
        ("psmiles,tg,sem\n*CC*,>350,2\n", 2, "sem", "beside a limit"),
        ("psmiles,tg,sem\n*CC*,350,<2\n", 2, "sem", "is a limit, not a number"),
        ("psmiles,tg\n*CC*,-\n", 2, "tg", "empty if there is no value"),
        ("psmiles,tg\n*CC*,\u22125\n", 2, "tg", "plain hyphen"),
        ("psmiles,tg,status\n*CC*,5,done\n", 2, "status", "not a status"),
        ("psmiles,tg,status\n*CC*,5,mesured\n", 2, "status", "Did you mean measured?"),
        ("psmiles,tg,status\n*CC*,5,abandoned\n", 2, "status", "contradicts the value"),
        ("psmiles,tg,status\n*CC*,,measured\n", 2, "tg", "empty"),
        ("psmiles,tg,status\n*CC*,,failed\n", 2, "status", "the row names none"),
        ("psmiles,tg,status\n*CC*,,proposed\n", 2, "status", "the row names none"),
        ("psmiles,tg,proposal_id\n*CC*,5,R001-01\n", 2, "proposal_id", "no proposals yet"),
    ],
)
def test_a_fault_is_told_with_its_line_and_column(
    tmp_path: Path, content: str, line: int, column: str, said: str
) -> None:
    [problem] = problems(tmp_path, content)
    assert (problem.line, problem.column) == (line, column)
    assert said in str(problem)


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        ("R009-01,*CC*,5,,", "proposal_id", "no proposal of this campaign"),
        ("R009-01,*CC*,,,", "proposal_id", "no proposal of this campaign"),
        ("R001-01,*CCO*,5,,", "psmiles", "is the polymer *CC(*)c1ccccc1"),
        ("R001-02,*CCO*,,running,", "status", "is withdrawn and cannot become running"),
        ("R001-01,*CC(*)c1ccccc1,,,3", "tg", "Write the value that n is about"),
        ("R001-01,*CC(*)c1ccccc1,,failed,3", "tg", "Write the value that n is about"),
        ("R001-01,*CC(*)c1ccccc1,,misured,", "status", "Did you mean measured?"),
    ],
)
def test_a_row_must_agree_with_the_proposal_it_names(
    tmp_path: Path, row: str, column: str, said: str
) -> None:
    [problem] = problems(tmp_path, f"proposal_id,psmiles,tg,status,n\n{row}\n", VIEW)
    assert (problem.line, problem.column) == (2, column)
    assert said in str(problem)


def test_the_steps_of_a_proposal_are_checked_across_the_rows_of_a_file(tmp_path: Path) -> None:
    rows = "R001-01,*CC(*)c1ccccc1,370,\nR001-01,*CC(*)c1ccccc1,372,\nR001-01,*CC(*)c1ccccc1,,abandoned\n"
    [problem] = problems(tmp_path, f"proposal_id,psmiles,tg,status\n{rows}", VIEW)
    assert (problem.line, problem.column) == (4, "status")
    assert "is measured and cannot become abandoned" in problem.fault
    assert "polyloop retract DIR" in problem.what_to_do


def test_a_status_that_was_a_slip_is_told_with_its_way_out(tmp_path: Path) -> None:
    [problem] = problems(tmp_path, "proposal_id,psmiles,tg,status\nR001-02,*CCO*,,running\n", VIEW)
    assert "polyloop withdraw DIR R001-02 --undo --reason" in problem.what_to_do


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (b"psmiles,tg\n*CC*,5\0\n", 2, "zero byte"),
        ("psmiles,tg,name\n*CC*,5,Ä\n".encode() + b"*CO*,5,\xe4\n", 3, "0xe4"),
        ("psmiles,tg\n*CC*,5\n".encode("utf-16-le"), 1, "zero byte"),
    ],
)
def test_a_file_that_is_no_text_is_refused_with_its_line(
    tmp_path: Path, content: bytes, line: int, said: str
) -> None:
    [problem] = problems(tmp_path, content)
    assert problem.line == line
    assert said in str(problem)
    assert "CSV UTF-8" in problem.what_to_do


def test_a_byte_that_is_not_utf8_is_found_far_into_a_large_file(tmp_path: Path) -> None:
    good = b"psmiles,tg,name\n" + "*CC*,5,Polyäthylen\n".encode() * 120_000
    [problem] = problems(tmp_path, good + b"*CC*,5,\xe4\n")
    assert problem.line == 120_002


def test_a_missing_file_is_a_table_error(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(TableError, match="cannot be read"):
            read_results(path, [TG])


@pytest.mark.parametrize("cell", ["<1.2", ">1.2"])
def test_a_limit_beyond_what_is_possible_is_refused_from_either_side(tmp_path: Path, cell: str) -> None:
    table = tmp_path / "results.csv"
    table.write_text(f"psmiles,crystallinity\n*CC*,{cell}\n", encoding="utf-8")
    with pytest.raises(TableError) as caught:
        read_results(table, [ObjectiveSpec(name="crystallinity", direction="max")])
    [problem] = caught.value.problems
    assert "cannot be a limit: crystallinity cannot be above 1" in problem.fault


def test_several_faults_come_in_the_order_of_lines_with_a_count(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text('psmiles,tg [K]\n*CC*,x\nCC,-5\n*CO*,5\n"broken')
    with pytest.raises(TableError) as caught:
        read_results(tmp_path / "r.csv", [TG])
    assert [problem.line for problem in caught.value.problems] == [2, 3, 3, 5]
    assert caught.value.message == "r.csv has 4 faults on 3 lines; nothing was taken from it."
    assert "line 3, column tg [K] '-5'" in str(caught.value)


def test_units_come_from_the_title_the_row_or_the_campaign(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    for content in (
        "psmiles,tg [degC],sem\n*CC*,100,2\n",
        "SMILES;Tg (°C);SEM [K]\n*CC*;100;2\n",
        "psmiles\ttg\ttg_unit\tsem\n*CC*\t100\tdegC\t2\n",
        "psmiles,tg,sem\n*CC*,373.15,2\n",
    ):
        path.write_text(content, encoding="utf-8")
        [row] = read_results(path, [TG]).rows
        assert (row.value, row.sem) == (373.15, 2.0)


def test_a_separator_other_than_the_comma_is_remarked(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("psmiles;tg;lab\n*CC*;5;B 12\n")
    checked = read_results(tmp_path / "r.csv", [TG])
    assert checked.remarks == ("r.csv is separated by semicolons.",)
    assert checked.ignored_columns == ("lab",)


def test_trailing_empty_cells_and_blank_rows_of_a_spreadsheet_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("psmiles,tg,,\n*CC*,5,,\n,,,\n*CO*,6,,,,\n\n")
    checked = read_results(tmp_path / "r.csv", [TG])
    assert [(row.line, row.value) for row in checked.rows] == [(2, 5.0), (4, 6.0)]


def test_a_row_without_status_or_value_is_counted_as_not_filled_in(tmp_path: Path) -> None:
    rows = "R001-01,*CC(*)c1ccccc1,,,waiting for styrene\nR001-02,*CCO*,250,,\n"
    (tmp_path / "r.csv").write_text(f"proposal_id,psmiles,tg,status,note\n{rows}")
    checked = read_results(tmp_path / "r.csv", [TG], VIEW)
    assert checked.skipped == 1
    assert [row.proposal_id for row in checked.rows] == ["R001-02"]
    assert checked.remarks == (
        "Line 2: the note is not taken, since the row has neither status nor value.",
        "Line 3: R001-02 was withdrawn and is measured here.",
    )


def test_a_data_frame_is_read_like_the_file_that_it_would_write(tmp_path: Path) -> None:
    frame = pd.DataFrame({"psmiles": ["*CC*", "*CO*"], "tg": [195.25, None], "n": [3, None]})
    with pytest.raises(TableError) as caught:
        read_results(frame, [TG])
    assert [(p.line, p.column) for p in caught.value.problems] == [(3, "tg")]
    frame = frame.head(1)
    frame.to_csv(tmp_path / "r.csv", index=False)
    from_frame, from_file = read_results(frame, [TG]), read_results(tmp_path / "r.csv", [TG])
    assert from_frame.rows == from_file.rows
    assert from_frame.rows[0].n == 3
    assert from_frame.source.sha256 == from_file.source.sha256


def test_an_empty_data_frame_is_a_table_error() -> None:
    with pytest.raises(TableError):
        read_results(pd.DataFrame(), [TG])
