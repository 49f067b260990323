"""Facts put right after the event, as a campaign does it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from campaigns.campaign import Campaign
from campaigns.correcting.values import NO_ERROR, Right
from campaigns.errors import CampaignError, LedgerError, StateError, UnitError, UnknownNameError
from campaigns.ledger import Predicted, Proposal, RoundRecord, Status
from campaigns.spec import CampaignSpec
from discovery.polymers import RepeatUnit

PS, PEO = "*CC(*)c1ccccc1", "*CCO*"


@pytest.fixture
def campaign(tmp_path: Path) -> Campaign:
    """With M1 (polystyrene, 373 ± 2 K) and M2 (PEO), and R001-01 (polypropylene) and R001-02 (with fluorine) awaited."""
    (tmp_path / "pool.csv").write_text(f"psmiles\n{PEO}\n*CC(*)C\n*CC(*)F\n*CC(*)Cl\n", encoding="utf-8")
    spec = CampaignSpec.from_options("tg:max", unit="K", pool=tmp_path / "pool.csv")
    made = Campaign.create(tmp_path / "tg", spec)
    table = tmp_path / "measured.csv"
    table.write_text(f"psmiles,name,tg,tg_sem\n{PS},PS,373,2\n{PEO},PEO,206,\n", encoding="utf-8")
    made.ingest(table)
    proposals = [
        Proposal(
            f"R001-0{rank}",
            1,
            rank,
            RepeatUnit.parse(text),
            (),
            "",
            {"tg": Predicted(260.0, 200.0, 320.0)},
            0.1,
            "near",
        )
        for rank, text in enumerate(("*CC(*)C", "*CC(*)F"), 1)
    ]
    made.ledger.append_round(RoundRecord(1, 0, "v", "h", {}, {}, {}, {}, {}), proposals)
    return made


def standing(campaign: Campaign) -> list[tuple[str, float, float | None]]:
    return [(m.name_of_record, m.value, m.sem) for m in campaign.ledger.measurements()]


def test_what_is_not_corrected_is_kept(campaign: Campaign) -> None:
    done = campaign.correct("M1", Right("383"), reason="misread")
    assert (done.old.name_of_record, done.new.name_of_record) == ("M1", "M3")
    assert standing(campaign) == [("M2", 206.0, None), ("M3", 383.0, 2.0)]
    assert (done.new.name, done.new.n, done.new.source_file, done.new.line) == ("PS", 1, "", 0)


def test_a_value_in_another_unit_is_converted_with_its_error(campaign: Campaign) -> None:
    campaign.correct("m1", Right("110", unit="degC", sem="3"), reason="wrong column")
    assert standing(campaign)[1] == ("M3", pytest.approx(383.15), 3.0)
    with pytest.raises(UnitError):
        campaign.correct("M3", Right("1.2", unit="g/cm3"), reason="?")


def test_a_value_becomes_a_limit_and_its_error_goes(campaign: Campaign) -> None:
    campaign.correct("M1", Right(">370"), reason="no step was seen up to the end")
    [found] = [m for m in campaign.ledger.measurements() if m.id == 3]
    assert (found.value, found.bound, found.sem) == (370.0, "above", None)


def test_an_error_can_turn_out_not_to_be_known(campaign: Campaign) -> None:
    campaign.correct("M1", Right(sem=NO_ERROR, n="3", note="three pans"), reason="read from the wrong line")
    [found] = [m for m in campaign.ledger.measurements() if m.id == 3]
    assert (found.value, found.sem, found.n, found.note) == (373.0, None, 3, "three pans")


def test_the_file_that_says_what_is_right_is_known(campaign: Campaign) -> None:
    campaign.correct("M1", Right("383"), reason="misread")
    frame = pd.DataFrame({"psmiles": [PS, PS], "tg": [383.0, 373.0], "tg_sem": [2.0, 2.0]})
    assert campaign.ingest(frame).already_known == 2


@pytest.mark.parametrize(
    ("right", "said"),
    [
        (Right("373"), "says that already"),
        (Right("-5"), "is impossible"),
        (Right("37,3"), "comma"),
        (Right("1e999"), "too large"),
        (Right("abc", n="0"), "is not a number.* is not a number of specimens"),
        (Right(">370", sem="2"), "stands beside a limit"),
        (Right(sem="0"), "without any error"),
    ],
)
def test_what_is_no_correction_is_refused(campaign: Campaign, right: Right, said: str) -> None:
    with pytest.raises(CampaignError, match=said):
        campaign.correct("M1", right, reason="misread")
    assert len(standing(campaign)) == 2


@pytest.mark.parametrize("name", ["M99", "M0", "x", "R001-01", "", "M" + "9" * 40])
def test_a_measurement_that_is_not_there_cannot_be_put_right(campaign: Campaign, name: str) -> None:
    with pytest.raises(UnknownNameError):
        campaign.correct(name, Right("383"), reason="misread")
    with pytest.raises(UnknownNameError):
        campaign.retract("M1", name, reason="misread")
    assert len(standing(campaign)) == 2


def test_every_change_says_why(campaign: Campaign) -> None:
    with pytest.raises(CampaignError, match="No reason"):
        campaign.retract("M1", reason="  ")
    with pytest.raises(CampaignError, match="No reason"):
        campaign.correct("M1", Right("383"), reason="")


def test_a_value_of_a_property_that_is_gone_is_not_corrected(campaign: Campaign) -> None:
    campaign.spec = CampaignSpec.from_options("eg:min", unit="eV", pool=campaign.folder / "pool.csv")
    with pytest.raises(StateError, match="no longer has"):
        campaign.correct("M1", Right("383"), reason="misread")


def test_measurements_are_retracted_and_stand_again(campaign: Campaign) -> None:
    assert campaign.retract("M1", "2", "m1", reason="wrong oven").ids == ("M1", "M2")
    assert campaign.status().observations == 0
    campaign.retract("M2", reason="it was the right one", undo=True)
    assert standing(campaign) == [("M2", 206.0, None)]


def test_proposals_are_withdrawn_and_come_back(campaign: Campaign) -> None:
    campaign.withdraw("r001-01", reason="no propene")
    assert campaign.status().awaited == ("R001-02",)
    campaign.withdraw("R001-01", reason="propene has come", undo=True)
    assert campaign.status().awaited == ("R001-01", "R001-02")
    with pytest.raises(UnknownNameError):
        campaign.withdraw("R009-01", reason="no propene")


def test_what_holds_an_excluded_substructure_is_left_out_of_the_pool_and_counted(campaign: Campaign) -> None:
    done = campaign.exclude(" [F,Cl] ", reason="no halogens here")
    assert (done.smarts, done.awaited) == ("[F,Cl]", ("R001-02",))
    summary = campaign.candidates().summary()
    assert (summary.candidates, summary.left_out) == (2, {"excluded: matches [F,Cl]": 2})
    campaign.exclude("[F,Cl]", reason="there is a hood now", undo=True)
    assert campaign.candidates().summary().candidates == 4


@pytest.mark.parametrize("smarts", ["[F", "", "C(", "()"])
def test_a_text_that_is_no_smarts_excludes_nothing(campaign: Campaign, smarts: str) -> None:
    with pytest.raises(CampaignError):
        campaign.exclude(smarts, reason="?")
    assert campaign.ledger.exclusions() == ()


def test_what_the_spec_excludes_is_not_let_in_by_the_ledger(campaign: Campaign) -> None:
    with pytest.raises(UnknownNameError, match=r"campaign\.toml"):
        campaign.exclude("[F]", reason="?", undo=True)
    campaign.exclude("[F]", reason="no")
    with pytest.raises(LedgerError, match="excluded already"):
        campaign.exclude("[F]", reason="no")


def test_the_history_of_a_polymer_tells_every_fact_in_order(campaign: Campaign) -> None:
    form = campaign.folder / "filled.csv"
    form.write_text("psmiles,proposal_id,tg,note\n*CC(*)C,R001-01,26,second run\n", encoding="utf-8")
    campaign.ingest(form)
    campaign.correct("M3", Right("260"), reason="a digit was lost")
    campaign.retract("M4", reason="not dry")
    campaign.retract("M4", reason="dry after all", undo=True)
    campaign.exclude("[CH3]", reason="too soft")
    campaign.exclude("[CH3]", reason="not all of them", undo=True)
    campaign.exclude("[Cl]", reason="not of this one")
    found = campaign.history("R001-01")
    assert [(fact.kind, fact.subject) for fact in found.facts] == [
        ("polymer", ""),
        ("proposal", "R001-01"),
        ("status", "R001-01"),
        ("measurement", "M3"),
        ("measurement", "M4"),
        ("retraction", "M3"),
        ("status", "R001-01"),
        ("retraction", "M4"),
        ("status", "R001-01"),
        ("reinstatement", "M4"),
        ("exclusion", "[CH3]"),
        ("readmission", "[CH3]"),
    ]
    words = [fact.words for fact in found.facts]
    assert words[1] == "R001-01 proposed, rank 1 of round 1, predicted tg 260 ± 60: near"
    assert words[2] == "R001-01 measured: second run"
    assert words[3] == "M3 recorded: tg 26 K, for R001-01, note: second run"
    assert words[5] == "M3 corrected by M4: a digit was lost"
    assert words[6] == "R001-01 running again, without any value left: not dry"
    measured = found.facts[3]
    assert (measured.source_file, measured.line, len(measured.source_sha256)) == ("filled.csv", 2, 64)
    assert (found.facts[4].source_file, found.facts[4].line) == ("", None)
    assert campaign.ledger.statuses()["R001-01"] is Status.MEASURED


@pytest.mark.parametrize("asked", ["M1", "PS", "ps", PS, "*C(c1ccccc1)C*", " M1 "])
def test_a_polymer_is_found_by_whatever_it_is_called(campaign: Campaign, asked: str) -> None:
    found = campaign.history(asked)
    assert (found.psmiles, found.names) == (RepeatUnit.parse(PS).psmiles, ("PS",))


def test_a_name_of_two_polymers_is_told(campaign: Campaign) -> None:
    campaign.ingest(pd.DataFrame({"psmiles": [PEO], "name": ["PS"], "tg": [207.0]}))
    with pytest.raises(CampaignError, match=r"2 polymers are called 'PS': \*"):
        campaign.history("PS")


@pytest.mark.parametrize("asked", ["M99", "R009-01", "nylon", "*CCCC*", ""])
def test_a_polymer_that_is_not_there_is_told(campaign: Campaign, asked: str) -> None:
    with pytest.raises(UnknownNameError, match="Nothing is recorded of"):
        campaign.history(asked)
    with pytest.raises(UnknownNameError, match="Did you mean PEO"):
        campaign.history("PE0")
    with pytest.raises(CampaignError):
        campaign.history("*C(")


def test_a_value_is_remembered_as_it_was_written(campaign: Campaign) -> None:
    done = campaign.correct("M1", Right("230", unit="degF"), reason="in Fahrenheit")
    assert (done.new.value, done.new.written) == (383.15, "230 degF")
    assert any("tg 383.15 ± 2.0 K (written 230 degF)" in fact.words for fact in campaign.history("M3").facts)
    with pytest.raises(CampaignError, match="says that already"):
        campaign.correct("M3", Right("383.15"), reason="the same")
    kept = campaign.correct("M3", Right(sem="1"), reason="repeated").new
    assert kept.written == "230 degF"
    assert campaign.correct("M4", Right("380"), reason="again").new.written == ""
