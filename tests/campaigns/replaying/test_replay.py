"""Rounds derived again from what was recorded."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import torch

from campaigns import Campaign
from campaigns.errors import StateError, UnknownNameError
from campaigns.ledger import Ledger, Predicted, Proposal, Status
from campaigns.ledger.copying import Recorded, recorded
from campaigns.replaying import replay as module
from campaigns.replaying.outcome import Replay, departures_of
from campaigns.rounds.inputs import RoundInputs
from campaigns.spec import CampaignSpec
from discovery.encoders.store import EmbeddingStore
from discovery.latent.fusion import FusedLatent
from discovery.latent.representation import Representation
from discovery.polymers import RepeatUnit

from .conftest import bring_back, tg


def told(found: Replay) -> dict[str, tuple[str, str]]:
    return {d.name: (d.kind, d.now) for d in found.differences}


def changed(campaign: Campaign, folder: Path, table: str, **values: object) -> Campaign:
    """The campaign with something else on record of its first round, sealed anew: as another polyloop could have left it."""
    shutil.copytree(campaign.folder, folder)
    (folder / "campaign.sqlite").unlink()

    def commands(session: object) -> object:
        for each in recorded(session.connection()):  # type: ignore[attr-defined]
            facts = [
                (
                    name,
                    dict(row)
                    | (values if name == table and row.get("round", row.get("number")) == 1 else {}),
                )
                for name, row in each.facts
            ]
            yield Recorded(dict(each.command) | {"previous": None, "digest": None}, facts)

    with campaign.ledger.reading() as session:
        made = Ledger.create(folder / "campaign.sqlite")
        made.write_down(commands(session))  # type: ignore[arg-type]
    return Campaign(folder, campaign.spec, made, campaign.representation)


def test_every_round_comes_out_to_the_bit_whatever_was_measured_since(after_two_rounds: Campaign) -> None:
    for number in (1, 2):
        found = after_two_rounds.replay(number)
        assert found.same, found
        assert (found.round, found.proposals, found.differences, found.largest) == (number, 2, (), 0.0)
    assert after_two_rounds.replay().round == 2


def test_a_replay_records_nothing_and_writes_nothing(after_two_rounds: Campaign) -> None:
    shutil.rmtree(after_two_rounds.folder / "rounds")
    before = {p: p.stat().st_mtime_ns for p in after_two_rounds.folder.rglob("*")}
    as_of = after_two_rounds.ledger.snapshot([]).as_of
    after_two_rounds.replay()
    assert {p: p.stat().st_mtime_ns for p in after_two_rounds.folder.rglob("*")} == before
    assert after_two_rounds.ledger.snapshot([]).as_of == as_of


def test_retractions_withdrawals_and_exclusions_since_have_no_part(after_two_rounds: Campaign) -> None:
    after_two_rounds.retract("M1", reason="wrong")
    after_two_rounds.exclude("[F]", reason="banned")
    after_two_rounds.propose(1)
    assert all(after_two_rounds.replay(number).same for number in (1, 2, 3))


def test_a_round_without_a_model_and_one_with_pending_proposals_come_out_again(begun: Campaign) -> None:
    for _ in range(2):
        begun.propose(2)
    begun.withdraw("R001-01", reason="no monomer")
    begun.propose(1, seed=7)
    assert all(begun.replay(number).same for number in (1, 2, 3))


def test_a_spec_that_changed_since_has_no_part(
    after_two_rounds: Campaign, with_tiny_encoders: Callable[[Campaign], Campaign]
) -> None:
    path = after_two_rounds.folder / "campaign.toml"
    text = path.read_text(encoding="utf-8").replace("shortlist = 128", "shortlist = 9")
    path.write_text(
        text.replace('name = "tg"\n', 'name = "tg"\nconstraints = ["sa_score < 3"]\n', 1), encoding="utf-8"
    )
    opened = with_tiny_encoders(Campaign.open(after_two_rounds.folder))
    opened.propose(1)
    assert all(opened.replay(number).same for number in (1, 2, 3))


def test_a_round_of_several_wishes_comes_out_to_the_bit(tmp_path: Path, begun: Campaign) -> None:
    """With two properties, constraints, a budget, monomers beside polymers, a failure that is learned from, and an exclusion."""
    (tmp_path / "monomers.csv").write_text(
        "smiles,name,price\nC=C,ethylene,0.1\nC=CF,VF,2\nC=CC,propylene,0.2\nOCCO,glycol,0.3\n",
        encoding="utf-8",
    )
    spec = CampaignSpec.from_options(
        ["tg:max", "width:min"],
        unit=["K", ""],
        pool=[tmp_path / "monomers.csv", begun.folder / "pool.csv"],
        constraints=["tg > 200 K", "sa_score < 6"],
    )
    text = spec.dumps().replace("shortlist = 128", "shortlist = 40\nexperiments = 4")
    made = Campaign.create(tmp_path / "several", CampaignSpec.loads(text))
    campaign = Campaign(made.folder, made.spec, made.ledger, begun.representation)
    measured = begun.ledger.measurements()
    rows = {
        "psmiles": [m.unit.psmiles for m in measured],
        "tg": [m.value for m in measured],
        "width": [float(len(m.unit.psmiles)) for m in measured],
    }
    campaign.ingest(pd.DataFrame(rows))
    first = campaign.propose(3, seed=1)
    campaign.ledger.append_status(first.frame["proposal_id"][0], Status.ABANDONED)
    campaign.exclude("[S]", reason="smells")
    campaign.propose(2, seed=2)
    for number in (1, 2):
        found = campaign.replay(number)
        assert found.same, found


def test_a_round_whose_monomers_are_searched_comes_out_to_the_bit(tmp_path: Path, begun: Campaign) -> None:
    bottles = [
        "smiles,name",
        *(f"C=C{rest},m{i}" for i, rest in enumerate(("", "F", "C", "CC", "OC", "CF", "CO"))),
    ]
    (tmp_path / "monomers.csv").write_text("\n".join(bottles) + "\n", encoding="utf-8")
    text = CampaignSpec.from_options("tg:max", unit="K", pool=tmp_path / "monomers.csv").dumps()
    text = text.replace("search_above = 2000000", "search_above = 1").replace("looks = 10000", "looks = 100")
    made = Campaign.create(tmp_path / "searched", CampaignSpec.loads(text))
    campaign = Campaign(made.folder, made.spec, made.ledger, begun.representation)
    measured = begun.ledger.measurements()
    rows = {"psmiles": [m.unit.psmiles for m in measured], "tg": [m.value for m in measured]}
    campaign.ingest(pd.DataFrame(rows))
    campaign.propose(2, seed=1)
    assert campaign.replay().same
    assert len(campaign.diff(top=3).shifts) >= 2


def test_a_round_that_recorded_less_is_derived_from_what_there_is(
    after_two_rounds: Campaign, tmp_path: Path
) -> None:
    """As an earlier polyloop left it: without the size of the batch, what was pending, the files, and what it knew."""
    other = changed(
        after_two_rounds, tmp_path / "other", "rounds", pool={"candidates": 1}, versions={}, as_of=None
    )
    assert other.replay(1).same


def test_a_pool_file_that_changed_is_told_before_any_work(
    after_two_rounds: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = after_two_rounds.folder / "pool.csv"
    pool.write_text(pool.read_text(encoding="utf-8") + "*CCCCCO*\n", encoding="utf-8")
    bare = Campaign(after_two_rounds.folder, after_two_rounds.spec, after_two_rounds.ledger)
    monkeypatch.setattr(Campaign, "_representation_for", lambda *_: pytest.fail("encoders were loaded"))
    found = bare.replay(1)
    assert not found.derived
    assert told(found)["pool.csv"][0] == "file"
    assert "cannot be derived" in found.verdict
    pool.unlink()
    assert told(bare.replay(1))["pool.csv"] == ("file", "not there")


def test_other_observations_are_told(after_two_rounds: Campaign, tmp_path: Path) -> None:
    other = changed(after_two_rounds, tmp_path / "other", "rounds", observations_hash="0" * 32)
    found = other.replay(1)
    assert not found.derived
    assert told(found)["observations"][0] == "facts"
    assert other.replay(2).same


def test_a_spec_that_is_not_in_the_ledger_is_told(after_two_rounds: Campaign, tmp_path: Path) -> None:
    found = changed(after_two_rounds, tmp_path / "other", "rounds", spec_version="0" * 32).replay(1)
    assert not found.derived
    assert told(found)["spec"][0] == "spec"


def test_another_encoder_is_told_before_anything_is_computed(
    after_two_rounds: Campaign, tiny_representation: Representation
) -> None:
    given = tiny_representation
    fusion = FusedLatent.initialise(given.text.dim, given.geometry.dim, 12, seed=5)
    other = Representation(given.fingerprint, given.text, given.geometry, fusion, given.store)
    found = Campaign(after_two_rounds.folder, after_two_rounds.spec, after_two_rounds.ledger, other).replay(1)
    assert not found.derived
    assert told(found)["fusion"][0] == "encoder"


def test_encoders_that_are_gone_are_told(after_two_rounds: Campaign, tmp_path: Path) -> None:
    text = after_two_rounds.spec.dumps().replace('text = "bundled"', f'text = "{tmp_path / "gone"}"')
    spec = CampaignSpec.loads(text)
    after_two_rounds.ledger.append_spec(spec.version, spec.dumps())
    other = changed(after_two_rounds, tmp_path / "other", "rounds", spec_version=spec.version)
    found = other.replay(1)
    assert not found.derived
    assert "gone" in told(found)["encoders"][1]


def test_another_version_stops_nothing_and_is_told(after_two_rounds: Campaign, tmp_path: Path) -> None:
    versions = dict(after_two_rounds.ledger.rounds()[0].versions)
    older = versions | {"torch": "1.0", "machine": "a slide rule"}
    found = changed(after_two_rounds, tmp_path / "other", "rounds", versions=older).replay(1)
    assert found.same
    assert told(found) == {
        "torch": ("version", versions["torch"]),
        "machine": ("machine", versions["machine"]),
    }


def test_a_proposal_that_comes_out_otherwise_is_told_with_both_values(
    after_two_rounds: Campaign, tmp_path: Path
) -> None:
    first = after_two_rounds.ledger.proposals(1)[0]
    other = changed(after_two_rounds, tmp_path / "other", "proposals", reason="because", acquisition=1.0)
    found = other.replay(1)
    assert found.derived
    assert not found.same
    departed = {(d.place, d.field): (d.recorded, d.now) for d in found.departures}
    assert departed[first.id, "reason"] == ("because", first.reason)
    assert departed[first.id, "acquisition"] == ("1.0", repr(first.acquisition))
    assert found.largest > 0
    assert "nothing that was recorded of its inputs differs" in found.verdict


def test_a_round_is_derived_with_as_many_threads_as_it_was_made_with(
    begun: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun.propose(1)
    recorded_threads = begun.ledger.rounds()[0].versions["threads"]
    assert recorded_threads == str(torch.get_num_threads())
    versions = dict(begun.ledger.rounds()[0].versions) | {"threads": "3"}
    other = changed(begun, tmp_path / "other", "rounds", versions=versions)
    seen = []
    plan = RoundInputs.plan

    def watched(*given: object, **more: object) -> object:
        seen.append(torch.get_num_threads())
        return plan(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(RoundInputs, "plan", watched)
    assert other.replay().differences == ()
    assert seen == [3]
    assert str(torch.get_num_threads()) == recorded_threads


def test_an_unknown_round_is_told(begun: Campaign) -> None:
    with pytest.raises(StateError, match="no round yet"):
        begun.replay()
    begun.propose(1)
    with pytest.raises(UnknownNameError, match="no round 2"):
        begun.replay(2)


def test_vectors_that_are_computed_anew_give_the_same_round(
    begun: Campaign, tiny_representation: Representation, tmp_path: Path
) -> None:
    """As on a machine with an empty cache."""
    batch = begun.propose(2)
    bring_back(begun, batch.path)
    given = tiny_representation
    store = EmbeddingStore(tmp_path / "store")
    fresh = Representation(given.fingerprint, given.text, given.geometry, given.fusion, store)
    found = Campaign(begun.folder, begun.spec, begun.ledger, fresh).replay(1)
    assert found.derived
    assert not any(d.field == "polymer" for d in found.departures)
    assert found.largest < 1e-6


UNITS = tuple(RepeatUnit.parse(text) for text in ("*CCO*", "*CO*"))


def proposal(rank: int, unit: RepeatUnit, **more: object) -> Proposal:
    given = Proposal(
        f"R001-0{rank}", 1, rank, unit, ("a", "b"), "r", {"tg": Predicted(300.0, 290.0, 310.0)}, 0.5, "near"
    )
    return replace(given, **more)  # type: ignore[arg-type]


def test_the_smallest_difference_of_a_number_is_one() -> None:
    [was, now] = (proposal(1, UNITS[0], acquisition=value) for value in (0.5, 0.5 + 2**-53))
    departures, largest = departures_of([was], [now])
    assert [(d.place, d.field) for d in departures] == [("R001-01", "acquisition")]
    assert 0 < largest < 1e-15


def test_each_field_that_differs_is_told_once() -> None:
    was = proposal(1, UNITS[0])
    now = proposal(
        1,
        UNITS[0],
        predictions={"tg": Predicted(301.0, 290.0, 310.0)},
        monomers=("a",),
        fulfils={"tg > 1 K": 0.5},
    )
    departures, _ = departures_of([was], [now])
    assert {d.field: (d.recorded, d.now) for d in departures} == {
        "mean of tg": ("300.0", "301.0"),
        "monomers": ("a + b", "a"),
        "chance that tg > 1 K": ("not there", "0.5"),
    }


def test_another_polymer_or_batch_is_told_as_such() -> None:
    both = [proposal(1, UNITS[0]), proposal(2, UNITS[1])]
    departures, _ = departures_of(both, [proposal(1, UNITS[1])])
    assert [(d.place, d.field, d.recorded, d.now) for d in departures] == [
        ("R001-01", "polymer", "*CCO*", "*CO*"),
        ("R001-02", "polymer", "*CO*", "not there"),
    ]


REFINED = """
name = "refined"
[[objectives]]
name = "tg"
direction = "max"
unit = "K"
[pool]
polymers = "pool.csv"
[encoders]
text = "{text}"
geometry = "{geometry}"
fusion = "{fusion}"
[refinement]
depths = "projection"
{more}
[batch]
size = 2
[budget]
shortlist = 8
"""


@pytest.fixture(scope="module")
def refined(
    tmp_path_factory: pytest.TempPathFactory,
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_text_folder: Path,
    tiny_geometry_folder: Path,
    fusion_folder: Callable[[int], Path],
) -> Campaign:
    """Two rounds with adapters, the second begun from those of the first. Copy its folder before changing anything in it."""
    folder = tmp_path_factory.mktemp("refined")
    pool = ["psmiles", *(unit.psmiles for unit in tiny_polymers[18:])]
    (folder / "pool.csv").write_text("\n".join(pool) + "\n", encoding="utf-8")
    text = REFINED.format(
        text=tiny_text_folder,
        geometry=tiny_geometry_folder,
        fusion=fusion_folder(0),
        more='start = "previous"',
    )
    made = Campaign.create(folder / "tg", CampaignSpec.loads(text), base=folder)
    known = [unit.psmiles for unit in tiny_polymers[:18]]
    made.ingest(pd.DataFrame({"psmiles": known, "tg": [tg(psmiles) for psmiles in known]}))
    for _ in range(2):
        bring_back(made, made.propose().path)
    return made


def copy_of(campaign: Campaign, folder: Path) -> Campaign:
    shutil.copytree(campaign.folder, folder)
    return Campaign.open(folder)


def test_rounds_with_warm_adapters_come_out_to_the_bit(refined: Campaign) -> None:
    assert refined.ledger.rounds()[1].adapters
    for number in (1, 2):
        found = refined.replay(number)
        assert found.same, found
        assert found.notes == ()


def test_a_round_comes_out_in_a_campaign_that_was_imported(refined: Campaign, tmp_path: Path) -> None:
    refined.export(tmp_path / "out.zip")
    assert Campaign.restore(tmp_path / "out.zip", tmp_path / "made").replay().same


def test_an_adapter_that_is_gone_or_changed_is_told_before_any_work(
    refined: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [address] = set(refined.ledger.rounds()[0].adapters.values())
    campaign = copy_of(refined, tmp_path / "tg")
    monkeypatch.setattr(Campaign, "_representation_for", lambda *_: pytest.fail("encoders were loaded"))
    note = campaign.folder / "adapters" / address / "fold-0" / "fold.json"
    note.write_text(json.dumps(json.loads(note.read_text(encoding="utf-8"))), encoding="utf-8")
    assert told(campaign.replay(2))[f"adapter {address}, fold-0/fold.json"][0] == "adapter"
    shutil.rmtree(campaign.folder / "adapters" / address)
    found = campaign.replay(2)
    assert not found.derived
    assert told(found)[f"adapter {address}"] == ("adapter", "not there")


def test_an_adapter_that_only_came_out_of_a_round_is_not_needed_for_it(
    refined: Campaign, tmp_path: Path
) -> None:
    campaign = copy_of(refined, tmp_path / "tg")
    shutil.rmtree(campaign.folder / "adapters")
    assert campaign.replay(1).same


@pytest.fixture(scope="module")
def adopting(
    refined: Campaign, tmp_path_factory: pytest.TempPathFactory, tiny_polymers: tuple[RepeatUnit, ...]
) -> tuple[Campaign, Path]:
    """A campaign that uses the adapter of another, and the folder of that one."""
    folder = tmp_path_factory.mktemp("adopting")
    refined.export_adapter(folder / "adapter", round=1)
    pool = ["psmiles", *(unit.psmiles for unit in tiny_polymers[18:])]
    (folder / "pool.csv").write_text("\n".join(pool) + "\n", encoding="utf-8")
    sources = {name: getattr(refined.spec.encoders, name) for name in ("text", "geometry", "fusion")}
    text = REFINED.format(**sources, more=f'adapter = "{folder / "adapter"}"')
    made = Campaign.create(folder / "tg", CampaignSpec.loads(text), base=folder)
    known = [unit.psmiles for unit in tiny_polymers[:14]]
    made.ingest(pd.DataFrame({"psmiles": known, "tg": [tg(psmiles) for psmiles in known]}))
    made.propose()
    return made, folder / "adapter"


def test_a_round_with_an_adopted_adapter_comes_out_though_its_folder_is_gone(
    adopting: tuple[Campaign, Path], tmp_path: Path
) -> None:
    campaign, adapter = adopting
    assert any(key.endswith("/adopted") for key in campaign.ledger.rounds()[0].adapters)
    assert campaign.replay().same
    adapter.rename(tmp_path / "elsewhere")
    try:
        assert campaign.replay().same
        copy = tmp_path / "tg"
        shutil.copytree(campaign.folder, copy)
        shutil.rmtree(copy / "adapters")
        found = Campaign.open(copy).replay()
        assert not found.derived
        named = (copy / str(campaign.spec.refinement.adapter)).resolve()
        assert told(found)[f"adopted adapter {named}"] == ("adapter", "not there")
    finally:
        (tmp_path / "elsewhere").rename(adapter)


def test_no_encoder_is_loaded_to_be_told_that_there_is_no_round(begun: Campaign) -> None:
    with pytest.raises(StateError):
        module.replay_round(begun.folder, begun.ledger, None, lambda _: pytest.fail("encoders were loaded"))
