"""Encoders that a campaign names, for the commands that work without one: the same words, the same faults, the same vectors."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from campaigns import Campaign
from campaigns.cli.encoders import encoders_of
from campaigns.cli.main import polyloop
from campaigns.cli.schemas.validation import validated
from campaigns.errors import CampaignError, SpecError
from campaigns.folder import SPEC_FILE
from campaigns.spec import CampaignSpec, EncodersSpec

SPEC = """
name = "large"
[[objectives]]
name = "tg"
direction = "max"
unit = "K"
[pool]
polymers = "pool.csv"
[encoders]
text = "weights/text"
"""


@pytest.fixture
def beside(tmp_path: Path, llama3_folder: Path, tiny_geometry_folder: Path) -> Path:
    """A spec with encoders in folders beside it, and a table; no campaign was begun with it."""
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "text").symlink_to(llama3_folder)
    (tmp_path / "weights" / "geometry").symlink_to(tiny_geometry_folder)
    (tmp_path / SPEC_FILE).write_text(SPEC + 'geometry = "weights/geometry"\n', encoding="utf-8")
    (tmp_path / "pool.csv").write_text("psmiles\n*CCO*\n*CC(*)F\n", encoding="utf-8")
    return tmp_path


def run(*arguments: str | Path) -> Result:
    return CliRunner(env={"COLUMNS": "80"}).invoke(polyloop, [str(argument) for argument in arguments])


def test_without_a_campaign_the_encoders_are_the_bundled_ones() -> None:
    assert encoders_of(None) == EncodersSpec()


@pytest.mark.parametrize("given", [".", SPEC_FILE])
def test_folders_are_found_beside_the_spec_wherever_the_command_runs(beside: Path, given: str) -> None:
    found = encoders_of(beside / given)
    assert found.text == str((beside / "weights" / "text").resolve())
    assert found.geometry == str((beside / "weights" / "geometry").resolve())


def test_a_folder_without_a_spec_is_no_campaign(tmp_path: Path) -> None:
    with pytest.raises(CampaignError, match=r"holds no campaign\.toml"):
        encoders_of(tmp_path)


def test_faults_of_the_spec_are_told_as_for_any_campaign(beside: Path) -> None:
    (beside / SPEC_FILE).write_text(SPEC + 'dtype = "half"\n', encoding="utf-8")
    with pytest.raises(SpecError) as by_campaign:
        CampaignSpec.load(beside / SPEC_FILE)
    result = run("doctor", "--campaign", beside, "--json")
    assert result.exit_code == 2
    problems = json.loads(result.stdout)["error"]["problems"]
    assert [problem["fault"] for problem in problems] == [p.fault for p in by_campaign.value.problems]


def test_a_table_is_embedded_by_the_encoders_of_the_campaign(beside: Path) -> None:
    campaign = Campaign.create(beside / "begun", CampaignSpec.load(beside / SPEC_FILE), base=beside)
    out = beside / "vectors.parquet"
    result = run("embed", beside / "pool.csv", "--out", out, "--campaign", campaign.folder)
    assert result.exit_code == 0, result.output
    assert "No fusion was trained" in result.stdout
    assert f"geometry {(beside / 'weights' / 'geometry').resolve()}" in "".join(result.stdout.split("\n"))
    revisions = {name.decode(): value.decode() for name, value in pq.read_schema(out).metadata.items()}
    assert revisions == campaign.representation.revisions


def test_a_replay_is_refused_for_weights_that_are_not_there(beside: Path) -> None:
    (beside / SPEC_FILE).write_text(SPEC.replace("weights/text", "./none"), encoding="utf-8")
    table = "psmiles,tg\n" + "".join(f"*CC(*){'C' * n},{200 + n}\n" for n in range(1, 9))
    (beside / "measured.csv").write_text(table, encoding="utf-8")
    terms = ("--target", "tg:max", "--unit", "K", "--start", "3", "--out", beside)
    result = run("backtest", beside / "measured.csv", *terms, "--campaign", beside)
    assert result.exit_code == 2
    assert "there is no such folder" in result.stderr


def test_the_doctor_looks_at_the_encoders_of_the_campaign(beside: Path) -> None:
    result = run("doctor", "--campaign", beside, "--json")
    assert result.exit_code == 0, result.output
    validated(["doctor"], result.stdout)
    checks = {check["part"]: check for check in json.loads(result.stdout)["encoders"]}
    assert checks["text"]["source"] == str((beside / "weights" / "text").resolve())
    assert [check["state"] for check in checks.values()] == ["ok", "ok", "untrained"]


def test_the_doctor_says_what_an_untrained_fusion_is(beside: Path) -> None:
    result = run("doctor", "--campaign", beside)
    assert "joined by random projections" in " ".join(result.stdout.split())


def test_a_geometry_that_is_not_there_is_told_with_the_folder_beside_the_spec(beside: Path) -> None:
    (beside / SPEC_FILE).write_text(SPEC + 'geometry = "weights/shape"\n', encoding="utf-8")
    result = run("doctor", "--campaign", beside, "--json")
    checks = {check["part"]: check for check in json.loads(result.stdout)["encoders"]}
    assert str((beside / "weights" / "shape").resolve()) in checks["geometry"]["error"]


def test_the_doctor_fails_where_an_encoder_cannot_be_used_and_tells_the_way_out(beside: Path) -> None:
    (beside / SPEC_FILE).write_text(SPEC + 'geometry = "unimolv2-5m"\n', encoding="utf-8")
    result = run("doctor", "--campaign", beside)
    assert result.exit_code == 3
    assert "geometry: There is no Uni-Mol2 of size '5m'.\nThe sizes are 84m" in result.stdout
    assert "something is wrong" in result.stdout
