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


def test_one_polymer_is_told_in_words_with_conditions_and_typical_errors() -> None:
    told = " ".join(run(POLYSTYRENE).output.split())
    for words in ("density, amorphous, 298 K 1.07 g/cm3 3 %", "glass transition temperature 375 K 41 K"):
        assert words in told
    assert "0.7 to 2.6" not in told


def test_an_oxygen_index_at_the_floor_of_the_method_is_that_or_less() -> None:
    assert "≤ 17.5" in run("*CO*", "--properties", "limiting_oxygen_index").output


def test_a_few_polymers_have_a_column_each_with_what_is_missing() -> None:
    polymers = [POLYSTYRENE, LEAD, "*CC*", "*CO*", "*CCO*", "*CC(*)C", "*CC(*)CC"]
    result = run(*polymers, "--properties", "tg,density")
    assert result.exit_code == 0, result.output
    assert f"7  {polymers[-1]}" in result.output
    (line,) = [line for line in result.output.splitlines() if "density" in line]
    assert line.split()[-7:-5] == ["1.07", "–"]
    assert f"{LEAD}: not estimated: No method here knows chains with Pb." in result.output


def test_a_table_is_told_by_its_spread_and_counted_reasons(tmp_path: Path) -> None:
    rows = [f"*{'C' * n}O*" for n in range(1, 12)] + [LEAD, LEAD, SULFOXIDE]
    (tmp_path / "many.csv").write_text("psmiles\n" + "\n".join(rows) + "\n", encoding="utf-8")
    told = run(str(tmp_path / "many.csv"), "--properties", "tg,density").output
    assert "median" in told
    assert "2 polymers not estimated: No method here knows chains with Pb." in told
    assert "1 polymer with values that are little more than guesses." in told


def test_faulty_rows_are_in_the_headline(table: Path) -> None:
    result = run(str(table), "--properties", "tg")
    assert result.exit_code == 0, result.output
    assert "4 of 5 rows; 1 could not be read" in result.output
    assert "line 4: " in result.output


def test_the_file_has_one_row_for_each_row_of_the_table(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    run(str(table), "--properties", "tg,density", "--out", str(out))
    written = pd.read_csv(out)
    columns = ["psmiles", "physics_tg [K]", "physics_density [g/cm3]", "missing", "guessed", "fault"]
    assert list(written) == columns
    assert written["psmiles"].tolist() == [POLYSTYRENE, LEAD, "nonsense", "*CCO*", "*CC*"]
    assert written["physics_density [g/cm3]"].notna().tolist() == [True, False, False, True, True]
    assert isinstance(written["missing"][1], str)
    assert isinstance(written["fault"][2], str)


def test_the_file_keeps_the_tables_columns_and_makes_old_estimates_anew(tmp_path: Path) -> None:
    source, out, again = tmp_path / "in.csv", tmp_path / "out.csv", tmp_path / "again.csv"
    source.write_text(f'name,psmiles,missing\nPS,{POLYSTYRENE},"a, b"\n', encoding="utf-8")
    run(str(source), "--properties", "tg", "--out", str(out))
    run(str(out), "--properties", "tg", "--out", str(again))
    written = pd.read_csv(out, dtype=str, keep_default_na=False)
    assert sorted(written) == sorted(
        ["name", "psmiles", "missing", "physics_tg [K]", "physics_missing", "guessed", "fault"]
    )
    assert written.loc[0, ["name", "missing"]].tolist() == ["PS", "a, b"]
    assert list(pd.read_csv(again)).count("physics_tg [K]") == 1


def test_single_polymers_and_tables_share_a_column_in_the_file(tmp_path: Path) -> None:
    source, out = tmp_path / "in.parquet", tmp_path / "out.csv"
    pd.DataFrame({"smiles": ["*CO*"], "batch": [7]}).to_parquet(source)
    run("*CC*", str(source), "--properties", "tg", "--out", str(out))
    written = pd.read_csv(out, dtype=str, keep_default_na=False)
    assert written["psmiles"].tolist() == ["*CC*", "*CO*"]
    assert written["batch"].tolist() == ["", "7"]


def test_the_json_document_has_every_polymer(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text("psmiles\n" + f"{POLYSTYRENE}\n" * 30, encoding="utf-8")
    document = json.loads(run(str(path), "--properties", "density", "--json").stdout)
    assert len(document["estimates"]) == 30
    assert document["properties"][0]["plausible"] == [0.7, 2.6]


def test_names_of_properties_may_be_in_capitals() -> None:
    assert "185" in run("*CC*", "--properties", "Tg").output


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
        (("nowhere.csv",), "There is no file 'nowhere.csv'"),
        (("C=CC",), "As a monomer it makes '*CC(*)C'"),
        (("CCO",), "two *, such as"),
        (("[[x",), "neither a file nor a PSMILES"),
        ((POLYSTYRENE, "--properties", "dens"), "Did you mean density?"),
        ((POLYSTYRENE, "--properties", "tg,Tg"), "asked for twice"),
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
