"""A campaign with several properties, from Python: gaps, constraints, decades, targets, what could not be made."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from campaigns import Campaign
from campaigns.cli.answer import plain
from campaigns.cli.screen import console, monomer_table, ranking_table
from campaigns.errors import CampaignError
from campaigns.spec import CampaignSpec
from discovery.latent.representation import Representation
from discovery.polymers import RepeatUnit

ONE = """
[[objectives]]
name = "tg"
direction = "max"
unit = "K"
"""
TWO = f"""{ONE}
[[objectives]]
name = "density"
direction = "min"
unit = "g/cm3"
"""
PERMEABILITY = """
[[objectives]]
name = "permeability"
direction = "max"
unit = "barrer"
scale = "log"
"""

Maker = Callable[[str], Campaign]


def tg(unit: RepeatUnit) -> float:
    return 230.0 + 25.0 * unit.psmiles.count("O") + 12.0 * unit.psmiles.count("F")


def density(unit: RepeatUnit) -> float:
    return round(0.9 + 0.06 * unit.psmiles.count("S") + 0.03 * unit.psmiles.count("O"), 3)


@pytest.fixture
def units(tiny_polymers: tuple[RepeatUnit, ...]) -> tuple[RepeatUnit, ...]:
    return tiny_polymers


@pytest.fixture
def measured(units: tuple[RepeatUnit, ...]) -> pd.DataFrame:
    """Twelve polymers: of two the density is missing, of one the glass transition."""
    rows = [
        {
            "psmiles": unit.psmiles,
            "name": f"P{i}",
            "tg": None if i == 3 else tg(unit),
            "density": None if i in (5, 6) else density(unit),
        }
        for i, unit in enumerate(units[:12])
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def made(tmp_path: Path, units: tuple[RepeatUnit, ...], tiny_representation: Representation) -> Maker:
    """A campaign of the given objectives over twenty further polymers."""

    def make(text: str) -> Campaign:
        pool = ["psmiles", *(unit.psmiles for unit in units[12:32])]
        (tmp_path / "pool.csv").write_text("\n".join(pool) + "\n", encoding="utf-8")
        rest = (
            '[pool]\npolymers = "pool.csv"\n[batch]\nsize = 3\n[budget]\nshortlist = 16\nexperiments = 10\n'
        )
        spec = CampaignSpec.loads(f'name = "several"\n{text}\n{rest}')
        campaign = Campaign.create(tmp_path / "campaign", spec, base=tmp_path)
        return Campaign(campaign.folder, campaign.spec, campaign.ledger, tiny_representation)

    return make


def test_a_round_predicts_every_property_and_records_both_gates(made: Maker, measured: pd.DataFrame) -> None:
    campaign = made(TWO)
    campaign.ingest(measured)
    batch = campaign.propose()
    for name in ("tg", "density"):
        assert (batch.frame[f"{name}_lower"] < batch.frame[f"{name}_mean"]).all()
        assert (batch.frame[f"{name}_mean"] < batch.frame[f"{name}_upper"]).all()
    [record] = campaign.ledger.rounds()
    assert set(record.gates) == {"tg", "density"}
    assert batch.gate is not None
    assert set(batch.gate["property"]) == {"tg", "density"}
    assert record.front == batch.front is not None
    assert record.advice == batch.advice
    assert "7 more can be made after it" in batch.advice
    json.dumps(plain({"batch": batch.frame, "front": batch.front}), allow_nan=False)


def test_a_polymer_with_one_of_two_values_teaches_that_one(made: Maker, measured: pd.DataFrame) -> None:
    campaign = made(TWO)
    summary = campaign.ingest(measured)
    assert summary.accepted == 12
    standing = {told.name: told.measured for told in campaign.status().properties}
    assert standing == {"tg": 11, "density": 10}
    assert campaign.status().observations == 12


def test_a_property_with_too_few_values_is_told_and_plays_no_part(
    made: Maker, measured: pd.DataFrame
) -> None:
    campaign = made(TWO)
    few = measured.assign(density=measured["density"].where(measured.index < 3))
    campaign.ingest(few[few["tg"].notna()])
    batch = campaign.propose()
    assert any("No model of density yet" in note for note in batch.notes)
    assert batch.frame["tg_mean"].notna().all()
    assert batch.frame["density_mean"].isna().all()
    report = campaign.report().read_text(encoding="utf-8")
    assert "There is no model of density yet: 3 polymers are measured" in report


def test_a_constraint_is_a_chance_in_form_frame_and_ranking(made: Maker, measured: pd.DataFrame) -> None:
    campaign = made(f'constraints = ["density < 0.93 g/cm3"]\n{ONE}')
    campaign.ingest(measured)
    title = "chance that density < 0.93 g/cm3"
    batch = campaign.propose()
    assert batch.frame[title].between(0, 1).all()
    assert title in pd.read_csv(batch.path).columns
    assert [told.direction for told in campaign.spec.properties] == ["max", "observe"]
    ranking = campaign.rank(top=20).frame
    assert ranking[title].between(0, 1).all()
    assert ranking["density_mean"].notna().all()
    # what is likely to break it stands behind what promises the same and is likely to keep it
    assert ranking[title].head(5).mean() > ranking[title].tail(5).mean()


def test_what_could_not_be_made_falls_in_the_ranking(made: Maker, measured: pd.DataFrame) -> None:
    campaign = made(TWO)
    campaign.ingest(measured)
    first = campaign.propose(6)
    form = pd.read_csv(first.path, dtype=str, keep_default_na=False)
    form["status"] = ["abandoned"] * 3 + ["withdrawn"] * 3
    before = campaign.rank(top=40).frame
    campaign.ingest(form)
    second = campaign.rank(top=40)
    after = second.frame
    assert "feasible" not in before
    assert after["feasible"].between(0, 1).all()
    chances = after.set_index("psmiles")["feasible"]
    abandoned = list(form["psmiles"].head(3))
    assert chances[abandoned].max() < chances.drop(abandoned).median()
    places = [frame.set_index("psmiles")["rank"][abandoned].mean() for frame in (before, after)]
    assert places[1] > places[0]
    assert any("What can be made is learned from 12 polymers" in note for note in second.notes)
    report = campaign.report().read_text(encoding="utf-8")
    assert "What could not be made" in report


def test_a_property_over_decades_has_a_median_and_an_uneven_interval(
    made: Maker, measured: pd.DataFrame
) -> None:
    campaign = made(PERMEABILITY)
    values = 10 ** ((measured["tg"].fillna(250.0) - 200.0) / 30.0)
    frame = pd.DataFrame({"psmiles": measured["psmiles"], "permeability": values.map("{:.4g}".format)})
    frame.loc[0, "permeability"] = "<0.5"
    campaign.ingest(frame)
    batch = campaign.propose()
    below, above = batch.frame["mean"] / batch.frame["lower"], batch.frame["upper"] / batch.frame["mean"]
    assert (batch.frame["lower"] > 0).all()
    assert (below / above).tolist() == pytest.approx([1.0] * len(batch.frame))
    report = campaign.report().read_text(encoding="utf-8")
    assert "typical error (decades)" in report
    assert "a prediction is the median" in report
    ranking = campaign.rank(polymers=frame, top=5).frame
    assert (ranking["lower"] > 0).all()


def test_a_target_has_a_best_that_is_closest(made: Maker, measured: pd.DataFrame) -> None:
    campaign = made('[[objectives]]\nname = "tg"\ndirection = "target"\nunit = "K"\ntarget = [270, 275]\n')
    campaign.ingest(measured.drop(columns="density").dropna())
    best = campaign.status().best
    assert best is not None
    distance = (270 - measured["tg"]).clip(lower=0) + (measured["tg"] - 275).clip(lower=0)
    assert best[1] == measured["tg"][distance.idxmin()]
    batch = campaign.propose(2)
    assert batch.frame["mean"].notna().all()
    assert "closest tg (K) so far" in campaign.report().read_text(encoding="utf-8")


def test_objectives_weighed_by_weights_have_no_front_to_show_but_both_predictions(
    made: Maker, measured: pd.DataFrame
) -> None:
    campaign = made('combine = "weights"\n' + TWO)
    campaign.ingest(measured)
    batch = campaign.propose(2)
    assert batch.frame[["tg_mean", "density_mean"]].notna().all(axis=None)
    assert batch.advice


def test_the_front_grows_with_what_is_measured(made: Maker, measured: pd.DataFrame) -> None:
    campaign = made(TWO)
    campaign.ingest(measured)
    batch = campaign.propose(2)
    form = pd.read_csv(batch.path, dtype=str, keep_default_na=False)
    form["tg [K]"], form["density [g/cm3]"] = "400", "0.8"
    campaign.ingest(form.head(1))
    [shown] = [card for card in campaign.cards() if card.title == "The Pareto front"]
    assert shown.frame is not None
    assert shown.frame["tg (K)"].tolist() == ["400.0"]
    volumes = shown.captions[-1]
    assert volumes.count("before round 1") == 1
    assert volumes.endswith("now.")


def test_the_best_so_far_fulfils_the_constraints(made: Maker, measured: pd.DataFrame) -> None:
    campaign = made(f'constraints = ["density < 0.93 g/cm3"]\n{ONE}')
    known = measured.dropna()
    campaign.ingest(known)
    allowed = known[known["density"] <= 0.93]["tg"].max()
    assert allowed < known["tg"].max()
    best = campaign.status().properties[0].best
    assert best is not None
    assert (best.value, best.remark) == (allowed, "within the constraints")
    facts = dict(campaign.cards()[0].facts)
    assert float(facts["best tg (K) so far, within the constraints"]) == allowed


def test_results_that_came_back_stand_beside_what_was_predicted(made: Maker, measured: pd.DataFrame) -> None:
    campaign = made(TWO)
    campaign.ingest(measured)
    batch = campaign.propose(2)
    form = pd.read_csv(batch.path, dtype=str, keep_default_na=False)
    form.loc[0, "tg [K]"], form.loc[1, "density [g/cm3]"] = "400", "<0.8"
    campaign.ingest(form)
    [shown] = [card for card in campaign.cards() if card.title == "What was predicted, and what came back"]
    assert shown.frame is not None
    assert shown.frame["psmiles"].tolist() == batch.frame["psmiles"].tolist()
    assert shown.frame["property"].tolist() == ["tg (K)", "density (g/cm3)"]
    assert shown.frame["measured"].tolist() == ["400.0", "< 0.8000"]
    mean = batch.frame["tg_mean"].iloc[0]
    assert float(shown.frame["predicted"].iloc[0].split()[0]) == pytest.approx(mean, rel=0.05)


def test_a_failed_polymer_that_is_proposed_again_says_so(made: Maker, measured: pd.DataFrame) -> None:
    campaign = made(TWO)
    campaign.ingest(measured)
    first = campaign.propose(20)
    form = pd.read_csv(first.path, dtype=str, keep_default_na=False)
    form["status"], form["note"] = "withdrawn", ""
    form.loc[0, ["status", "note"]] = ["failed", "spilt"]
    campaign.ingest(form)
    campaign.propose(1)
    [shown] = [card for card in campaign.cards() if card.title == "What to make next: round 2"]
    assert shown.frame is not None
    assert shown.frame["psmiles"].tolist() == [form.loc[0, "psmiles"]]
    assert shown.frame["why"].iloc[0].endswith("tried before, failed in round 1 (spilt)")


def test_a_ranking_shows_what_it_is_ordered_by(made: Maker, measured: pd.DataFrame) -> None:
    campaign = made(TWO)
    campaign.ingest(measured)
    ranking = campaign.rank(polymers=measured[["psmiles"]], top=8)
    assert ranking.frame["score"].is_monotonic_decreasing
    assert "weighted mean of the predicted tg and density" in ranking.order
    screen = console()
    with screen.capture() as shown:
        screen.print(ranking_table(ranking.frame, campaign.spec.properties))
    assert "score" in shown.get()


def test_a_ranking_says_what_was_measured(made: Maker, measured: pd.DataFrame) -> None:
    campaign = made(TWO)
    campaign.ingest(measured)
    reasons = campaign.rank(polymers=measured[["psmiles"]], top=12).frame.set_index("psmiles")["reason"]
    row = measured.iloc[0]
    assert (
        reasons[row["psmiles"]]
        == f"measured already: tg {row['tg']:.1f} K, density {row['density']:.4f} g/cm3"
    )
    assert reasons[measured["psmiles"][5]].count(",") == 0


def test_nothing_can_be_ranked_before_a_driven_property_has_a_model(
    made: Maker, measured: pd.DataFrame
) -> None:
    campaign = made(TWO)
    campaign.ingest(measured.head(3))
    with pytest.raises(CampaignError, match=r"tg: 3 polymers are measured.*density: "):
        campaign.rank()


def test_a_ranking_that_a_constraint_leaves_nothing_of_says_so(made: Maker, measured: pd.DataFrame) -> None:
    campaign = made(f'constraints = ["sa_score < 1.01"]\n{ONE}')
    campaign.ingest(measured.drop(columns="density").dropna())
    with pytest.raises(CampaignError, match=r"no candidate to rank: [0-9]+ excluded: not sa_score < 1\.01"):
        campaign.rank()


def test_monomers_are_ranked_by_all_that_is_wanted(made: Maker, measured: pd.DataFrame) -> None:
    campaign = made(TWO)
    campaign.ingest(measured)
    bottles = pd.DataFrame({"smiles": ["C=CF", "C=CCC", "C=COCC"], "name": ["VF", "butene", "EVE"]})
    ranking = campaign.rank(monomers=bottles, top=2)
    assert ranking.monomers is not None
    assert len(ranking.monomers) == len(ranking.frame) == 2
    assert ranking.monomers["in_top"].between(0, 1).all()
    assert "average" not in ranking.monomers
    assert ranking.monomers[["tg_mean", "density_mean"]].notna().all(axis=None)
    screen = console()
    with screen.capture() as shown:
        screen.print(monomer_table(ranking.monomers, campaign.spec.properties))
    assert "density (g/cm3)" in " ".join(shown.get().split())


def test_open_proposals_are_named_when_more_are_asked_for(made: Maker, measured: pd.DataFrame) -> None:
    campaign = made(TWO)
    campaign.ingest(measured)
    first = campaign.propose(2)
    second = campaign.propose(1)
    assert not any("awaited" in note for note in first.notes)
    assert any("R001-01, R001-02" in note and "awaited" in note for note in second.notes)
    assert campaign.status().awaited == ("R001-01", "R001-02", "R002-01")


def test_advice_is_of_the_last_round_until_another_is_proposed(made: Maker, measured: pd.DataFrame) -> None:
    campaign = made(TWO)
    campaign.ingest(measured)
    batch = campaign.propose()
    assert not campaign.status().newer
    polymer = batch.frame["psmiles"].iloc[0]
    campaign.ingest(pd.DataFrame({"psmiles": [polymer], "tg": [260.0], "density": [1.0]}))
    assert campaign.status().newer
    glance = campaign.cards()[0].text
    assert glance.startswith("As of round 1: ")
    assert "propose again for advice on them" in glance
