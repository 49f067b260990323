"""What a round says of its budget, and of the sources that its properties were learned with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from campaigns.ledger.proposals import Status
from campaigns.rounds.gate_notes import source_notes
from campaigns.rounds.proposing import budget_note
from campaigns.spec import CampaignSpec
from discovery.latent.representation import Representation
from discovery.polymers import RepeatUnit
from discovery.surrogate.learned import Learned
from discovery.surrogate.learning import learn
from discovery.surrogate.observations import Observation
from discovery.surrogate.sources import Source


def spec(budget: str = "experiments = 6") -> CampaignSpec:
    return CampaignSpec.loads(
        'name = "b"\n[[objectives]]\nname = "tg"\ndirection = "max"\nunit = "K"\n'
        f'[pool]\npolymers = "pool.csv"\n[budget]\n{budget}\n'
    )


def test_a_batch_larger_than_what_is_left_is_told() -> None:
    [note] = budget_note(spec(), [Status.MEASURED, Status.FAILED, Status.WITHDRAWN], 8)
    assert note.startswith("8 asked for, 4 left of the budget of 6 experiments.")
    assert "starting data do not" in note


def test_a_spent_budget_is_overspent() -> None:
    [note] = budget_note(spec(), [Status.MEASURED] * 7, 1)
    assert "none left of the budget of 6" in note
    assert "overspent" in note


@pytest.mark.parametrize("budget", ["experiments = 6", ""])
def test_a_batch_within_the_budget_or_without_one_needs_no_note(budget: str) -> None:
    assert budget_note(spec(budget), [Status.MEASURED], 5) == ()


@pytest.fixture(scope="module")
def learned(tiny_polymers: tuple[RepeatUnit, ...], tiny_representation: Representation) -> Learned:
    known = [
        Observation(unit, 250.0 + 20.0 * unit.psmiles.count("O") + i)
        for i, unit in enumerate(tiny_polymers[:12])
    ]
    simulated = tuple(Observation(o.unit, 1.1 * o.value) for o in known[:9])
    found = learn(
        known,
        tiny_representation,
        seed=0,
        members=("fingerprint", "latent"),
        sources=[Source("md_tg", simulated), Source("density", simulated)],
    )
    assert isinstance(found, Learned)
    return found


@pytest.mark.parametrize(("chosen", "verdict"), [("multitask", "used"), ("latent", "not used")])
def test_a_declared_source_is_told_with_its_values_and_whether_it_was_used(
    learned: Learned, chosen: str, verdict: str
) -> None:
    found = _chosen(learned, chosen)
    [note] = source_notes({"tg": found}, {"tg": ["md_tg"]})
    assert note.startswith("md_tg (9 values): learned together with tg")
    assert f", {verdict} this round, because " in note
    assert ("(and with density)" in note) is (chosen == "multitask")


def test_other_properties_are_told_only_where_they_are_used(learned: Learned) -> None:
    assert source_notes({"tg": _chosen(learned, "latent")}, {}) == ()
    [note] = source_notes({"tg": _chosen(learned, "multitask")}, {})
    assert note.startswith("tg is learned together with md_tg and density this round")


def _chosen(learned: Learned, name: str) -> Learned:
    return replace(learned, decision=replace(learned.decision, chosen=name))
