"""``polyloop ingest`` as it is called: what it says of columns, kinds of rows and warnings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from campaigns.campaign import Campaign
from campaigns.cli.main import polyloop
from campaigns.spec import CampaignSpec


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    (tmp_path / "pool.csv").write_text("psmiles\n*CC*\n*CO*\n", encoding="utf-8")
    spec = CampaignSpec.loads(
        'name = "tg"\n[[objectives]]\nname = "tg"\ndirection = "max"\nunit = "K"\n'
        '[pool]\npolymers = "pool.csv"\n'
    )
    Campaign.create(tmp_path / "tg", spec, base=tmp_path)
    return tmp_path / "tg"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(polyloop, ["ingest", *map(str, arguments)])


def test_a_column_is_what_the_command_line_says_and_the_counts_are_told(campaign: Path) -> None:
    table = campaign.parent / "dsc.csv"
    table.write_text("unit;Glass temp. [degC]\n*CC*;-120,5\n*CC*;-119,5\n*CO*;-80\n", encoding="cp1252")
    said = ("--map", "psmiles=unit", "--map", "tg=Glass temp. [degC]")
    planned = run(campaign, table, *said, "--dry-run", "--json")
    told = json.loads(planned.output)
    assert (told["new"], told["replicates"], told["corrections"], told["conflicts"]) == (2, 1, 0, [])
    assert "how-read" in {warning["name"] for warning in told["warnings"]}
    shown = run(campaign, table, *said)
    assert shown.exit_code == 0, shown.output
    assert "2 new, 1 replicate, 0 corrections, 0 conflicts" in shown.output
    assert [m.value for m in Campaign.open(campaign).ledger.measurements()] == [152.65, 153.65, 193.15]


def test_titles_of_an_instrument_stand_where_the_command_line_says(campaign: Path) -> None:
    table = campaign.parent / "dsc.csv"
    table.write_text("DSC 3\n\npsmiles,Tg / degC\n*CC*,-120\n", encoding="utf-8")
    refused = run(campaign, table)
    assert refused.exit_code == 2
    assert "say --header-row 3" in " ".join(refused.output.split())
    assert run(campaign, table, "--header-row", "3").exit_code == 0
    assert [m.written for m in Campaign.open(campaign).ledger.measurements()] == ["-120 degC"]


def test_the_same_table_twice_adds_nothing_and_says_so(campaign: Path) -> None:
    table = campaign.parent / "a.csv"
    table.write_text("psmiles,tg\n*CC*,150\n", encoding="utf-8")
    run(campaign, table)
    again = json.loads(run(campaign, table, "--json").output)
    assert (again["accepted"], again["already_known"]) == (0, 1)
    assert "same-table" in {warning["name"] for warning in again["warnings"]}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--map", "tg"), "write a name and a title"),
        (("--map", "tg=Tg", "--map", "tg=T"), "twice"),
        (("--corrections", "--replicates"), "not both"),
        (("--map", "tg=tgg"), "Did you mean 'tg'?"),
    ],
)
def test_what_makes_no_sense_is_a_fault_of_the_input(
    campaign: Path, arguments: tuple[str, ...], said: str
) -> None:
    table = campaign.parent / "a.csv"
    table.write_text("psmiles,tg\n*CC*,150\n", encoding="utf-8")
    failed = run(campaign, table, *arguments, "--json")
    assert failed.exit_code == 2
    assert said in json.dumps(json.loads(failed.output))
