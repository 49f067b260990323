from __future__ import annotations

import pytest
import torch
from botorch.posteriors.gpytorch import GPyTorchPosterior

from discovery.errors import SurrogateError
from discovery.surrogate.contract import LimitsContract, RobustContract, SurrogateContract, example
from discovery.surrogate.features import Data, Features
from discovery.surrogate.members import GaussianProcess, fit_fingerprint_gp, fit_latent_gp
from discovery.surrogate.posterior import Conditioned


class TestFingerprintMember(LimitsContract, RobustContract):
    def fit(self, data: Data, seed: int = 0) -> GaussianProcess:
        return fit_fingerprint_gp(data, seed=seed)


class TestLatentMember(LimitsContract, RobustContract):
    def fit(self, data: Data, seed: int = 0) -> GaussianProcess:
        return fit_latent_gp(data, seed=seed)


class TestLatentMemberWithoutFingerprint(SurrogateContract):
    def fit(self, data: Data, seed: int = 0) -> GaussianProcess:
        return fit_latent_gp(data, seed=seed, with_fingerprint=False)


def test_closed_form_leave_one_out_equals_conditioning_on_the_others() -> None:
    data = example(14)
    member = fit_latent_gp(Data(data.features, data.values, torch.linspace(0.5, 20.0, 14)), seed=0)
    loo, fitted = member.loo(), member.posterior
    for left_out in range(14):
        rest = [row for row in range(14) if row != left_out]
        refitted = Conditioned.on(
            fitted.kernel, fitted.inputs[rest], fitted.targets[rest], fitted.noise[rest]
        )
        mean, variance = refitted.marginal(fitted.inputs[[left_out]])
        expected = member.scale.centre + member.scale.spread * mean
        torch.testing.assert_close(loo.mean[[left_out]], expected)
        with_noise = member.scale.spread**2 * (variance + fitted.noise[[left_out]])
        torch.testing.assert_close(loo.variance[[left_out]], with_noise)


def test_botorch_model_has_the_same_posterior() -> None:
    member = fit_latent_gp(example(14), seed=0)
    features = example(6, seed=1).features
    joint = member.joint(features)
    posterior = member.botorch_model().posterior(member.layout.pack(features))
    assert isinstance(posterior, GPyTorchPosterior)
    torch.testing.assert_close(posterior.mean.squeeze(-1), joint.mean)
    torch.testing.assert_close(
        posterior.distribution.covariance_matrix, joint.covariance, rtol=1e-4, atol=1e-4
    )


def test_one_measurement_gives_a_wide_prediction_and_no_leave_one_out() -> None:
    data = example(1)
    member = fit_latent_gp(data, seed=0)
    mean, variance = member.predict(example(5, seed=1).features)
    assert bool(((mean - data.values).abs() < 2.0 * variance.sqrt()).all())
    with pytest.raises(SurrogateError, match="second polymer"):
        member.loo()


def test_all_zero_measurements_are_no_trouble() -> None:
    mean, variance = fit_fingerprint_gp(Data(example(4).features, torch.zeros(4)), seed=0).predict(
        example(2).features
    )
    torch.testing.assert_close(mean, torch.zeros(2, dtype=torch.float64))
    assert bool((variance > 0).all())


def test_a_measurement_of_large_standard_error_is_believed_less() -> None:
    data = example(20)
    values = data.values.clone()
    values[0] += 150.0
    sure, unsure = torch.full((20,), 2.0), torch.full((20,), 2.0)
    unsure[0] = 150.0
    believed = [
        float(fit_latent_gp(Data(data.features, values, sem), seed=0).predict(data.features[:1])[0])
        for sem in (sure, unsure)
    ]
    assert abs(believed[1] - float(data.values[0])) < abs(believed[0] - float(data.values[0]))


def test_measurements_without_standard_error_share_one_noise_beside_known_ones() -> None:
    data = example(20)
    sem = torch.full((20,), 3.0, dtype=torch.float64)
    sem[10:] = torch.nan
    member = fit_latent_gp(Data(data.features, data.values, sem), seed=0)
    noise = member.scale.spread**2 * member.posterior.noise
    assert bool((noise[:10] > 9.0).all())
    assert len(set(noise[:10].tolist())) == len(set(noise[10:].tolist())) == 1
    assert float(noise[0]) != float(noise[10])


def test_standard_errors_of_which_none_is_known_are_no_standard_errors() -> None:
    data = example(12)
    unknown = Data(data.features, data.values, torch.full((12,), torch.nan))
    first, second = (fit_latent_gp(given, seed=0).predict(data.features)[1] for given in (data, unknown))
    assert torch.equal(first, second)


@pytest.mark.parametrize(
    ("values", "sem"),
    [
        (torch.zeros(0), None),
        (torch.tensor([1.0, torch.nan, 2.0]), None),
        (torch.tensor([1.0, 3.0, 2.0]), torch.tensor([1.0, -1.0, 1.0])),
        (torch.tensor([1.0, 3.0, 2.0]), torch.tensor([1.0])),
        (torch.tensor([1.0, 3.0]), None),
    ],
)
def test_measurements_that_cannot_be_fitted_are_refused_with_a_hint(
    values: torch.Tensor, sem: torch.Tensor | None
) -> None:
    with pytest.raises(SurrogateError) as caught:
        Data(example(3).features, values, sem)
    assert caught.value.hint


def test_features_that_are_not_finite_or_negative_are_refused() -> None:
    data = example(3)
    assert data.features.latent is not None
    broken = data.features.latent.clone()
    broken[1, 2] = torch.nan
    with pytest.raises(SurrogateError, match="not finite"):
        fit_latent_gp(Data(Features(data.features.fingerprint, broken), data.values), seed=0)
    with pytest.raises(SurrogateError, match="negative counts"):
        fit_fingerprint_gp(Data(Features(-1.0 - data.features.fingerprint), data.values), seed=0)


def test_candidates_of_other_features_are_refused() -> None:
    member = fit_latent_gp(example(5), seed=0)
    features = example(3).features
    with pytest.raises(SurrogateError, match="columns"):
        member.predict(Features(features.fingerprint[:, :5], features.latent))
    with pytest.raises(SurrogateError, match="dimensions"):
        member.predict(Features(features.fingerprint))
    with pytest.raises(SurrogateError, match="one view"):
        member.predict([features, features])
    with pytest.raises(SurrogateError, match="no latent"):
        fit_latent_gp(Data(Features(features.fingerprint), example(3).values), seed=0)


def test_features_of_unequal_length_are_refused() -> None:
    features = example(3).features
    with pytest.raises(SurrogateError, match="3 fingerprints and 2 latents"):
        Features(features.fingerprint, features[:2].latent)


def test_features_can_be_chosen_and_joined() -> None:
    features = example(5).features
    joined = Features.cat([features[[3, 1]], features[torch.tensor([0])], features[4:]])
    assert torch.equal(joined.fingerprint, features.fingerprint[[3, 1, 0, 4]])
    assert features.latent is not None
    assert joined.latent is not None
    assert torch.equal(joined.latent, features.latent[[3, 1, 0, 4]])
    assert Features.cat([features, Features(features.fingerprint)]).latent is None
