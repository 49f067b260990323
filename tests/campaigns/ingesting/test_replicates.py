"""What is told of values that can hardly be right."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.ingesting.replicates import disagreements, disputes, far_off
from campaigns.ledger import ResultRow, Status
from campaigns.spec import ObjectiveSpec
from discovery.polymers.repeat_unit import RepeatUnit
from discovery.surrogate.observations import Bound
from discovery.surrogate.scale import Scale

TG = ObjectiveSpec(name="tg", direction="max", unit="K")
PERMEABILITY = ObjectiveSpec(name="permeability", direction="max", unit="barrer", scale=Scale.LOG)
UNITS = [RepeatUnit.parse(f"*{'C' * length}O*") for length in range(1, 61)]


def rows_of(values: list[float], of: ObjectiveSpec = TG, first: int = 0) -> list[ResultRow]:
    return [
        ResultRow(line, unit, Status.MEASURED, value, objective=of.name)
        for line, (unit, value) in enumerate(zip(UNITS[first:], values, strict=False), 2)
    ]


def limit(value: float, bound: Bound, unit: RepeatUnit = UNITS[0]) -> ResultRow:
    return ResultRow(9, unit, Status.MEASURED, value, objective="tg", bound=bound)


GLASSES = [float(value) for value in np.random.default_rng(0).normal(400.0, 80.0, 40)]


def test_a_slip_of_a_digit_is_told_with_what_the_others_are() -> None:
    [told] = far_off(rows_of([3700.0], first=50), rows_of(GLASSES), TG)
    assert "Line 2" in told.text
    assert "3700 K" in told.text
    assert "Check: is it" in told.text
    assert f"{max(GLASSES):.4g}" in told.text


def test_several_slips_of_one_kind_do_not_hide_one_another() -> None:
    assert len(far_off(rows_of([3700.0, 3720.0, 3650.0], first=50), rows_of(GLASSES), TG)) == 3
    assert len(far_off(rows_of([*GLASSES, 3700.0, 3720.0]), [], TG)) == 2


def test_a_limit_may_be_a_slip_as_well() -> None:
    assert far_off([limit(3700.0, "above", UNITS[55])], rows_of(GLASSES), TG)
    assert not far_off([limit(500.0, "above", UNITS[55])], rows_of(GLASSES), TG)


@pytest.mark.parametrize("count", [1, 8])
def test_nothing_is_said_with_too_few_others(count: int) -> None:
    assert not far_off(rows_of([3700.0], first=50), rows_of(GLASSES[: count - 1]), TG)


def test_nothing_is_said_where_the_others_are_one_number() -> None:
    assert not far_off(rows_of([3700.0], first=50), rows_of([400.0] * 30), TG)


def test_values_over_decades_are_far_off_by_factors() -> None:
    decades = [float(10.0**x) for x in np.random.default_rng(1).normal(1.0, 1.5, 50)]
    before = rows_of(decades, PERMEABILITY)
    assert not far_off(rows_of([max(decades) * 5], PERMEABILITY, first=55), before, PERMEABILITY)
    [told] = far_off(rows_of([1e30], PERMEABILITY, first=55), before, PERMEABILITY)
    assert "barrer" in told.text
    # not declared to run over decades, they are told with the way out
    linear = PERMEABILITY.model_copy(update={"scale": Scale.LINEAR})
    assert any('scale = "log"' in told.text for told in far_off(before, [], linear))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(100, 900), min_size=9, max_size=40))
def test_values_of_one_range_that_is_filled_are_never_told(values: list[float]) -> None:
    filled = [100.0 + 10 * step for step in range(60)]
    assert not far_off(rows_of(values), rows_of(filled), TG)


def test_a_repeat_is_compared_with_what_was_known() -> None:
    before = rows_of(GLASSES)
    assert not disagreements(rows_of([GLASSES[0] + 10]), before, TG)
    [told] = disagreements(rows_of([GLASSES[0] / 10]), before, TG)
    assert "both count" in told.text
    assert not disagreements([limit(5.0, "above")], before, TG)


@pytest.mark.parametrize(("factor", "count"), [(20.0, 0), (1000.0, 1)])
def test_a_repeat_over_decades_is_compared_by_its_factor(factor: float, count: int) -> None:
    before = rows_of([0.1, 30.0], PERMEABILITY)
    assert len(disagreements(rows_of([0.1 * factor], PERMEABILITY), before, PERMEABILITY)) == count


def test_a_limit_that_a_value_contradicts_is_told() -> None:
    [told] = disputes([limit(350.0, "above")], rows_of([300.0]), TG)
    assert "the limit >350 K contradicts the measured 300 K" in told.text
    [told] = disputes(rows_of([300.0]), [limit(350.0, "above")], TG)
    assert "the value is used" in told.text
    assert not disputes([limit(250.0, "above")], rows_of([300.0]), TG)


def test_limits_that_contradict_each_other_are_told() -> None:
    [told] = disputes([limit(350.0, "above")], [limit(300.0, "below")], TG)
    assert "neither is used" in told.text


@pytest.mark.parametrize(
    ("of", "values"),
    [
        (TG, [203.0, 343.0]),
        (ObjectiveSpec(name="tg", direction="max", unit="degC"), [-70.0, 70.0]),
        (ObjectiveSpec(name="density", direction="max", unit="g/cm3"), [1.0, 1.6]),
    ],
)
def test_two_rows_of_a_new_polymer_are_compared_with_each_other(
    of: ObjectiveSpec, values: list[float]
) -> None:
    [told] = disagreements(two_rows(values, of), [], of)
    assert told.line == 9
    assert f"{values[0]:g} on line 2" in told.text


def test_repeats_in_a_table_are_judged_by_the_spread_of_its_polymers() -> None:
    others = rows_of(GLASSES, first=1)
    assert len(disagreements([*others, *two_rows([350.0, 450.0])], [], TG)) == 1
    assert not disagreements([*others, *two_rows([350.0, 390.0])], [], TG)


def test_a_slip_elsewhere_does_not_hide_that_repeats_are_apart() -> None:
    others = rows_of([*GLASSES[:20], 37000.0], first=1)
    assert len(disagreements([*others, *two_rows([350.0, 500.0])], [], TG)) == 1


def two_rows(values: list[float], of: ObjectiveSpec = TG) -> list[ResultRow]:
    return [
        ResultRow(line, UNITS[0], Status.MEASURED, value, objective=of.name)
        for line, value in zip((2, 9), values, strict=True)
    ]


def test_a_large_table_of_one_polymer_is_compared_in_no_time() -> None:
    rows = [ResultRow(2 + i, UNITS[0], Status.MEASURED, 300.0 + i % 7, objective="tg") for i in range(20_000)]
    begun = time.monotonic()
    assert disagreements(rows, [], TG) == []
    assert time.monotonic() - begun < 5.0
