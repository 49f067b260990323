"""The best of what is measured, where some of it is only limits."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.best_so_far import BREAKING, WITHIN, best_first, best_so_far, running_best, shortfalls
from campaigns.spec import ObjectiveSpec

TARGET = ObjectiveSpec(name="tg", direction="target", unit="K", target=(340, 360))


@pytest.mark.parametrize("direction", ["max", "min"])
def test_a_limit_counts_as_the_best_only_on_the_good_side(direction: str) -> None:
    goal = ObjectiveSpec(name="tg", direction=direction, unit="K")
    rows = pd.DataFrame({"value": [300.0, 500.0, 100.0], "bound": ["", "above", "below"]})
    assert best_first(rows, goal)["value"].iloc[0] == (500.0 if direction == "max" else 100.0)
    assert bool(shortfalls(rows["value"], rows["bound"], goal).isna().iloc[2 if direction == "max" else 1])


def test_the_best_of_a_target_is_the_closest() -> None:
    values, known = pd.Series([300.0, 400.0, 345.0, 350.0, 372.0]), pd.Series([""] * 5)
    assert running_best(values, known, TARGET).tolist() == [300.0, 300.0, 345.0, 345.0, 345.0]


@pytest.mark.parametrize(
    ("breaks", "value", "remark"),
    [([False] * 3, 500.0, ""), ([False, True, False], 400.0, WITHIN), ([True] * 3, 500.0, BREAKING)],
)
def test_what_breaks_a_constraint_is_the_best_only_where_everything_does(
    breaks: list[bool], value: float, remark: str
) -> None:
    goal = ObjectiveSpec(name="tg", direction="max", unit="K")
    best = best_so_far(pd.DataFrame({"value": [300.0, 500.0, 400.0], "breaks": breaks}), goal)
    assert best is not None
    assert (best.value, best.remark) == (value, remark)


def test_nothing_is_best_of_what_is_only_observed() -> None:
    observed = ObjectiveSpec(name="tg", direction="observe", unit="K")
    assert running_best(pd.Series([1.0, 2.0]), pd.Series(["", ""]), observed).isna().all()


@given(
    values=st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=20),
    bounds=st.data(),
    direction=st.sampled_from(["max", "min"]),
)
def test_the_best_so_far_never_gets_worse(values: list[float], bounds: st.DataObject, direction: str) -> None:
    goal = ObjectiveSpec(name="x", direction=direction)
    told = pd.Series([bounds.draw(st.sampled_from(["", "above", "below"])) for _ in values], dtype=object)
    best = running_best(pd.Series(values), told, goal).dropna()
    gains = best if direction == "max" else -best
    assert gains.is_monotonic_increasing
