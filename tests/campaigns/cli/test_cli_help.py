from __future__ import annotations

import json
import re
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from campaigns.cli.main import COMMANDS, SECTIONS, polyloop

HEAVY = (
    "torch",
    "transformers",
    "rdkit",
    "botorch",
    "pandas",
    "numpy",
    "matplotlib",
    "rich",
    "pydantic",
    "sqlalchemy",
)


def help_page() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "campaigns.cli.main", "--help"], check=True, capture_output=True)
    return time.perf_counter() - began


def test_help_answers_within_half_a_second() -> None:
    assert min(help_page() for _ in range(5)) < 0.5  # the best of five, for machines that are busy


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, click.testing; from campaigns.cli.main import polyloop;"
        "assert click.testing.CliRunner().invoke(polyloop, ['--help']).exit_code == 0;"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_help_lists_every_command_by_what_it_is_for() -> None:
    page = CliRunner().invoke(polyloop, ["--help"]).stdout
    listed = page.partition("Options:")[2].partition("Exit codes:")[0]
    # A command's line is indented by two blanks, the folded rest of its description by more.
    names = re.findall(r"^  (\w[\w-]*)  ", listed, re.MULTILINE)
    assert names == list(COMMANDS)
    places = [page.index(f"\n{heading}:\n") for heading in SECTIONS]
    assert places == sorted(places)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    result = CliRunner().invoke(polyloop, [name, "--help"])
    assert result.exit_code == 0
    assert "Usage: polyloop" in result.stdout


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "pretrain"])
def test_every_command_has_what_every_command_has(name: str) -> None:
    page = CliRunner().invoke(polyloop, [name, "--help"]).stdout
    for option in ("--json", "--quiet", "--log-file"):
        assert option in page


@pytest.mark.parametrize(
    "arguments",
    [
        ["ingest", "no-such-folder", "no-such-file.csv"],
        ["backtest", "no-such-file.csv", "--target", "tg:max"],
        ["embed", "no-such-file.csv", "--out", "vectors.parquet"],
        ["new", "folder"],
        ["new", "folder", "--objective", "tg:up", "--pool", "."],
        ["propose", ".", "-n", "0"],
        ["rank", ".", "--monomers", "a.csv", "--polymers"],
        ["pool", ".", "--max-sa-score", "11"],
        ["no-such-command"],
    ],
)
def test_a_wrong_command_line_is_told_without_traceback(arguments: list[str]) -> None:
    plain = CliRunner().invoke(polyloop, arguments)
    assert plain.exit_code == 2
    assert plain.stdout == ""
    assert "Error: " in plain.stderr
    assert "Traceback" not in plain.stderr
    as_json = CliRunner().invoke(polyloop, [*arguments, "--json"])
    assert as_json.exit_code == 2
    assert set(json.loads(as_json.stdout)) == {"error"}


@pytest.mark.parametrize(
    "arguments", [["status", "no-such-folder"], ["propose", "no-such-folder"], ["rank", ".", "--top", "3"]]
)
def test_a_campaign_that_is_not_there_is_told_without_traceback(arguments: list[str]) -> None:
    result = CliRunner().invoke(polyloop, arguments)
    assert result.exit_code == 3
    assert result.stdout == ""
    assert "Error: " in result.stderr
    assert "polyloop new" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "nearest"),
    [
        (["propse", "tg"], "propose"),
        (["Status", "tg"], "status"),
        (["pretrain", "geometri"], "geometry"),
        (["propose", "tg", "--sede", "3"], "--seed"),
        (["status", "tg", "--jsn"], "--json"),
        (["backtest", __file__, "--objective", "tg:max", "--rivals", "rndom"], "random"),
        (["physics", "*CC*", "--properties", "densty"], "density"),
    ],
)
def test_a_slip_is_told_with_the_nearest(arguments: list[str], nearest: str) -> None:
    result = CliRunner().invoke(polyloop, arguments)
    assert result.exit_code == 2
    assert f"Did you mean {nearest}?" in result.stderr.replace("'", "")


def test_an_objective_is_explained_when_it_is_miswritten() -> None:
    result = CliRunner().invoke(polyloop, ["backtest", __file__, "--target", "tg"])
    assert "tg:max" in result.stderr
