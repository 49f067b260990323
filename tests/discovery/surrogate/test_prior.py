"""A prior mean that follows estimates: what it is worth when it is right, when it says nothing, and where it is missing."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from discovery.errors import SurrogateError
from discovery.surrogate.contract import SurrogateContract, example
from discovery.surrogate.crossfit import crossfitted
from discovery.surrogate.features import Data, Features
from discovery.surrogate.gate import gate
from discovery.surrogate.members import GaussianProcess, fit_fingerprint_gp, fit_latent_gp
from discovery.surrogate.posterior import Conditioned
from discovery.surrogate.surrogate import Surrogate

MEASURED = 10


def estimated(n: int, *, seed: int, informative: bool = True, error: float = 0.15) -> Data:
    """Made-up polymers whose property an estimate follows but for a slope, an offset and an error; or does not at all."""
    data = example(n, seed=seed)
    generator = torch.Generator().manual_seed(1000 + seed)
    truth = 0.8 * data.values + 40.0 + error * 50.0 * torch.randn(n, generator=generator, dtype=torch.float64)
    dealt = truth if informative else truth[torch.randperm(n, generator=generator)]
    return Data(Features(data.features.fingerprint, data.features.latent, dealt), data.values)


def log_score(surrogate: Surrogate, test: Data) -> float:
    mean, variance = surrogate.predict(test.features)
    squared = (test.values - mean).square() / variance
    return float(-0.5 * (squared + variance.log() + math.log(2.0 * math.pi)).mean())


def without_estimates(data: Data, rows: list[int]) -> Data:
    estimates: Tensor | None = data.features.estimates
    assert estimates is not None
    estimates = estimates.clone()
    estimates[rows] = torch.nan
    return Data(Features(data.features.fingerprint, data.features.latent, estimates), data.values)


class TestFingerprintWithPrior(SurrogateContract):
    """Every other polymer of the contract has an estimate."""

    def fit(self, data: Data, seed: int = 0) -> Surrogate:
        told = replace(data, features=self._told(data.features))
        return fit_fingerprint_gp(told, seed=seed, with_prior=True)

    def views(self, surrogate: Surrogate, features: Features) -> Features:
        return self._told(features)

    @staticmethod
    def _told(features: Features) -> Features:
        assert features.latent is not None
        estimates = features.latent[:, 1].clone()
        estimates[2::4] = torch.nan
        return Features(features.fingerprint, features.latent, estimates)

    def test_a_polymers_prediction_does_not_depend_on_its_company(self) -> None:
        """Here the estimate hangs on the row, so that the rows are taken from one view."""
        surrogate, features = self.fit(example(12)), self._told(example(9, seed=1).features)
        for whole, part in zip(surrogate.predict(features), surrogate.predict(features[4:5]), strict=True):
            torch.testing.assert_close(whole[4:5], part)


def test_with_ten_measurements_an_informative_prior_raises_the_log_score() -> None:
    gains = []
    for seed in range(4):
        data, test = estimated(MEASURED, seed=seed), estimated(100, seed=100 + seed)
        members = [fit_fingerprint_gp(data, seed=0, with_prior=prior) for prior in (False, True)]
        assert gate(members).chosen == "fingerprint + physics"
        gains.append(log_score(members[1], test) - log_score(members[0], test))
    assert min(gains) > 0.2


def test_a_shuffled_prior_is_turned_off_and_costs_no_more_than_noise() -> None:
    """One standard error is passed by chance now and then; what is lost then is small as well, since the slope is learned."""
    taken, losses = 0, []
    for seed in range(8):
        data = estimated(MEASURED, seed=seed, informative=False)
        test = estimated(100, seed=100 + seed, informative=False)
        members = [fit_fingerprint_gp(data, seed=0, with_prior=prior) for prior in (False, True)]
        chosen = next(member for member in members if member.name == gate(members).chosen)
        taken += chosen is members[1]
        losses.append(log_score(members[0], test) - log_score(chosen, test))
    assert taken <= 1
    assert sum(losses) / len(losses) < 0.1


def test_measurements_overrule_an_estimate_of_the_wrong_sign() -> None:
    data = estimated(30, seed=0, error=0.05)
    assert data.features.estimates is not None
    upside_down = Data(
        Features(data.features.fingerprint, None, 500.0 - data.features.estimates), data.values
    )
    slope, error = fit_fingerprint_gp(upside_down, seed=0, with_prior=True).prior_slope()
    assert slope == pytest.approx(-1.25, abs=0.15)
    assert 0.0 < error < 0.2


def test_another_unit_of_the_estimates_changes_nothing_but_the_slope() -> None:
    data, test = estimated(12, seed=0), estimated(5, seed=1)

    def told(features: Features, scale: float) -> Features:
        assert features.estimates is not None
        return Features(features.fingerprint, None, scale * features.estimates - 273.15)

    fits = [
        fit_fingerprint_gp(Data(told(data.features, scale), data.values), seed=0, with_prior=True)
        for scale in (1.0, 1000.0)
    ]
    first, second = (
        fit.predict(told(test.features, scale))[0] for fit, scale in zip(fits, (1.0, 1000.0), strict=True)
    )
    torch.testing.assert_close(first, second, rtol=1e-3, atol=0.1)
    assert fits[1].prior_slope()[0] == pytest.approx(fits[0].prior_slope()[0] / 1000.0, rel=1e-2)


def test_leaving_one_out_leaves_it_out_of_the_slope_too() -> None:
    data = without_estimates(estimated(8, seed=0), [5])
    member = fit_latent_gp(data, seed=0, with_prior=True)
    loo, posterior = member.loo(), member.posterior
    for row in range(len(data)):
        rest = torch.arange(len(data)) != row
        others = Conditioned.on(
            posterior.kernel, posterior.inputs[rest], posterior.targets[rest], posterior.noise[rest]
        )
        mean, variance = others.marginal(posterior.inputs[row : row + 1])
        left = member.scale.centre + member.scale.spread * float(mean)
        wanted = member.scale.spread**2 * float(variance + posterior.noise[row])
        assert float(loo.mean[row]) == pytest.approx(left, rel=1e-6)
        assert float(loo.variance[row]) == pytest.approx(wanted, rel=1e-6)


def test_a_polymer_without_an_estimate_is_predicted_less_surely_and_not_as_if_it_were_zero() -> None:
    data, test = estimated(30, seed=0, error=0.05), estimated(40, seed=1, error=0.05)
    member = fit_fingerprint_gp(data, seed=0, with_prior=True)
    _, sure = member.predict(test.features)
    mean, unsure = member.predict(without_estimates(test, list(range(40))).features)
    assert float(unsure.mean()) > 2.0 * float(sure.mean())
    assert float((mean - data.values.mean()).abs().max()) < 2.0 * float(data.values.std())


def test_measured_polymers_without_an_estimate_still_teach() -> None:
    whole = estimated(12, seed=0)
    some = fit_fingerprint_gp(without_estimates(whole, [0, 1, 2]), seed=0, with_prior=True)
    assert some.size == 12
    assert bool(torch.isfinite(some.loo().log_scores).all())


def test_a_cross_fitted_member_has_its_prior_mean_in_every_fold() -> None:
    data = estimated(12, seed=0)
    folds = [(data.features, range(6)), (data.features, range(6, 12))]
    member = crossfitted("both", fit_latent_gp(data, seed=0, with_prior=True), folds)
    plain = crossfitted("both", fit_latent_gp(data, seed=0), folds)
    assert all(isinstance(part, GaussianProcess) and part.layout.prior for part in member.parts)
    assert member.loo().log_score > plain.loo().log_score


def test_estimates_that_are_missing_altogether_are_refused() -> None:
    data = example(6)
    with pytest.raises(SurrogateError, match="needs fingerprints, and estimates"):
        fit_fingerprint_gp(data, seed=0, with_prior=True)
    member = fit_fingerprint_gp(estimated(6, seed=0), seed=0, with_prior=True)
    with pytest.raises(SurrogateError, match="which these polymers lack"):
        member.predict(data.features)
    with pytest.raises(SurrogateError, match="no prior mean"):
        fit_fingerprint_gp(data, seed=0).prior_slope()
    with pytest.raises(SurrogateError, match="6 fingerprints and"):
        Features(data.features.fingerprint, None, torch.zeros(2))


def test_estimates_only_stay_if_every_part_has_them() -> None:
    told, untold = estimated(3, seed=0).features, example(2).features
    assert Features.cat([told, told]).estimates is not None
    assert Features.cat([told, untold]).estimates is None
