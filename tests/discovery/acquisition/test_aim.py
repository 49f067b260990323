"""One number for what a candidate is worth, and how chances of constraints weigh against it."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from discovery.acquisition.aim import Aim, log_excess
from discovery.acquisition.objectives import Constraint, Goal, Objective
from discovery.polymers import RepeatUnit
from discovery.surrogate.observations import Observation

UNITS = [RepeatUnit.parse(f"*{'C' * n}O*") for n in range(1, 5)]
TG, DENSITY = Objective("tg", "max", "K", weight=3.0), Objective("density", "min", "g/cm3")
MEASURED = {
    "tg": [Observation(u, v) for u, v in zip(UNITS, (300.0, 320.0, 340.0), strict=False)],
    "density": [Observation(u, v) for u, v in zip(UNITS, (1.0, 1.1, 1.2, 1.3), strict=False)],
}


def tensor(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize(("direction", "sign"), [("max", 1.0), ("min", -1.0)])
def test_of_one_property_the_merit_is_its_value_unchanged(direction: str, sign: float) -> None:
    aim = Aim.of(Goal.of(Objective("tg", direction, "K", weight=7.0)), MEASURED)  # type: ignore[arg-type]
    merit = aim.merit({"tg": (tensor(310.0, 290.0), tensor(4.0, 9.0))})
    assert merit.mean.tolist() == [sign * 310.0, sign * 290.0]
    assert merit.sigma.tolist() == [2.0, 3.0]
    assert aim.standing(merit.mean, None) is merit.mean


def test_of_several_it_is_the_weighted_mean_of_what_is_standardised() -> None:
    aim = Aim.of(Goal((TG, DENSITY)), MEASURED)
    beliefs = {"tg": (tensor(340.0), tensor(400.0)), "density": (tensor(1.2), tensor(0.0))}
    merit = aim.merit(beliefs)
    spread = math.sqrt(0.05 / 3)
    assert float(merit.mean) == pytest.approx(0.75 * 340.0 / 20.0 - 0.25 * 1.2 / spread)
    assert float(merit.sigma) == pytest.approx(0.75)
    utilities = aim.utilities({"tg": tensor(340.0), "density": tensor(1.2)})
    assert float(aim.weighed(utilities)) == pytest.approx(float(merit.mean))


def test_a_target_is_weighed_in_its_tolerances() -> None:
    target = Objective("tg", "target", "K", 330.0, 330.0, 15.0)
    merit = Aim.of(Goal((target,)), MEASURED).merit({"tg": (tensor(360.0), tensor(1e-12))})
    assert float(merit.mean) == pytest.approx(-2.0)


def test_properties_without_measurements_are_no_part_of_the_aim() -> None:
    goal = Goal((TG, DENSITY), (Constraint("density", high=1.2), Constraint("cost", high=3.0)))
    aim = Aim.of(goal, {"tg": MEASURED["tg"]})
    assert (aim.driven, aim.constraints, aim.decisive) == ((TG,), (), ("tg",))
    assert aim.plain
    assert not aim.pareto
    whole = Aim.of(goal, MEASURED)
    assert (whole.decisive, len(whole.constraints), whole.pareto) == (("tg", "density"), 1, True)
    assert whole.best == (340.0, -1.0)


def test_what_is_likely_forbidden_stands_behind_what_is_a_little_worse() -> None:
    goal = Goal((TG, Objective("density", "observe")), (Constraint("density", high=1.2),))
    aim = Aim.of(goal, MEASURED)
    beliefs = {
        "tg": (tensor(350.0, 335.0, 335.0), tensor(1.0, 1.0, 1.0)),
        "density": (tensor(1.5, 1.0, 1.1), tensor(0.01, 0.01, 0.01)),
    }
    standing = aim.standing(aim.merit(beliefs).mean, aim.log_allowed(beliefs))
    assert standing.argsort(descending=True).tolist() == [1, 2, 0]


@given(st.floats(-500.0, 500.0), st.floats(0.01, 10.0))
def test_the_excess_rises_everywhere_and_is_finite(x: float, step: float) -> None:
    low, high = log_excess(tensor(x, x + step)).tolist()
    assert math.isfinite(low)
    assert low < high


def test_who_breaks_a_constraint_is_told_by_properties_without_a_model_too() -> None:
    goal = Goal((TG, DENSITY), (Constraint("density", high=1.15),))
    aim = Aim.of(goal, {"tg": MEASURED["tg"]}, MEASURED)
    assert aim.barred == {UNITS[2].key, UNITS[3].key}
    assert aim.best == (320.0,)
    assert aim.held_to_constraints
    none = Aim.of(Goal((TG, DENSITY), (Constraint("density", high=0.5),)), {"tg": MEASURED["tg"]}, MEASURED)
    assert none.best == (340.0,)
    assert none.barred
    assert not none.held_to_constraints
