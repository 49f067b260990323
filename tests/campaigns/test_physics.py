"""Physics in a campaign: a prior mean that the spec names, and estimates as columns beside the proposals."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest

from campaigns import Campaign
from campaigns.backtesting.oracle import Oracle
from campaigns.backtesting.recall import Goodness
from campaigns.backtesting.replay import Contest, Terms, replay_all
from campaigns.backtesting.rival_names import GATE, TANIMOTO
from campaigns.campaign import Campaign as CampaignClass
from campaigns.errors import SpecError
from campaigns.folder import SPEC_FILE
from campaigns.physics import estimates_of, prior_of, with_estimates
from campaigns.spec import CampaignSpec, EncodersSpec, ObjectiveSpec
from campaigns.tables import proposals_frame, read_results, write_proposals
from campaigns.tables.estimated import titles_of
from discovery.acquisition.objectives import Objective
from discovery.encoders.store import EmbeddingStore
from discovery.latent.representation import Representation
from discovery.physics import estimate
from discovery.polymers import RepeatUnit
from discovery.surrogate.observations import Observation

MEASURED = pd.DataFrame(
    {
        "psmiles": [
            "*CC(*)C",
            "*CC(*)CC",
            "*CCO*",
            "*CC(*)(C)C",
            "*CC(*)OC(C)=O",
            "*CC(*)C(=O)OC",
            "*CC(*)F",
        ],
        "tg": [-10.0, -24.0, -67.0, -73.0, 32.0, 10.0, 41.0],
    }
)
POOL = ("*CC(*)CCC", "*CCCO*", "*CO*", "*CC(*)(F)F", "*CC(*)C(=O)OCC", "*CC(*)OCC", "*CC[Pb]*")

SPEC = """
name = "glass"
[[objectives]]
name = "tg"
direction = "max"
unit = "degC"
prior_mean = "physics:tg"
[pool]
polymers = "pool.csv"
[report]
physics = ["density", "refractive_index", "tg"]
"""
DENSITY, INDEX, TG = "physics_density [g/cm3]", "physics_refractive_index", "physics_tg [degC]"


@pytest.fixture
def campaign(tmp_path: Path, tiny_representation: Representation) -> Campaign:
    (tmp_path / "pool.csv").write_text("psmiles\n" + "\n".join(POOL) + "\n", encoding="utf-8")
    made = Campaign.create(tmp_path / "campaign", CampaignSpec.loads(SPEC), base=tmp_path)
    made = CampaignClass(made.folder, made.spec, made.ledger, tiny_representation)
    made.ingest(MEASURED)
    return made


def test_a_round_tells_which_way_the_prior_mean_went_and_records_it(campaign: Campaign) -> None:
    batch = campaign.propose(2)
    (note,) = [note for note in batch.notes if "physics:tg as prior mean" in note]
    assert "log score" in note
    (record,) = campaign.ledger.rounds()
    verdict = record.gates["tg"]["prior_mean"]
    assert isinstance(verdict, dict)
    assert verdict["reason"] == note
    assert {m["member"] for m in record.gates["tg"]["members"]} >= {"fingerprint", "fingerprint + physics"}  # type: ignore[attr-defined]
    assert record.encoder_revisions["prior mean"] == verdict["revision"] != ""
    assert ("without_estimate" in record.pool) == verdict["used"]


def test_the_same_campaign_and_seed_propose_the_same(campaign: Campaign) -> None:
    first = campaign.rank(top=4)
    second = Campaign(campaign.folder, campaign.spec, campaign.ledger, campaign.representation).rank(top=4)
    pd.testing.assert_frame_equal(first.frame, second.frame)


def test_estimates_stand_beside_proposals_and_rankings_in_form_and_report(campaign: Campaign) -> None:
    batch = campaign.propose(3)
    units = [RepeatUnit.parse(text) for text in batch.frame["psmiles"]]
    wanted = estimate(units, ["density"]).values[:, 0]
    assert batch.frame[DENSITY].tolist() == pytest.approx(wanted.tolist(), nan_ok=True)
    assert {DENSITY, INDEX, TG} <= set(campaign.rank(top=3).frame.columns)
    form = pd.read_csv(batch.path)
    kelvin = estimate(units, ["tg"]).values[:, 0]
    for told in (batch.frame, form):
        assert told[TG].tolist() == pytest.approx((kelvin - 273.15).tolist(), rel=1e-3, nan_ok=True)
    assert form[DENSITY].tolist() == pytest.approx(wanted.tolist(), rel=1e-3, nan_ok=True)
    page = campaign.report().read_text(encoding="utf-8")
    assert "estimated density (g/cm3)" in page
    assert "estimated refractive index" in page
    assert "estimated tg (degC)" in page
    assert "physics estimates from the structure alone" in page


def test_a_filled_in_form_comes_back_with_its_estimates_ignored_in_silence(campaign: Campaign) -> None:
    batch = campaign.propose(3)
    form = pd.read_csv(batch.path, dtype=str)
    form["tg [degC]"] = ["10", "20", "30"]
    form[DENSITY] = "not a number"
    form.to_csv(batch.path, index=False)
    summary = campaign.ingest(batch.path)
    assert summary.accepted == 3
    assert not any("not read" in note for note in summary.notes)
    checked = read_results(batch.frame.assign(tg=1.0), campaign.spec.properties, campaign.ledger.view())
    assert checked.ignored_columns == ()


def test_what_physics_does_not_cover_is_an_empty_cell(tmp_path: Path, campaign: Campaign) -> None:
    campaign.propose(2)
    proposals = campaign.ledger.proposals(1)
    estimates = estimates_of([RepeatUnit.parse("*CC[Pb]*"), proposals[1].unit], ["density"])
    write_proposals(tmp_path / "form.csv", proposals, campaign.spec.properties, estimates)
    first, second = pd.read_csv(tmp_path / "form.csv", dtype=str)[DENSITY]
    assert first != first  # empty, as pandas reads it
    assert float(second) > 0
    frame = with_estimates(proposals_frame(proposals, campaign.spec.properties), estimates)
    assert math.isnan(frame[DENSITY][0])


@pytest.mark.parametrize(("name", "prior"), [("tg", None), ("Tg", None), ("glass_transition", "physics:tg")])
def test_the_estimate_of_the_objectives_own_property_comes_in_its_unit(name: str, prior: str | None) -> None:
    unit = RepeatUnit.parse("*CC(*)c1ccccc1")
    objective = ObjectiveSpec(name=name, direction="max", unit="degC", prior_mean=prior)
    names = ["tg", "decomposition_temperature"]
    kelvin, celsius = estimates_of([unit], names), estimates_of([unit], names, [objective])
    assert kelvin is not None
    assert celsius is not None
    assert titles_of(celsius) == ["physics_tg [degC]", "physics_decomposition_temperature [K]"]
    assert (kelvin.values - celsius.values)[0].tolist() == pytest.approx([273.15, 0.0])


def test_an_objective_of_another_dimension_leaves_the_estimate_in_its_own_unit() -> None:
    objective = ObjectiveSpec(name="heat_capacity", direction="max", unit="J/(mol K)")
    found = estimates_of([RepeatUnit.parse("*CC*")], ["heat_capacity"], [objective])
    assert titles_of(found) == ["physics_heat_capacity [J/(g K)]"]


def test_the_prior_mean_is_in_the_objectives_unit(tmp_path: Path) -> None:
    unit, store = RepeatUnit.parse("*CC(*)c1ccccc1"), EmbeddingStore(tmp_path)
    kelvin, celsius = (
        prior_of(ObjectiveSpec(name="tg", direction="max", unit=text, prior_mean="physics:tg"), store)
        for text in ("K", "degC")
    )
    assert kelvin is not None
    assert celsius is not None
    assert kelvin.estimates([unit])[0] - celsius.estimates([unit])[0] == pytest.approx(273.15, abs=1e-3)
    assert prior_of(ObjectiveSpec(name="tg", direction="max", unit="K"), store) is None


def test_the_prior_mean_may_change_while_the_campaign_runs(campaign: Campaign) -> None:
    without = campaign.spec.objective.model_copy(update={"prior_mean": None})
    changed = campaign.spec.model_copy(update={"objectives": (without,)})
    (campaign.folder / SPEC_FILE).write_text(changed.dumps(), encoding="utf-8")
    assert Campaign.open(campaign.folder).spec.objective.prior_mean is None


@pytest.mark.parametrize(
    ("old", "new", "fault", "way_out"),
    [
        (
            '"physics:tg"',
            '"physics:colour"',
            "no prior mean",
            "physics:tg, physics:decomposition_temperature",
        ),
        ('"physics:tg"', '"tg"', "no prior mean", "physics:tg"),
        ('"physics:tg"', '"physics:density"', "is in g/cm3, which is no degC", "physics:tg"),
        ('"density"', '"colour"', "no estimate of 'colour'", "limiting_oxygen_index"),
        ('["density", ', '["refractive_index", ', "names a property twice", "once"),
        ('name = "tg"', 'name = "physics_tg"', "uses? for something else", "differently"),
    ],
)
def test_a_spec_that_asks_physics_for_what_it_has_not_is_refused_with_what_it_has(
    old: str, new: str, fault: str, way_out: str
) -> None:
    with pytest.raises(SpecError) as caught:
        CampaignSpec.loads(SPEC.replace(old, new))
    (problem,) = caught.value.problems
    assert fault.replace("uses?", "use") in problem.fault
    assert way_out in problem.what_to_do


def test_where_no_estimate_has_the_objectives_dimension_the_way_out_says_so() -> None:
    with pytest.raises(SpecError) as caught:
        CampaignSpec.loads(
            SPEC.replace('unit = "degC"', 'unit = "barrer"').replace('name = "tg"', 'name = "o2"')
        )
    assert "leave prior_mean out" in caught.value.problems[0].what_to_do


def test_a_spec_comes_back_with_its_physics_and_one_without_says_nothing_of_it() -> None:
    spec = CampaignSpec.loads(SPEC)
    assert CampaignSpec.loads(spec.dumps()) == spec
    bare = CampaignSpec.loads(SPEC.replace('prior_mean = "physics:tg"\n', "").partition("[report]")[0])
    assert "prior_mean" not in bare.dumps()
    assert "report" not in bare.dumps()
    assert bare.version != spec.version


def test_a_replay_of_the_gate_has_the_prior_mean_and_its_rivals_do_not(
    tiny_representation: Representation, tiny_polymers: tuple[RepeatUnit, ...]
) -> None:
    table = [Observation(u, 300.0 + 20.0 * u.psmiles.count("O")) for u in tiny_polymers[:12]]
    objective = Objective("tg", "max", "K")
    goal = ObjectiveSpec.parse("tg:max", "K", "physics:tg")
    contest = Contest(Oracle(table, Goodness(objective)), objective, Terms(6, 1, 2), goal)
    rivals = (GATE, TANIMOTO)
    made = replay_all(contest, rivals, 1, tiny_representation, encoders=EncodersSpec(), workers=1)
    told = {one.rival: one.notes for one in made}
    assert any("physics:tg" in note for note in told[GATE])
    assert not any("physics:tg" in note for note in told[TANIMOTO])
