"""``polyloop new`` from options, and ``polyloop ingest`` of what such a campaign measures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from campaigns.cli.main import polyloop
from campaigns.spec import CampaignSpec


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    path = tmp_path / "pool.csv"
    path.write_text("psmiles\n*CCO*\n*CO*\n*CC*\n", encoding="utf-8")
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(polyloop, [str(argument) for argument in arguments])


def test_one_objective_and_its_unit_are_enough(tmp_path: Path, pool: Path) -> None:
    made = run("new", tmp_path / "c", "--objective", "tg:max", "--unit", "K", "--pool", pool, "--json")
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["objective"] == "highest tg (K)"


def test_several_objectives_with_units_and_constraints_make_a_campaign(tmp_path: Path, pool: Path) -> None:
    made = run(
        *("new", tmp_path / "c", "--pool", pool, "--name", "hot and light"),
        *("--objective", "tg:340..360", "--unit", "K", "--objective", "density:min", "--unit", "g/cm3"),
        *("--constraint", "sa_score < 4", "--constraint", "permeability > 3 barrer"),
    )
    assert made.exit_code == 0, made.output
    spec = CampaignSpec.load(tmp_path / "c" / "campaign.toml")
    assert [p.name for p in spec.properties] == ["tg", "density", "permeability"]
    assert spec.objective.target == (340.0, 360.0)
    assert spec.sentence in " ".join(made.stdout.split())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--objective", "tg:up"), "tg:340..360"),
        (("--objective", "tg:350"), "no tolerance"),
        (("--objective", "tg:max", "--objective", "d:min", "--unit", "K"), "2 objectives and 1 unit"),
        (("--objective", "tg:max", "--unit", "K", "--constraint", "tg > 400"), "has no unit"),
        (("--objective", "tg:max", "--unit", "C"), "degC"),
        (("--objective", "tg:max", "--unit", "kelvins2"), "tg is a temperature"),
        (("--objective", "tg:max", "--unit", "g/cm3"), "tg is a temperature"),
        (("--objective", "refractive_index:max", "--unit", "K"), "Write no unit"),
        (("--objective", "x:max", "--unit", "K", "--constraint", "density < 1 g/cm"), "density is a density"),
        (("--constraint", "tg > 400 K"), "both --objective and --pool"),
    ],
)
def test_options_that_make_no_sense_are_told_and_nothing_is_made(
    tmp_path: Path, pool: Path, options: tuple[str, ...], said: str
) -> None:
    result = run("new", tmp_path / "c", "--pool", pool, *options)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize(
    "objective", [("tg:up",), ("tg:max", "--unit", "kelvinz"), ("tg:max", "--unit", "K")]
)
def test_all_faulty_constraints_are_told_at_once_whatever_the_objective(
    tmp_path: Path, pool: Path, objective: tuple[str, ...]
) -> None:
    result = run(
        *("new", tmp_path / "c", "--pool", pool, "--json", "--objective", *objective),
        *("--constraint", "sa_score < 0", "--constraint", "tg > 400 K", "--constraint", "nonsense"),
    )
    problems = json.loads(result.stdout)["error"]["problems"]
    told = [problem["where"] for problem in problems if problem["where"].startswith("constraints")]
    assert told == ["constraints[1]", "constraints[3]"]


def test_a_table_with_gaps_and_limits_is_ingested(tmp_path: Path, pool: Path) -> None:
    run(
        *("new", tmp_path / "c", "--pool", pool, "--objective", "tg:max", "--unit", "K"),
        *("--objective", "density:min", "--unit", "g/cm3"),
    )
    table = tmp_path / "results.csv"
    table.write_text("psmiles,tg [degC],density\n*CCO*,-67,\n*CO*,>-80,1.42\n", encoding="utf-8")
    result = run("ingest", tmp_path / "c", table)
    assert result.exit_code == 0, result.output
    said = " ".join(result.stdout.split())
    assert "2 rows taken, on 2 polymers." in said
    assert "New values: tg 2, density 1." in said
    assert "one value is a limit" in said


@pytest.mark.parametrize(("constraint", "meant"), [("sa_scor < 4", "sa_score"), ("Densty < 1.2", "density")])
def test_a_constraint_on_a_misspelt_property_is_refused(
    tmp_path: Path, pool: Path, constraint: str, meant: str
) -> None:
    result = run(
        *("new", tmp_path / "c", "--pool", pool, "--objective", "density:min", "--unit", ""),
        *("--constraint", constraint),
    )
    assert result.exit_code == 2
    assert f"Did you mean {meant}?" in " ".join(result.stderr.split())
    assert not (tmp_path / "c").exists()


def test_a_property_that_only_a_constraint_names_is_told(tmp_path: Path, pool: Path) -> None:
    made = run(
        *("new", tmp_path / "c", "--pool", pool, "--objective", "tg:max", "--unit", "K"),
        *("--constraint", "density < 1.2 g/cm3", "--json"),
    )
    assert made.exit_code == 0, made.output
    [note] = json.loads(made.stdout)["notes"]
    assert "measured as a property of its own, in the column density (g/cm3)" in note


def test_rows_about_other_properties_are_passed_over_and_counted(tmp_path: Path, pool: Path) -> None:
    run("new", tmp_path / "c", "--pool", pool, "--objective", "tg:max", "--unit", "K")
    table = tmp_path / "results.csv"
    table.write_text("psmiles,tg,density\n*CCO*,200,1.1\n*CO*,,1.42\n", encoding="utf-8")
    result = run("ingest", tmp_path / "c", table)
    assert result.exit_code == 0, result.output
    said = " ".join(result.stdout.split())
    assert "1 row taken" in said
    assert "Passed over: 1 row without a value of tg." in said


def test_the_address_of_a_ledger_may_hold_no_password(tmp_path: Path) -> None:
    (tmp_path / "pool.csv").write_text("psmiles\n*CCO*\n", encoding="utf-8")
    words = ["new", tmp_path / "tg", "--objective", "tg:max", "--unit", "K", "--pool", tmp_path / "pool.csv"]
    told = CliRunner().invoke(
        polyloop, [*map(str, words), "--ledger", "postgresql+psycopg://ana:secret@lab/polymers"]
    )
    assert told.exit_code == 2
    assert "PGPASSWORD" in told.output
    assert "secret" not in told.output
    assert not (tmp_path / "tg").exists()
