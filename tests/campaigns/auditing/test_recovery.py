from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from campaigns.auditing.audit import audit
from campaigns.auditing.findings import State
from campaigns.auditing.recovery import recover
from campaigns.campaign import Campaign
from campaigns.errors import LedgerError, SpecError, StateError, TableError
from campaigns.ledger import Status
from campaigns.recoveries import RecoveryReport
from campaigns.rounds.record import file_sha256

PP = "*CC(*)C"


def spoil(file: Path, *changes: str) -> None:
    """Changes facts as somebody does who knows how."""
    with closing(sqlite3.connect(file)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for change in changes:
            connection.execute(change)
        connection.commit()


def values(campaign: Campaign) -> dict[str, float]:
    return {m.name_of_record: m.value for m in campaign.ledger.measurements(with_retracted=True)}


def recovered(campaign: Campaign) -> tuple[Campaign, str]:
    """The new campaign, and all that is lost."""
    new = campaign.folder.parent / "new"
    done = recover(campaign.folder, new)
    assert audit(new).healthy
    made = Campaign.open(new)
    assert made.ingest(campaign.folder.parent / "a.csv", dry_run=True) is not None
    return made, "\n".join(done.lost)


def test_a_campaign_that_is_whole_is_copied_with_all_its_facts(campaign: Campaign) -> None:
    made, lost = recovered(campaign)
    assert lost == ""
    assert made.ledger.measurements(with_retracted=True) == campaign.ledger.measurements(with_retracted=True)
    assert made.ledger.statuses() == campaign.ledger.statuses()
    assert made.ledger.rounds() == campaign.ledger.rounds()
    assert made.ledger.latest_spec() == campaign.ledger.latest_spec()
    assert (made.folder / "adapters" / "1a2b" / "adapter_model.safetensors").read_bytes() == b"weights"
    assert made.status().observations == 40  # 41 polymers, one of them retracted


def test_a_file_with_a_changed_value_is_left_out_whole_and_its_facts_are_named(
    campaign: Campaign, ledger_file: Path
) -> None:
    before = values(campaign)
    spoil(ledger_file, "UPDATE measurements SET value = 999 WHERE id = 25")
    made, lost = recovered(campaign)
    assert values(made) == {name: value for name, value in before.items() if not 21 <= int(name[1:]) <= 40}
    assert "command 3 (ingest of b.csv, root): its digest does not hold" in lost
    assert "measurement M25 (tg 999.0 K)" in lost
    assert "the retraction of M30: what it is about is lost" in lost


def test_the_polymers_of_a_lost_command_are_kept_where_others_need_them(
    campaign: Campaign, ledger_file: Path
) -> None:
    spoil(ledger_file, "UPDATE commands SET author = 'somebody' WHERE id = 2")
    made, lost = recovered(campaign)
    assert {"M41"} == {name for name in values(made) if int(name[1:]) <= 20 or name == "M41"}
    assert "command 2 (ingest of a.csv, somebody)" in lost
    assert made.history("M41").psmiles == campaign.history("M3").psmiles


def test_a_value_of_a_lost_proposal_is_kept_without_it(campaign: Campaign, ledger_file: Path) -> None:
    spoil(ledger_file, "UPDATE rounds SET note = 'x'")
    made, lost = recovered(campaign)
    [found] = [m for m in made.ledger.measurements() if m.id == 42]
    assert (found.value, found.proposal_id) == (261.0, None)
    assert "measurement M42 (tg 261.0 K): kept, without its link to R001-01, which is lost" in lost
    assert "R001-01 measured: what it is about is lost" in lost
    assert made.ledger.proposals() == ()


def test_facts_whose_command_is_gone_are_named_and_not_believed(
    campaign: Campaign, ledger_file: Path
) -> None:
    spoil(ledger_file, "DELETE FROM commands WHERE id = 3")
    made, lost = recovered(campaign)
    assert "M25" not in values(made)
    assert "measurement M25 (tg 225.0 K): the command that recorded it is lost" in lost


def test_what_is_beside_a_damaged_page_is_saved(
    campaign: Campaign, ledger_file: Path, page_of: Callable[[bytes], int]
) -> None:
    before = values(campaign)
    content = bytearray(ledger_file.read_bytes())
    start = page_of(b"chain 30")
    content[start : start + 4096] = b"\xff" * 4096
    ledger_file.write_bytes(content)
    made, lost = recovered(campaign)
    kept = values(made)
    assert kept.items() <= before.items()
    assert kept
    assert "of measurements, as far as there were that many: cannot be read" in lost


def test_a_ledger_without_its_first_page_is_read_by_the_page_of_a_new_one(
    campaign: Campaign, ledger_file: Path
) -> None:
    before = values(campaign)
    ledger_file.write_bytes(b"\0" * 4096 + ledger_file.read_bytes()[4096:])
    made, _ = recovered(campaign)
    assert values(made) == before
    assert made.ledger.statuses()["R001-01"] is Status.MEASURED


def test_of_a_file_that_was_cut_off_the_rest_is_saved(campaign: Campaign, ledger_file: Path) -> None:
    before = values(campaign)
    content = ledger_file.read_bytes()
    ledger_file.write_bytes(content[: len(content) - 4096])
    made, lost = recovered(campaign)
    assert values(made).items() <= before.items()
    assert lost


@pytest.mark.parametrize("seed", range(6))
def test_no_fact_of_a_ledger_with_noise_in_it_is_another_than_was_recorded(
    campaign: Campaign, ledger_file: Path, seed: int
) -> None:
    import random

    before, chance = values(campaign), random.Random(seed)
    content = bytearray(ledger_file.read_bytes())
    for _ in range(20):
        content[chance.randrange(4096, len(content))] = chance.randrange(256)
    ledger_file.write_bytes(content)
    made, _ = recovered(campaign)
    assert values(made).items() <= before.items()


def test_a_file_of_which_nothing_is_left_is_told(campaign: Campaign, ledger_file: Path) -> None:
    ledger_file.write_bytes(b"x" * 100)
    with pytest.raises(LedgerError, match="Nothing of the ledger can be read"):
        recover(campaign.folder, campaign.folder.parent / "new")
    assert not (campaign.folder.parent / "new").exists()


def test_damaged_adapters_are_left_out_and_named(campaign: Campaign) -> None:
    (campaign.folder / "adapters" / "1a2b" / "adapter_model.safetensors").write_bytes(b"other")
    new = campaign.folder.parent / "new"
    done = recover(campaign.folder, new)
    assert done.lost == ("adapter 1a2b of round 1: adapter_model.safetensors was changed",)
    assert not (new / "adapters" / "1a2b").exists()


@pytest.mark.parametrize("change", ["UPDATE adapters SET files = '{\"a'", "UPDATE rounds SET pool = '[1'"])
def test_a_document_that_is_none_any_more_costs_its_command_only(
    campaign: Campaign, ledger_file: Path, change: str
) -> None:
    spoil(ledger_file, change)
    assert not audit(campaign.folder).healthy
    made, lost = recovered(campaign)
    assert "its digest does not hold" in lost
    assert made.status().observations == 40


def test_a_spec_that_cannot_be_read_is_taken_from_the_ledger(campaign: Campaign) -> None:
    (campaign.folder / "campaign.toml").write_text("name =", encoding="utf-8")
    made, lost = recovered(campaign)
    assert (made.spec, lost) == (campaign.spec, "")


def test_a_spec_of_a_command_that_is_not_whole_is_not_taken(campaign: Campaign, ledger_file: Path) -> None:
    (campaign.folder / "campaign.toml").write_text("name =", encoding="utf-8")
    spoil(ledger_file, "UPDATE spec_versions SET toml = replace(toml, 'max', 'min')")
    with pytest.raises(SpecError, match="TOML"):
        recover(campaign.folder, campaign.folder.parent / "new")


def test_the_form_of_a_lost_round_does_not_become_that_of_the_next(
    campaign: Campaign, ledger_file: Path
) -> None:
    form = campaign.folder / "rounds" / "001" / "proposals.csv"
    form.write_text(f"psmiles,proposal_id,tg\n{PP},R001-01,261\n", encoding="utf-8")
    spoil(ledger_file, "UPDATE rounds SET note = 'x'")
    made, lost = recovered(campaign)
    assert "round 1: its form is kept as rounds/001/proposals.csv" in lost
    batch = made.propose(2)
    assert (batch.round, [p.id for p in made.ledger.proposals()]) == (2, ["R002-01", "R002-02"])
    assert (made.folder / "rounds" / "001" / "proposals.csv").read_bytes() == form.read_bytes()
    assert "This is round 2: round 1 was proposed before and then lost" in " ".join(batch.notes)


def test_a_lost_round_keeps_its_number_though_its_form_is_gone(campaign: Campaign, ledger_file: Path) -> None:
    (campaign.folder / "rounds" / "001" / "proposals.csv").unlink()
    spoil(ledger_file, "UPDATE rounds SET note = 'x'")
    made, _ = recovered(campaign)
    assert made.propose(1).round == 2


def test_a_recovered_campaign_says_what_it_lost(campaign: Campaign, ledger_file: Path) -> None:
    spoil(ledger_file, "UPDATE rounds SET note = 'x'")
    made, lost = recovered(campaign)
    [told] = made.status().recovered
    assert (told.rounds, told.lost, told.report) == ((1,), len(lost.splitlines()), "recovery-001.json")
    assert "may be in the laboratory" in told.words
    report = RecoveryReport.model_validate_json((made.folder / told.report).read_bytes())
    assert "\n".join(report.lost) == lost
    words = {found.part: found.words for found in audit(made.folder).findings}
    assert words["recovery"] == told.words
    assert "was lost with the damaged ledger" in words["forms"]
    (made.folder / told.report).write_text("{", encoding="utf-8")
    assert not audit(made.folder).healthy
    (made.folder / told.report).unlink()
    assert "is not in the folder" in made.status().recovered[0].words


def test_the_form_of_a_lost_round_is_told_of_when_it_is_ingested(
    campaign: Campaign, ledger_file: Path
) -> None:
    form = campaign.folder / "rounds" / "001" / "proposals.csv"
    form.write_text(f"psmiles,proposal_id,tg\n{PP},R001-01,271\n", encoding="utf-8")
    spoil(ledger_file, "UPDATE rounds SET note = 'x'")
    made, _ = recovered(campaign)
    with pytest.raises(TableError) as refused:
        made.ingest(made.folder / "rounds" / "001" / "proposals.csv")
    [problem] = refused.value.problems
    assert "is of a round that the ledger lost: it was recovered on" in problem.fault
    assert "without its proposal" in problem.what_to_do


def test_a_campaign_with_a_gap_in_its_rounds_is_exported_imported_and_looked_at(
    campaign: Campaign, ledger_file: Path
) -> None:
    spoil(ledger_file, "UPDATE rounds SET note = 'x'")
    made, _ = recovered(campaign)
    archive, there = made.folder.parent / "archive", made.folder.parent / "there"
    made.export(archive)
    other = Campaign.restore(archive, there)
    assert other.status().recovered == made.status().recovered
    assert (there / "rounds" / "001" / "proposals.csv").is_file()
    assert other.propose(1).round == 2
    other.withdraw("R002-01", reason="to propose again")
    assert other.propose(1).round == 3
    assert audit(there).healthy
    assert (other.status().rounds, other.status().last_round) == (2, 3)
    other.report()
    other.export(made.folder.parent / "again")
    Campaign.restore(made.folder.parent / "again", made.folder.parent / "further")
    twice = recover(there, made.folder.parent / "twice")
    assert (twice.lost, twice.rounds, twice.report) == ((), (), "recovery-002.json")
    assert Campaign.open(twice.folder).status().recovered[0] == other.status().recovered[0]


def test_what_a_lost_command_had_of_a_file_is_to_be_ingested_again(
    campaign: Campaign, ledger_file: Path
) -> None:
    spoil(ledger_file, "UPDATE measurements SET value = 999 WHERE id = 25")
    made, lost = recovered(campaign)
    table = campaign.folder.parent / "b.csv"
    assert f"Ingest b.csv again (SHA-256 {file_sha256(table)})." in lost
    assert made.ingest(table).accepted == 20


def test_where_no_command_can_be_saved_nothing_is_written(campaign: Campaign, ledger_file: Path) -> None:
    spoil(ledger_file, "UPDATE commands SET author = 'somebody'")
    with pytest.raises(LedgerError, match="holds no command that can be saved"):
        recover(campaign.folder, campaign.folder.parent / "new")
    assert not (campaign.folder.parent / "new").exists()


@pytest.mark.parametrize("content", ["nothing", "another database"])
def test_what_is_no_ledger_cannot_be_recovered(campaign: Campaign, ledger_file: Path, content: str) -> None:
    ledger_file.unlink()
    with closing(sqlite3.connect(ledger_file)) as connection:
        if content != "nothing":
            connection.execute("CREATE TABLE notes (text TEXT)")
            connection.commit()
    ledger_file.touch()
    found = {each.part: each for each in audit(campaign.folder).findings}
    assert found["database"].state is State.DAMAGED
    assert "every page holds" not in found["database"].words
    assert found["facts"].way_out == "Restore it from a copy of the campaign."
    with pytest.raises(LedgerError):
        recover(campaign.folder, campaign.folder.parent / "new")
    assert not (campaign.folder.parent / "new").exists()


def test_what_was_recorded_and_not_yet_in_the_file_is_saved(campaign: Campaign, ledger_file: Path) -> None:
    connection = sqlite3.connect(ledger_file)
    connection.execute("SELECT count(*) FROM commands").fetchone()  # whoever is last does not take the log in
    campaign.retract("M1", reason="wet")
    assert (campaign.folder / "campaign.sqlite-wal").stat().st_size > 0
    made, lost = recovered(campaign)
    connection.close()
    assert lost == ""
    assert "M1" not in [m.name_of_record for m in made.ledger.measurements()]


def test_nothing_is_overwritten(campaign: Campaign) -> None:
    with pytest.raises(StateError, match="nothing is overwritten"):
        recover(campaign.folder, campaign.folder)
