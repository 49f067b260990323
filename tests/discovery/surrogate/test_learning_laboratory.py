"""Data as laboratories have it: limits, values over decades, and slips."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch

from discovery.acquisition.prediction import predictions_by
from discovery.errors import SurrogateError
from discovery.latent.refinement import Refinement
from discovery.latent.representation import Representation
from discovery.polymers import RepeatUnit
from discovery.surrogate.crossfit import CrossfittedGaussianProcess
from discovery.surrogate.learned import OUTLYING, Learned, NotLearned
from discovery.surrogate.learning import Refining, learn
from discovery.surrogate.observations import Observation
from discovery.surrogate.scale import Scale
from discovery.surrogate.validation import interval_deviations


def test_a_limit_moves_the_belief_about_its_polymer_to_its_side(
    observations: list[Observation], tiny_representation: Representation, learned_from: Callable[..., Learned]
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
    observations: list[Observation],
    tiny_representation: Representation,
    learned_from: Callable[..., Learned],
    refining: Refining,
) -> None:
    """With a limit among the first, every row keeps its polymer."""
    limits = [Observation(o.unit, 1000.0, bound="above") for o in observations[20:22]]
    given = [limits[0], *observations[:9], limits[1], *observations[9:18]]
    learned = learned_from(given, tiny_representation, members=("projection",), refining=refining)
    adapted = learned.refinements["projection"]
    assert isinstance(adapted, Refinement)
    assert isinstance(learned.chosen, CrossfittedGaussianProcess)
    unseen = learned.chosen.unseen
    assert unseen.shape == (len(adapted.folds), 20)
    assert bool(unseen[:, [0, 10]].all())
    for fold, trained in enumerate(adapted.folds):
        rows = (~unseen[fold]).nonzero().squeeze(-1).tolist()
        assert {given[row].unit.key for row in rows} == set(trained.trained_on)


def test_where_the_latent_models_can_read_limits_only_the_fingerprint_member_learns_from_all(
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_representation: Representation,
    learned_from: Callable[..., Learned],
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
    learned_from: Callable[..., Learned],
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
    observations: list[Observation],
    tiny_representation: Representation,
    robust: bool,
    learned_from: Callable[..., Learned],
) -> None:
    given = slipped(observations, 7, observations[7].value + 400.0)
    learned = learned_from(given, tiny_representation, members=("latent",), robust=robust)
    worst = learned.outliers[0]
    assert worst.observation == given[7]
    assert worst.z > OUTLYING
    assert worst.expected == pytest.approx(observations[7].value, abs=40.0)
    assert all(abs(outlier.z) > OUTLYING for outlier in learned.outliers)


def test_on_a_logarithmic_scale_what_was_to_be_expected_is_in_the_propertys_unit(
    decades: list[Observation], tiny_representation: Representation, learned_from: Callable[..., Learned]
) -> None:
    given = slipped(decades, 7, 1e15)
    learned = learned_from(given, tiny_representation, members=("latent",), scale=Scale.LOG)
    assert learned.outliers[0].observation == given[7]
    assert math.log10(learned.outliers[0].expected) == pytest.approx(math.log10(decades[7].value), abs=2.0)


def test_measurements_that_agree_name_no_outlier(refined: Learned) -> None:
    assert refined.outliers == ()


def test_the_robust_option_reaches_every_member(
    observations: list[Observation],
    tiny_representation: Representation,
    learned_from: Callable[..., Learned],
    refining: Refining,
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
    several = learned_from(
        given, tiny_representation, members=("projection",), robust=True, refining=refining
    )
    if isinstance(several.chosen, CrossfittedGaussianProcess):
        assert all(part.told is not None and part.told.robust for part in several.chosen.parts)
