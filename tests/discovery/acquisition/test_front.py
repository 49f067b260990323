"""The front of what is measured: who is on it, what it covers, and who does not count."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery.acquisition.front import front_of
from discovery.acquisition.objectives import AcquisitionError, Constraint, Goal, Objective
from discovery.polymers import RepeatUnit
from discovery.polymers.accessibility import sa_score
from discovery.surrogate.observations import Observation
from discovery.surrogate.scale import Scale

UNITS = [RepeatUnit.parse(f"*{'C' * n}O*") for n in range(1, 21)]
TG, DENSITY = Objective("tg", "max", "K"), Objective("density", "min", "g/cm3")
GOAL = Goal((TG, DENSITY))
VALUES = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=20)


def measured(rows: list[tuple[float, float]]) -> dict[str, list[Observation]]:
    columns = zip(*rows, strict=True)
    return {
        name: [Observation(u, float(v)) for u, v in zip(UNITS, column, strict=False)]
        for name, column in zip(("tg", "density"), columns, strict=True)
    }


@settings(max_examples=40)
@given(VALUES)
def test_nobody_on_the_front_is_beaten_and_everybody_else_is_beaten_or_equal(
    rows: list[tuple[int, int]],
) -> None:
    front = front_of(measured(rows), GOAL)
    assert front is not None
    worth = {UNITS[i].key: (a, -b) for i, (a, b) in enumerate(rows)}
    on = {key: worth[key] for key in front.keys}
    for key, (a, b) in worth.items():
        better = [w for w in worth.values() if w[0] >= a and w[1] >= b and w != (a, b)]
        if key in on:
            assert not better
        else:
            assert better or (a, b) in on.values()


@settings(max_examples=25)
@given(VALUES)
def test_the_hypervolume_is_the_area_that_the_front_covers(rows: list[tuple[int, int]]) -> None:
    front = front_of(measured(rows), GOAL, reference_point=(-1.0, 9.0))
    assert front is not None
    tg, density = np.meshgrid(np.arange(-1, 9) + 0.5, np.arange(0, 10) - 0.5)
    covered = np.zeros(tg.shape, dtype=bool)
    for a, b in rows:
        covered |= (tg < a) & (density > b)
    assert front.hypervolume == pytest.approx(covered.sum())
    assert front.reference_point == (-1.0, 9.0)


def test_a_reference_point_is_inferred_and_told_in_the_units_of_the_properties() -> None:
    front = front_of(measured([(300.0, 1.0), (400.0, 1.2), (350.0, 1.5), (320.0, 1.4)]), GOAL)
    assert front is not None
    assert front.names == ("tg", "density")
    assert set(front.values) == {(300.0, 1.0), (400.0, 1.2)}
    # a tenth of the range under the worst corner, as that is worse than the median
    assert front.reference_point == pytest.approx((290.0, 1.3))
    assert front.hypervolume == pytest.approx(10 * 0.3 + 100 * 0.1)


def test_a_front_of_one_is_seen_from_the_middle_of_what_is_measured() -> None:
    front = front_of(measured([(400.0, 1.0), (300.0, 1.2), (310.0, 1.3)]), GOAL)
    assert front is not None
    assert front.values == ((400.0, 1.0),)
    assert front.reference_point == pytest.approx((310.0, 1.2))


def test_a_slip_has_no_say_in_the_reference_point_where_five_others_remain() -> None:
    rows = [(300.0, 1.0), (310.0, 1.1), (320.0, 1.2), (330.0, 1.3), (340.0, 1.4)]
    honest = front_of(measured(rows), GOAL)
    slipped = front_of(measured([*rows, (3700.0, 1.25)]), GOAL, suspects={UNITS[5].key})
    assert honest is not None
    assert slipped is not None
    assert slipped.reference_point == honest.reference_point
    assert UNITS[5].key in slipped.keys
    few = measured([*rows[:4], (3700.0, 1.25)])
    assert front_of(few, GOAL, suspects={UNITS[4].key}) == front_of(few, GOAL)


def test_who_lacks_a_measurement_or_breaks_a_constraint_does_not_count() -> None:
    given = measured([(300.0, 1.0), (400.0, 1.2), (350.0, 0.9)])
    given["density"] = given["density"][:2]
    goal = Goal((TG, DENSITY), (Constraint("tg", high=390.0), Constraint("sa_score", high=4.0)))
    front = front_of(given, goal)
    assert front is not None
    assert front.keys == (UNITS[0].key,)
    assert front_of({"tg": given["tg"]}, GOAL) is None
    assert front_of(given, Goal.of(TG)) is None


def test_a_limit_counts_as_its_bound_on_the_good_side_only() -> None:
    given = measured([(300.0, 1.0), (300.0, 1.0)])
    for name, bound in (("tg", "above"), ("tg", "below")):
        given[name] = [given[name][0], Observation(UNITS[1], 350.0, bound=bound)]  # type: ignore[arg-type]
        front = front_of(given, GOAL)
        assert front is not None
        assert (UNITS[1].key in front.keys) is (bound == "above")


def test_targets_and_decades_are_told_as_distance_and_value() -> None:
    goal = Goal(
        (Objective("tg", "target", "K", 340.0, 360.0, 20.0), Objective("density", "max", scale=Scale.LOG))
    )
    front = front_of(measured([(350.0, 1.0), (300.0, 100.0)]), goal)
    assert front is not None
    assert front.values == ((350.0, 1.0), (300.0, 100.0))
    off, value = front.reference_point
    assert off == pytest.approx(44.0)
    assert value == pytest.approx(10**-0.2)
    assert front_of(measured([(350.0, 1.0)]), goal, front.reference_point) is not None
    with pytest.raises(AcquisitionError, match="3 values for 2 objectives"):
        front_of(measured([(350.0, 1.0)]), goal, (1.0, 2.0, 3.0))


def test_who_is_too_hard_to_make_is_not_on_the_front() -> None:
    rows = [(300.0, 1.0), (400.0, 1.2), (350.0, 1.1)]
    score = {unit.key: sa_score(unit) for unit in UNITS[:3]}
    hardest = max(score, key=lambda key: score[key])
    between = sorted(score.values())[-2:]
    held = Goal((TG, DENSITY), (Constraint("sa_score", high=sum(between) / 2), Constraint("cost", high=0.0)))
    front, free = front_of(measured(rows), held), front_of(measured(rows), GOAL)
    assert front is not None
    assert free is not None
    assert set(free.keys) - set(front.keys) == {hardest}
