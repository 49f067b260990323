"""What new measurements changed in the ranking."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from campaigns import Campaign
from campaigns.errors import CampaignError, StateError, UnknownNameError
from campaigns.ledger import Predicted
from campaigns.replaying.shifts import Shift, correlation_of, deviation
from campaigns.spec import CampaignSpec
from discovery.polymers import RepeatUnit

from .conftest import MEASURED, bring_back, tg


def proposed(campaign: Campaign, number: int) -> list[str]:
    return [p.unit.psmiles for p in campaign.ledger.proposals(number)]


def test_the_measurements_in_between_stand_beside_what_their_round_predicted(
    after_two_rounds: Campaign,
) -> None:
    found = after_two_rounds.diff()
    assert (found.before, found.after) == ("round 1", "round 2")
    said = {p.unit.psmiles: p for p in after_two_rounds.ledger.proposals(1)}
    assert {a.psmiles for a in found.arrivals} == set(said)
    for arrival in found.arrivals:
        proposal = said[arrival.psmiles]
        assert (arrival.change, arrival.value, arrival.predicted_by) == (
            "new",
            tg(arrival.psmiles),
            proposal.id,
        )
        assert arrival.predicted == proposal.predictions["tg"]
        expected = (arrival.value - arrival.predicted.mean) / deviation(arrival.predicted)
        assert arrival.deviations == pytest.approx(expected)
    sizes = [abs(a.deviations or 0.0) for a in found.arrivals]
    assert sizes == sorted(sizes, reverse=True)


def test_predictions_before_are_those_that_the_round_recorded(after_two_rounds: Campaign) -> None:
    found = after_two_rounds.diff()
    shifts = {s.psmiles: s for s in found.shifts}
    for number, side in ((1, "before"), (2, "after")):
        for p in after_two_rounds.ledger.proposals(number):
            told = getattr(shifts[p.unit.psmiles], side)["tg"]
            assert told.mean == pytest.approx(p.predictions["tg"].mean, rel=1e-9)
            assert told.upper == pytest.approx(p.predictions["tg"].upper, rel=1e-9)


def test_proposals_of_both_rounds_and_the_best_of_the_pool_are_compared(after_two_rounds: Campaign) -> None:
    found = after_two_rounds.diff(top=5)
    shown = {s.psmiles: s for s in found.shifts}
    assert {*proposed(after_two_rounds, 1), *proposed(after_two_rounds, 2)} <= set(shown)
    assert 5 <= len(shown) <= 5 + 5 + 4
    assert sorted(s.rank_before for s in shown.values()) == list(range(1, len(shown) + 1))
    assert sorted(s.rank_after for s in shown.values()) == list(range(1, len(shown) + 1))
    for psmiles in proposed(after_two_rounds, 1):
        assert shown[psmiles].measured
        assert shown[psmiles].proposals[0].startswith("R001-")
    moved = [abs(s.moved) for s in found.shifts]
    assert moved == sorted(moved, reverse=True)


def test_ranks_follow_the_predictions_of_their_moment(after_two_rounds: Campaign) -> None:
    found = after_two_rounds.diff(top=6)
    for rank, side in (("rank_before", "before"), ("rank_after", "after")):
        means = [getattr(s, side)["tg"].mean for s in sorted(found.shifts, key=lambda s: getattr(s, rank))]
        assert means == sorted(means, reverse=True)


def test_nothing_that_was_known_before_is_a_candidate(
    after_two_rounds: Campaign, tiny_polymers: tuple[RepeatUnit, ...]
) -> None:
    known = {unit.psmiles for unit in tiny_polymers[:MEASURED]}
    assert not known & {s.psmiles for s in after_two_rounds.diff(top=30).shifts}


def test_now_is_compared_with_the_last_round(
    after_two_rounds: Campaign, tiny_polymers: tuple[RepeatUnit, ...]
) -> None:
    other = tiny_polymers[20].psmiles
    after_two_rounds.ingest(pd.DataFrame({"psmiles": [other], "tg": [900.0], "name": ["odd"]}))
    found = after_two_rounds.diff(now=True)
    assert (found.before, found.after) == ("round 2", "now")
    [odd] = [a for a in found.arrivals if a.psmiles == other]
    assert (odd.predicted_by, odd.expected) == ("round 2", False)
    assert found.arrivals[0] == odd
    assert any("Farthest from its prediction is odd: tg 900 K" in line for line in found.sentences)


def test_a_single_round_is_compared_with_now(begun: Campaign) -> None:
    bring_back(begun, begun.propose(2).path)
    found = begun.diff()
    assert (found.before, found.after) == ("round 1", "now")
    assert len(found.arrivals) == 2


def test_nothing_new_changes_nothing(begun: Campaign) -> None:
    begun.propose(2)
    found = begun.diff()
    assert found.arrivals == ()
    assert found.correlation == 1.0
    assert all(s.moved == 0 and s.before == s.after for s in found.shifts)
    assert found.sentences[0] == "Nothing was measured, corrected or taken back since round 1."


def test_what_was_taken_back_or_measured_again_is_told_as_such(after_two_rounds: Campaign) -> None:
    [first, second, *_] = after_two_rounds.ledger.measurements()
    after_two_rounds.retract(f"M{first.id}", reason="wrong")
    after_two_rounds.ingest(pd.DataFrame({"psmiles": [second.unit.psmiles], "tg": [second.value + 10]}))
    told = {a.psmiles: a for a in after_two_rounds.diff(now=True).arrivals}
    assert told[first.unit.psmiles].change == "taken back"
    again = told[second.unit.psmiles]
    assert (again.change, again.earlier, again.value) == ("changed", second.value, second.value + 5)


def test_the_gate_of_each_moment_is_told(after_two_rounds: Campaign) -> None:
    [gate] = after_two_rounds.diff().gates
    chosen = [record.gates["tg"]["chosen"] for record in after_two_rounds.ledger.rounds()]
    assert [gate.before, gate.after] == chosen
    assert gate.of == "tg"


def test_a_moment_without_a_model_has_no_ranking_and_says_why(tmp_path: Path, begun: Campaign) -> None:
    spec = CampaignSpec.from_options("tg:max", unit="K", pool=begun.folder / "pool.csv")
    made = Campaign.create(tmp_path / "empty", spec)
    campaign = Campaign(made.folder, made.spec, made.ledger, begun.representation)
    campaign.propose(2)
    measured = begun.ledger.measurements()
    rows = {"psmiles": [m.unit.psmiles for m in measured], "tg": [m.value for m in measured]}
    campaign.ingest(pd.DataFrame(rows))
    found = campaign.diff()
    assert found.shifts == ()
    assert found.correlation is None
    assert all(a.predicted is None for a in found.arrivals)
    assert any("there is no model" in note for note in found.notes)
    assert any("has a model since" in line for line in found.sentences)


def test_a_spec_that_changed_in_between_is_told(
    after_two_rounds: Campaign, with_tiny_encoders: Callable[[Campaign], Campaign]
) -> None:
    path = after_two_rounds.folder / "campaign.toml"
    text = path.read_text(encoding="utf-8").replace(
        'name = "tg"\n', 'name = "tg"\nconstraints = ["sa_score < 3"]\n', 1
    )
    path.write_text(text, encoding="utf-8")
    opened = with_tiny_encoders(Campaign.open(after_two_rounds.folder))
    found = opened.diff(now=True)
    assert any("The spec changed between round 2 and now" in note for note in found.notes)


def test_a_pool_that_changed_since_is_told(after_two_rounds: Campaign) -> None:
    pool = after_two_rounds.folder / "pool.csv"
    pool.write_text(pool.read_text(encoding="utf-8") + "*CCCCCO*\n", encoding="utf-8")
    notes = after_two_rounds.diff().notes
    assert [note for note in notes if "pool.csv" in note]


def test_several_properties_are_told_together(tmp_path: Path, begun: Campaign) -> None:
    spec = CampaignSpec.from_options(
        ["tg:max", "width:min"], unit=["K", ""], pool=begun.folder / "pool.csv", constraints=["tg > 200 K"]
    )
    made = Campaign.create(tmp_path / "two", spec)
    campaign = Campaign(made.folder, made.spec, made.ledger, begun.representation)
    measured = begun.ledger.measurements()
    rows = {
        "psmiles": [m.unit.psmiles for m in measured],
        "tg": [m.value for m in measured],
        "width": [float(len(m.unit.psmiles)) for m in measured],
    }
    campaign.ingest(pd.DataFrame(rows))
    batch = campaign.propose(2)
    first = batch.frame["psmiles"][0]
    campaign.ingest(pd.DataFrame({"psmiles": [first], "tg": [310.0], "width": [6.0]}))
    found = campaign.diff(top=4)
    assert {a.of for a in found.arrivals} == {"tg", "width"}
    assert {g.of for g in found.gates} == {"tg", "width"}
    assert all(set(s.before) == set(s.after) == {"tg", "width"} for s in found.shifts)


def test_rounds_that_do_not_follow_one_another_are_told(after_two_rounds: Campaign) -> None:
    with pytest.raises(CampaignError, match="Round 2 does not come before round 1"):
        after_two_rounds.diff(2, 1)
    with pytest.raises(CampaignError, match="no round before round 1"):
        after_two_rounds.diff(end=1)
    with pytest.raises(UnknownNameError, match="no round 7"):
        after_two_rounds.diff(1, 7)
    with pytest.raises(UnknownNameError, match="no round 7"):
        after_two_rounds.diff(7, now=True)
    assert after_two_rounds.diff(2).after == "now"


def test_a_campaign_without_rounds_says_so(begun: Campaign) -> None:
    for now in (True, False):
        with pytest.raises(StateError, match="no round yet"):
            begun.diff(now=now)


def test_a_comparison_records_nothing(after_two_rounds: Campaign) -> None:
    before = {p: p.stat().st_mtime_ns for p in after_two_rounds.folder.rglob("*")}
    after_two_rounds.diff()
    assert {p: p.stat().st_mtime_ns for p in after_two_rounds.folder.rglob("*")} == before


@given(st.permutations(range(1, 9)), st.permutations(range(1, 9)))
def test_the_correlation_is_spearmans(before: list[int], after: list[int]) -> None:
    told = {"tg": Predicted(1.0, 0.0, 2.0)}
    shifts = [Shift("*CC*", "", (), False, b, a, told, told) for b, a in zip(before, after, strict=True)]
    assert correlation_of(shifts) == pytest.approx(spearmanr(before, after).statistic)


def test_one_candidate_has_no_correlation() -> None:
    assert correlation_of([]) is None


@pytest.mark.parametrize(
    "asked",
    [
        "c.replay(9)",
        "c.diff(3, 1)",
        "c.diff(2, 2)",
        "c.diff(9, now=True)",
    ],
)
def test_rounds_that_cannot_be_meant_are_told_before_a_model_is_loaded(
    after_two_rounds: Campaign, asked: str
) -> None:
    code = (
        "import sys; from campaigns import Campaign; from campaigns.errors import CampaignError\n"
        f"c = Campaign.open({str(after_two_rounds.folder)!r})\n"
        f"try: {asked}\n"
        "except CampaignError: print([name for name in ('torch', 'botorch', 'transformers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
