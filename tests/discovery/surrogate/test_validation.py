from __future__ import annotations

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings
from scipy.stats import norm

from discovery.errors import SurrogateError
from discovery.surrogate.validation import LeaveOneOut, mean_predictor


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
