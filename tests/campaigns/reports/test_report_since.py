"""A report that is read after the round: what was told then, and what holds now."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from campaigns.campaign import Campaign
from campaigns.cli.main import polyloop
from campaigns.correcting.values import Right
from campaigns.ledger import Predicted, Proposal, RoundRecord, Status
from campaigns.reports.cards import Card
from campaigns.spec import CampaignSpec
from discovery.polymers import RepeatUnit

MADE = ("*CCO*", "*CC(*)C", "*CC(*)F", "*CC(*)Cl", "*CC(*)CC", "*CC(*)OC")


@pytest.fixture
def campaign(tmp_path: Path) -> Campaign:
    """After two rounds of three: of the first one is awaited; of the second one is measured, one withdrawn, one awaited."""
    (tmp_path / "pool.csv").write_text("\n".join(("psmiles", *MADE)), encoding="utf-8")
    spec = CampaignSpec.from_options("tg:max", unit="K", pool=tmp_path / "pool.csv")
    made = Campaign.create(tmp_path / "tg", spec)
    for number, texts in ((1, MADE[:3]), (2, MADE[3:])):
        note = "3 earlier proposals are still awaited (R001-01, R001-02, R001-03)." if number == 2 else ""
        record = RoundRecord(
            number, 0, spec.version, "h", {}, {}, {}, {}, {"feasibility": "Of 1 polymer 1 failed."}, note
        )
        proposals = [
            Proposal(
                f"R00{number}-0{rank}",
                number,
                rank,
                RepeatUnit.parse(text),
                (),
                "",
                {"tg": Predicted(260.0, 200.0, 320.0)},
                0.1,
                "near",
            )
            for rank, text in enumerate(texts, 1)
        ]
        made.ledger.append_round(record, proposals)
    measured = [("R001-01", MADE[0], 206.0), ("R002-01", MADE[3], 354.0), ("", "*CC(*)c1ccccc1", 373.0)]
    made.ingest(pd.DataFrame(measured, columns=["proposal_id", "psmiles", "tg"]))
    made.ledger.append_status("R001-02", Status.ABANDONED, "a tar")
    made.withdraw("R002-02", reason="no monomer left")
    return made


def card(campaign: Campaign, title: str) -> Card:
    [found] = [each for each in campaign.cards() if each.title == title]
    return found


def test_what_a_round_told_is_told_as_of_that_round_and_what_is_awaited_as_of_now(campaign: Campaign) -> None:
    said = card(campaign, "At a glance").paragraphs
    assert "2 results are awaited now: R001-03, R002-03." in said
    assert [words for words in said if "R001-01" in words] == [
        "When round 2 was proposed: 3 earlier proposals are still awaited (R001-01, R001-02, R001-03)."
    ]


def test_each_proposal_has_its_id_and_what_became_of_it(campaign: Campaign) -> None:
    told = card(campaign, "What to make next: round 2")
    assert told.frame is not None
    assert list(told.frame["proposal"]) == ["R002-01", "R002-02", "R002-03"]
    assert list(told.frame["status now"]) == ["measured", "withdrawn", "proposed"]
    assert list(told.frame["measured tg (K)"]) == ["354.0", "", ""]
    assert told.text.startswith(
        "Still to be made or measured: R002-03; of the others, 1 measured, 1 withdrawn."
    )


def test_a_round_with_nothing_left_to_make_does_not_say_what_to_make(campaign: Campaign) -> None:
    campaign.ledger.append_status("R002-03", Status.FAILED, "spilt")
    told = card(campaign, "What round 2 proposed")
    assert told.text.startswith("None of these is to be made any more: 1 measured, 1 withdrawn, 1 failed.")


def test_the_page_holds_the_ids_of_the_last_round(campaign: Campaign) -> None:
    page = campaign.report().read_text(encoding="utf-8")
    assert {"R002-01", "R002-02", "R002-03"} == {
        name for name in ("R002-01", "R002-02", "R002-03") if name in page
    }


def test_what_was_learned_of_failures_is_as_of_its_round(campaign: Campaign) -> None:
    assert "As of round 2: Of 1 polymer 1 failed." in card(campaign, "What could not be made").text


def test_what_was_taken_back_or_put_right_is_counted_with_the_latest_reasons(campaign: Campaign) -> None:
    campaign.correct("M1", Right("207"), reason="misread")
    campaign.retract("M3", reason="wet")
    campaign.exclude("[Cl]", reason="no hood")
    campaign.exclude("[Br]", reason="a slip")
    campaign.exclude("[Br]", reason="a slip", undo=True)
    told = card(campaign, "What was taken back or put right")
    assert told.text.startswith(
        "1 measurement was corrected, 1 measurement is retracted, 1 proposal is withdrawn, 1 substructure is excluded."
    )
    assert told.frame is not None
    assert list(told.frame["what"]) == [
        "what matches [Cl] excluded",
        "M3 retracted",
        "M1 corrected by M4",
        "R002-02 withdrawn",
    ]
    assert list(told.frame["reason"]) == ["no hood", "wet", "misread", "no monomer left"]


def test_what_was_undone_is_not_told(campaign: Campaign) -> None:
    campaign.withdraw("R002-02", reason="found some", undo=True)
    assert not [each for each in campaign.cards() if each.title == "What was taken back or put right"]


def test_status_names_what_is_awaited_now(campaign: Campaign) -> None:
    told = CliRunner().invoke(polyloop, ["status", str(campaign.folder)]).stdout
    assert "2 (R001-03, R002-03)" in told


def test_results_that_came_back_stand_under_the_ids_of_their_proposals(campaign: Campaign) -> None:
    told = card(campaign, "What was predicted, and what came back").frame
    assert told is not None
    assert list(told["proposal"]) == ["R002-01", "R001-01"]
