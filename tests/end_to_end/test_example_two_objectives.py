"""The example with two objectives: its tables whole, and a round as its README says on the first part of them."""

from __future__ import annotations

import csv
import json
import runpy
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from campaigns.cli.main import polyloop
from campaigns.cli.schemas.validation import validated
from campaigns.spec import CampaignSpec
from campaigns.tables import read_results
from discovery.polymers import RepeatUnit

EXAMPLE = Path(__file__).parents[2] / "examples" / "high_tg_low_density"


def literature() -> dict[str, float]:
    """Glass transition of every polymer of the example, by the key of its repeat unit."""
    with (EXAMPLE.parent / "glass_transition" / "measured.csv").open(newline="", encoding="utf-8") as file:
        return {RepeatUnit.parse(row["psmiles"]).key: float(row["tg"]) for row in csv.DictReader(file)}


def test_the_tables_are_what_the_script_makes(tmp_path: Path) -> None:
    runpy.run_path(str(EXAMPLE / "make_data.py"))["main"](tmp_path)
    for name in ("measured.csv", "candidates.csv"):
        assert (tmp_path / name).read_text(encoding="utf-8") == (EXAMPLE / name).read_text(encoding="utf-8")


def test_the_start_has_gaps_and_limits_and_knows_no_polymer_of_the_top() -> None:
    spec = CampaignSpec.load(EXAMPLE / "campaign.toml")
    rows = read_results(EXAMPLE / "measured.csv", spec.properties).rows
    units = {name: {row.unit for row in rows if row.objective == name} for name in ("tg", "density")}
    assert (len(units["tg"]), len(units["density"]), len(units["tg"] | units["density"])) == (42, 38, 48)
    assert sum(row.bound == "above" for row in rows) == 2
    tg = literature()
    assert all(row.value <= tg[row.unit.key] <= 500 for row in rows if row.objective == "tg" and row.value)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("example")
    campaign = folder / "light"
    runner = CliRunner(
        env={
            "COLUMNS": "80",
            "XDG_CACHE_HOME": str(folder / "cache"),
            "XDG_STATE_HOME": str(folder / "state"),
        }
    )
    spec = (EXAMPLE / "campaign.toml").read_text(encoding="utf-8").replace("shortlist = 64", "shortlist = 16")
    (folder / "campaign.toml").write_text(spec, encoding="utf-8")
    for name, rows in (("candidates.csv", 30), ("measured.csv", 20)):
        lines = (EXAMPLE / name).read_text(encoding="utf-8").splitlines(keepends=True)
        (folder / name).write_text("".join(lines[: rows + 1]), encoding="utf-8")

    def ask(*words: str | Path) -> dict[str, Any]:
        result = runner.invoke(polyloop, [*map(str, words), "--json"])
        assert result.exit_code == 0, result.output
        validated(words, result.stdout)
        document: dict[str, Any] = json.loads(result.stdout)
        return document

    ask("new", campaign, "--spec", folder / "campaign.toml")
    ask("ingest", campaign, folder / "measured.csv")
    told: dict[str, Any] = {"before": ask("status", campaign)}
    told["batch"] = ask("propose", campaign, "-n", "4")
    with Path(told["batch"]["path"]).open(newline="", encoding="utf-8") as file:
        told["form"] = list(csv.DictReader(file))
    # Of one polymer both are measured, of another the glass transition alone.
    tg = literature()
    answers = [row | {"tg [K]": str(tg[RepeatUnit.parse(row["psmiles"]).key])} for row in told["form"][:2]]
    answers[0]["density [g/cm3]"] = "0.93"
    filled = folder / "filled.csv"
    with filled.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(answers[0]))
        writer.writeheader()
        writer.writerows(answers)
    told["ingested"] = ask("ingest", campaign, filled)
    told["status"] = ask("status", campaign)
    told["shown"] = runner.invoke(polyloop, ["report", str(campaign), "--show"]).stdout
    told["report"] = (campaign / "report.html").read_text(encoding="utf-8")
    return told


def test_a_batch_predicts_both_and_keeps_to_the_constraint(story: dict[str, Any]) -> None:
    rows = story["batch"]["proposals"]
    assert len(rows) == 4
    for row in rows:
        assert row["tg_lower"] < row["tg_mean"] < row["tg_upper"]
        assert row["density_lower"] < row["density_mean"] < row["density_upper"]
        assert row["sa_score"] < 4
    assert {row["property"] for row in story["batch"]["gate"]} == {"tg", "density"}


def test_the_form_has_an_empty_column_for_each_value(story: dict[str, Any]) -> None:
    for row in story["form"]:
        assert row["tg [K]"] == row["density [g/cm3]"] == row["status"] == ""
        assert float(row["tg_lower_95 [K]"]) < float(row["tg_predicted [K]"]) < float(row["tg_upper_95 [K]"])
        assert row["density_predicted [g/cm3]"]


def test_a_round_has_a_front_with_its_reference_point_and_advice(story: dict[str, Any]) -> None:
    front = story["batch"]["front"]
    assert front["names"] == ["tg", "density"]
    assert front["hypervolume"] > 0
    assert len(front["reference_point"]) == 2
    assert all(tg >= front["reference_point"][0] for tg, _ in front["values"])
    assert story["batch"]["advice"].endswith("26 more can be made after it.")


def test_one_value_of_two_is_a_result(story: dict[str, Any]) -> None:
    assert story["ingested"]["accepted"] == 2
    before, after = (
        {told["name"]: told["measured"] for told in story[when]["properties"]}
        for when in ("before", "status")
    )
    assert after == {"tg": before["tg"] + 2, "density": before["density"] + 1}


def test_the_report_shows_front_calibration_and_both_controls(story: dict[str, Any]) -> None:
    for page in (story["report"], " ".join(story["shown"].split())):
        for expected in (
            "The Pareto front",
            "reference point",
            "Hypervolume:",
            "Which model is trusted: tg",
            "Which model is trusted: density",
            "control",
            "miscalibration area",
            "Calibration: how often intervals",
            story["batch"]["advice"].split("'")[0],
        ):
            assert expected in page, expected
