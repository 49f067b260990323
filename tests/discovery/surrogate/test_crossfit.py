from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from discovery.errors import SurrogateError
from discovery.surrogate.contract import LimitsContract, RobustContract, example
from discovery.surrogate.crossfit import CrossfittedGaussianProcess, fit_crossfitted_gp
from discovery.surrogate.features import Data, Features
from discovery.surrogate.fitting import Block, log_evidence
from discovery.surrogate.kernels import covariance
from discovery.surrogate.layout import Layout
from discovery.surrogate.members import fit_latent_gp
from discovery.surrogate.noise import Errors, Noise

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


class TestCrossfittedMember(LimitsContract, RobustContract):
    def fit(self, data: Data, seed: int = 0) -> CrossfittedGaussianProcess:
        return fit_crossfitted_gp(
            halves(data), data.values, data.sem, bounds=data.bounds, robust=data.robust, seed=seed
        )


def test_variance_is_that_within_the_folds_plus_that_between() -> None:
    data, test = example(20), example(8, seed=1).features
    folds = betrayed(data)
    member = fit_crossfitted_gp(folds, data.values, seed=0)
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
    member = fit_crossfitted_gp(betrayed(data), data.values, seed=0)
    loo, parts = member.loo(), [part.loo() for part in member.parts]
    for row in range(20):
        unseen = parts[1 - row % 2]
        torch.testing.assert_close(loo.mean[row], unseen.mean[row])
        torch.testing.assert_close(loo.variance[row], unseen.variance[row])


def test_adapters_that_memorised_do_not_make_the_member_sure_of_itself() -> None:
    data, test = example(40), example(60, seed=9)
    folds = betrayed(data)
    generator = torch.Generator().manual_seed(100)
    views = [
        Features(test.features.fingerprint, torch.randn(60, 4, generator=generator, dtype=torch.float64))
        for _ in folds
    ]
    member = fit_crossfitted_gp(folds, data.values, seed=0)
    trusting = fit_latent_gp(Data(folds[0][0], data.values), seed=0)
    surprise = []
    for mean, variance in (member.predict(views), trusting.predict(views[0])):
        surprise.append(float(((mean - test.values).square() / variance).mean()))
    assert surprise[0] < 1.5
    assert surprise[0] < surprise[1]
    seen = folds[0][1]
    assert float(trusting.loo().log_scores[seen].mean()) > member.loo().log_score + 1.0


def test_judged_measurements_are_judged_given_the_seen_ones() -> None:
    layout, data = Layout(32, 4), example(9)
    errors = Errors.of(None, None, 9, 50.0)
    kernel, noise = covariance(layout), Noise(errors)
    whole = Block(layout.pack(data.features), (data.values - 300.0) / 50.0, errors)
    seen = Block(whole.inputs[:4], whole.targets[:4], whole.errors[:4])
    judged = replace(whole, given=4)
    expected = log_evidence(kernel, noise, whole) - log_evidence(kernel, noise, seen)
    torch.testing.assert_close(log_evidence(kernel, noise, judged), expected)


def test_more_folds_mix_all_that_did_not_see_a_measurement() -> None:
    data = example(12)
    folds = [(data.features, [row for row in range(12) if row % 3 == fold]) for fold in range(3)]
    member = fit_crossfitted_gp(folds, data.values, seed=0)
    assert member.views == 3
    assert torch.equal(member.unseen.sum(dim=0), torch.full((12,), 2))
    assert bool(torch.isfinite(member.loo().log_scores).all())


def test_measurement_seen_by_every_adapter_is_refused() -> None:
    data = example(6)
    with pytest.raises(SurrogateError, match="1 of the measurements were seen by every adapter"):
        fit_crossfitted_gp([(data.features, [0, 1]), (data.features, [1, 2])], data.values, seed=0)


def test_rows_that_are_not_measurements_are_refused() -> None:
    data = example(6)
    with pytest.raises(SurrogateError, match="not among the 6 measurements"):
        fit_crossfitted_gp([(data.features, [6]), (data.features, [0])], data.values, seed=0)
    with pytest.raises(SurrogateError, match="one row of features per measurement"):
        fit_crossfitted_gp([(data.features[:5], [0]), (data.features, [1])], data.values, seed=0)


def test_one_view_for_two_folds_is_refused() -> None:
    data = example(6)
    member = fit_crossfitted_gp(halves(data), data.values, seed=0)
    with pytest.raises(SurrogateError, match="2 views"):
        member.predict(data.features)
