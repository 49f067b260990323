"""``polyloop physics``: estimates with units, what is missing and what is little but a guess."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from campaigns.cli.main import polyloop

POLYSTYRENE, LEAD = "*CC(*)c1ccccc1", "*CC[Pb]*"
SULFOXIDE = "*CS(=O)*"


def run(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "100"}).invoke(polyloop, ["physics", "--workers", "1", *arguments])


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "polymers.csv"
    path.write_text(f"psmiles\n{POLYSTYRENE}\n{LEAD}\nnonsense\n*CCO*\n*CC*\n", encoding="utf-8")
    return path


def test_single_polymers_stand_side_by_side_with_units_ranges_and_what_is_missing() -> None:
    result = run(POLYSTYRENE, LEAD)
    assert result.exit_code == 0, result.output
    for words in ("density", "g/cm3", "0.7 to 2.6", POLYSTYRENE, "limiting_oxygen_index", "percent"):
        assert words in result.output
    assert f"{LEAD}: " in result.output


def test_a_table_is_told_by_its_spread_and_written_whole(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    result = run(str(table), "--properties", "tg,density", "--out", str(out))
    assert result.exit_code == 0, result.output
    assert "4 polymers" in result.output
    assert "line 4: " in result.output
    written = pd.read_csv(out)
    columns = ["psmiles", "physics_tg [K]", "physics_density [g/cm3]", "missing", "guessed", "fault"]
    assert list(written) == columns
    assert written["psmiles"].tolist() == [POLYSTYRENE, LEAD, "nonsense", "*CCO*", "*CC*"]
    assert written["physics_density [g/cm3]"].notna().tolist() == [True, False, False, True, True]
    assert isinstance(written["missing"][1], str)
    assert isinstance(written["fault"][2], str)


def test_estimates_that_the_calibration_cannot_vouch_for_are_told_to_be_guesses() -> None:
    told = " ".join(run(SULFOXIDE, POLYSTYRENE).output.split())
    assert f"{SULFOXIDE}: a guess: tg, decomposition_temperature, char_yield:" in told
    assert "sulfoxide in the backbone" in told
    assert f"{POLYSTYRENE}: a guess" not in told
    document = json.loads(run(SULFOXIDE, POLYSTYRENE, "--json").stdout)
    sulfoxide, polystyrene = (each["guessed"] for each in document["estimates"])
    assert sulfoxide.startswith("tg, ")
    assert polystyrene == ""


def test_the_file_tells_which_estimates_are_guesses(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    run(SULFOXIDE, POLYSTYRENE, "--properties", "tg", "--out", str(out))
    sulfoxide, polystyrene = pd.read_csv(out, keep_default_na=False)["guessed"]
    assert sulfoxide.startswith("tg: ")
    assert polystyrene == ""


def test_the_json_document_has_values_by_name(table: Path) -> None:
    result = run(POLYSTYRENE, str(table), "--properties", "density", "--json")
    document = json.loads(result.stdout)
    assert document["polymers"] == 5
    assert 0.9 < document["estimates"][0]["values"]["density"] < 1.2
    assert document["estimates"][2]["values"]["density"] is None
    assert document["spread"][0]["covered"] == 4
    assert len(document["faulty"]) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere.csv",), "neither a file nor a PSMILES"),
        (("*CC(*",), "cannot be read as SMILES"),
        ((POLYSTYRENE, "--properties", "colour"), "Choose from: molar_volume"),
        ((POLYSTYRENE, "--out", "nowhere/out.csv"), "no folder"),
    ],
)
def test_what_cannot_be_estimated_is_told_in_words(arguments: tuple[str, ...], words: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert words in result.output
    assert "Traceback" not in result.output
