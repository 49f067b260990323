"""Recall, regret and the area under the recall, on curves that can be reckoned by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.backtesting.recall import (
    Goodness,
    Judge,
    area_under,
    bootstrap_interval,
    count_as_best,
    evaluation_counts,
    on_counts,
    score,
)
from discovery.acquisition.objectives import Objective
from discovery.polymers import RepeatUnit
from discovery.surrogate.observations import Observation
from discovery.surrogate.scale import Scale

UNITS = tuple(RepeatUnit.parse(f"*{'C' * length}O*") for length in range(1, 41))
TABLE = [Observation(unit, float(i + 1)) for i, unit in enumerate(UNITS)]


@pytest.mark.parametrize(
    ("size", "count"), [(7170, 143), (700, 14), (382, 10), (100, 10), (40, 10), (20, 5), (3, 1)]
)
def test_the_best_are_two_per_cent_but_at_least_ten(size: int, count: int) -> None:
    assert count_as_best(size) == count


@pytest.mark.parametrize(
    ("objective", "best"),
    [
        (Objective("a", "max"), 40.0),
        (Objective("a", "min"), 1.0),
        (Objective("a", "max", scale=Scale.LOG), 40.0),
        (Objective("a", "target", low=20.0, high=20.0, tolerance=5.0), 20.0),
    ],
)
def test_all_that_is_best_measured_is_recall_one_and_no_regret(objective: Objective, best: float) -> None:
    judge = Judge(TABLE, objective)
    found = [o for o in TABLE if o.unit.key in judge.top]
    assert judge.recall(found) == 1.0
    assert judge.regret(found) == 0.0
    assert judge.best_value(found) == best


def test_regret_is_told_on_the_scale() -> None:
    ten = [TABLE[3]]
    assert Judge(TABLE, Objective("a", "max")).regret(ten) == pytest.approx(36.0)
    assert Judge(TABLE, Objective("a", "min")).regret(ten) == pytest.approx(3.0)
    assert Judge(TABLE, Objective("a", "max", scale=Scale.LOG)).regret(ten) == pytest.approx(1.0)


def test_a_value_in_the_wanted_range_is_as_good_as_any_other_there() -> None:
    goodness = Goodness(Objective("a", "target", low=10.0, high=12.0, tolerance=2.0))
    assert [goodness(value) for value in (9.0, 10.0, 11.0, 15.0)] == [-1.0, 0.0, 0.0, -3.0]


def test_the_area_is_the_mean_recall_between_the_ends_of_batches() -> None:
    assert area_under([10, 20, 30], [0.0, 1.0, 1.0]) == pytest.approx(0.75)
    assert area_under([10], [0.4]) == 0.4


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_the_area_lies_between_the_least_and_the_most(recall: list[float]) -> None:
    area = area_under([10 + 5 * i for i in range(len(recall))], recall)
    assert min(recall) - 1e-9 <= area <= max(recall) + 1e-9


def test_counts_end_where_the_table_does() -> None:
    assert evaluation_counts(23, 10, 5, 4) == [10, 15, 20, 23]


def test_a_replay_that_ended_early_keeps_what_it_had() -> None:
    assert on_counts([10, 13], [0.1, 0.3], [10, 15, 20]) == [0.1, 0.3, 0.3]


@given(st.lists(st.floats(0, 1), min_size=2, max_size=12))
@settings(max_examples=25, deadline=None)
def test_a_bootstrap_interval_is_finite_and_within_the_values(values: list[float]) -> None:
    interval = bootstrap_interval(values)
    assert interval is not None
    low, high = interval
    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9


def test_the_interval_is_the_same_every_time_and_none_for_one_seed() -> None:
    assert bootstrap_interval([0.1, 0.3, 0.2]) == bootstrap_interval([0.1, 0.3, 0.2])
    assert bootstrap_interval([0.1]) is None


def test_a_score_is_the_mean_of_the_seeds() -> None:
    frame = pd.DataFrame(
        [
            {"seed": seed, "strategy": "gate", "experiments": n, "best": 1.0, "regret": 2.0, "recall": recall}
            for seed, curve in enumerate([(0.0, 0.2), (0.0, 0.4)])
            for n, recall in zip((10, 20), curve, strict=True)
        ]
    )
    found = score(frame)["gate"]
    assert found.areas == pytest.approx((0.1, 0.2))
    assert found.area_top == pytest.approx(0.15)
    assert found.recall_top == pytest.approx((0.0, 0.3))
    assert (found.evaluations, found.seeds, found.simple_regret) == ((10, 20), 2, (2.0, 2.0))
    assert found.area_top_ci is not None
    assert math.isfinite(float(np.sum(found.area_top_ci)))
