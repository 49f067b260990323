from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from botorch.posteriors.gpytorch import GPyTorchPosterior

from discovery.acquisition.aim import Aim
from discovery.acquisition.batch import BatchChoice, choose_batch
from discovery.acquisition.common_rows import with_measured
from discovery.acquisition.joint_beliefs import DiscretePosterior
from discovery.acquisition.objectives import AcquisitionError, Goal, Objective
from discovery.polymers import RepeatUnit
from discovery.surrogate.contract import example
from discovery.surrogate.members import fit_latent_gp
from discovery.surrogate.observations import Observation
from discovery.surrogate.scale import Scale
from discovery.surrogate.surrogate import Joint

MAX = Objective("tg", "max", "K")
MIN = Objective("tg", "min", "K")


def choose(
    joint: Joint, measured: int, pending: int, objective: Objective, q: int, **options: Any
) -> BatchChoice:
    aim = Aim.of(Goal.of(objective), {objective.name: ()})
    return choose_batch({objective.name: joint}, measured, pending, aim, q, **options)


def independent(means: list[float], sigmas: list[float]) -> Joint:
    return Joint(
        torch.tensor(means, dtype=torch.float64),
        torch.tensor(sigmas, dtype=torch.float64).square().diag(),
        1.0,
    )


@pytest.mark.parametrize(("objective", "best"), [(MAX, 2), (MIN, 0)])
def test_best_of_a_sure_shortlist_comes_first(objective: Objective, best: int) -> None:
    joint = independent([300.0, 310.0, 200.0, 305.0, 400.0], [0.1, 0.1, 5.0, 5.0, 5.0])
    choice = choose(joint, 2, 0, objective, 1, seed=0)
    assert choice.indices == (best,)
    assert math.exp(choice.values[0]) == pytest.approx(90.0 if objective is MAX else 100.0, rel=0.05)


def test_of_two_that_promise_alike_the_one_with_the_lesser_handicap_comes_first() -> None:
    joint = independent([300.0, 310.0, 309.0, 250.0], [0.1, 5.0, 5.0, 0.1])
    plain = choose(joint, 1, 0, MAX, 2, seed=0)
    dear = torch.tensor([math.log(50.0), 0.0, 0.0])
    thrifty = choose(joint, 1, 0, MAX, 2, seed=0, handicap=dear)
    assert (plain.indices, thrifty.indices) == ((0, 1), (1, 0))
    assert thrifty.values[0] == pytest.approx(math.log(9.0), abs=0.1)


def test_a_handicap_does_not_make_a_useless_candidate_good() -> None:
    joint = independent([300.0, 310.0, 250.0], [0.1, 5.0, 0.1])
    cheap = torch.tensor([0.0, -math.log(50.0)])
    assert choose(joint, 1, 0, MAX, 1, seed=0, handicap=cheap).indices == (0,)


def test_of_equal_means_the_uncertain_one_comes_first() -> None:
    joint = independent([300.0, 299.0, 299.0], [0.1, 1.0, 10.0])
    assert choose(joint, 1, 0, MAX, 2, seed=0).indices == (1, 0)


def test_a_twin_of_what_is_pending_adds_nothing() -> None:
    covariance = torch.diag(torch.tensor([0.01, 100.0, 100.0, 80.0], dtype=torch.float64))
    covariance[1, 2] = covariance[2, 1] = 100.0
    joint = Joint(torch.tensor([300.0, 305.0, 305.0, 304.0], dtype=torch.float64), covariance, 1.0)
    assert choose(joint, 1, 1, MAX, 1, seed=0).indices == (1,)
    assert choose(joint, 1, 0, MAX, 1, seed=0).indices == (0,)


def test_pending_still_counts_after_the_first_pick() -> None:
    """The candidates are a twin of the pending one, a good one and a poor one: the twin must come last."""
    covariance = torch.diag(torch.tensor([0.01, 100.0, 100.0, 100.0, 90.0], dtype=torch.float64))
    covariance[1, 2] = covariance[2, 1] = 100.0
    joint = Joint(torch.tensor([300.0, 310.0, 310.0, 310.0, 305.0], dtype=torch.float64), covariance, 1.0)
    assert choose(joint, 1, 1, MAX, 3, seed=0).indices == (1, 2, 0)


def test_twins_do_not_follow_each_other_in_a_batch() -> None:
    covariance = torch.diag(torch.tensor([0.01, 100.0, 100.0, 90.0], dtype=torch.float64))
    covariance[1, 2] = covariance[2, 1] = 100.0
    joint = Joint(torch.tensor([300.0, 310.0, 310.0, 305.0], dtype=torch.float64), covariance, 1.0)
    first, second = choose(joint, 1, 0, MAX, 2, seed=0).indices
    assert {first, second} & {0, 1}
    assert second == 2


@pytest.mark.parametrize("q", [4, 9])
def test_shortlist_no_longer_than_the_batch_comes_back_whole(q: int) -> None:
    joint = independent([300.0, 250.0, 280.0, 320.0, 270.0], [1.0] * 5)
    assert choose(joint, 1, 0, MAX, q, seed=0).indices == (2, 1, 3, 0)


def test_same_seed_gives_the_same_batch() -> None:
    data = example(30)
    joint = fit_latent_gp(data, seed=0).joint(example(60, seed=1).features)
    first, second = (choose(joint, 20, 3, MAX, 5, seed=4) for _ in range(2))
    assert first == second
    assert len(set(first.indices)) == 5


def test_batch_on_a_fitted_surrogate_is_better_than_chance() -> None:
    data, candidates = example(30), example(100, seed=1)
    member = fit_latent_gp(data, seed=0)
    joint = member.joint(type(data.features).cat([data.features, candidates.features]))
    best = choose(joint, 30, 0, MAX, 5, seed=0)
    least = choose(joint, 30, 0, MIN, 5, seed=0)
    assert float(candidates.values[list(best.indices)].mean()) > float(candidates.values.quantile(0.85))
    assert float(candidates.values[list(least.indices)].mean()) < float(candidates.values.quantile(0.15))


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_unit_of_the_property_does_not_matter(unit: float) -> None:
    joint = independent([300.0, 290.0, 299.0, 310.0], [1.0, 20.0, 8.0, 3.0])
    scaled = Joint(unit * joint.mean, unit**2 * joint.covariance, joint.noise_variance)
    reference, choice = (choose(belief, 1, 0, MAX, 3, seed=0) for belief in (joint, scaled))
    assert choice.indices == reference.indices
    assert choice.values == pytest.approx([value + math.log(unit) for value in reference.values], abs=1e-4)


def test_belief_without_any_spread_still_gives_a_batch() -> None:
    joint = Joint(torch.full((6,), 400.0, dtype=torch.float64), torch.zeros(6, 6, dtype=torch.float64), 1.0)
    assert len(set(choose(joint, 2, 1, MAX, 2, seed=0).indices)) == 2


@pytest.mark.parametrize(
    ("measured", "pending", "q", "message"),
    [(0, 1, 1, "Nothing is measured"), (2, 1, 1, "empty"), (1, 0, 0, "batch of 0"), (1, -1, 1, "empty")],
)
def test_impossible_requests_are_refused_with_a_hint(
    measured: int, pending: int, q: int, message: str
) -> None:
    with pytest.raises(AcquisitionError, match=message) as caught:
        choose(independent([1.0, 2.0, 3.0], [1.0, 1.0, 1.0]), measured, pending, MAX, q, seed=0)
    assert caught.value.hint


def test_belief_that_is_not_finite_is_refused() -> None:
    with pytest.raises(AcquisitionError, match="not finite"):
        choose(independent([1.0, math.nan], [1.0, 1.0]), 1, 0, MAX, 1, seed=0)


def test_discrete_posterior_is_the_margin_over_the_rows_asked_for() -> None:
    root = torch.randn(5, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    mean, covariance = torch.arange(5, dtype=torch.float64), root @ root.T
    model = DiscretePosterior(mean, covariance)
    rows = torch.tensor([[[3.0], [1.0]], [[0.0], [4.0]]], dtype=torch.float64)
    posterior = model.posterior(rows)
    assert isinstance(posterior, GPyTorchPosterior)
    assert posterior.mean.shape == (2, 2, 1)
    torch.testing.assert_close(posterior.distribution.covariance_matrix[0], covariance[[3, 1]][:, [3, 1]])


def test_a_measured_polymer_that_the_surrogate_cannot_see_has_to_be_beaten_all_the_same() -> None:
    seen = independent([300.0, 305.0, 310.0], [0.1, 5.0, 5.0])
    unseen = Observation(RepeatUnit.parse("*CC*"), 400.0, n=1)
    whole = with_measured(seen, [0, 2, 3], [(1, unseen)], Scale.LINEAR)
    assert whole.mean.tolist() == [300.0, 400.0, 305.0, 310.0]
    torch.testing.assert_close(
        whole.covariance, torch.tensor([0.01, 1.0, 25.0, 25.0], dtype=torch.float64).diag()
    )
    before = choose(seen, 1, 0, MAX, 1, seed=0).values[0]
    after = choose(whole, 2, 0, MAX, 1, seed=0).values[0]
    assert before == pytest.approx(math.log(10.0), rel=0.1)
    assert after < before - 20.0


def test_what_was_correlated_stays_so_around_an_unseen_measurement() -> None:
    root = torch.randn(4, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    joint = Joint(torch.arange(4, dtype=torch.float64), root @ root.T, 2.0)
    added = [
        (2, Observation(RepeatUnit.parse("*CC*"), 7.0)),
        (3, Observation(RepeatUnit.parse("*CO*"), 8.0, sem=3.0)),
    ]
    whole = with_measured(joint, [0, 1, 4, 5], added, Scale.LINEAR)
    old = [0, 1, 4, 5]
    torch.testing.assert_close(whole.covariance[old][:, old], joint.covariance)
    assert not bool(whole.covariance[2, [0, 1, 3, 4, 5]].any())
    assert whole.mean.tolist() == [0.0, 1.0, 7.0, 8.0, 2.0, 3.0]
    assert whole.noise_variance == 2.0
    assert whole.covariance.diagonal()[2:4].tolist() == [2.0, 9.0]


def test_objective_without_sense_is_refused() -> None:
    with pytest.raises(AcquisitionError, match="sideways"):
        Objective("tg", "sideways")  # type: ignore[arg-type]
    with pytest.raises(AcquisitionError, match="no name"):
        Objective(" ", "max")
