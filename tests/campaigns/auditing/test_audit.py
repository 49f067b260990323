from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from campaigns.auditing.audit import audit
from campaigns.auditing.findings import State
from campaigns.campaign import Campaign
from campaigns.errors import LedgerError, StateError
from discovery.encoders.conformers import ConformerStore
from discovery.polymers import RepeatUnit


def damaged(folder: Path) -> dict[str, str]:
    """What is damaged, by part."""
    return {found.part: found.words for found in audit(folder).findings if found.state is State.DAMAGED}


def without_triggers(file: Path, *changes: str) -> None:
    """Changes facts as somebody does who knows how."""
    with closing(sqlite3.connect(file)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for change in changes:
            connection.execute(change)
        connection.commit()


def test_a_campaign_that_is_whole_is_found_so(campaign: Campaign) -> None:
    found = audit(campaign.folder)
    assert found.healthy
    assert [(each.part, each.state) for each in found.findings] == [
        (part, State.WHOLE) for part in ("spec", "database", "facts", "adapters", "pool", "forms")
    ]
    assert "7 commands" in found.findings[2].words


def test_what_is_no_campaign_is_told(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="is not a campaign"):
        audit(tmp_path)


def test_a_changed_value_is_found_with_its_command(campaign: Campaign, ledger_file: Path) -> None:
    without_triggers(ledger_file, "UPDATE measurements SET value = 999 WHERE id = 25")
    assert list(damaged(campaign.folder)) == ["facts"]
    assert "command 3 (ingest of b.csv" in damaged(campaign.folder)["facts"]


def test_a_fact_that_was_taken_away_is_found(campaign: Campaign, ledger_file: Path) -> None:
    without_triggers(ledger_file, "DELETE FROM retractions")
    words = [found.words for found in audit(campaign.folder).findings if found.part == "facts"]
    assert ["command 4 (correct" in words[0], "command 5 (retract" in words[1]] == [True, True]


def test_a_command_that_was_taken_away_is_found(campaign: Campaign, ledger_file: Path) -> None:
    without_triggers(
        ledger_file, "DELETE FROM retractions WHERE command_id = 5", "DELETE FROM commands WHERE id = 5"
    )
    assert "Before command 6 (propose" in damaged(campaign.folder)["facts"]


def test_facts_of_no_command_are_found(campaign: Campaign, ledger_file: Path) -> None:
    stray = "INSERT INTO proposal_events VALUES (99, 77, 'R001-02', 'withdrawn', '', NULL)"
    without_triggers(ledger_file, stray)
    assert damaged(campaign.folder)["facts"] == "proposal_events holds 1 fact that no command recorded."
    with pytest.raises(LedgerError, match="proposal_events holds facts that no command recorded"):
        Campaign.open(campaign.folder)


def test_a_form_of_a_round_that_the_ledger_does_not_hold_is_remarked(campaign: Campaign) -> None:
    (campaign.folder / "rounds" / "002").mkdir()
    (campaign.folder / "rounds" / "002" / "proposals.csv").write_text("psmiles\n", encoding="utf-8")
    told = [found.words for found in audit(campaign.folder).findings if found.state is State.REMARK]
    assert ["was an older copy of the ledger put back?" in words for words in told] == [True]


def test_a_damaged_page_is_found(
    campaign: Campaign, ledger_file: Path, page_of: Callable[[bytes], int]
) -> None:
    content = bytearray(ledger_file.read_bytes())
    content[page_of(b"chain 30") : page_of(b"chain 30") + 4096] = b"\xff" * 4096
    ledger_file.write_bytes(content)
    assert "campaign.sqlite is damaged" in damaged(campaign.folder)["database"]
    assert {"database", "facts"} <= set(damaged(campaign.folder))


@pytest.mark.parametrize("length", [0, 10, 5000, 40_000])
def test_a_file_that_was_cut_off_is_found(campaign: Campaign, ledger_file: Path, length: int) -> None:
    ledger_file.write_bytes(ledger_file.read_bytes()[:length])
    assert not audit(campaign.folder).healthy


def test_text_that_is_no_longer_what_it_should_be_is_found(campaign: Campaign, ledger_file: Path) -> None:
    without_triggers(
        ledger_file,
        "UPDATE proposals SET predictions = '{' WHERE rank = 1",
        "UPDATE commands SET at = 'x' WHERE id = 3",
    )
    found = damaged(campaign.folder)
    assert "facts" in found
    assert "rounds" not in found


def test_damaged_adapters_are_named(campaign: Campaign) -> None:
    weights = campaign.folder / "adapters" / "1a2b" / "adapter_model.safetensors"
    weights.write_bytes(b"other")
    found = damaged(campaign.folder)
    assert list(found) == ["adapters"]
    assert (
        "1a2b of round 1 (tg/projection) is damaged: adapter_model.safetensors was changed"
        in found["adapters"]
    )
    weights.unlink()
    assert "adapter_model.safetensors is gone" in damaged(campaign.folder)["adapters"]


def test_a_pool_that_is_another_one_is_remarked_and_one_that_is_gone_is_a_fault(campaign: Campaign) -> None:
    pool = campaign.folder / "pool.csv"
    pool.write_text("psmiles\n*CO*\n", encoding="utf-8")
    [found] = [each for each in audit(campaign.folder).findings if each.part == "pool"]
    assert (found.state, "another file than in round 1" in found.words) == (State.REMARK, True)
    pool.unlink()
    assert "pool" in damaged(campaign.folder)


def test_a_form_that_is_gone_is_remarked_and_an_empty_one_is_a_fault(campaign: Campaign) -> None:
    form = campaign.folder / "rounds" / "001" / "proposals.csv"
    form.write_bytes(b"")
    assert "is empty" in damaged(campaign.folder)["forms"]
    form.unlink()
    assert audit(campaign.folder).healthy


def test_a_spec_that_cannot_be_read_does_not_hide_the_rest(campaign: Campaign, ledger_file: Path) -> None:
    (campaign.folder / "campaign.toml").write_text("name =", encoding="utf-8")
    without_triggers(ledger_file, "UPDATE measurements SET value = 999 WHERE id = 25")
    assert set(damaged(campaign.folder)) == {"spec", "facts"}


def test_a_campaign_without_its_ledger_is_told(campaign: Campaign, ledger_file: Path) -> None:
    ledger_file.unlink()
    assert set(damaged(campaign.folder)) == {"database", "facts"}


def test_a_damaged_shard_of_conformers_is_named(campaign: Campaign, tmp_path: Path) -> None:
    ConformerStore().conformers([RepeatUnit.parse("*CCO*")])
    (shard,) = (tmp_path / "cache").rglob("*.parquet")
    shard.write_bytes(shard.read_bytes()[:-100])
    [found] = [each for each in audit(campaign.folder).findings if each.part == "vectors"]
    assert (found.state, shard.with_suffix(".damaged").name in found.words) == (State.REMARK, True)
