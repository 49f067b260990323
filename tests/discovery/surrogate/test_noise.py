"""Noise of means and of the next specimen, where standard errors are known, unknown, or known of some."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from discovery.errors import SurrogateError
from discovery.surrogate import crossfit
from discovery.surrogate.contract import example
from discovery.surrogate.features import Data
from discovery.surrogate.members import fit_latent_gp
from discovery.surrogate.noise import Errors, Noise

NAN = math.nan


def numbers(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def test_noise_of_a_mean_of_unknown_error_shrinks_with_its_specimens_down_to_the_nugget() -> None:
    errors = Errors(numbers(NAN, NAN, NAN), numbers(1, 4, 1e12))
    noise = Noise(errors)
    one, four, many = noise(errors).tolist()
    assert one - many == pytest.approx(noise.scatter.item())
    assert four - many == pytest.approx(noise.scatter.item() / 4)
    assert many == pytest.approx(noise.nugget.item())


def test_noise_of_a_mean_of_known_error_is_that_error_and_the_nugget() -> None:
    errors = Errors(numbers(0.04, 0.09), numbers(9, 9))
    noise = Noise(errors)
    torch.testing.assert_close(noise(errors) - noise.nugget, errors.variances)


def test_next_measurement_is_one_specimen_whatever_the_means_were_made_of() -> None:
    errors = Errors(numbers(0.01, 0.01, 0.01), numbers(9, 9, 9))
    noise = Noise(errors)
    assert (noise.of_a_new_measurement(errors) - noise.nugget).item() == pytest.approx(0.09)


def test_a_single_missing_standard_error_is_expected_to_be_like_the_others_and_has_the_nugget_too() -> None:
    errors = Errors(torch.cat([numbers(NAN), torch.full((39,), 0.25, dtype=torch.float64)]), torch.ones(40))
    noise = Noise(errors)
    torch.testing.assert_close(noise(errors), (0.25 + noise.nugget).expand(40))
    assert noise.of_a_new_measurement(errors).item() == pytest.approx(noise(errors)[1].item())


def test_single_specimens_without_standard_error_leave_one_noise_to_learn() -> None:
    errors = Errors(numbers(NAN, NAN), numbers(1, 1))
    noise = Noise(errors)
    assert [name for name, _ in noise.named_parameters()] == ["raw_scatter"]
    assert noise.nugget.item() == 0.0
    torch.testing.assert_close(noise(errors), noise.of_a_new_measurement(errors).expand(2))


def test_where_all_standard_errors_are_known_only_the_nugget_is_learned() -> None:
    noise = Noise(Errors(numbers(0.1, 0.2), numbers(1, 3)))
    assert [name for name, _ in noise.named_parameters()] == ["raw_nugget"]


@pytest.mark.parametrize("crossfitted", [False, True])
def test_interval_of_the_next_specimen_is_wider_than_that_of_a_mean_of_many(crossfitted: bool) -> None:
    data = example(30)
    sem = torch.full((30,), 4.0, dtype=torch.float64)
    predicted = []
    for specimens in (1.0, 25.0):
        n = torch.full((30,), specimens, dtype=torch.float64)
        if crossfitted:
            folds = [(data.features, range(15)), (data.features, range(15, 30))]
            member = crossfit.crossfitted(
                "both", fit_latent_gp(Data(data.features, data.values, sem, n), seed=0), folds
            )
            predicted.append(member.predict([data.features, data.features])[1])
        else:
            predicted.append(
                fit_latent_gp(Data(data.features, data.values, sem, n), seed=0).predict(data.features)[1]
            )
    torch.testing.assert_close(
        predicted[1] - predicted[0], torch.full((30,), 16.0 * 24.0, dtype=torch.float64)
    )


def test_scatter_of_specimens_is_found_from_means_of_one_and_of_many() -> None:
    """Means of 100 specimens follow the curve, single ones scatter about it by 30."""
    data = example(60, noise=0.0)
    n = torch.ones(60, dtype=torch.float64)
    n[::2] = 100.0
    error = torch.randn(60, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    member = fit_latent_gp(Data(data.features, data.values + 30.0 * error / n.sqrt(), None, n), seed=0)
    noise = member.scale.spread**2 * member.posterior.noise
    assert float(noise[0]) < 0.5 * float(noise[1])
    assert 15.0 < math.sqrt(member.new_noise) * member.scale.spread < 45.0


@pytest.mark.parametrize("n", [numbers(1, 0, 2), numbers(1, 2), numbers(1, NAN, 2)])
def test_fewer_than_one_specimen_is_refused_with_a_hint(n: Tensor) -> None:
    with pytest.raises(SurrogateError, match="number of specimens") as caught:
        Data(example(3).features, example(3).values, None, n)
    assert caught.value.hint
