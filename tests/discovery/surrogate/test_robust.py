"""Values with a slip among them: what the robust option does to the slip, to its neighbours and to clean data."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from discovery.surrogate.contract import SurrogateContract, example
from discovery.surrogate.crossfit import crossfitted
from discovery.surrogate.features import Data, Features
from discovery.surrogate.members import GaussianProcess, fit_fingerprint_gp, fit_latent_gp
from discovery.surrogate.robust import VARIANCE, bound_of, weights

SLIP = 4


def slipped(*, seed: int = 0) -> Data:
    """One of forty values is off by seven times their deviation."""
    data = example(40, seed=seed)
    values = data.values.clone()
    values[SLIP] += 400.0
    return replace(data, values=values)


class TestRobustFingerprintMember(SurrogateContract):
    def fit(self, data: Data, seed: int = 0) -> GaussianProcess:
        return fit_fingerprint_gp(replace(data, robust=True), seed=seed)


def neighbours_moved(seed: int, *, robust: bool) -> float:
    """How far the slip moves the predictions of twenty new polymers around its own."""
    clean = example(40, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    assert clean.features.latent is not None
    beside = 0.3 * torch.randn(20, 4, generator=generator, dtype=torch.float64)
    near = Features(clean.features.fingerprint[[SLIP] * 20], clean.features.latent[SLIP] + beside)
    fits = [fit_latent_gp(replace(data, robust=robust), seed=0) for data in (slipped(seed=seed), clean)]
    slip, wanted = (fit.predict(near)[0] for fit in fits)
    return float((slip - wanted).abs().mean())


def test_a_slip_moves_its_neighbours_much_less_than_without_the_option() -> None:
    robust, plain = (
        sum(neighbours_moved(seed, robust=option) for seed in range(2)) for option in (True, False)
    )
    assert robust < 0.2 * plain


def test_a_tenfold_slip_among_thirty_is_named_with_and_without_the_option() -> None:
    for seed in range(2):
        data = example(30, seed=seed)
        values = data.values.clone()
        values[SLIP] *= 10.0
        found = [
            fit_latent_gp(replace(data, values=values, robust=robust), seed=0).loo()
            for robust in (False, True)
        ]
        plain, robust = (loo.z_scores.abs() for loo in found)
        assert float(plain[SLIP]) > 3.5
        assert float(robust[SLIP]) > float(plain[SLIP])
        assert int((robust > 3.5).sum()) <= 2


def test_what_a_slip_was_given_as_noise_is_not_what_it_was_to_be_predicted_with() -> None:
    member = fit_latent_gp(replace(slipped(), robust=True), seed=0)
    assert member.noise is not None
    pseudo = member.posterior.noise
    assert float(pseudo[SLIP]) > 10.0 * float(pseudo.median())
    torch.testing.assert_close(member.noise, torch.full_like(pseudo, float(member.noise[0])))
    loo = member.loo()
    assert float(loo.variance[SLIP]) < 10.0 * float(loo.variance.median())


def test_a_cross_fitted_member_is_robust_too() -> None:
    data = slipped()
    folds = [(data.features, list(range(fold, 40, 2))) for fold in range(2)]
    test = example(60, seed=1)

    def error(robust: bool) -> float:
        member = crossfitted("both", fit_latent_gp(replace(data, robust=robust), seed=0), folds)
        mean, _ = member.predict([test.features, test.features])
        return float((mean - test.values).square().mean())

    assert error(True) < error(False)


def test_weights_fall_with_the_distance_and_are_most_of_one() -> None:
    squares = torch.tensor([0.0, 1.0, 25.0, 1e6], dtype=torch.float64)
    found = weights(squares)
    assert float(found[1]) == 1.0
    assert found.tolist() == sorted(found.tolist(), reverse=True)
    assert float(found[3]) < 1e-4
    assert abs(VARIANCE - 2.0) < 1e-12


def test_the_bound_of_a_weight_is_highest_near_one() -> None:
    def bound(weight: float) -> float:
        found: Tensor = bound_of(torch.tensor([weight], dtype=torch.float64))
        return float(found)

    assert bound(1.0) > bound(0.1) > bound(0.01)


def test_a_slip_costs_the_score_of_a_robust_member_little() -> None:
    data = slipped()
    robust, plain = (fit_latent_gp(replace(data, robust=option), seed=0).loo() for option in (True, False))
    assert robust.degrees == 4.0
    assert robust.log_score > plain.log_score + 1.0
    assert float(robust.log_scores[SLIP]) > -25.0
