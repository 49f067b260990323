"""A campaign whose ledger lies in a PostgreSQL database: the folder holds the rest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from campaigns.auditing.audit import audit
from campaigns.auditing.findings import State
from campaigns.auditing.recovery import recover
from campaigns.campaign import Campaign
from campaigns.correcting.values import Right
from campaigns.errors import CampaignError, StateError
from campaigns.ledger import Ledger
from campaigns.ledger.places import Place
from campaigns.spec import CampaignSpec


@pytest.fixture(scope="module")
def url(postgresql: Callable[[], str]) -> str:
    return postgresql()


@pytest.fixture
def spec(tmp_path: Path, url: str) -> CampaignSpec:
    """In a schema called like the test."""
    (tmp_path / "pool.csv").write_text("psmiles\n*CCO*\n*CC(*)C\n", encoding="utf-8")
    schema = "".join(c for c in tmp_path.name.lower() if c.isalnum())
    return CampaignSpec.from_options(
        "tg:max", unit="K", pool=tmp_path / "pool.csv", ledger=url, schema=schema
    )


def test_a_campaign_on_a_database_keeps_no_ledger_in_its_folder(tmp_path: Path, spec: CampaignSpec) -> None:
    Campaign.create(tmp_path / "tg", spec).ingest(pd.DataFrame({"psmiles": ["*CCO*"], "tg": [206.0]}))
    assert {path.name for path in (tmp_path / "tg").iterdir()} == {"campaign.toml", "pool.csv"}
    assert Campaign.open(tmp_path / "tg").status().observations == 1
    with pytest.raises(StateError, match="holds a campaign already"):
        Campaign.create(tmp_path / "tg", spec)


def test_a_second_folder_can_join_the_same_ledger(tmp_path: Path, spec: CampaignSpec) -> None:
    Campaign.create(tmp_path / "mine", spec).ingest(pd.DataFrame({"psmiles": ["*CCO*"], "tg": [206.0]}))
    assert Campaign.create(tmp_path / "yours", spec).status().observations == 1


def test_the_ledger_of_another_campaign_is_not_taken(tmp_path: Path, spec: CampaignSpec, url: str) -> None:
    Campaign.create(tmp_path / "tg", spec)
    other = CampaignSpec.from_options(
        "eg:min", unit="eV", pool=tmp_path / "pool.csv", ledger=url, schema=spec.ledger.in_schema
    )
    with pytest.raises(
        CampaignError, match="The database holds the ledger of a campaign with other settings"
    ):
        Campaign.create(tmp_path / "eg", other)
    assert not (tmp_path / "eg").exists()


def test_a_database_that_was_made_and_not_begun_is_finished(tmp_path: Path, spec: CampaignSpec) -> None:
    Ledger.create(Place(Place.of(spec.ledger.url or "").url, spec.ledger.in_schema))
    made = Campaign.create(tmp_path / "tg", spec)
    assert made.ledger.latest_spec() == (made.spec.version, made.spec.dumps())


def test_a_folder_with_a_ledger_of_its_own_does_not_get_another(tmp_path: Path, spec: CampaignSpec) -> None:
    Campaign.create(
        tmp_path / "tg", CampaignSpec.from_options("tg:max", unit="K", pool=tmp_path / "pool.csv")
    )
    (tmp_path / "tg" / "campaign.toml").unlink()
    with pytest.raises(StateError, match="names another one"):
        Campaign.create(tmp_path / "tg", spec)


def test_facts_in_a_database_are_put_right_looked_up_and_checked(tmp_path: Path, spec: CampaignSpec) -> None:
    campaign = Campaign.create(tmp_path / "tg", spec)
    campaign.ingest(pd.DataFrame({"psmiles": ["*CCO*"], "tg": [206.0], "name": ["PEO"]}))
    campaign.correct("M1", Right("207"), reason="misread")
    campaign.retract("M2", reason="wet")
    campaign.retract("M2", reason="dry", undo=True)
    campaign.exclude("[F]", reason="no hood")
    assert campaign.candidates().summary().candidates == 2
    kinds = [fact.kind for fact in campaign.history("peo").facts]
    assert kinds == ["polymer", "measurement", "measurement", "retraction", "retraction", "reinstatement"]
    assert audit(campaign.folder).healthy


def test_a_fact_that_was_changed_in_a_database_is_found_and_the_rest_saved_into_a_file(
    tmp_path: Path, spec: CampaignSpec
) -> None:
    campaign = Campaign.create(tmp_path / "tg", spec)
    campaign.ingest(pd.DataFrame({"psmiles": ["*CCO*"], "tg": [206.0]}))
    campaign.ingest(pd.DataFrame({"psmiles": ["*CC(*)C"], "tg": [260.0]}))
    engine = create_engine(Place.of(spec.ledger.url or "").url, poolclass=NullPool)
    with engine.begin() as connection:
        table = f"{spec.ledger.in_schema}.measurements"
        connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        connection.execute(text(f"UPDATE {table} SET value = 999 WHERE id = 1"))
    [found] = [each for each in audit(campaign.folder).findings if each.state is State.DAMAGED]
    assert "command 2 (ingest" in found.words
    done = recover(campaign.folder, tmp_path / "new")
    assert "measurement M1 (tg 999.0 K)" in done.lost[0]
    saved = Campaign.open(tmp_path / "new")
    assert saved.spec.ledger.url is None
    assert [(m.name_of_record, m.value) for m in saved.ledger.measurements()] == [("M2", 260.0)]
    assert audit(saved.folder).healthy
