"""polyloop replay and polyloop diff."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from campaigns import Campaign
from campaigns.cli.main import polyloop
from campaigns.cli.schemas.validation import validated, validated_error
from campaigns.spec import CampaignSpec
from discovery.polymers import RepeatUnit


def run(*arguments: str | Path) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(polyloop, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def campaign(
    tmp_path_factory: pytest.TempPathFactory,
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_text_folder: Path,
    tiny_geometry_folder: Path,
) -> Campaign:
    """Two rounds, the first of them measured."""
    folder = tmp_path_factory.mktemp("replaying")
    pool = ["psmiles", *(unit.psmiles for unit in tiny_polymers[10:])]
    (folder / "pool.csv").write_text("\n".join(pool) + "\n", encoding="utf-8")
    text = CampaignSpec.from_options("tg:max", unit="K", pool=folder / "pool.csv").dumps()
    text = text.replace('text = "bundled"', f'text = "{tiny_text_folder}"')
    text = text.replace('geometry = "bundled"', f'geometry = "{tiny_geometry_folder}"')
    made = Campaign.create(folder / "tg", CampaignSpec.loads(text), base=folder)
    known = [unit.psmiles for unit in tiny_polymers[:10]]
    made.ingest(pd.DataFrame({"psmiles": known, "tg": [200.0 + 25.0 * text.count("O") for text in known]}))
    first = made.propose(2)
    made.ingest(pd.DataFrame({"psmiles": first.frame["psmiles"], "tg": [290.0, 310.0]}))
    made.propose(2)
    return made


def test_a_replay_says_that_a_round_is_the_same(campaign: Campaign) -> None:
    told = run("replay", campaign.folder)
    assert told.exit_code == 0, told.output
    assert told.stdout.strip() == "Round 2 comes out as it was recorded: 2 proposals, the same to the bit."
    words = ["replay", str(campaign.folder), "--round", "1", "--json"]
    result = run(*words)
    validated(words, result.stdout)
    document = json.loads(result.stdout)
    assert (document["round"], document["same"], document["differences"]) == (1, True, [])


def test_a_round_that_cannot_be_derived_ends_with_3_and_names_what_differs(
    campaign: Campaign, tmp_path: Path
) -> None:
    campaign.export(tmp_path / "out")
    copy = Campaign.restore(tmp_path / "out", tmp_path / "copy").folder
    (copy / "pool.csv").write_text("psmiles\n*CCO*\n", encoding="utf-8")
    told = run("replay", copy)
    assert told.exit_code == 3
    assert "cannot be derived again" in told.stdout
    assert "pool.csv" in told.stdout
    words = ["replay", str(copy), "--json"]
    result = run(*words)
    assert result.exit_code == 3
    validated(words, result.stdout)
    [difference] = json.loads(result.stdout)["differences"]
    assert (difference["kind"], difference["name"]) == ("file", "pool.csv")


def test_a_round_that_is_not_there_is_told(campaign: Campaign) -> None:
    result = run("replay", campaign.folder, "--round", "9", "--json")
    assert result.exit_code == 2
    validated_error(result.stdout)
    assert "Name one of 1, 2." in json.loads(result.stdout)["error"]["hint"]


def test_a_diff_tells_what_came_in_and_who_moved(campaign: Campaign) -> None:
    told = run("diff", campaign.folder, "--top", "3")
    assert told.exit_code == 0, told.output
    assert "2 values became known between round 1 and round 2" in told.stdout
    assert "R001-01" in told.stdout
    words = ["diff", str(campaign.folder), "--from", "1", "--to", "2", "--top", "3", "--json"]
    result = run(*words)
    validated(words, result.stdout)
    document = json.loads(result.stdout)
    assert (document["from"], document["to"]) == ("round 1", "round 2")
    assert len(document["measurements"]) == 2
    assert {"mean", "sd", "lower", "upper"} == set(document["candidates"][0]["before"]["tg"])
    assert -1 <= document["rank_correlation"] <= 1


def test_a_diff_goes_up_to_now(campaign: Campaign) -> None:
    result = run("diff", campaign.folder, "--to", "NOW", "--top", "2", "--json")
    assert json.loads(result.stdout)["summary"][0].startswith("Nothing was measured")


@pytest.mark.parametrize("end", ["soon", "0", "-1", "1.5", ""])
def test_a_moment_that_is_none_is_told(campaign: Campaign, end: str) -> None:
    result = run("diff", campaign.folder, "--to", end)
    assert result.exit_code == 2
    assert "write the number of a round, or now" in result.stderr
