"""Expectation propagation and Student-t weights against numbers got by brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import multivariate_normal, norm
from scipy.stats import t as student
from torch import Tensor

from discovery.errors import SurrogateError
from discovery.surrogate import sites
from discovery.surrogate.robust import DEGREES
from discovery.surrogate.sites import Likelihood, Start, find_sites, log_evidence, propagate


def numbers(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def smooth(points: Tensor) -> Tensor:
    return torch.exp(-0.5 * (points.unsqueeze(-1) - points).square())


def belief(covariance: Tensor, noise: Tensor, told: Likelihood) -> tuple[Tensor, Tensor]:
    """Mean and variance of the function where it was observed, by the exact process on the sites."""
    found = find_sites(covariance, noise, told)
    gain = covariance @ torch.linalg.inv(covariance + found.noise.diag())
    return gain @ found.targets, (covariance - gain @ covariance).diagonal()


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("bound", [-6.0, -0.3, 0.5, 4.0])
def test_one_limit_has_the_moments_and_the_probability_of_quadrature(sign: float, bound: float) -> None:
    covariance, noise = numbers(1.3).reshape(1, 1), numbers(0.04)
    told = Likelihood(numbers(bound), numbers(sign))

    def density(f: float, power: int) -> float:
        side = norm.cdf(sign * (f - bound) / 0.2)
        return float(f**power * norm.pdf(f, scale=math.sqrt(1.3)) * side)

    moments = [quad(density, -9.0, 9.0, args=(power,), points=[bound])[0] for power in range(3)]
    mean, variance = belief(covariance, noise, told)
    assert float(mean) == pytest.approx(moments[1] / moments[0], abs=1e-5)
    assert float(variance) == pytest.approx(
        moments[2] / moments[0] - (moments[1] / moments[0]) ** 2, abs=1e-5
    )
    assert float(log_evidence(covariance, noise, told)[0]) == pytest.approx(math.log(moments[0]), abs=1e-6)


def test_limits_among_values_agree_with_sampling() -> None:
    points = numbers(0.0, 0.7, 1.1, 2.5)
    covariance, noise = smooth(points), torch.full((4,), 0.01, dtype=torch.float64)
    told = Likelihood(numbers(0.2, 0.9, -0.1, -0.4), numbers(0, 1, 1, -1))
    draws = np.random.default_rng(0).multivariate_normal(np.zeros(4), covariance.numpy(), 800_000)
    y, s = told.targets.numpy(), 0.1
    weight = norm.pdf(y[0], draws[:, 0], s) * norm.cdf((draws[:, 1] - y[1]) / s)
    weight *= norm.cdf((draws[:, 2] - y[2]) / s) * norm.cdf((y[3] - draws[:, 3]) / s)
    mean = (weight[:, None] * draws).sum(0) / weight.sum()
    deviation = np.sqrt((weight[:, None] * (draws - mean) ** 2).sum(0) / weight.sum())
    found, variance = belief(covariance, noise, told)
    assert np.abs(found.numpy() - mean).max() < 0.015
    assert np.abs(variance.sqrt().numpy() / deviation - 1.0).max() < 0.03
    evidence = float(log_evidence(covariance, noise, told)[0])
    assert evidence == pytest.approx(math.log(weight.mean()), abs=0.03)


def test_without_limits_the_evidence_is_the_exact_one() -> None:
    covariance, noise, y = smooth(numbers(0.0, 1.0, 1.5)), numbers(0.1, 0.2, 0.3), numbers(0.3, -0.2, 0.8)
    exact = multivariate_normal.logpdf(y.numpy(), np.zeros(3), (covariance + noise.diag()).numpy())
    assert float(log_evidence(covariance, noise, Likelihood(y))[0]) == pytest.approx(exact)


@pytest.mark.parametrize("robust", [False, True])
def test_slopes_of_the_evidence_are_those_of_its_value(robust: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sites, "STEADY", 1e-9)
    points = torch.linspace(0.0, 4.0, 9, dtype=torch.float64)
    told = Likelihood(torch.sin(3.0 * points), (torch.arange(9) % 3 == 0).double(), robust)

    def evidence(log_scale: Tensor, log_noise: Tensor) -> Tensor:
        return log_evidence(log_scale.exp() * smooth(points), log_noise.exp().expand(9), told)[0]

    at = (numbers(0.2).requires_grad_(), numbers(-2.0).requires_grad_())
    assert torch.autograd.gradcheck(evidence, at, eps=1e-4, atol=1e-4)


def test_known_function_gives_the_student_t_density() -> None:
    """Where the function has no freedom the variational bound is tight."""
    covariance, noise, y = 1e-12 * torch.eye(3, dtype=torch.float64), numbers(0.1, 0.2, 0.3), numbers(0, 1, 9)
    wanted = student.logpdf(y.numpy(), DEGREES, scale=noise.sqrt().numpy()).sum()
    evidence, _ = log_evidence(covariance, noise, Likelihood(y, None, robust=True))
    assert float(evidence) == pytest.approx(wanted, abs=1e-4)


def test_a_search_begun_where_the_last_one_ended_ends_there() -> None:
    points = torch.linspace(0.0, 4.0, 9, dtype=torch.float64)
    told = Likelihood(torch.sin(points), (torch.arange(9) % 2).double(), robust=True)
    noise, start = torch.full((9,), 0.05, dtype=torch.float64), Start()
    first = find_sites(smooth(points), noise, told, start)
    again = find_sites(smooth(points), noise, told, start)
    torch.testing.assert_close(first.targets, again.targets, rtol=1e-3, atol=1e-4)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-3, 3), st.floats(-4, 4), st.sampled_from([1.0, -1.0])), min_size=1, max_size=9
    ),
    st.sampled_from([1e-4, 1e-2, 1.0]),
)
def test_any_limits_converge_to_finite_sites(limits: list[tuple[float, float, float]], noise: float) -> None:
    points, bounds, signs = (numbers(*column) for column in zip(*limits, strict=True))
    told = Likelihood(bounds, signs)
    found = find_sites(smooth(points) + 10.0, torch.full_like(points, noise), told)
    assert bool(torch.isfinite(found.targets).all())
    assert bool((found.noise > 0).all())


def test_limits_that_do_not_settle_are_an_error_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sites, "MOST_SWEEPS", 2)
    told = Likelihood(numbers(1.0, 2.0), numbers(1.0, 1.0))
    with pytest.raises(SurrogateError, match="could not be brought into line") as caught:
        propagate(numbers(0, 0), smooth(numbers(0.0, 0.5)), told, numbers(0.1, 0.1), Start())
    assert caught.value.hint
