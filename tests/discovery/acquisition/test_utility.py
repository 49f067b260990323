"""What a value is worth: targets that are flat inside and slope outside, in closed form the same as by draws."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from discovery.acquisition.breaking import known_to_break
from discovery.acquisition.objectives import AcquisitionError, Constraint, Objective
from discovery.acquisition.utility import (
    assured,
    desirability,
    probability,
    utility,
    utility_moments,
)
from discovery.polymers import RepeatUnit
from discovery.surrogate.observations import Bound, Observation
from discovery.surrogate.scale import Scale

TARGET = Objective("tg", "target", "K", 340.0, 360.0, 20.0)
DECADES = Objective("permeability", "target", "barrer", 10.0, 100.0, 1.0, scale=Scale.LOG)
UNIT = RepeatUnit.parse("*CC*")


def tensor(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def test_a_target_is_flat_inside_its_range_and_keeps_its_slope_outside_of_the_tolerance() -> None:
    worth = utility(TARGET, tensor(340.0, 350.0, 360.0, 330.0, 100.0, 99.0)).tolist()
    assert worth == [0.0, 0.0, 0.0, -10.0, -240.0, -241.0]


@pytest.mark.parametrize(
    ("value", "share"), [(350.0, 1.0), (340.0, 1.0), (330.0, 0.5), (370.0, 0.5), (300.0, 0.0)]
)
def test_desirability_falls_evenly_to_nothing_at_the_tolerance(value: float, share: float) -> None:
    assert desirability(TARGET, value) == pytest.approx(share)


@pytest.mark.parametrize(("value", "share"), [(30.0, 1.0), (1000.0, 0.0), (10**2.5, 0.5), (0.0, 0.0)])
def test_on_a_logarithmic_scale_the_tolerance_is_in_decades(value: float, share: float) -> None:
    assert desirability(DECADES, value) == pytest.approx(share)


@given(mean=st.floats(200.0, 500.0), sigma=st.floats(0.5, 80.0))
def test_moments_of_a_target_are_those_of_draws(mean: float, sigma: float) -> None:
    generator = torch.Generator().manual_seed(0)
    drawn = utility(TARGET, mean + sigma * torch.randn(20_000, generator=generator, dtype=torch.float64))
    first, second = utility_moments(TARGET, tensor(mean), tensor(sigma**2))
    error = 6.0 * sigma / math.sqrt(20_000)
    assert float(first) == pytest.approx(float(drawn.mean()), abs=error)
    assert float(second) == pytest.approx(float(drawn.var()), abs=12.0 * sigma * error)


def test_what_is_maximised_or_minimised_keeps_its_moments() -> None:
    for direction, sign in (("max", 1.0), ("min", -1.0)):
        objective = Objective("tg", direction, "K")  # type: ignore[arg-type]
        mean, variance = utility_moments(objective, tensor(300.0), tensor(25.0))
        assert (float(mean), float(variance)) == (sign * 300.0, 25.0)


@given(st.floats(-300.0, 300.0), st.floats(0.1, 50.0), st.floats(-200.0, 200.0))
def test_a_bound_from_below_and_the_same_from_above_share_all_chance(
    bound: float, sigma: float, mean: float
) -> None:
    above, below = Constraint("tg", low=bound), Constraint("tg", high=bound)
    shares = [float(probability(c, Scale.LINEAR, tensor(mean), tensor(sigma**2))) for c in (above, below)]
    assert sum(shares) == pytest.approx(1.0)
    assert (shares[0] > 0.5) == (mean > bound) or mean == pytest.approx(bound, abs=1e-9)


def test_a_bound_on_a_logarithmic_scale_is_taken_on_the_scale() -> None:
    held = probability(Constraint("p", low=100.0), Scale.LOG, tensor(2.0), tensor(0.25))
    assert float(held) == pytest.approx(0.5)
    assert float(probability(Constraint("p", high=0.0), Scale.LOG, tensor(2.0), tensor(0.25))) == 0.0
    assert float(probability(Constraint("p", low=0.0), Scale.LOG, tensor(-9.0), tensor(0.25))) == 1.0


@pytest.mark.parametrize(
    ("direction", "bound", "worth"),
    [
        ("max", "above", 350.0),
        ("max", "below", None),
        ("min", "below", -350.0),
        ("min", "above", None),
        ("max", "", 350.0),
    ],
)
def test_a_limit_vouches_for_its_bound_where_that_is_the_good_side(
    direction: str, bound: Bound, worth: float | None
) -> None:
    objective = Objective("tg", direction, "K")  # type: ignore[arg-type]
    assert assured(objective, Observation(UNIT, 350.0, bound=bound)) == worth


@pytest.mark.parametrize(
    ("value", "bound", "broken"),
    [
        (390.0, "", True),
        (410.0, "", False),
        (390.0, "above", False),
        (390.0, "below", True),
        (410.0, "below", False),
    ],
)
def test_a_measurement_breaks_a_constraint_where_it_says_so_for_sure(
    value: float, bound: Bound, broken: bool
) -> None:
    assert known_to_break(Constraint("tg", low=400.0), Observation(UNIT, value, bound=bound)) is broken


def test_a_target_without_logarithm_is_refused() -> None:
    with pytest.raises(AcquisitionError, match="no logarithm"):
        Objective("p", "target", "", 0.0, 10.0, 1.0, scale=Scale.LOG)


def test_a_constraint_is_called_as_the_user_wrote_it() -> None:
    assert Constraint("tg", low=400.0, unit="K", text="tg > 400 K").label == "tg > 400 K"
    assert Constraint("tg", 300.0, 400.0, "K").label == "300 <= tg <= 400 K"
