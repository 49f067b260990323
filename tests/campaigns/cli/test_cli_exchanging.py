"""polyloop export and polyloop import."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from campaigns import Campaign
from campaigns.cli.main import polyloop
from campaigns.cli.schemas.validation import validated, validated_error
from campaigns.spec import CampaignSpec


def run(*arguments: str | Path) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(polyloop, [str(argument) for argument in arguments])


def answer(*arguments: str | Path) -> dict[str, Any]:
    words = [*map(str, arguments), "--json"]
    result = run(*words)
    assert result.exit_code == 0, result.output
    validated(words, result.stdout)
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def refused(code: int, *arguments: str | Path) -> dict[str, Any]:
    result = run(*arguments, "--json")
    assert result.exit_code == code, result.output
    validated_error(result.stdout)
    told: dict[str, Any] = json.loads(result.stdout)["error"]
    return told


@pytest.fixture
def campaign(tmp_path: Path) -> Campaign:
    (tmp_path / "pool.csv").write_text("psmiles\n*CCO*\n*CC(*)C\n", encoding="utf-8")
    (tmp_path / "measured.csv").write_text("psmiles,tg,name\n*CCO*,206,=PEO\n", encoding="utf-8")
    made = Campaign.create(
        tmp_path / "tg", CampaignSpec.from_options("tg:max", unit="K", pool=tmp_path / "pool.csv")
    )
    made.ingest(tmp_path / "measured.csv")
    return made


def test_what_is_exported_is_imported_and_said_in_a_line(campaign: Campaign, tmp_path: Path) -> None:
    out, made = tmp_path / "tg.zip", tmp_path / "made"
    told = run("export", campaign.folder, out)
    assert told.exit_code == 0, told.output
    assert "2 commands (1 spec version, 1 repeat unit, 1 measurement)" in told.stdout
    assert f"polyloop import {out} DIR" in told.stdout
    told = run("import", out, made)
    assert told.exit_code == 0, told.output
    assert told.stdout.startswith("tg: 2 commands with all facts")
    assert run("status", made).exit_code == 0


def test_the_answers_name_the_same_facts(campaign: Campaign, tmp_path: Path) -> None:
    told = answer("export", campaign.folder, tmp_path / "out")
    assert (told["commands"], told["facts"]["measurements"], told["notes"]) == (2, 1, [])
    back = answer("import", tmp_path / "out", tmp_path / "made")
    assert (back["digest"], back["commands"], back["files"]) == (told["digest"], 2, told["files"])


def test_a_database_is_named_and_its_password_is_not_taken(
    campaign: Campaign, tmp_path: Path, postgresql: Callable[[], str]
) -> None:
    campaign.export(tmp_path / "out")
    url = postgresql()
    told = answer("import", tmp_path / "out", tmp_path / "made", "--ledger", url, "--schema", "lab")
    assert told["ledger"] == url
    assert run("status", tmp_path / "made").exit_code == 0
    secret = "postgresql+psycopg://me:secret@host/db"
    error = refused(2, "import", tmp_path / "out", tmp_path / "other", "--ledger", secret)
    assert "secret" not in json.dumps(error)
    assert not (tmp_path / "other").exists()


def test_what_is_wrong_with_an_archive_is_input_and_what_is_in_the_way_is_state(
    campaign: Campaign, tmp_path: Path
) -> None:
    campaign.export(tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip", "a") as packed:
        packed.writestr("../harm", "x")
    error = refused(2, "import", tmp_path / "out.zip", tmp_path / "made")
    assert (error["kind"], error["exit_code"]) == ("ArchiveError", 2)
    assert "leads out of the folder" in error["message"]
    assert refused(2, "import", tmp_path / "none.zip", tmp_path / "made")["kind"] == "BadParameter"
    assert refused(2, "import", tmp_path / "measured.csv", tmp_path / "made")["kind"] == "ArchiveError"
    campaign.export(tmp_path / "good.zip")
    assert refused(3, "import", tmp_path / "good.zip", campaign.folder)["kind"] == "StateError"
    assert refused(3, "export", campaign.folder, tmp_path / "good.zip")["kind"] == "StateError"
    assert refused(3, "export", tmp_path / "none", tmp_path / "x.zip")["kind"] == "StateError"
