"""A campaign that may only be read: what can be done is done, and what cannot is told before anything is computed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from campaigns.campaign import Campaign
from campaigns.cli.main import polyloop
from campaigns.cli.schemas.validation import validated
from campaigns.spec import CampaignSpec


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Of a campaign with two measurements, which nobody may write to."""
    (tmp_path / "pool.csv").write_text("psmiles\n*CC(*)C\n*CC(*)F\n", encoding="utf-8")
    spec = CampaignSpec.from_options("tg:max", unit="K", pool=tmp_path / "pool.csv")
    made = Campaign.create(tmp_path / "tg", spec)
    made.ingest(pd.DataFrame({"psmiles": ["*CCO*", "*CC(*)c1ccccc1"], "tg": [206.0, 373.0]}))
    place = made.folder
    if os.geteuid() != 0:
        place.chmod(0o555)
        yield place
        place.chmod(0o755)
        return
    for words in (
        ["--bind", place, place],
        ["-o", "remount,ro,bind", place],
    ):  # root may write whatever it is told
        done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"nothing can be mounted here ({done.stderr.strip()})")
    yield place
    subprocess.run(["umount", place], check=True)


def run(*words: object) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(polyloop, [str(word) for word in words])


def test_nothing_is_computed_for_a_round_that_could_not_be_recorded(folder: Path) -> None:
    code = (
        "import sys; from campaigns import Campaign; from campaigns.errors import NotWrittenError\n"
        f"try: Campaign.open({str(folder)!r}).propose(1)\n"
        "except NotWrittenError as error: print([n for n in ('torch', 'botorch') if n in sys.modules], error.message)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.startswith(f"[] {folder} cannot be written to")


def test_a_report_is_shown_where_no_file_can_be_written(folder: Path) -> None:
    told = run("report", folder, "--show")
    assert told.exit_code == 0, told.output
    assert "At a glance" in told.stdout
    assert f"No file was written. {folder} cannot be written to" in told.stdout
    words = ["report", str(folder), "--show", "--json"]
    answer = run(*words)
    validated(words, answer.stdout)
    assert json.loads(answer.stdout)["path"] is None


def test_a_report_that_is_only_to_be_written_is_refused(folder: Path) -> None:
    told = run("report", folder)
    assert (told.exit_code, "cannot be written to" in told.stderr) == (3, True)


def test_where_a_campaign_stands_can_be_read(folder: Path) -> None:
    assert run("status", folder).exit_code == 0
