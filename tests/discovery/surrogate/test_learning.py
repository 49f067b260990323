"""Learning: what can be learned from, what each member sees, and what the user is told."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from discovery.acquisition.prediction import predictions_by
from discovery.errors import SurrogateError
from discovery.latent.fusion import FusedLatent
from discovery.latent.refinement import Refinement, RefinementSkipped
from discovery.latent.representation import Representation
from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent
from discovery.surrogate.crossfit import CrossfittedGaussianProcess
from discovery.surrogate.learned import OUTLYING, Learned, NotLearned
from discovery.surrogate.learning import learn
from discovery.surrogate.observations import MINIMUM_POLYMERS, Observation
from discovery.surrogate.scale import Scale
from discovery.surrogate.sources import Source
from discovery.surrogate.validation import interval_deviations

NO_GEOMETRY = Observation(RepeatUnit.parse("*CCNC*"), 250.0, names=("a polyamine",))
"""The tiny geometry encoder knows no nitrogen."""


def value(unit: RepeatUnit) -> float:
    """A property that the text and the fingerprint both show."""
    return 300.0 + 20.0 * unit.psmiles.count("O") - 15.0 * unit.psmiles.count("S")


@pytest.fixture(scope="module")
def observations(tiny_polymers: tuple[RepeatUnit, ...]) -> list[Observation]:
    return [Observation(unit, value(unit)) for unit in tiny_polymers]


@pytest.fixture(scope="module")
def refined(observations: list[Observation], tiny_representation: Representation) -> Learned:
    """All three members, on eighteen polymers; with this seed the adapters improve on the frozen latent."""
    learned = learn(observations[:18], tiny_representation, seed=1)
    assert isinstance(learned, Learned)
    return learned


def learned_from(
    given: Sequence[Observation], representation: Representation, *, seed: int = 0, **options: Any
) -> Learned:
    learned = learn(given, representation, seed=seed, **options)
    assert isinstance(learned, Learned)
    return learned


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
    assert isinstance(refined.refinement, Refinement)
    assert len(refined.loo) == 3
    assert {score.name for score in refined.decision.scores} == set(refined.loo)
    assert refined.decision.chosen == refined.chosen.name
    wanted = torch.tensor([o.value for o in refined.compared], dtype=torch.float64)
    for loo in refined.loo.values():
        torch.testing.assert_close(loo.values, wanted)
    assert refined.notes == ()
    assert refined.measured == tuple(observations[:18])
    assert len(refined.fingerprints) == 18


def test_the_same_seed_learns_the_same(
    refined: Learned, observations: list[Observation], tiny_representation: Representation
) -> None:
    again = learn(observations[:18], tiny_representation, seed=1)
    assert isinstance(again, Learned)
    assert again.decision == refined.decision
    assert isinstance(again.refinement, Refinement)
    assert isinstance(refined.refinement, Refinement)
    assert again.refinement.hash == refined.refinement.hash
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
    assert learned.refinement == RefinementSkipped("15 measured polymers, needs 16")
    assert "The latent is not refined: 15 measured polymers, needs 16." in learned.notes
    assert len(learned.loo) == 2


def test_adapters_that_improve_nothing_are_no_member_and_the_note_says_why(
    observations: list[Observation], tiny_representation: Representation
) -> None:
    learned = learn(observations[:18], tiny_representation, seed=0)
    assert isinstance(learned, Learned)
    assert learned.refinement == RefinementSkipped("no step improved the held-out score")
    assert "The latent is not refined: no step improved the held-out score." in learned.notes
    assert set(learned.loo) == {"fingerprint", "latent"}


def test_refinement_can_be_switched_off(
    observations: list[Observation], tiny_representation: Representation
) -> None:
    learned = learn(observations[:18], tiny_representation, seed=0, members=("fingerprint", "latent"))
    assert isinstance(learned, Learned)
    assert isinstance(learned.refinement, RefinementSkipped)
    assert len(learned.loo) == 2
    assert "The latent is not refined: switched off." in learned.notes


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
    assert isinstance(refined.refinement, Refinement)
    latents = refined.refinement.embed(units, refined.representation.fuse(units).geometry)
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


class Stand:
    """A prior mean that a function makes."""

    name = "physics:tg"
    revision = "stand-1"

    def __init__(self, told: Callable[[RepeatUnit], float]) -> None:
        self._told = told

    def estimates(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> NDArray[np.float64]:
        return np.array([self._told(unit) for unit in units], dtype=np.float64)

    def why_not(self, unit: RepeatUnit) -> str:
        return "" if np.isfinite(self._told(unit)) else "no group for N"


def nitrogen_is_not_covered(unit: RepeatUnit) -> float:
    return float("nan") if "N" in unit.psmiles else 1.1 * value(unit) - 20.0


def test_every_member_stands_beside_itself_with_the_prior_mean(
    observations: list[Observation], tiny_representation: Representation
) -> None:
    learned = learn(observations[:18], tiny_representation, seed=1, prior=Stand(nitrogen_is_not_covered))
    assert isinstance(learned, Learned)
    plain = {"fingerprint", "latent", "refined"}
    assert set(learned.loo) == plain | {f"{name} + physics" for name in plain}


def test_a_prior_mean_that_pays_is_used_and_what_it_does_not_cover_is_named(
    observations: list[Observation],
    tiny_representation: Representation,
    tiny_polymers: tuple[RepeatUnit, ...],
) -> None:
    given = [*observations[:9], NO_GEOMETRY]
    learned = learn(given, tiny_representation, seed=0, prior=Stand(nitrogen_is_not_covered))
    assert isinstance(learned, Learned)
    verdict = learned.verdict
    assert verdict is not None
    assert verdict.used
    assert learned.decision.chosen.endswith(" + physics")
    assert verdict.difference is not None
    assert verdict.difference > 0
    assert verdict.without_estimate == ("a polyamine",)
    assert verdict.reason in learned.notes
    assert "and it is used (learned slope " in verdict.reason
    assert verdict.reason.endswith("1 measured polymer has no estimate: a polyamine (no group for N).")
    units = [*tiny_polymers[20:23], NO_GEOMETRY.unit]
    mean, _ = learned.chosen.predict(learned.view(units).views)
    assert torch.isfinite(mean).all()
    screened = learned.screen_view(units)
    assert screened.without_estimate == 1
    assert torch.isfinite(learned.screening.predict(screened.views)[0]).all()


def test_a_prior_mean_that_says_nothing_is_not_used_and_the_note_says_so_in_numbers(
    observations: list[Observation], tiny_representation: Representation
) -> None:
    noise = np.random.default_rng(0)
    dealt = {o.unit.key: noise.normal() for o in observations}
    learned = learn(observations[:12], tiny_representation, seed=0, prior=Stand(lambda unit: dealt[unit.key]))
    assert isinstance(learned, Learned)
    assert learned.verdict is not None
    assert not learned.verdict.used
    assert learned.prior is None
    assert "not used" in learned.notes[0]
    assert "With physics:tg as prior mean the leave-one-out log score of" in learned.notes[0]
    assert learned.screen_view([observations[20].unit]).views.estimates is None


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (lambda unit: float("nan"), "0 of the measured polymers have an estimate, and it needs 5"),
        (lambda unit: 300.0, "all measured polymers have the same estimate"),
    ],
)
def test_estimates_that_nothing_can_be_learned_from_leave_the_members_as_they_are(
    observations: list[Observation],
    tiny_representation: Representation,
    told: Callable[[RepeatUnit], float],
    words: str,
) -> None:
    learned = learn(observations[:8], tiny_representation, seed=0, prior=Stand(told))
    plain = learn(observations[:8], tiny_representation, seed=0)
    assert isinstance(learned, Learned)
    assert isinstance(plain, Learned)
    assert set(learned.loo) == set(plain.loo)
    assert learned.decision == plain.decision
    assert f"The prior mean physics:tg is not used: {words}." in learned.notes[0]


def test_the_peer_that_is_fingerprints_alone_has_no_prior_mean(
    observations: list[Observation], tiny_representation: Representation
) -> None:
    prior = Stand(nitrogen_is_not_covered)
    learned = learn(observations[:8], tiny_representation, seed=0, members=("fingerprint",), prior=prior)
    assert isinstance(learned, Learned)
    assert set(learned.loo) == {"fingerprint"}
    assert learned.verdict is None


def test_a_member_that_does_not_exist_is_refused(
    observations: list[Observation], tiny_representation: Representation
) -> None:
    with pytest.raises(SurrogateError, match="no member called refind") as caught:
        learn(observations[:8], tiny_representation, seed=0, members=("latent", "refind"))
    assert "fingerprint, latent, refined" in caught.value.hint


@pytest.mark.parametrize("members", [("latent",), ("fingerprint", "latent")])
def test_only_the_members_that_are_asked_for_are_fitted(
    observations: list[Observation], tiny_representation: Representation, members: tuple[str, ...]
) -> None:
    learned = learned_from(observations[:8], tiny_representation, members=members)
    assert set(learned.loo) == set(members)
    assert [score.name for score in learned.decision.scores] == list(members)


def test_the_frozen_latent_stands_in_for_a_refined_one_that_cannot_be_had(
    observations: list[Observation], tiny_representation: Representation
) -> None:
    learned = learned_from(observations[:8], tiny_representation, members=("refined",))
    assert set(learned.loo) == {"latent"}
    assert learned.refinement == RefinementSkipped("8 measured polymers, needs 16")


def test_a_limit_moves_the_belief_about_its_polymer_to_its_side(
    observations: list[Observation], tiny_representation: Representation
) -> None:
    unit = observations[12].unit
    without = learned_from(observations[:12], tiny_representation, members=("latent",))
    before, variance = (float(part) for part in without.chosen.predict(without.view([unit]).views))
    for bound, side in (("above", 1.0), ("below", -1.0)):
        limit = Observation(unit, before + side * variance**0.5, bound=bound)  # type: ignore[arg-type]
        learned = learned_from([*observations[:12], limit], tiny_representation, members=("latent",))
        after, _ = learned.chosen.predict(learned.view([unit]).views)
        assert side * (float(after) - before) > 0.2 * variance**0.5
        assert learned.measured[-1].bound == bound
        loo = learned.loo["latent"]
        assert loo.bounds is not None
        assert loo.bounds.tolist() == [0.0] * 12 + [side]
        assert torch.isfinite(loo.log_scores).all()


def test_limits_are_no_part_of_what_adapters_are_trained_on(
    refined: Learned, observations: list[Observation], tiny_representation: Representation
) -> None:
    """With a limit among the first, the adapters are those of the values alone, and every row keeps its polymer."""
    limits = [Observation(o.unit, 1000.0, bound="above") for o in observations[20:22]]
    given = [limits[0], *observations[:9], limits[1], *observations[9:18]]
    learned = learned_from(given, tiny_representation, seed=1, members=("refined",))
    assert isinstance(learned.refinement, Refinement)
    assert isinstance(refined.refinement, Refinement)
    assert learned.refinement.hash == refined.refinement.hash
    assert isinstance(learned.chosen, CrossfittedGaussianProcess)
    unseen = learned.chosen.unseen
    assert unseen.shape == (len(learned.refinement.folds), 20)
    assert bool(unseen[:, [0, 10]].all())
    values = [row for row in range(20) if row not in (0, 10)]
    for fold, trained in enumerate(learned.refinement.folds):
        assert {values[i] for i in trained.trained_on} == set((~unseen[fold]).nonzero().squeeze(-1).tolist())


def test_where_the_latent_models_can_read_limits_only_the_fingerprint_member_learns_from_all(
    tiny_polymers: tuple[RepeatUnit, ...], tiny_representation: Representation
) -> None:
    amines = [Observation(RepeatUnit.parse(f"*{'C' * n}N*"), 200.0 + 10 * n) for n in range(2, 8)]
    limits = [Observation(unit, 300.0, bound="above") for unit in tiny_polymers[:6]]
    learned = learned_from([*amines, *limits], tiny_representation)
    assert learned.decision.chosen == "fingerprint"
    assert learned.chosen.size == 12
    assert "Only 0 of the measured polymers (and 6 known only by a limit) can be read" in learned.notes[-1]


def test_limits_are_no_measurements_enough(
    observations: list[Observation], tiny_representation: Representation
) -> None:
    limits = [Observation(o.unit, 300.0, bound="below") for o in observations[4:9]]
    learned = learn([*observations[:4], *limits], tiny_representation, seed=0)
    assert isinstance(learned, NotLearned)
    assert learned.reason.startswith("4 polymers are measured (and 5 known only as above or below a limit)")


@pytest.fixture(scope="module")
def decades(observations: list[Observation]) -> list[Observation]:
    """The same polymers, of a property over six decades, with errors of a tenth."""
    values = [10.0 ** ((o.value - 300.0) / 20.0) for o in observations]
    return [Observation(o.unit, v, sem=0.1 * v) for o, v in zip(observations, values, strict=True)]


def test_on_a_logarithmic_scale_the_models_see_logarithms_and_predictions_are_medians(
    decades: list[Observation],
    tiny_representation: Representation,
    tiny_polymers: tuple[RepeatUnit, ...],
) -> None:
    learned = learned_from(
        decades[:12], tiny_representation, members=("fingerprint", "latent"), scale=Scale.LOG
    )
    by_hand = [
        Observation(o.unit, math.log10(o.value), sem=0.1 / math.log(10.0), n=o.n) for o in decades[:12]
    ]
    linear = learned_from(by_hand, tiny_representation, members=("fingerprint", "latent"))
    assert learned.decision == linear.decision
    assert learned.measured == tuple(decades[:12])
    assert learned.compared[0].value == decades[0].value
    units = tiny_polymers[20:26]
    views = learned.view(units).views
    mean, variance = learned.chosen.predict(views)
    torch.testing.assert_close(mean, linear.chosen.predict(linear.view(units).views)[0])
    corrected, degrees = learned.calibrated(views, mean, variance)
    half = interval_deviations(0.95, degrees) * corrected.sqrt()
    told = predictions_by(learned, views, mean, variance)
    for row, prediction in enumerate(told):
        assert prediction.mean == pytest.approx(10.0 ** float(mean[row]))
        assert prediction.lower == pytest.approx(10.0 ** float(mean[row] - half[row]))
        assert prediction.upper == pytest.approx(10.0 ** float(mean[row] + half[row]))


@pytest.mark.parametrize("worst", [0.0, -3.0])
def test_a_value_that_has_no_logarithm_is_refused_with_advice(
    decades: list[Observation], tiny_representation: Representation, worst: float
) -> None:
    given = [Observation(decades[0].unit, worst), *decades[1:8]]
    with pytest.raises(SurrogateError, match="has no logarithm") as caught:
        learn(given, tiny_representation, seed=0, scale=Scale.LOG)
    assert "give it as a limit such as <0.01" in caught.value.hint


def slipped(observations: list[Observation], row: int, value: float) -> list[Observation]:
    return [
        Observation(o.unit, value, names=("slip",)) if i == row else o for i, o in enumerate(observations)
    ]


@pytest.mark.parametrize("robust", [False, True])
def test_a_slip_is_named_with_what_was_to_be_expected(
    observations: list[Observation], tiny_representation: Representation, robust: bool
) -> None:
    given = slipped(observations, 7, observations[7].value + 400.0)
    learned = learned_from(given, tiny_representation, members=("latent",), robust=robust)
    worst = learned.outliers[0]
    assert worst.observation == given[7]
    assert worst.z > OUTLYING
    assert worst.expected == pytest.approx(observations[7].value, abs=40.0)
    assert all(abs(outlier.z) > OUTLYING for outlier in learned.outliers)


def test_on_a_logarithmic_scale_what_was_to_be_expected_is_in_the_propertys_unit(
    decades: list[Observation], tiny_representation: Representation
) -> None:
    given = slipped(decades, 7, 1e15)
    learned = learned_from(given, tiny_representation, members=("latent",), scale=Scale.LOG)
    assert learned.outliers[0].observation == given[7]
    assert math.log10(learned.outliers[0].expected) == pytest.approx(math.log10(decades[7].value), abs=2.0)


def test_measurements_that_agree_name_no_outlier(refined: Learned) -> None:
    assert refined.outliers == ()


def test_the_robust_option_reaches_every_member(
    observations: list[Observation], tiny_representation: Representation
) -> None:
    given = slipped(observations[:18], 7, observations[7].value + 400.0)
    unit = [given[7].unit]
    errors = {}
    for robust in (False, True):
        for member in ("fingerprint", "latent"):
            learned = learned_from(given, tiny_representation, members=(member,), robust=robust)
            mean, _ = learned.chosen.predict(learned.view(unit).views)
            errors[member, robust] = abs(float(mean) - observations[7].value)
    for member in ("fingerprint", "latent"):
        assert errors[member, True] < 0.6 * errors[member, False], errors
    several = learned_from(given, tiny_representation, seed=1, members=("refined",), robust=True)
    if isinstance(several.chosen, CrossfittedGaussianProcess):
        assert all(part.told is not None and part.told.robust for part in several.chosen.parts)


class Oracle(Stand):
    """Knows a property that no encoder sees: a random number for each polymer."""

    name = "simulation"

    def __init__(self) -> None:
        super().__init__(lambda unit: float(np.random.default_rng(list(unit.key.encode())).normal()))


def test_a_computable_source_that_is_the_truth_makes_the_member_that_is_used(
    tiny_polymers: tuple[RepeatUnit, ...], tiny_representation: Representation
) -> None:
    truth = Oracle()
    values = 300.0 + 50.0 * truth.estimates(tiny_polymers)
    given = [Observation(unit, float(v)) for unit, v in zip(tiny_polymers[:14], values, strict=False)]
    learned = learned_from(
        given, tiny_representation, members=("latent",), sources=[Source("simulation", computed=truth)]
    )
    assert learned.decision.chosen == learned.chosen.name == "multitask"
    assert learned.decision.skilful
    assert learned.sources is not None
    assert learned.sources.names == ("simulation",)
    views = learned.view(tiny_polymers[14:]).views
    mean, variance = learned.chosen.predict(views)
    wanted = torch.from_numpy(values[14:])
    assert float((mean - wanted).square().mean()) < 0.25 * float(wanted.var())
    corrected, _ = learned.calibrated(views, mean, variance)
    assert bool((corrected > 0).all())
    screened = learned.screen_view(tiny_polymers[14:18])
    assert screened.views.estimates is None
    assert torch.isfinite(learned.screening.predict(screened.views)[0]).all()


def test_a_source_that_has_nothing_to_do_with_the_property_does_little_harm(
    observations: list[Observation], tiny_representation: Representation
) -> None:
    given, new = observations[:14], observations[14:]
    wanted = torch.tensor([o.value for o in new], dtype=torch.float64)

    def error(sources: Sequence[Source]) -> float:
        learned = learned_from(given, tiny_representation, members=("latent",), sources=sources)
        mean, _ = learned.chosen.predict(learned.view([o.unit for o in new]).views)
        return float((mean - wanted).square().mean().sqrt())

    assert error([Source("simulation", computed=Oracle())]) < 1.3 * error([])


def test_a_table_of_a_source_is_learned_together_with_the_property(
    observations: list[Observation], tiny_representation: Representation
) -> None:
    """A cheaper method has measured all; the property itself is known of six."""
    cheap = tuple(Observation(o.unit, 0.5 * o.value + 20.0) for o in observations)
    learned = learned_from(
        observations[:6], tiny_representation, members=("latent",), sources=[Source("cheap", cheap)]
    )
    assert set(learned.loo) == {"latent", "multitask"}
    assert learned.loo["multitask"].rmse < learned.loo["latent"].rmse
    assert learned.sources is not None
    assert learned.sources.computed is None


def test_a_source_that_is_left_out_is_told_in_a_note(
    observations: list[Observation], tiny_representation: Representation
) -> None:
    few = Source("cheap", tuple(observations[:3]))
    learned = learned_from(observations[:8], tiny_representation, members=("latent",), sources=[few])
    assert "multitask" not in learned.loo
    assert any(note.startswith("The source cheap has 3 polymers") for note in learned.notes)


@pytest.mark.parametrize("members", [("fingerprint",), ("latent",), ("fingerprint", "latent"), ("refined",)])
def test_every_members_deviations_are_corrected_in_the_form_that_views_have(
    observations: list[Observation], tiny_representation: Representation, members: tuple[str, ...]
) -> None:
    learned = learned_from(observations[:18], tiny_representation, seed=1, members=members)
    view = learned.view([o.unit for o in observations[20:25]])
    mean, variance = learned.chosen.predict(view.views)
    corrected, degrees = learned.calibrated(view.views, mean, variance)
    assert corrected.shape == variance.shape == (5,)
    assert bool((corrected > 0).all())
    assert degrees is not None
    assert degrees > 2.0
    if members == ("refined",):
        assert isinstance(view.views, list)


def test_shuffled_targets_give_no_skill_and_the_reason_says_so(
    observations: list[Observation], tiny_representation: Representation
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
