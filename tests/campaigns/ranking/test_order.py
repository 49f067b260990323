"""The sentence that says what a ranking is ordered by."""

from __future__ import annotations

import pytest

from campaigns.ranking.order import order_in_words
from discovery.acquisition.aim import Aim
from discovery.acquisition.objectives import Constraint, Goal, Objective
from discovery.polymers import RepeatUnit
from discovery.surrogate.observations import Observation

TG = Objective("tg", "max", "K")
DENSITY = Objective("density", "min", "g/cm3")
RANGE = Objective("tg", "target", "K", 340.0, 360.0, 20.0)
HOT = Constraint("tg", low=300.0)
UNITS = [RepeatUnit.parse(text) for text in ("*CC*", "*CCO*")]


def aim(*objectives: Objective, constraints: tuple[Constraint, ...] = ()) -> Aim:
    observations = {
        "tg": [Observation(unit, value) for unit, value in zip(UNITS, (200.0, 320.0), strict=True)],
        "density": [Observation(unit, value) for unit, value in zip(UNITS, (0.9, 1.1), strict=True)],
    }
    return Aim.of(Goal(objectives, constraints), {o.name: observations[o.name] for o in objectives})


def test_one_property_alone_orders_by_its_prediction() -> None:
    assert order_in_words(aim(TG), feasible=False) == "Ordered by the predicted tg."


@pytest.mark.parametrize(
    ("pursued", "feasible", "expected"),
    [
        (aim(TG, DENSITY), False, "weighted mean of the predicted tg and density"),
        (aim(TG, DENSITY), False, "density counted negative"),
        (aim(RANGE), False, "minus the distance of the predicted tg from what is wanted, in tolerances"),
        (aim(RANGE, DENSITY), False, "of tg minus the distance from what is wanted, in tolerances"),
        (aim(TG), True, "the predicted tg goes beyond the best measured, in standard deviations"),
        (aim(TG, constraints=(HOT,)), False, "best measured within the constraints, in standard deviations"),
        (aim(TG, constraints=(HOT,)), True, "the chance that the constraint holds and that it can be made"),
        (aim(TG, DENSITY, constraints=(HOT,)), False, "within the constraints of each would add up to"),
    ],
)
def test_the_order_is_told_in_words(pursued: Aim, feasible: bool, expected: str) -> None:
    assert expected in order_in_words(pursued, feasible=feasible)
