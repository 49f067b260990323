"""Limits among measurements: which way they move a belief, and that they are never taken for numbers."""

from __future__ import annotations

import functools
import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from torch import Tensor

from discovery.errors import SurrogateError
from discovery.polymers import RepeatUnit
from discovery.surrogate import crossfit
from discovery.surrogate.censoring import most_likely_normal, signs, truncated
from discovery.surrogate.contract import SurrogateContract, example, example_with_limits
from discovery.surrogate.features import Data
from discovery.surrogate.members import GaussianProcess, fit_fingerprint_gp, fit_latent_gp
from discovery.surrogate.observations import Observation
from discovery.surrogate.posterior import Conditioned, Standardisation
from discovery.surrogate.sites import Likelihood, find_sites
from discovery.surrogate.surrogate import Surrogate
from discovery.surrogate.validation import LeaveOneOut, mean_predictor


def log_score(surrogate: Surrogate, test: Data) -> float:
    mean, variance = surrogate.predict(test.features if surrogate.views == 1 else [test.features] * 2)
    return LeaveOneOut(mean, variance, test.values).log_score


def crossfitted(data: Data, seed: int = 0) -> Surrogate:
    folds = [(data.features, list(range(fold, len(data), 2))) for fold in range(2)]
    return crossfit.crossfitted("both", fit_latent_gp(data, seed=seed), folds)


class TestFingerprintMemberAmongLimits(SurrogateContract):
    """Every fifth polymer beyond the fifth is known by a limit well away from its value."""

    def fit(self, data: Data, seed: int = 0) -> Surrogate:
        below = torch.zeros(len(data), dtype=torch.float64)
        below[5::5] = -1.0
        spread = float(data.values.std())
        below *= spread > 0.0
        return fit_fingerprint_gp(replace(data, values=data.values - below * spread, bounds=below), seed=seed)

    def test_leave_one_out_covers_every_measurement_in_order(self) -> None:
        data, loo = example(10), self.fit(example(10)).loo()
        assert loo.bounds is not None
        torch.testing.assert_close(loo.values[loo.known], data.values[loo.known])
        assert loo.known.tolist() == [True] * 5 + [False] + [True] * 4
        assert bool(torch.isfinite(loo.log_scores).all())


@pytest.mark.parametrize("fit", [fit_fingerprint_gp, fit_latent_gp])
def test_no_limits_are_exactly_as_before(fit: object) -> None:
    data, test = example(20), example(5, seed=1).features
    assert callable(fit)
    none = replace(data, bounds=torch.zeros(20, dtype=torch.float64))
    for first, second in zip(*(fit(each, seed=0).predict(test) for each in (data, none)), strict=True):
        assert torch.equal(first, second)


@functools.cache
def fitted_once() -> GaussianProcess:
    return fit_latent_gp(example(6), seed=0)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from([1.0, -1.0]),
    st.floats(-3.0, 3.0),
    st.sampled_from([1e-3, 1e-1]),
)
def test_a_limit_moves_its_polymers_belief_to_its_side(
    seed: int, side: float, bound: float, noise: float
) -> None:
    data = example(10, seed=seed)
    member = fitted_once()
    kernel, inputs = member.posterior.kernel, member.layout.pack(data.features)
    targets, variances = member.scale.standardise(data.values), torch.full((10,), noise, dtype=torch.float64)
    before, _ = Conditioned.on(kernel, inputs[1:], targets[1:], variances[1:]).marginal(inputs[:1])
    targets[0] = bound
    sign = torch.zeros(10, dtype=torch.float64)
    sign[0] = side
    found = find_sites(kernel(inputs).to_dense().detach(), variances, Likelihood(targets, sign))
    after, spread = Conditioned.on(kernel, inputs, found.targets, found.noise).marginal(inputs[:1])
    assert side * float(after - before) >= -1e-7
    # and beyond the bound, but for the noise of measuring and what is left of the deviation
    assert side * (float(after) - bound) > -3.0 * math.sqrt(noise) - float(spread.sqrt())


@pytest.mark.parametrize("fit", [fit_fingerprint_gp, fit_latent_gp, crossfitted])
def test_limits_taken_for_values_predict_worse(fit: object) -> None:
    assert callable(fit)
    gains, over_none = [], []
    for seed in range(2):
        data, test = example_with_limits(40, seed=seed), example(100, seed=100 + seed)
        assert data.bounds is not None
        values = data.bounds == 0
        only = Data(data.features[values], data.values[values])
        score = log_score(fit(data, seed=0), test)
        gains.append(score - log_score(fit(replace(data, bounds=None), seed=0), test))
        over_none.append(score - log_score(fit(only, seed=0), test))
    assert sum(gains) / 2 > 0.1
    assert sum(over_none) / 2 > 0.1


def test_leaving_a_limit_out_scores_its_side_by_the_others() -> None:
    data = example_with_limits(24)
    member = fit_latent_gp(data, seed=0)
    loo, fitted = member.loo(), member.posterior
    assert member.noise is not None
    assert data.bounds is not None
    for row in data.bounds.nonzero().squeeze(-1).tolist():
        rest = [other for other in range(24) if other != row]
        others = Conditioned.on(fitted.kernel, fitted.inputs[rest], fitted.targets[rest], fitted.noise[rest])
        mean, variance = others.marginal(fitted.inputs[[row]])
        deviation = math.sqrt(float(variance + member.noise[row]))
        bound = float(member.scale.standardise(data.values[row]))
        wanted = norm.logsf(bound, float(mean), deviation)
        assert float(loo.log_scores[row]) == pytest.approx(wanted, abs=1e-6)


def test_another_order_of_the_measurements_changes_nothing() -> None:
    data, test = example_with_limits(16), example(4, seed=1).features
    assert data.bounds is not None
    turned = torch.arange(16).flip(0)
    other = Data(data.features[turned], data.values[turned], bounds=data.bounds[turned])
    first, second = (fit_latent_gp(each, seed=0).predict(test)[0] for each in (data, other))
    torch.testing.assert_close(first, second, rtol=1e-4, atol=1e-2)


def test_what_a_limit_may_have_been_lies_beyond_it() -> None:
    data = example_with_limits(24)
    expected = fit_latent_gp(data, seed=0).expected()
    assert data.bounds is not None
    limits = data.bounds != 0
    assert bool((expected[limits] > data.values[limits]).all())
    torch.testing.assert_close(expected[~limits], data.values[~limits])


def test_standardisation_takes_no_limit_for_a_value() -> None:
    values = torch.tensor([300.0, 310.0, 320.0, 330.0, 330.0, 330.0], dtype=torch.float64)
    bounds = torch.tensor([0, 0, 0, 0, 1, 1], dtype=torch.float64)
    scale, plain = Standardisation.of(values, bounds), Standardisation.of(values)
    assert scale.centre > plain.centre
    assert scale.spread > plain.spread
    far = values.clone()
    far[4:] = -1e6
    ignored = Standardisation.of(far, bounds)
    assert ignored.centre == pytest.approx(315.0, abs=0.01)


def test_the_most_likely_normal_maximises_the_likelihood() -> None:
    values = torch.tensor([1.0, 2.0, 2.5, 3.0, 3.0, 0.5], dtype=torch.float64)
    bounds = torch.tensor([0, 0, 0, 0, 1, -1], dtype=torch.float64)
    mean, variance = (
        float(x) for x in most_likely_normal(values, bounds, torch.ones(1, 6, dtype=torch.bool))
    )
    variance *= 5 / 6

    def likelihood(mu: float, square: float) -> float:
        sigma, y = math.sqrt(square), values.numpy()
        known = norm.logpdf(y[:4], mu, sigma).sum()
        return float(known + norm.logsf(3.0, mu, sigma) + norm.logcdf(0.5, mu, sigma))

    best = likelihood(mean, variance)
    steps = [(1e-3, 0.0), (-1e-3, 0.0), (0.0, 1e-3), (0.0, -1e-3)]
    assert all(best > likelihood(mean + a, variance + b) for a, b in steps)


@settings(max_examples=60, deadline=None)
@given(st.floats(-50, 50), st.floats(0.01, 10), st.floats(-50, 50), st.sampled_from([1.0, -1.0]))
def test_truncated_variables_lie_on_their_side_and_vary_less(
    mean: float, deviation: float, limit: float, side: float
) -> None:
    given_ = [torch.tensor([x], dtype=torch.float64) for x in (mean, deviation**2, limit, side)]
    inside, variance = truncated(*given_)
    assert side * (float(inside) - limit) >= 0.0
    assert 0.0 <= float(variance) <= deviation**2 * (1.0 + 1e-9)


def test_the_mean_as_control_leaves_limits_out_too() -> None:
    values = torch.tensor([1.0, 2.0, 2.5, 3.0, 3.0], dtype=torch.float64)
    bounds = torch.tensor([0, 0, 0, 0, 1], dtype=torch.float64)
    loo = mean_predictor(values, bounds)
    rest, _ = most_likely_normal(values[1:], bounds[1:], torch.ones(1, 4, dtype=torch.bool))
    assert float(loo.mean[0]) == pytest.approx(float(rest))
    assert float(loo.mean[4]) == pytest.approx(2.125)
    assert loo.of_values.values.tolist() == values[:4].tolist()
    with pytest.raises(SurrogateError, match="too few"):
        mean_predictor(values[2:], bounds[2:])


def test_limits_count_in_the_log_score_and_in_nothing_else() -> None:
    def column(*numbers: float) -> Tensor:
        return torch.tensor(numbers, dtype=torch.float64)

    values = LeaveOneOut(column(1, 2, 4), column(1, 1, 4), column(1.5, 1, 6))
    mixed = LeaveOneOut(column(1, 2, 4, 9), column(1, 1, 4, 1), column(1.5, 1, 6, 8), column(0, 0, 0, 1))
    assert mixed.rmse == values.rmse
    assert mixed.r2 == values.r2
    assert mixed.spearman_error_sigma == values.spearman_error_sigma
    assert mixed.coverage(0.5) == values.coverage(0.5)
    assert math.isnan(float(mixed.z_scores[3]))
    assert float(mixed.log_scores[3]) == pytest.approx(norm.logcdf(1.0))


def test_signs_of_observations() -> None:
    unit = RepeatUnit.parse("*CC*")
    values = [Observation(unit, 1.0), Observation(unit, 2.0)]
    assert signs(values) is None
    found = signs([*values, Observation(unit, 3.0, bound="above"), Observation(unit, 0.1, bound="below")])
    assert found is not None
    assert found.tolist() == [0.0, 0.0, 1.0, -1.0]


def test_other_signs_are_refused() -> None:
    data = example(4)
    with pytest.raises(SurrogateError, match="tell limits from values"):
        replace(data, bounds=torch.tensor([0.0, 2.0, 0.0, 0.0]))
