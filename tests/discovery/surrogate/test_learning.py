"""Learning: what can be learned from, what each member sees, and what the user is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from discovery.errors import SurrogateError
from discovery.latent.fusion import FusedLatent
from discovery.latent.refinement import Refinement, RefinementSkipped
from discovery.latent.refining import refine
from discovery.latent.representation import Representation
from discovery.latent.settings import RefinementSettings, Schedule
from discovery.polymers import RepeatUnit
from discovery.surrogate import learning
from discovery.surrogate.learned import Learned, NotLearned
from discovery.surrogate.learning import Refining, learn
from discovery.surrogate.observations import MINIMUM_POLYMERS, Observation

NO_GEOMETRY = Observation(RepeatUnit.parse("*CCNC*"), 250.0, names=("a polyamine",))

"""The tiny geometry encoder knows no nitrogen."""


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "no polymers are measured"), (1, "1 polymer is measured"), (4, "4 polymers are measured")],
)
def test_under_five_measured_polymers_nothing_is_learned_and_the_reason_says_so(
    observations: list[Observation], tiny_representation: Representation, count: int, words: str
) -> None:
    learned = learn(observations[:count], tiny_representation, seed=0)
    assert learned == NotLearned(f"{words}, a model needs at least {MINIMUM_POLYMERS}")


@pytest.mark.parametrize("constant", [0.0, 373.15])
def test_values_that_are_all_the_same_teach_nothing(
    tiny_polymers: tuple[RepeatUnit, ...], tiny_representation: Representation, constant: float
) -> None:
    learned = learn([Observation(u, constant) for u in tiny_polymers[:7]], tiny_representation, seed=0)
    assert isinstance(learned, NotLearned)
    assert "all 7 measured polymers have the same value" in learned.reason


def test_three_members_are_compared_on_the_same_polymers(
    refined: Learned, observations: list[Observation]
) -> None:
    assert isinstance(refined.refinements["projection"], Refinement)
    assert set(refined.loo) == {"fingerprint", "latent", "projection"}
    assert {score.name for score in refined.decision.scores} == set(refined.loo)
    assert refined.decision.chosen == refined.chosen.name
    wanted = torch.tensor([o.value for o in refined.compared], dtype=torch.float64)
    for loo in refined.loo.values():
        torch.testing.assert_close(loo.values, wanted)
    assert refined.notes == ()
    assert refined.measured == tuple(observations[:18])
    assert len(refined.fingerprints) == 18


def test_the_same_seed_learns_the_same(
    refined: Learned,
    observations: list[Observation],
    tiny_representation: Representation,
    refining: Refining,
) -> None:
    again = learn(observations[:18], tiny_representation, seed=0, refining=refining)
    assert isinstance(again, Learned)
    assert again.decision == refined.decision
    hashes = [
        found.hash
        for one in (again, refined)
        if isinstance(found := one.refinements["projection"], Refinement)
    ]
    assert len(hashes) == 2
    assert len(set(hashes)) == 1
    for name, loo in again.loo.items():
        assert torch.equal(loo.mean, refined.loo[name].mean)


def test_learning_leaves_the_representation_as_it_was(
    refined: Learned, tiny_representation: Representation, tiny_polymers: tuple[RepeatUnit, ...]
) -> None:
    before = tiny_representation.revisions, tiny_representation.text.encode(tiny_polymers[:3]).vectors
    assert refined.representation is tiny_representation
    assert tiny_representation.revisions == before[0]
    assert (tiny_representation.text.encode(tiny_polymers[:3]).vectors == before[1]).all()


def test_under_sixteen_polymers_refinement_is_skipped_with_a_note(
    observations: list[Observation], tiny_representation: Representation
) -> None:
    learned = learn(observations[:15], tiny_representation, seed=0)
    assert isinstance(learned, Learned)
    assert learned.refinements["projection"] == RefinementSkipped(
        "only 15 polymers have a value (limits do not count), 16 are needed"
    )
    assert (
        "The latent is not refined: only 15 polymers have a value (limits do not count), 16 are needed."
        in learned.notes
    )
    assert len(learned.loo) == 2


def test_adapters_that_improve_nothing_are_no_member_and_the_note_says_why(
    observations: list[Observation], tiny_representation: Representation
) -> None:
    still = Refining(RefinementSettings(schedule=Schedule(steps=0)))
    learned = learn(observations[:18], tiny_representation, seed=0, refining=still)
    assert isinstance(learned, Learned)
    assert learned.refinements["projection"] == RefinementSkipped(
        "training made the predictions of held-out polymers worse"
    )
    assert (
        "The latent is not refined: training made the predictions of held-out polymers worse."
        in learned.notes
    )
    assert set(learned.loo) == {"fingerprint", "latent"}


def test_a_depth_that_fails_is_told_by_name_where_another_does_not(
    observations: list[Observation], tiny_representation: Representation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody shall read that the latent is not refined while a refined one is used."""

    def only_projection(*given: Any, **more: Any) -> Refinement | RefinementSkipped:
        return refine(*given, **more) if given[3] == "projection" else RefinementSkipped("too large")

    monkeypatch.setattr(learning, "refine", only_projection)
    still = Refining(RefinementSettings(repeats=1, schedule=Schedule(rate=1e-3, steps=1, doubt=1e9)))
    learned = learn(
        observations[:18],
        tiny_representation,
        seed=0,
        members=("latent", "projection", "encoder"),
        refining=still,
    )
    assert isinstance(learned, Learned)
    assert isinstance(learned.refinements["projection"], Refinement)
    assert "At depth encoder the latent is not refined: too large." in learned.notes
    assert not any(note.startswith("The latent is not refined") for note in learned.notes)


def test_refinement_can_be_switched_off(
    observations: list[Observation], tiny_representation: Representation
) -> None:
    learned = learn(observations[:18], tiny_representation, seed=0, members=("fingerprint", "latent"))
    assert isinstance(learned, Learned)
    assert learned.refinements == {}
    assert set(learned.loo) == {"fingerprint", "latent"}
    assert not any("refined" in note for note in learned.notes)


def test_the_fingerprint_member_can_be_fitted_alone(
    observations: list[Observation], tiny_representation: Representation
) -> None:
    learned = learn(observations[:8], tiny_representation, seed=0, members=("fingerprint",))
    assert isinstance(learned, Learned)
    assert set(learned.loo) == {"fingerprint"}
    assert learned.notes == ()


def test_a_measured_polymer_without_geometry_is_named_and_still_teaches_the_fingerprint_member(
    observations: list[Observation], tiny_representation: Representation
) -> None:
    given = [*observations[:9], NO_GEOMETRY]
    learned = learn(given, tiny_representation, seed=0)
    assert isinstance(learned, Learned)
    assert (
        "1 measured polymer is left out of the latent models: a polyamine (the weights do not know the element N)."
        in learned.notes
    )
    assert NO_GEOMETRY not in learned.compared
    assert learned.measured == tuple(given)
    if learned.decision.chosen == "fingerprint":
        assert learned.observations == tuple(given)
        assert learned.chosen.size == learned.screening.size == 10
    else:
        assert learned.observations == learned.compared
        assert learned.chosen.size == learned.screening.size == 9


def test_where_hardly_any_has_geometry_the_fingerprint_member_learns_from_all(
    observations: list[Observation], tiny_representation: Representation
) -> None:
    amines = [Observation(RepeatUnit.parse(f"*{'C' * n}N*"), 200.0 + 10 * n) for n in range(2, 7)]
    given = [*amines, *observations[:4]]
    learned = learn(given, tiny_representation, seed=0)
    assert isinstance(learned, Learned)
    assert learned.decision.chosen == "fingerprint"
    assert learned.observations == learned.compared == tuple(given)
    assert learned.chosen.size == 9
    assert "only the fingerprint model is fitted" in learned.notes[-1]
    first, second = learned.notes
    assert first.startswith("5 measured polymers are left out of the latent models: ")
    assert first.count("(the weights do not know the element N)") == 3
    assert first.endswith(" and 2 more.")
    assert second.startswith("Only 4 of the measured polymers")


def test_encoders_without_a_trained_fusion_that_read_nothing_leave_the_fingerprint_member(
    tiny_representation: Representation,
) -> None:
    own = Representation(
        tiny_representation.fingerprint,
        tiny_representation.text,
        tiny_representation.geometry,
        FusedLatent.initialise(tiny_representation.text.dim, tiny_representation.geometry.dim, 12),
        tiny_representation.store,
        trained=False,
    )
    amines = [Observation(RepeatUnit.parse(f"*{'C' * n}N*"), 200.0 + 10 * n) for n in range(2, 8)]
    learned = learn(amines, own, seed=0)
    assert isinstance(learned, Learned)
    assert learned.decision.chosen == "fingerprint"


def test_values_that_differ_only_where_there_is_no_geometry_are_no_error(
    tiny_polymers: tuple[RepeatUnit, ...], tiny_representation: Representation
) -> None:
    same = [Observation(unit, 300.0) for unit in tiny_polymers[:17]]
    learned = learn([*same, NO_GEOMETRY], tiny_representation, seed=0)
    assert isinstance(learned, Learned)
    mean, variance = learned.chosen.predict(learned.view(tiny_polymers[20:23]).views)
    assert torch.isfinite(mean).all()
    assert (variance > 0).all()


def test_standard_errors_may_be_known_of_some_only(
    observations: list[Observation], tiny_representation: Representation
) -> None:
    given = [Observation(o.unit, o.value, sem=2.0 if i % 2 else None) for i, o in enumerate(observations[:8])]
    assert isinstance(learn(given, tiny_representation, seed=0), Learned)


def test_a_view_keeps_the_positions_of_what_could_be_encoded(
    refined: Learned, tiny_polymers: tuple[RepeatUnit, ...]
) -> None:
    units = [tiny_polymers[30], NO_GEOMETRY.unit, tiny_polymers[31]]
    view = refined.view(units)
    sighted = refined.decision.chosen != "fingerprint"
    assert view.positions == ((0, 2) if sighted else (0, 1, 2))
    assert [f.unit for f in view.failures] == ([NO_GEOMETRY.unit] if sighted else [])
    mean, variance = refined.chosen.predict(view.views)
    assert len(mean) == len(variance) == len(view.positions)


def test_the_refined_member_is_seen_through_its_own_adapters(
    refined: Learned, tiny_polymers: tuple[RepeatUnit, ...]
) -> None:
    """A view made for the frozen latent would be read without complaint, and wrongly."""
    if refined.chosen.views == 1:
        pytest.skip("the gate chose another member on this machine")
    units = tiny_polymers[20:24]
    views = refined.view(units).views
    assert isinstance(views, list)
    fused = refined.representation.fuse(units)
    assert refined.adapters is not None
    latents = refined.adapters.embed(fused.encoded)
    for view, latent in zip(views, latents, strict=True):
        torch.testing.assert_close(view.latent, latent)


def test_features_of_what_is_known_need_not_be_made_again(refined: Learned) -> None:
    made = refined.view([o.unit for o in refined.observations])
    assert made.positions == tuple(range(len(refined.observations)))
    kept, again = (refined.chosen.predict(views) for views in (refined.known, made.views))
    torch.testing.assert_close(kept, again, rtol=1e-4, atol=1e-4)


def test_a_polymer_that_neither_encoder_reads_fails_once(refined: Learned) -> None:
    both = RepeatUnit.parse(f"*{'CN' * 40}S*")
    if refined.decision.chosen != "fingerprint":
        (failure,) = refined.view([both]).failures
        assert failure.unit == both
        assert "tokens" in failure.reason


def test_values_of_very_different_size_do_not_stop_the_round(
    observations: list[Observation], tiny_representation: Representation
) -> None:
    """They span twenty orders of magnitude."""
    wild = [Observation(o.unit, o.value * 10.0 ** (i % 21)) for i, o in enumerate(observations[:18])]
    learned = learn(wild, tiny_representation, seed=0)
    assert isinstance(learned, Learned)
    assert len(learned.loo) >= 2


def test_screening_needs_no_geometry(refined: Learned) -> None:
    view = refined.screen_view([NO_GEOMETRY.unit])
    assert list(view.positions) == [0]
    mean, variance = refined.screening.predict(view.views)
    assert torch.isfinite(mean).all()
    assert (variance > 0).all()


def test_a_member_that_does_not_exist_is_refused(
    observations: list[Observation], tiny_representation: Representation
) -> None:
    with pytest.raises(SurrogateError, match="no member called refind") as caught:
        learn(observations[:8], tiny_representation, seed=0, members=("latent", "refind"))
    assert "fingerprint, latent, projection, encoder, both" in caught.value.hint


@pytest.mark.parametrize("members", [("latent",), ("fingerprint", "latent")])
def test_only_the_members_that_are_asked_for_are_fitted(
    observations: list[Observation],
    tiny_representation: Representation,
    members: tuple[str, ...],
    learned_from: Callable[..., Learned],
) -> None:
    learned = learned_from(observations[:8], tiny_representation, members=members)
    assert set(learned.loo) == set(members)
    assert [score.name for score in learned.decision.scores] == list(members)


def test_the_frozen_latent_stands_in_for_a_refined_one_that_cannot_be_had(
    observations: list[Observation], tiny_representation: Representation, learned_from: Callable[..., Learned]
) -> None:
    learned = learned_from(observations[:8], tiny_representation, members=("projection",))
    assert set(learned.loo) == {"latent"}
    assert learned.refinements["projection"] == RefinementSkipped(
        "only 8 polymers have a value (limits do not count), 16 are needed"
    )


@pytest.mark.parametrize(
    "members", [("fingerprint",), ("latent",), ("fingerprint", "latent"), ("projection",), ("encoder",)]
)
def test_every_members_deviations_are_corrected_in_the_form_that_views_have(
    observations: list[Observation],
    tiny_representation: Representation,
    members: tuple[str, ...],
    learned_from: Callable[..., Learned],
    refining: Refining,
) -> None:
    seed = 3 if members == ("encoder",) else 0
    learned = learned_from(
        observations[:18], tiny_representation, seed=seed, members=members, refining=refining
    )
    view = learned.view([o.unit for o in observations[20:25]])
    mean, variance = learned.chosen.predict(view.views)
    corrected, degrees = learned.calibrated(view.views, mean, variance)
    assert corrected.shape == variance.shape == (5,)
    assert bool((corrected > 0).all())
    assert degrees is not None
    assert degrees > 2.0
    if members in (("projection",), ("encoder",)):
        assert isinstance(view.views, list)


def test_shuffled_targets_give_no_skill_and_the_reason_says_so(
    observations: list[Observation], tiny_representation: Representation, learned_from: Callable[..., Learned]
) -> None:
    """Now and then values that are dealt out follow the chemistry by chance; the gate's own test counts how often."""
    rng = np.random.default_rng(0)
    noisy = [Observation(o.unit, o.value + 2.0 * float(rng.normal())) for o in observations[:20]]
    claims = []
    for seed in range(100, 105):
        dealt = np.random.default_rng(seed).permutation(20).tolist()
        given = [Observation(noisy[i].unit, noisy[j].value) for i, j in enumerate(dealt)]
        learned = learned_from(given, tiny_representation, members=("fingerprint", "latent"))
        claims.append(learned.decision.skilful)
        assert learned.decision.skilful or "read its predictions as guesses" in learned.decision.reason
    assert sum(claims) <= 1
    assert learned_from(noisy, tiny_representation, members=("fingerprint", "latent")).decision.skilful


def test_shuffled_targets_are_refined_but_the_refined_member_neither_scores_better_nor_is_used(
    observations: list[Observation],
    tiny_representation: Representation,
    learned_from: Callable[..., Learned],
    refining: Refining,
) -> None:
    """Adapters find something in any values. Scored by those that knew a value it would pass for skill, in nearly every round."""
    chosen, gains = [], []
    for seed in range(20):
        dealt = np.random.default_rng(seed).permutation(20).tolist()
        given = [Observation(observations[i].unit, observations[j].value + j) for i, j in enumerate(dealt)]
        learned = learned_from(
            given, tiny_representation, seed=seed, members=("latent", "projection"), refining=refining
        )
        chosen.append(learned.decision.chosen)
        if isinstance(learned.refinements["projection"], Refinement):
            refined, frozen = (learned.loo[name].log_score for name in ("projection", "latent"))
            gains.append(refined - frozen)
    assert len(gains) >= 5
    assert np.mean(gains) < 0.01 + 2.0 * np.std(gains) / len(gains) ** 0.5, gains
    assert np.mean(gains) < 0.05, gains
    assert chosen.count("projection") <= 1, chosen
