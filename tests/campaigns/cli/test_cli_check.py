"""``polyloop check`` from the command line: what people read, what programs read, and the exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from campaigns.cli.main import polyloop
from campaigns.cli.schemas.validation import validated

DIRTY = (
    "\ufeffpsmiles;tg [K];name;remark\r\n"
    '*CCO*;206;PEO;"two\r\nlines"\r\n'
    "[*]OCC[*];306;PEG;\r\n"
    ";;;\r\n"
    "*CC(*)Cl;~350;PVC;\r\n"
    "*CC(*)C;263;\x1b[31mPP;\r\n"
    "*C(C)C*;263;\x1b[31mPP;\r\n"
    "*CC(*C;1;typing error;\r\n"
    "*CCN;2;one star;\r\n"
    "*OCCCC;3;one star;\r\n"
    "*CC(*)F;314;PVF;;extra\r\n"
)
CLEANED = (
    "psmiles,tg [K],name,remark,n,tg_sem\n"
    '*CCO*,256,PEO,"two\nlines",2,50\n'
    "*CC(*)Cl,~350,PVC,,1,\n"
    "*CC(*)C,263,\x1b[31mPP,,2,\n"
)


@pytest.fixture
def dirty(tmp_path: Path) -> Path:
    path = tmp_path / "dirty.csv"
    path.write_text(DIRTY, encoding="utf-8", newline="")
    return path


def run(*arguments: str | Path) -> Result:
    runner = CliRunner(env={"COLUMNS": "80"})
    return runner.invoke(polyloop, ["check", *(str(argument) for argument in arguments)])


def document(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    validated(["check"], result.stdout)
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_people_read_what_is_wrong_and_where(dirty: Path) -> None:
    result = run(dirty)
    assert result.exit_code == 0, result.output
    said = " ".join(result.stdout.split())
    for expected in (
        "9 rows",
        "5 rows can be used; 4 cannot",
        "3 different chains",
        "line 9 '*CC(*C' cannot be read",
        "one attachment point, 2 rows.",
        "line 12 the row has 5 cells under 4 titles",
        "1 cell of tg [K] is not a number: '~350' on line 6",
        "A chain is flagged where",
        "! *CCO* 206 2 *CCO* 306 4 [*]OCC[*]",
        "'PEG' on line 4 ('PEO' on line 2 is)",
    ):
        assert expected in said, (expected, result.stdout)
    assert "\x1b" not in result.stdout
    assert max(map(len, result.stdout.splitlines()[:-1])) <= 80


def test_the_cleaned_table_lies_beside_the_table(dirty: Path) -> None:
    run(dirty)
    assert (dirty.parent / "dirty.clean.csv").read_text(encoding="utf-8") == CLEANED


def test_the_document_has_the_whole_report(dirty: Path) -> None:
    found = document(run(dirty, "--json", "--out", dirty.parent / "out.csv"))
    assert (found["rows"], found["valid"], found["faulty"], found["distinct"]) == (9, 5, 4, 3)
    assert {kind["kind"]: kind["count"] for kind in found["faults"]} == {
        "one attachment point": 2,
        "unparsable": 1,
        "more cells than titles": 1,
    }
    [ether, propylene] = found["duplicates"]
    assert (ether["lines"], ether["written"], ether["values"]) == ([2, 4], ["*CCO*", "[*]OCC[*]"], "differ")
    assert propylene["values"] == "agree"
    tg = found["columns"][0]
    assert tg["differences"][0]["values"] == [206, 306]
    assert found["out"].endswith("out.csv")
    assert not found["clean"]


def test_strict_fails_on_a_dirty_table_and_not_on_a_clean_one(dirty: Path) -> None:
    assert run(dirty).exit_code == 0
    assert run(dirty, "--strict", "--force").exit_code == 2
    clean = dirty.parent / "clean.csv"
    clean.write_text("psmiles,tg\n*CCO*,206\n*CC(*)C,263\n", encoding="utf-8")
    result = run(clean, "--strict")
    assert result.exit_code == 0
    assert "nothing to mend" in " ".join(result.stdout.split())


@pytest.mark.parametrize(
    ("option", "meant"), [(("--text", "remrk"), "remark"), (("--column", "polymr"), "polymer")]
)
def test_a_mistyped_column_is_told_with_the_nearest(
    tmp_path: Path, option: tuple[str, ...], meant: str
) -> None:
    table = tmp_path / "table.csv"
    table.write_text("polymer,psmiles,remark\n*CC*,*CC*,x\n", encoding="utf-8")
    result = run(table, *option)
    assert result.exit_code == 2
    assert f"Did you mean {meant}?" in result.stderr


def test_an_older_cleaned_table_is_replaced_only_by_force(dirty: Path) -> None:
    out = dirty.parent / "dirty.clean.csv"
    out.write_text("mine", encoding="utf-8")
    result = run(dirty)
    assert result.exit_code == 3
    assert "--force" in result.stderr
    assert out.read_text(encoding="utf-8") == "mine"
    assert run(dirty, "--force").exit_code == 0
    assert out.read_text(encoding="utf-8") == CLEANED


def test_a_table_of_molecules_is_said_to_be_one(tmp_path: Path) -> None:
    table = tmp_path / "monomers.csv"
    table.write_text("smiles,name\nC=Cc1ccccc1,styrene\nCC,ethane\n", encoding="utf-8")
    said = " ".join(run(table).stdout.split())
    assert "is a table of molecules (monomers" in said
    assert "No rule uses CC." in said


def test_a_table_without_structures_is_told_what_to_do(tmp_path: Path) -> None:
    table = tmp_path / "other.csv"
    table.write_text("polymer,tg\n*CCO*,206\n", encoding="utf-8")
    result = run(table)
    assert result.exit_code == 2
    assert "--column" in result.stderr
    assert run(table, "--column", "polymer").exit_code == 0
