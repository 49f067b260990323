"""A further member of a group: a folder for a campaign that lies in a PostgreSQL database, and what its doctor says."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from campaigns.auditing.audit import audit
from campaigns.auditing.findings import Finding, State
from campaigns.campaign import Campaign
from campaigns.cli.main import polyloop
from campaigns.cli.schemas.validation import validated
from campaigns.errors import SpecError, StateError
from campaigns.joining import spec_to_join
from campaigns.ledger import Proposal, RoundRecord
from campaigns.rounds.kept_adapters import adapter_place, file_hashes, kept_adapter
from campaigns.spec import CampaignSpec
from discovery.polymers import RepeatUnit

ADDRESS = "1a2b"


@pytest.fixture(scope="module")
def database(postgresql: Callable[[], str]) -> str:
    return postgresql()


@pytest.fixture
def schema(tmp_path: Path) -> str:
    return "".join(c for c in tmp_path.name.lower() if c.isalnum())


@pytest.fixture
def first(tmp_path: Path, database: str, schema: str) -> Campaign:
    """Of the member who began the campaign and proposed its only round, with an adapter."""
    (tmp_path / "pool.csv").write_text("psmiles\n*CCO*\n*CC(*)C\n", encoding="utf-8")
    options = {"ledger": database, "schema": schema, "name": "hot"}
    spec = CampaignSpec.from_options("tg:max", unit="K", pool=tmp_path / "pool.csv", **options)
    made = Campaign.create(tmp_path / "first", spec)
    made.ingest(pd.DataFrame({"psmiles": ["*CCO*", "*CC(*)F"], "tg": [206.0, 314.0]}))
    place = adapter_place(made.folder, ADDRESS)
    place.mkdir(parents=True)
    (place / "adapter_model.safetensors").write_bytes(b"weights")
    files = {ADDRESS: file_hashes(place)}
    adapters = {"tg/projection": ADDRESS}
    record = RoundRecord(1, 0, made.spec.version, "h", {}, adapters, {}, {}, {}, adapter_files=files)
    unit = RepeatUnit.parse("*CC(*)C")
    made.ledger.append_round(record, [Proposal("R001-01", 1, 1, unit, (), "", {}, None, "why")])
    return made


def joined(first: Campaign, database: str, schema: str) -> Campaign:
    spec = spec_to_join(database, schema, [first.folder / "pool.csv"])
    return Campaign.create(first.folder.parent / "second", spec)


def run(*words: object) -> Result:
    return CliRunner(env={"COLUMNS": "300"}).invoke(polyloop, [str(word) for word in words])


def told_of(folder: Path, part: str) -> list[Finding]:
    return [found for found in audit(folder).findings if found.part == part]


def test_whoever_joins_needs_to_say_only_where_the_campaign_lies(
    first: Campaign, database: str, schema: str, tmp_path: Path
) -> None:
    words = ["new", tmp_path / "second", "--ledger", database, "--schema", schema]
    words += ["--pool", tmp_path / "pool.csv", "--json"]
    told = run(*words)
    assert told.exit_code == 0, told.output
    validated(["new"], told.stdout)
    document = json.loads(told.stdout)
    assert (document["name"], document["joined"]) == ("hot", {"polymers": 2, "rounds": 1})
    second = Campaign.open(tmp_path / "second")
    assert second.spec == first.spec
    assert (tmp_path / "second" / "rounds" / "001" / "proposals.csv").is_file()


def test_a_campaign_that_was_there_is_joined_and_not_begun(
    first: Campaign, database: str, schema: str, tmp_path: Path
) -> None:
    words = ["--ledger", database, "--schema", schema, "--pool", tmp_path / "pool.csv", "--name", "hot"]
    told = run("new", tmp_path / "second", "--objective", "tg:max", "--unit", "K", *words)
    assert told.exit_code == 0, told.output
    known = "2 polymers measured, 1 round"
    assert f"has joined the campaign hot that lies in the database: {known}" in " ".join(told.stdout.split())


def test_files_that_the_campaign_needs_and_others_are_named(
    first: Campaign, database: str, schema: str, tmp_path: Path
) -> None:
    (tmp_path / "other.csv").write_text("psmiles\n*CCO*\n", encoding="utf-8")
    with pytest.raises(SpecError) as error:
        spec_to_join(database, schema, [tmp_path / "other.csv"])
    assert [problem.fault for problem in error.value.problems] == [
        "the campaign needs a file pool.csv.",
        "the campaign names no file other.csv.",
    ]


def test_where_nothing_lies_nothing_can_be_joined(postgresql: Callable[[], str]) -> None:
    with pytest.raises(StateError, match="holds no campaign to join"):
        spec_to_join(postgresql(), "", [])


def test_a_password_in_the_address_is_refused_and_not_shown() -> None:
    with pytest.raises(SpecError) as error:
        spec_to_join("postgresql://ana:secret@lab/polymers", "", [])
    assert "holds a password" in str(error.value)
    assert "secret" not in str(error.value)


def test_what_the_campaign_says_itself_is_not_said_again(tmp_path: Path) -> None:
    told = run("new", tmp_path / "c", "--ledger", "postgresql://lab/polymers", "--unit", "K")
    assert (told.exit_code, "--unit" in told.stderr) == (2, True)


def test_an_adapter_of_another_member_is_not_damage(first: Campaign, database: str, schema: str) -> None:
    second = joined(first, database, schema)
    assert audit(second.folder).healthy
    [found] = told_of(second.folder, "adapters")
    assert found.state is State.REMARK
    assert (
        "1 adapter of round 1 is not on this machine (1a2b): the round was proposed elsewhere" in found.words
    )
    assert f"copy adapters/{ADDRESS}" in found.way_out
    shutil.copytree(adapter_place(first.folder, ADDRESS), adapter_place(second.folder, ADDRESS))
    assert [each.state for each in told_of(second.folder, "adapters")] == [State.WHOLE]


def test_a_changed_file_of_an_adapter_is_damage_wherever_it_lies(first: Campaign) -> None:
    (adapter_place(first.folder, ADDRESS) / "adapter_model.safetensors").write_bytes(b"other")
    assert [each.state for each in told_of(first.folder, "adapters")] == [State.DAMAGED]


def test_refinement_that_begins_with_an_adapter_says_what_to_copy(
    first: Campaign, database: str, schema: str
) -> None:
    second = joined(first, database, schema)
    [record] = second.ledger.rounds()
    with pytest.raises(StateError) as error:
        kept_adapter(second.folder, record, "tg", "projection", "or go without")
    assert f"from adapters/{ADDRESS} of whoever proposed round 1" in error.value.hint


def test_a_server_that_does_not_answer_is_no_damage(first: Campaign) -> None:
    spec = first.folder / "campaign.toml"
    spec.write_text(spec.read_text(encoding="utf-8").replace("host=", "host=/nowhere"), encoding="utf-8")
    found = audit(first.folder)
    assert not found.healthy
    assert [each.part for each in found.findings if each.state is State.UNREACHED] == ["database"]
    assert not [each for each in found.findings if each.state is State.DAMAGED]
    told = run("doctor", first.folder, "--json")
    validated(["doctor"], told.stdout)
    assert told.exit_code == 3
    assert "cannot be reached" in told.stdout
    assert "Check that its server runs" in told.stdout


def test_a_database_that_holds_nothing_is_told_as_that(first: Campaign) -> None:
    spec = first.folder / "campaign.toml"
    spec.write_text(spec.read_text(encoding="utf-8").replace('schema = "', 'schema = "no'), encoding="utf-8")
    [found] = told_of(first.folder, "database")
    assert (found.state, "holds nothing" in found.words) == (State.DAMAGED, True)
