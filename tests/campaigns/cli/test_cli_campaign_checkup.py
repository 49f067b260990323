from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from campaigns.campaign import Campaign
from campaigns.cli.main import polyloop
from campaigns.cli.schemas.validation import validated
from campaigns.spec import CampaignSpec


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pool.csv").write_text("psmiles\n*CCO*\n*CC(*)F\n", encoding="utf-8")
    (tmp_path / "measured.csv").write_text("psmiles,tg\n*CC(*)c1ccccc1,373\n", encoding="utf-8")
    made = Campaign.create(
        tmp_path / "tg", CampaignSpec.from_options("tg:max", unit="K", pool=tmp_path / "pool.csv")
    )
    made.ingest(tmp_path / "measured.csv")
    return made.folder


def run(*words: object) -> Result:
    return CliRunner().invoke(polyloop, [str(word) for word in words])


def test_the_doctor_finds_a_campaign_whole(folder: Path) -> None:
    told = run("doctor", folder, "--json")
    validated(["doctor"], told.stdout)
    assert (told.exit_code, json.loads(told.stdout)["healthy"]) == (0, True)
    assert "all is well" in run("doctor", folder).output


def test_the_doctor_tells_what_is_damaged_and_the_way_out(folder: Path) -> None:
    (folder / "pool.csv").unlink()
    told = run("doctor", folder, "--json")
    validated(["doctor"], told.stdout)
    assert told.exit_code == 3
    words = " ".join(run("doctor", folder).output.split())
    assert "something is wrong" in words
    assert "Correct the path or restore the file." in words


def test_the_doctor_saves_what_is_whole(folder: Path, tmp_path: Path) -> None:
    told = run("doctor", folder, "--recover", tmp_path / "new", "--json")
    validated(["doctor"], told.stdout)
    assert (told.exit_code, json.loads(told.stdout)["lost"]) == (0, [])
    assert Campaign.open(tmp_path / "new").status().observations == 1
    assert "Nothing is lost" in run("doctor", folder, "--recover", tmp_path / "other").output


def test_what_the_doctor_cannot_save_is_told_by_its_exit_code(folder: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(folder / "campaign.sqlite")) as connection:
        connection.execute("DROP TRIGGER measurements_no_update")
        connection.execute("UPDATE measurements SET value = 999")
        connection.commit()
    told = run("doctor", folder, "--recover", tmp_path / "new", "--json")
    validated(["doctor"], told.stdout)
    assert (told.exit_code, json.loads(told.stdout)["report"]) == (3, "recovery-001.json")
    status = run("status", tmp_path / "new", "--json")
    validated(["status"], status.stdout)
    assert json.loads(status.stdout)["recovered"][0]["lost"] == 1
    assert "Recovered from" in " ".join(run("status", tmp_path / "new").output.split())
    words = run("doctor", folder, "--recover", tmp_path / "other")
    assert (words.exit_code, "Ingest measured.csv again" in words.output) == (3, True)


@pytest.mark.parametrize(
    ("words", "code"),
    [(["--recover", "new"], 2), (["tg", "--campaign", "."], 2), (["no-such-folder"], 3)],
)
def test_what_the_doctor_cannot_look_at_is_told(words: list[str], code: int) -> None:
    assert run("doctor", *words).exit_code == code
