"""Batches for several properties, for targets, within constraints and rules, and where no model is skilful."""

from __future__ import annotations

import math
import warnings
from typing import Any, Literal

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery.acquisition.aim import Aim
from discovery.acquisition.batch import BatchChoice, choose_batch
from discovery.acquisition.limits import BatchLimits, BatchRules
from discovery.acquisition.objectives import AcquisitionError, Constraint, Goal, Objective
from discovery.polymers import Candidate, RepeatUnit
from discovery.surrogate.surrogate import Joint

TG, DENSITY = Objective("tg", "max", "K"), Objective("density", "min", "g/cm3")


def independent(means: list[float], sigmas: list[float]) -> Joint:
    sigma = torch.tensor(sigmas, dtype=torch.float64)
    return Joint(torch.tensor(means, dtype=torch.float64), sigma.square().diag(), 1e-4)


def choose(joints: dict[str, Joint], goal: Goal, measured: int, q: int, **options: Any) -> BatchChoice:
    aim = Aim.of(goal, dict.fromkeys(joints, ()))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return choose_batch(joints, measured, options.pop("pending", 0), aim, q, seed=0, **options)


def both(tg: list[float], density: list[float], sure: float = 0.05) -> dict[str, Joint]:
    n = len(tg)
    return {
        "tg": independent(tg, [40.0 * sure] * n),
        "density": independent(density, [0.2 * sure] * n),
    }


REFERENCE = torch.tensor([250.0, -1.5], dtype=torch.float64)
GOAL = Goal((TG, DENSITY))


def test_of_several_objectives_what_is_beaten_in_all_comes_last() -> None:
    """Measured: a middling one. Then: good in one, good in the other, beaten in both."""
    joints = both([300.0, 340.0, 300.0, 280.0], [1.2, 1.2, 1.0, 1.3])
    choice = choose(joints, GOAL, 1, 3, reference=REFERENCE)
    assert set(choice.indices[:2]) == {0, 1}
    assert choice.indices[2] == 2
    assert choice.values[2] < min(choice.values[:2]) - 3.0


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.floats(0.1, 1.0), st.floats(0.1, 1.0)), min_size=2, max_size=5))
def test_a_candidate_that_dominates_all_others_comes_first(gaps: list[tuple[float, float]]) -> None:
    tg, density = [300.0, 340.0], [1.2, 1.0]
    for a, b in gaps:
        tg.append(340.0 - 40.0 * a)
        density.append(1.0 + 0.2 * b)
    assert choose(both(tg, density), GOAL, 1, 1, reference=REFERENCE).indices == (0,)


def test_the_gain_of_a_front_is_in_the_product_of_the_units() -> None:
    joints = both([300.0, 340.0, 299.0], [1.2, 1.0, 1.3], sure=1e-4)
    choice = choose(joints, GOAL, 1, 1, reference=REFERENCE)
    before, after = 50.0 * 0.3, 90.0 * 0.5
    assert math.exp(choice.values[0]) == pytest.approx(after - before, rel=0.05)


def test_a_front_needs_a_reference_point() -> None:
    with pytest.raises(AcquisitionError, match="reference point"):
        choose(both([300.0, 340.0], [1.2, 1.0]), GOAL, 1, 1)


@pytest.mark.parametrize(("weight", "best"), [(10.0, 0), (0.1, 1)])
def test_weights_decide_where_they_are_asked_for(weight: float, best: int) -> None:
    goal = Goal((Objective("tg", "max", "K", weight=weight), DENSITY), combine="weights")
    aim = {
        "tg": independent([0.0, 1.0, 0.0], [0.05] * 3),
        "density": independent([0.0, 0.0, -1.0], [0.05] * 3),
    }
    assert choose(aim, goal, 1, 1).indices == (best,)


@pytest.mark.parametrize("combine", ["pareto", "weights"])
def test_what_is_pending_counts_for_several_objectives_too(combine: Literal["pareto", "weights"]) -> None:
    """A twin of what is pending, and another one that is less good."""
    joints = both([300.0, 340.0, 340.0, 335.0], [1.2, 1.0, 1.0, 1.02], sure=0.5)
    for joint in joints.values():
        joint.covariance[1, 2] = joint.covariance[2, 1] = float(joint.covariance[1, 1])
    goal = Goal((TG, DENSITY), combine=combine)
    assert choose(joints, goal, 1, 1, pending=1, reference=REFERENCE).indices == (1,)


def test_a_target_draws_candidates_to_its_range_from_both_sides() -> None:
    goal = Goal.of(Objective("tg", "target", "K", 340.0, 360.0, 10.0))
    joint = independent([300.0, 320.0, 350.0, 400.0, 600.0], [5.0] * 5)
    assert choose({"tg": joint}, goal, 1, 4).indices[:2] == (1, 0)
    far = independent([100.0, 110.0, 130.0], [1.0] * 3)  # thirty tolerances away the slope still leads
    assert choose({"tg": far}, goal, 1, 1).indices == (1,)


FEASIBLE = Goal((TG, Objective("density", "observe")), (Constraint("density", high=1.1),))


def test_a_feasible_but_worse_candidate_beats_an_infeasible_better_one() -> None:
    joints = both([300.0, 380.0, 320.0], [1.0, 1.4, 1.0])
    assert choose(joints, FEASIBLE, 1, 1).indices == (1,)
    assert choose({"tg": joints["tg"]}, Goal.of(TG), 1, 1).indices == (0,)


def test_what_has_to_be_beaten_is_the_best_feasible_one() -> None:
    """The better of the measured two breaks the constraint, so 320 K is an improvement on 300 K."""
    joints = both([300.0, 400.0, 320.0], [1.0, 1.4, 1.0])
    assert math.exp(choose(joints, FEASIBLE, 2, 1).values[0]) == pytest.approx(20.0, rel=0.1)


def test_where_nothing_measured_is_feasible_the_likeliest_comes_first() -> None:
    joints = both([300.0, 380.0, 290.0], [1.4, 1.4, 1.0])
    assert choose(joints, FEASIBLE, 1, 1).indices == (1,)


def test_a_constraint_on_the_driven_property_itself_holds() -> None:
    goal = Goal((TG,), (Constraint("tg", low=280.0, high=350.0),))
    joint = independent([300.0, 400.0, 330.0, 340.0], [2.0] * 4)
    assert choose({"tg": joint}, goal, 1, 3).indices[:2] == (2, 1)


def test_constraints_hold_for_a_front_as_well() -> None:
    goal = Goal((TG, DENSITY, Objective("cost_of_life", "observe")), (Constraint("cost_of_life", high=1.0),))
    joints = both([300.0, 380.0, 320.0], [1.2, 0.9, 1.1])
    joints["cost_of_life"] = independent([0.0, 2.0, 0.0], [0.05] * 3)
    assert choose(joints, goal, 1, 1, reference=REFERENCE).indices == (1,)


def test_three_objectives_have_a_front_too() -> None:
    goal = Goal((TG, DENSITY, Objective("modulus", "max", "GPa")))
    joints = both([300.0, 300.0, 310.0], [1.2, 1.2, 1.1])
    joints["modulus"] = independent([1.0, 1.0, 2.0], [0.05] * 3)
    point = torch.tensor([250.0, -1.5, 0.5], dtype=torch.float64)
    assert choose(joints, goal, 1, 1, reference=point).indices == (1,)


def test_what_can_hardly_be_made_comes_last_and_is_worth_less() -> None:
    joint = {"tg": independent([300.0, 340.0, 338.0], [0.1, 2.0, 2.0])}
    chance = torch.tensor([0.05, 1.0], dtype=torch.float64)
    choice = choose(joint, Goal.of(TG), 1, 2, log_chance=chance.log())
    assert choice.indices == (1, 0)
    alone = choose(joint, Goal.of(TG), 1, 1, log_chance=torch.tensor([math.log(0.05), -60.0]))
    assert math.exp(alone.values[0]) == pytest.approx(0.05 * 40.0, rel=0.05)


def test_without_skill_every_second_pick_is_the_one_known_least_well() -> None:
    joint = {"tg": independent([300.0, 340.0, 335.0, 290.0, 280.0], [1.0, 2.0, 2.0, 30.0, 9.0])}
    plain, wide = (choose(joint, Goal.of(TG), 1, 4, widen=widen) for widen in (False, True))
    assert plain.widened == (False,) * 4
    assert wide.widened == (False, True, False, True)
    assert wide.indices[0] == plain.indices[0]
    assert wide.indices[1] == 2
    assert wide.indices[3] == 3


def test_a_twin_of_what_is_picked_or_pending_is_known_well() -> None:
    sigmas = [1.0, 30.0, 30.0, 20.0, 2.0]
    joint = independent([300.0, 290.0, 290.0, 285.0, 299.0], sigmas)
    joint.covariance[1, 2] = joint.covariance[2, 1] = 900.0
    choice = choose({"tg": joint}, Goal.of(TG), 1, 2, pending=1, widen=True)
    assert 0 not in choice.indices


def test_a_batch_never_holds_one_polymer_twice_and_keeps_its_distance() -> None:
    texts = ("*CCO*", "*CCO*", "*CCCO*", "*CC(c1ccccc1)*")
    candidates = [Candidate(RepeatUnit.parse(text)) for text in texts]
    counts = torch.tensor([[2, 1, 0], [2, 1, 0], [3, 1, 0], [0, 0, 6]])
    joint = {"tg": independent([300.0, 340.0, 340.0, 339.0, 320.0], [1.0] * 5)}
    none = torch.zeros(0, 3)
    for distance, whole in ((0.0, [0, 2, 3]), (0.3, [0, 3])):
        limits = BatchLimits(candidates, BatchRules(minimum_distance=distance), counts, none)
        choice = choose(joint, Goal.of(TG), 1, 4, limits=limits)
        assert sorted(choice.indices) in (whole, [1, *whole[1:]])
