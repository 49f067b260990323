from __future__ import annotations

import pytest
import torch

from discovery.errors import SurrogateError
from discovery.surrogate.contract import LimitsContract, RobustContract, example
from discovery.surrogate.crossfit import CrossfittedGaussianProcess, crossfitted
from discovery.surrogate.features import Data, Features
from discovery.surrogate.gate import gate
from discovery.surrogate.kernels import shares
from discovery.surrogate.members import fit_latent_gp

Folds = list[tuple[Features, list[int]]]


def halves(data: Data) -> Folds:
    rows = range(len(data))
    return [(data.features, [row for row in rows if row % 2 == fold]) for fold in range(2)]


def betrayed(data: Data, seed: int = 0) -> Folds:
    """Folds whose latents betray the values that each adapter saw, and are noise elsewhere."""
    folds = []
    for fold, (features, seen) in enumerate(halves(data)):
        generator = torch.Generator().manual_seed(seed + fold)
        latent = torch.randn(len(data), 4, generator=generator, dtype=torch.float64)
        latent[seen] = (
            ((data.values[seen] - data.values.mean()) / data.values.std()).unsqueeze(-1).expand(-1, 4)
        )
        folds.append((Features(features.fingerprint, latent), seen))
    return folds


def fitted_to(data: Data, folds: Folds, seed: int = 0) -> CrossfittedGaussianProcess:
    """Under adapters whose frozen latent is that of the data."""
    return crossfitted("projection", fit_latent_gp(data, seed=seed), folds)


class TestCrossfittedMember(LimitsContract, RobustContract):
    def fit(self, data: Data, seed: int = 0) -> CrossfittedGaussianProcess:
        return fitted_to(data, halves(data), seed)


def test_variance_is_that_within_the_folds_plus_that_between() -> None:
    data, test = example(20), example(8, seed=1).features
    folds = betrayed(data)
    member = fitted_to(data, folds)
    views = [test, Features(test.fingerprint, -test.latent if test.latent is not None else None)]
    mean, variance = member.predict(views)
    apart = [part.predict(view) for part, view in zip(member.parts, views, strict=True)]
    within = (apart[0][1] + apart[1][1]) / 2.0
    torch.testing.assert_close(variance - within, ((apart[0][0] - apart[1][0]) / 2.0).square())
    torch.testing.assert_close(mean, (apart[0][0] + apart[1][0]) / 2.0)
    assert bool((variance >= within).all())
    assert bool((variance > within).any())


def test_leave_one_out_uses_only_adapters_that_did_not_see_the_measurement() -> None:
    data = example(20)
    member = fitted_to(data, betrayed(data))
    loo, parts = member.loo(), [part.loo() for part in member.parts]
    for row in range(20):
        unseen = parts[1 - row % 2]
        torch.testing.assert_close(loo.mean[row], unseen.mean[row])
        torch.testing.assert_close(loo.variance[row], unseen.variance[row])


def test_adapters_that_memorised_are_seen_through_by_those_they_did_not_see() -> None:
    """Their latents say all of the values they saw and nothing of others; trusted with everything, they would look perfect."""
    data, test = example(40), example(60, seed=9)
    folds = betrayed(data)
    generator = torch.Generator().manual_seed(100)
    views = [
        Features(test.features.fingerprint, torch.randn(60, 4, generator=generator, dtype=torch.float64))
        for _ in folds
    ]
    member, frozen = fitted_to(data, folds), fit_latent_gp(data, seed=0)
    mean, variance = member.predict(views)
    surprise = float(((mean - test.values).square() / variance).mean())
    foretold = float(member.loo().z_scores.square().mean())
    assert foretold > 0.5 * surprise
    assert gate([frozen, member], trusted="latent").chosen == "latent"
    trusting = fit_latent_gp(Data(folds[0][0], data.values), seed=0)
    seen = folds[0][1]
    assert float(trusting.loo().log_scores[seen].mean()) > member.loo().log_score + 1.0


def test_hyper_parameters_are_those_of_the_frozen_latent() -> None:
    data = example(20)
    frozen = fit_latent_gp(data, seed=0)
    for part in crossfitted("projection", frozen, betrayed(data)).parts:
        assert shares(part.posterior.kernel) == shares(frozen.posterior.kernel)
        assert part.new_noise == frozen.new_noise


def test_adapters_that_change_nothing_give_the_frozen_member() -> None:
    data, test = example(20), example(8, seed=1).features
    frozen, refined = fit_latent_gp(data, seed=0), fitted_to(data, halves(data))
    for a, b in zip(refined.predict([test, test]), frozen.predict(test), strict=True):
        torch.testing.assert_close(a, b)
    torch.testing.assert_close(refined.loo().log_scores, frozen.loo().log_scores)


def test_more_folds_mix_all_that_did_not_see_a_measurement() -> None:
    data = example(12)
    folds = [(data.features, [row for row in range(12) if row % 3 == fold]) for fold in range(3)]
    member = fitted_to(data, folds)
    assert member.views == 3
    assert torch.equal(member.unseen.sum(dim=0), torch.full((12,), 2))
    assert bool(torch.isfinite(member.loo().log_scores).all())


def test_measurement_seen_by_every_adapter_is_refused() -> None:
    data = example(6)
    with pytest.raises(SurrogateError, match="1 of the measurements were seen by every adapter"):
        fitted_to(data, [(data.features, [0, 1]), (data.features, [1, 2])])


def test_rows_that_are_not_measurements_are_refused() -> None:
    data = example(6)
    with pytest.raises(SurrogateError, match="not among the 6 measurements"):
        fitted_to(data, [(data.features, [6]), (data.features, [0])])
    with pytest.raises(SurrogateError, match="one row of features per measurement"):
        fitted_to(data, [(data.features[:5], [0]), (data.features, [1])])


def test_one_view_for_two_folds_is_refused() -> None:
    data = example(6)
    member = fitted_to(data, halves(data))
    with pytest.raises(SurrogateError, match="2 views"):
        member.predict(data.features)
