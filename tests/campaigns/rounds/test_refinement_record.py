"""What of refinement is kept: worth against the frozen latent, how training went, and the two pictures of the latent."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.rounds.gate_notes import adopted_notes
from campaigns.rounds.gate_record import gate_document
from campaigns.rounds.refinement_record import principal_components
from discovery.latent.refinement import Refinement
from discovery.latent.representation import Representation
from discovery.polymers import RepeatUnit
from discovery.surrogate.features import Features
from discovery.surrogate.gate import paired_difference
from discovery.surrogate.learned import Learned
from discovery.surrogate.learning import ADOPTED, MEMBERS, Refining, learn
from discovery.surrogate.observations import Observation


def learned_from(
    units: tuple[RepeatUnit, ...], representation: Representation, refining: Refining | None = None
) -> Learned:
    observations = [
        Observation(u, 200.0 + 25 * u.psmiles.count("O") + 12 * u.psmiles.count("F"), names=(f"P{i}",))
        for i, u in enumerate(units)
    ]
    found = learn(observations, representation, seed=0, members=MEMBERS, refining=refining)
    assert isinstance(found, Learned)
    return found


@pytest.fixture(scope="module")
def learned(tiny_polymers: tuple[RepeatUnit, ...], tiny_representation: Representation) -> Learned:
    found = learned_from(tiny_polymers[:18], tiny_representation)
    assert isinstance(found.refinements["projection"], Refinement)
    return found


@pytest.fixture(scope="module")
def document(learned: Learned) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(
        json.dumps(gate_document(learned, {"projection": "round 2"}), allow_nan=False)
    )
    return kept


def test_a_refined_member_is_held_against_the_frozen_latent(
    learned: Learned, document: dict[str, Any]
) -> None:
    told = document["refinements"]["projection"]
    scores = learned.loo["projection"].log_scores, learned.loo["latent"].log_scores
    assert (told["over_frozen"], told["over_frozen_error"]) == pytest.approx(paired_difference(*scores))
    assert document["frozen_log_score"] == pytest.approx(learned.loo["latent"].log_score)
    assert (told["start"], told["polymers"]) == ("round 2", 18)


def test_each_fold_keeps_how_its_training_went(learned: Learned, document: dict[str, Any]) -> None:
    folds, adapters = document["refinements"]["projection"]["folds"], learned.refinements["projection"]
    assert isinstance(adapters, Refinement)
    assert len(folds) == len(adapters.folds)
    for fold in folds:
        assert {"best_step", "stop", "lengthscale_ratios", "held_out_score"} <= set(fold)
        assert len(fold["effective_rank"]) == len(fold["text_share"]) == 2


def test_the_map_holds_every_compared_polymer_on_the_components_of_its_own_latent(
    learned: Learned, document: dict[str, Any]
) -> None:
    kept = document["latent_map"]
    assert [p["psmiles"] for p in kept["points"]] == [o.unit.psmiles for o in learned.compared]
    assert [p["name"] for p in kept["points"]] == [o.name for o in learned.compared]
    by_name = {each.member.name: each.known for each in learned.fitted}
    frozen, refined = by_name["latent"], by_name[kept["member"]]
    assert isinstance(frozen, Features)
    assert not isinstance(refined, Features)
    for latent, when in ((frozen.latent, "before"), (refined[0].latent, "after")):
        assert latent is not None
        expected, shares = principal_components(latent)
        drawn = np.array([[p[f"x_{when}"], p[f"y_{when}"]] for p in kept["points"]])
        assert np.allclose(np.abs(drawn), np.abs(expected.numpy()), rtol=1e-3, atol=1e-4)
        assert kept[f"shares_{when}"] == pytest.approx(shares.tolist(), rel=1e-3)


def test_the_second_picture_is_turned_like_the_first(document: dict[str, Any]) -> None:
    points = document["latent_map"]["points"]
    for axis in ("x", "y"):
        assert sum(p[f"{axis}_before"] * p[f"{axis}_after"] for p in points) >= 0


def test_what_could_not_be_refined_is_kept_with_its_reason_and_without_a_map(
    tiny_polymers: tuple[RepeatUnit, ...], tiny_representation: Representation
) -> None:
    kept = gate_document(learned_from(tiny_polymers[:8], tiny_representation))
    assert "16 are needed" in kept["refinements"]["projection"]["skipped"]
    assert kept["refinements"]["projection"]["polymers"] == 8
    assert "latent_map" not in kept


def test_an_adopted_adapter_is_told_with_its_origin(
    learned: Learned, tiny_polymers: tuple[RepeatUnit, ...], tiny_representation: Representation
) -> None:
    adapters = learned.refinements["projection"]
    assert isinstance(adapters, Refinement)
    found = learned_from(tiny_polymers[18:30], learned.representation, Refining(adopted=adapters))
    [note] = adopted_notes({"tg": found}, "campaign other, round 3")
    assert note.startswith("The adapter from campaign other, round 3 is ")
    assert "log score" in note
    barred = replace(found, decision=replace(found.decision, chosen="latent", barred=(ADOPTED,)))
    [told] = adopted_notes({"tg": barred}, "tg of other")
    assert told.endswith(
        "not used for tg, because without it the latent predicts nothing yet that an adapter could make better."
    )
    assert ADOPTED in gate_document(found, {ADOPTED: "tg of other"})["refinements"]
    assert adopted_notes({"tg": learned}, "") == ()


@settings(deadline=None, max_examples=30)
@given(rows=st.integers(2, 12), columns=st.integers(1, 6), seed=st.integers(0, 1000))
def test_components_are_those_of_largest_variance(rows: int, columns: int, seed: int) -> None:
    latent = torch.from_numpy(np.random.default_rng(seed).normal(size=(rows, columns)))
    points, shares = principal_components(latent)
    values = torch.linalg.eigvalsh(torch.cov(latent.T).reshape(columns, columns)).flip(0)
    held = (values / values.sum())[:2].tolist() + [0.0] * max(0, 2 - columns)
    assert shares.tolist() == pytest.approx(held, abs=1e-9)
    assert float(points[:, 0] @ points[:, 1]) == pytest.approx(0.0, abs=1e-9)
    again, _ = principal_components(-latent)
    assert torch.allclose(points.abs(), again.abs(), atol=1e-9)


def test_equal_latents_have_no_components() -> None:
    points, shares = principal_components(torch.ones(4, 3))
    assert points.abs().max() == 0
    assert shares.tolist() == [0.0, 0.0]
