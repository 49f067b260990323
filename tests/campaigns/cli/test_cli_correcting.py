"""The commands that put facts right, as they are typed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from campaigns.campaign import Campaign
from campaigns.cli.main import polyloop
from campaigns.cli.schemas.validation import validated
from campaigns.ledger import Proposal, RoundRecord
from campaigns.spec import CampaignSpec
from discovery.polymers import RepeatUnit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A campaign with M1, polystyrene at 373 K, and R001-01 with fluorine, awaited."""
    (tmp_path / "pool.csv").write_text("psmiles\n*CCO*\n*CC(*)F\n", encoding="utf-8")
    (tmp_path / "measured.csv").write_text("psmiles,name,tg\n*CC(*)c1ccccc1,PS,373\n", encoding="utf-8")
    spec = CampaignSpec.from_options("tg:max", unit="K", pool=tmp_path / "pool.csv")
    made = Campaign.create(tmp_path / "tg", spec)
    made.ingest(tmp_path / "measured.csv")
    proposal = Proposal("R001-01", 1, 1, RepeatUnit.parse("*CC(*)F"), (), "", {}, None, "")
    made.ledger.append_round(RoundRecord(1, 0, "v", "h", {}, {}, {}, {}, {}), [proposal])
    return made.folder


def run(name: str, folder: Path, *words: str) -> Result:
    """Runs a command twice, the second time with --json on a copy of the ledger, and holds that to its schema."""
    before = (folder / "campaign.sqlite").read_bytes()
    document = CliRunner().invoke(polyloop, [name, str(folder), *words, "--json"])
    assert document.exit_code == 0, document.output
    validated([name], document.stdout)
    (folder / "campaign.sqlite").write_bytes(before)
    return CliRunner().invoke(polyloop, [name, str(folder), *words])


def test_a_correction_tells_both_values(folder: Path) -> None:
    told = run("correct", folder, "M1", "--value", ">380", "--reason", "misread")
    assert told.output == "M1 (tg 373 K) is corrected by M2 (tg > 380 K).\n"
    again = CliRunner().invoke(
        polyloop, ["correct", str(folder), "M1", "--value", "9", "--reason", "misread"]
    )
    assert (again.exit_code, "M1 was corrected: M2 stands in its place" in again.output) == (3, True)
    assert "polyloop correct DIR M2 --value" in again.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["correct", "M1", "--reason", "x"], "say what is right"),
        (["correct", "M1", "--value", "380"], "--reason"),
        (["correct", "M9", "--value", "380", "--reason", "x"], "There is no measurement M9"),
        (["retract", "--reason", "x"], "ID"),
        (["retract", "M1"], "--reason"),
        (["withdraw", "R009-01", "--reason", "x"], "There is no proposal R009-01"),
        (["exclude", "[F"], "--reason"),
        (["exclude", "[F", "--reason", "x"], "SMARTS"),
        (["exclude", "--undo"], "name the SMARTS"),
        (["history", "M9"], "Nothing is recorded"),
    ],
)
def test_what_is_not_said_rightly_is_told(folder: Path, words: list[str], said: str) -> None:
    told = CliRunner().invoke(polyloop, [words[0], str(folder), *words[1:]])
    assert told.exit_code == 2
    assert said in told.output


def test_a_retraction_is_made_and_undone(folder: Path) -> None:
    assert run("retract", folder, "M1", "--reason", "wet").output == "M1 taken back.\n"
    told = run("retract", folder, "M1", "--reason", "dry", "--undo")
    assert told.output == "M1 stands again.\n"


def test_a_proposal_is_withdrawn_and_comes_back(folder: Path) -> None:
    assert run("withdraw", folder, "R001-01", "--reason", "toxic").output == "R001-01 withdrawn.\n"
    told = run("withdraw", folder, "R001-01", "--reason", "a hood has come", "--undo")
    assert told.output == "R001-01 proposed again.\n"


def test_exclusions_are_made_listed_and_undone(folder: Path) -> None:
    assert run("exclude", folder).output == "No substructure is excluded.\n"
    told = run("exclude", folder, "[F]", "--reason", "no hood").output
    assert told.startswith("What matches [F] is left out from now on. Still awaited: R001-01;")
    assert "no hood" in run("exclude", folder).output
    run("exclude", folder, "[F]", "--reason", "a hood has come", "--undo")
    assert run("exclude", folder).output == "No substructure is excluded.\n"


@pytest.mark.parametrize(
    ("smarts", "said"),
    [
        ("[F]", "That takes 1 out of the pool's 2 candidates."),
        ("[Cl]", "Of the pool's 2 candidates, none matches."),
        ("C", "That is all of the pool's 2 candidates: nothing is left to propose. Undo it with --undo."),
    ],
)
def test_an_exclusion_tells_what_it_takes_out_of_a_pool_that_was_made_ready(
    folder: Path, smarts: str, said: str
) -> None:
    assert CliRunner().invoke(polyloop, ["pool", str(folder)]).exit_code == 0
    told = run("exclude", folder, smarts, "--reason", "no hood").output
    assert told.splitlines()[-1] == said
    told = run("exclude", folder, smarts, "--reason", "a slip", "--undo").output
    assert "2 candidates" in told.splitlines()[-1]


def test_an_exclusion_of_a_pool_that_was_not_made_ready_names_the_command_that_counts(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("POLYLOOP_CACHE", str(tmp_path / "cache"))
    told = run("exclude", folder, "[F]", "--reason", "no hood").output
    assert told.splitlines()[-1] == f"How many candidates there are now: polyloop pool {folder}"


def test_an_exclusion_is_recorded_where_the_pool_is_gone(folder: Path) -> None:
    (folder / "pool.csv").unlink()
    assert "polyloop pool" in run("exclude", folder, "[F]", "--reason", "no hood").output


def test_the_history_is_told_in_words(folder: Path) -> None:
    run("correct", folder, "M1", "--value", "383", "--reason", "misread")
    told = " ".join(run("history", folder, "PS").output.split())
    for part in ("*CC(*)c1ccccc1 = PS", "M1 corrected by M2:", "measured.csv, line 2"):
        assert part in told


def test_texts_are_kept_as_they_were_written_in_a_locale_that_knows_ascii_only(folder: Path) -> None:
    ascii_only = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    words = ["correct", folder, "M1", "--value", "383", "--name", "Pölystyrol Ω", "--reason", "Übertrag"]
    done = subprocess.run(
        [sys.executable, "-m", "campaigns.cli.main", *words], env=ascii_only, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = Campaign.open(folder).history("Pölystyrol Ω")
    assert found.facts[-1].words == "M1 corrected by M2: Übertrag"
