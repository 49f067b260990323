from __future__ import annotations

import math

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from scipy.stats import norm
from scipy.stats import t as student
from torch import Tensor

from discovery.errors import SurrogateError
from discovery.surrogate.validation import LeaveOneOut, interval_deviations, mean_predictor


def honest(n: int = 4000) -> LeaveOneOut:
    generator = torch.Generator().manual_seed(0)
    sigma = 0.5 + 2.0 * torch.rand(n, generator=generator, dtype=torch.float64)
    mean = 10.0 * torch.randn(n, generator=generator, dtype=torch.float64)
    return LeaveOneOut(
        mean, sigma.square(), mean + sigma * torch.randn(n, generator=generator, dtype=torch.float64)
    )


def test_log_scores_are_normal_log_densities() -> None:
    loo = honest(50)
    torch.testing.assert_close(
        loo.log_scores, torch.from_numpy(norm.logpdf(loo.values, loo.mean, loo.variance.sqrt()))
    )
    assert loo.log_score == pytest.approx(float(loo.log_scores.mean()))


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_honest_intervals_cover_what_they_promise(level: float) -> None:
    assert honest().coverage(level) == pytest.approx(level, abs=0.025)


def test_errors_follow_honest_sigmas_in_rank() -> None:
    correlation = honest().spearman_error_sigma
    assert correlation is not None
    assert correlation > 0.2


def test_statistics_that_do_not_exist_are_none() -> None:
    ones = torch.ones(4, dtype=torch.float64)
    loo = LeaveOneOut(0.5 * ones, ones, ones)
    assert loo.r2 is None
    assert loo.spearman_error_sigma is None
    assert loo.rmse == pytest.approx(0.5)


def test_level_outside_zero_to_one_is_refused() -> None:
    with pytest.raises(ValueError, match=r"1\.2"):
        honest(5).coverage(1.2)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=12))
def test_mean_predictor_equals_leaving_each_value_out(numbers: list[float]) -> None:
    values = torch.tensor(numbers, dtype=torch.float64)
    loo = mean_predictor(values)
    assert bool((loo.variance > 0).all())
    for left_out in range(len(values)):
        rest = torch.cat([values[:left_out], values[left_out + 1 :]])
        assert float(loo.mean[left_out]) == pytest.approx(float(rest.mean()), abs=1e-9)
        variance = float(rest.var()) * (1.0 + 1.0 / len(rest))
        if variance > 1e-5 * float(values.var()) + 1e-5 * float(values.mean()) ** 2 + 1e-9:
            assert float(loo.variance[left_out]) == pytest.approx(variance, rel=1e-6)


def test_mean_predictor_needs_three_values() -> None:
    with pytest.raises(SurrogateError, match="too few"):
        mean_predictor(torch.tensor([1.0, 2.0]))


DEGREES = 3.0


def heavy(n: int = 4000, *, degrees: float | None = DEGREES) -> LeaveOneOut:
    """Predictions of unit variance whose errors are Student-t of three degrees of freedom, and said to be of ``degrees``."""
    errors = np.random.default_rng(0).standard_t(DEGREES, n) * math.sqrt((DEGREES - 2.0) / DEGREES)
    zero = torch.zeros(n, dtype=torch.float64)
    return LeaveOneOut(zero, zero + 1.0, torch.from_numpy(errors), degrees=degrees)


def test_log_scores_with_degrees_are_student_log_densities_of_that_variance() -> None:
    loo = heavy(50)
    scale = math.sqrt((DEGREES - 2.0) / DEGREES)
    assert student.var(DEGREES, scale=scale) == pytest.approx(1.0)
    torch.testing.assert_close(
        loo.log_scores, torch.from_numpy(student.logpdf(loo.values.numpy(), DEGREES, scale=scale))
    )


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_intervals_of_heavy_tailed_errors_cover_what_they_promise_when_the_degrees_are_told(
    level: float,
) -> None:
    assert heavy().coverage(level) == pytest.approx(level, abs=0.02)


def test_heavy_tailed_errors_in_normal_intervals_are_miscalibrated() -> None:
    assert heavy(degrees=None).coverage(0.8) > 0.87
    assert heavy(degrees=None).miscalibration_area > 0.06
    assert heavy().miscalibration_area < 0.015


def test_an_interval_of_many_degrees_is_that_of_a_normal() -> None:
    assert interval_deviations(0.95) == pytest.approx(1.959964, abs=1e-6)
    assert interval_deviations(0.95, 1e6) == pytest.approx(interval_deviations(0.95), rel=1e-4)
    assert interval_deviations(0.5, 4.0) < interval_deviations(0.5)
    assert interval_deviations(0.99, 4.0) > interval_deviations(0.99)


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_the_area_is_that_between_the_promised_and_the_reached(factor: float) -> None:
    """Of normal errors against deviations that are wrong by a factor, the integral is known."""
    sound = honest()
    loo = LeaveOneOut(sound.mean, factor**2 * sound.variance, sound.values)
    levels = np.linspace(0.0, 1.0, 20001)[1:-1]
    reached = 2.0 * norm.cdf(factor * norm.ppf(0.5 + 0.5 * levels)) - 1.0
    assert loo.miscalibration_area == pytest.approx(float(np.abs(reached - levels).mean()), abs=0.01)
    assert sound.miscalibration_area < 0.015


def column(*numbers: float) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


@pytest.mark.parametrize("degrees", [None, 3.0])
def test_intervals_that_hold_nothing_or_all_are_off_by_one_half(degrees: float | None) -> None:
    ones = torch.ones(20, dtype=torch.float64)
    never = LeaveOneOut(0.0 * ones, ones, 1e9 * ones, degrees=degrees)
    always = LeaveOneOut(ones, ones, ones, degrees=degrees)
    for loo, inside in ((never, 0.0), (always, 1.0)):
        assert loo.coverage(0.8) == inside
        assert loo.miscalibration_area == pytest.approx(0.5, abs=0.005)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3)), min_size=1, max_size=20),
    st.none() | st.floats(2.1, 60.0),
)
def test_the_area_is_between_zero_and_one_half_and_wider_levels_hold_more(
    errors: list[tuple[float, float]], degrees: float | None
) -> None:
    values, variances = (torch.tensor(part, dtype=torch.float64) for part in zip(*errors, strict=True))
    loo = LeaveOneOut(torch.zeros_like(values), variances, values, degrees=degrees)
    assert 0.0 <= loo.miscalibration_area <= 0.5 + 1e-9
    assert 0.0 <= loo.coverage(0.5) <= loo.coverage(0.8) <= loo.coverage(0.95) <= 1.0


@pytest.mark.parametrize("degrees", [None, 2.5, 4.0])
def test_a_limit_scores_the_probability_of_its_side_by_the_same_law_as_a_value(degrees: float | None) -> None:
    loo = LeaveOneOut(column(0, 0, 5), column(4, 4, 4), column(1, 6, 6), column(1, 1, -1), degrees)
    scale = 2.0 if degrees is None else 2.0 * math.sqrt((degrees - 2.0) / degrees)
    law = norm if degrees is None else student(degrees)
    wanted = [law.logsf(0.5 * 2.0 / scale), law.logsf(6.0 / scale), law.logcdf(1.0 / scale)]
    torch.testing.assert_close(loo.log_scores, column(*wanted))


def test_a_limit_far_on_the_wrong_side_has_a_finite_score_with_heavy_tails() -> None:
    loo = LeaveOneOut(column(0), column(1), column(1e12), column(1), 40.0)
    assert math.isfinite(loo.log_score)
    assert loo.log_score < -500.0
