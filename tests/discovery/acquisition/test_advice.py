"""Whether another batch is likely to pay: against the noise, with the budget, and never more than one sentence."""

from __future__ import annotations

import pytest
import torch

from discovery.acquisition.advice import stopping_advice
from discovery.acquisition.aim import Aim
from discovery.acquisition.objectives import Constraint, Goal, Objective
from discovery.surrogate.scale import Scale
from discovery.surrogate.surrogate import Joint

TG, DENSITY = Objective("tg", "max", "K"), Objective("density", "min", "g/cm3")


def belief(means: list[float], sigma: float, noise: float = 25.0) -> Joint:
    n = len(means)
    return Joint(
        torch.tensor(means, dtype=torch.float64), sigma**2 * torch.eye(n, dtype=torch.float64), noise
    )


def advice(
    goal: Goal,
    joints: dict[str, Joint],
    known: int = 2,
    skilful: bool = True,
    budget_left: int | None = None,
    reference: tuple[float, ...] | None = None,
    suspicion: str = "",
) -> str:
    aim = Aim.of(goal, dict.fromkeys(joints, ()))
    size = len(next(iter(joints.values())))
    said = stopping_advice(
        joints,
        known,
        range(known, size),
        aim,
        reference=None if reference is None else torch.tensor(reference, dtype=torch.float64),
        skilful=skilful,
        budget_left=budget_left,
        seed=0,
        suspicion=suspicion,
    )
    assert said.endswith(".")
    assert "\n" not in said
    return said


@pytest.mark.parametrize("direction", ["max", "min"])
def test_a_gain_beyond_the_noise_is_told_in_the_unit(direction: str) -> None:
    sign = 1.0 if direction == "max" else -1.0
    goal = Goal.of(Objective("tg", direction, "K"))  # type: ignore[arg-type]
    said = advice(goal, {"tg": belief([sign * 300.0, sign * 290.0, sign * 350.0], 0.01)})
    verb = "raise" if direction == "max" else "lower"
    assert said == (
        f"The next batch is expected to {verb} the best tg by 50 K, more than the noise of a measurement (5 K)."
    )


def test_a_gain_within_the_noise_advises_to_stop() -> None:
    said = advice(Goal.of(TG), {"tg": belief([300.0, 290.0, 302.0], 0.01)})
    assert said.endswith(
        "by 2 K, less than the noise of a measurement (5 K), so that stopping would lose little."
    )


@pytest.mark.parametrize(
    ("left", "words"),
    [(9, "; 8 more can be made after it."), (1, "; it spends what is left of the budget."), (None, "(5 K).")],
)
def test_the_budget_is_told_where_there_is_one(left: int | None, words: str) -> None:
    assert advice(Goal.of(TG), {"tg": belief([300.0, 290.0, 350.0], 0.01)}, budget_left=left).endswith(words)


def test_without_skill_it_is_called_a_guess() -> None:
    assert "so this is a guess" in advice(
        Goal.of(TG), {"tg": belief([300.0, 350.0, 340.0], 9.0)}, skilful=False
    )


def test_decades_are_told_as_factors() -> None:
    goal = Goal.of(Objective("permeability", "max", "barrer", scale=Scale.LOG))
    said = advice(goal, {"permeability": belief([1.0, 0.5, 2.0], 1e-4, noise=0.01)})
    assert "by a factor of 10, more than the noise of a measurement (1.26)" in said


def test_a_front_is_told_by_its_relative_growth() -> None:
    joints = {
        "tg": belief([300.0, 290.0, 400.0], 0.01, noise=0.01),
        "density": belief([1.0, 1.1, 1.0], 1e-5, noise=1e-6),
    }
    said = advice(Goal((TG, DENSITY)), joints, reference=(200.0, -1.2))
    assert said.startswith("The next batch is expected to enlarge the front's hypervolume by 100%, more than")


def test_a_target_that_is_met_already_needs_no_batch() -> None:
    goal = Goal.of(Objective("tg", "target", "K", 290.0, 310.0, 5.0))
    said = advice(goal, {"tg": belief([300.0, 250.0, 301.0], 0.1)})
    assert said.startswith("A measured polymer is likely to have the wanted tg already")
    assert "closer to what is wanted by" in advice(goal, {"tg": belief([250.0, 240.0, 300.0], 0.1)})


def test_where_nothing_fulfils_the_constraints_the_chance_of_the_first_is_told() -> None:
    goal = Goal((TG,), (Constraint("tg", low=400.0),))
    said = advice(goal, {"tg": belief([300.0, 290.0, 400.0], 1.0)})
    assert "to hold a polymer that fulfils all constraints" in said
    assert said.startswith("The next batch has a chance of ")


def test_no_advice_to_stop_rests_on_a_suspect_best() -> None:
    said = advice(Goal.of(TG), {"tg": belief([300.0, 290.0, 302.0], 0.01)}, suspicion="Measure it again.")
    assert said == "Measure it again."
