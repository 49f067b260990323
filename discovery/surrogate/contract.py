"""Tests that any surrogate must pass.

Inherit from `SurrogateContract` in a test class of your own, and say how yours is fitted. One that understands limits inherits
from `LimitsContract` instead, and one with a robust option from `RobustContract`, or from both; no surrogate has to. But one that
does not understand limits must refuse them: data with limits that pass for values would be believed.
"""

# The names of the tests say what they demand.
# ruff: noqa: D102

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace

import torch
from torch import Tensor

from discovery.errors import SurrogateError
from discovery.surrogate.features import Data, Features, Views
from discovery.surrogate.surrogate import Surrogate


def example(n: int, *, seed: int = 0, noise: float = 0.05) -> Data:
    """``n`` made-up polymers: 32 counts, a 4-dimensional latent, a smooth property near 300."""
    generator = torch.Generator().manual_seed(seed)
    latent = torch.randn(n, 4, generator=generator, dtype=torch.float64)
    # Some fragments go with one side of the latent, some with the other; a sparse table says which.
    sides = torch.cat([latent.clamp_min(0.0), (-latent).clamp_min(0.0)], dim=-1)
    rates = 4.0 * torch.eye(8, dtype=torch.float64).repeat(1, 4)
    counts = torch.poisson(sides @ rates, generator=generator)
    error = noise * torch.randn(n, generator=generator, dtype=torch.float64)
    values = 300.0 + 50.0 * (torch.sin(latent[:, 0]) + 0.5 * latent[:, 1] + error)
    return Data(Features(counts, latent), values)


def example_with_limits(n: int, *, seed: int = 0, share: float = 0.35) -> Data:
    """The same polymers, measured with an instrument whose range ends: of the largest values it is only known that they lie
    above its end.
    """
    data = example(n, seed=seed)
    end = float(data.values.quantile(1.0 - share))
    return replace(data, values=data.values.clamp_max(end), bounds=(data.values > end).to(torch.float64))


class SurrogateContract(ABC):
    """What the rest of the program relies on. Give the class a name that begins with ``Test``."""

    @abstractmethod
    def fit(self, data: Data, seed: int = 0) -> Surrogate:
        """Fit your surrogate."""

    def views(self, surrogate: Surrogate, features: Features) -> Views:
        """The polymers as your surrogate takes them; override it if the views differ."""
        return features if surrogate.views == 1 else [features] * surrogate.views

    def predict(self, surrogate: Surrogate, features: Features) -> tuple[Tensor, Tensor]:
        """Predictions for the views of ``features``."""
        return surrogate.predict(self.views(surrogate, features))

    def test_prediction_is_finite_double_and_one_per_polymer(self) -> None:
        surrogate = self.fit(example(12))
        for part in self.predict(surrogate, example(7, seed=1).features):
            assert part.shape == (7,)
            assert part.dtype == torch.float64
            assert bool(torch.isfinite(part).all())

    def test_no_polymers_give_no_predictions(self) -> None:
        mean, variance = self.predict(self.fit(example(6)), example(3).features[:0])
        assert len(mean) == len(variance) == 0

    def test_joint_belief_is_symmetric_and_positive_semi_definite(self) -> None:
        surrogate = self.fit(example(12))
        joint = surrogate.joint(self.views(surrogate, example(9, seed=1).features))
        assert torch.equal(joint.covariance, joint.covariance.T)
        assert float(torch.linalg.eigvalsh(joint.covariance).min()) > -1e-8 * float(
            joint.covariance.diagonal().max()
        )

    def test_prediction_is_the_joint_beliefs_margin_plus_noise(self) -> None:
        surrogate = self.fit(example(12))
        features = example(9, seed=1).features
        joint = surrogate.joint(self.views(surrogate, features))
        mean, variance = self.predict(surrogate, features)
        torch.testing.assert_close(mean, joint.mean)
        torch.testing.assert_close(variance, joint.covariance.diagonal() + joint.noise_variance)
        assert joint.noise_variance > 0.0

    def test_a_polymers_prediction_does_not_depend_on_its_company(self) -> None:
        surrogate = self.fit(example(12))
        features = example(9, seed=1).features
        together = self.predict(surrogate, features)
        alone = self.predict(surrogate, features[4:5])
        for whole, part in zip(together, alone, strict=True):
            torch.testing.assert_close(whole[4:5], part)

    def test_another_unit_changes_nothing_but_the_numbers(self) -> None:
        data, features = example(15), example(5, seed=1).features
        in_kelvin = self.predict(self.fit(data), features)
        in_millidegrees = self.predict(
            self.fit(Data(data.features, 1000.0 * (data.values - 273.15))), features
        )
        torch.testing.assert_close(
            in_millidegrees[0], 1000.0 * (in_kelvin[0] - 273.15), rtol=1e-3, atol=500.0
        )
        torch.testing.assert_close(in_millidegrees[1], 1e6 * in_kelvin[1], rtol=2e-2, atol=0.0)

    def test_same_data_and_seed_give_the_same_surrogate(self) -> None:
        features = example(5, seed=1).features
        first, second = (self.predict(self.fit(example(15), seed=3), features) for _ in range(2))
        assert torch.equal(first[0], second[0])
        assert torch.equal(first[1], second[1])

    def test_leave_one_out_covers_every_measurement_in_order(self) -> None:
        data = example(10)
        surrogate = self.fit(data)
        loo = surrogate.loo()
        assert surrogate.size == 10
        torch.testing.assert_close(loo.values, data.values)
        assert bool(torch.isfinite(loo.log_scores).all())
        assert bool((loo.variance > 0).all())

    def test_it_learns_a_smooth_property(self) -> None:
        test = example(40, seed=1)
        mean, _ = self.predict(self.fit(example(60)), test.features)
        assert float((mean - test.values).square().mean()) < 0.7 * float(test.values.var())

    def test_few_measurements_suffice(self) -> None:
        for n in (2, 3, 4):
            mean, variance = self.predict(self.fit(example(n)), example(5, seed=1).features)
            assert bool(torch.isfinite(mean).all())
            assert bool((variance > 0).all())

    def test_identical_measurements_are_predicted_with_an_interval(self) -> None:
        data = example(6)
        surrogate = self.fit(Data(data.features, torch.full_like(data.values, 400.0)))
        mean, variance = self.predict(surrogate, example(5, seed=1).features)
        torch.testing.assert_close(mean, torch.full_like(mean, 400.0))
        assert bool((variance > 0).all())

    def test_limits_are_understood_or_refused_and_never_taken_for_values(self) -> None:
        data = example_with_limits(12)
        try:
            loo = self.fit(data).loo()
        except SurrogateError:
            return
        assert loo.bounds is not None
        assert bool((loo.bounds != 0).any())

    def test_polymers_that_no_feature_tells_apart_are_noise(self) -> None:
        data = example(8)
        twice = Data(
            Features.cat([data.features, data.features]), torch.cat([data.values, data.values + 20.0])
        )
        mean, variance = self.predict(self.fit(twice), data.features)
        assert bool(torch.isfinite(mean).all())
        assert bool((variance > 0).all())


class LimitsContract(SurrogateContract):
    """For a surrogate that understands ``Data.bounds``."""

    def test_a_limit_moves_its_polymers_belief_to_its_side(self) -> None:
        data = example(16)
        others = Data(data.features[1:], data.values[1:])
        before, _ = self.predict(self.fit(others), data.features[:1])
        for side in (1.0, -1.0):
            values, bounds = data.values.clone(), torch.zeros_like(data.values)
            values[0], bounds[0] = before[0] + side * data.values.std(), side
            after, _ = self.predict(self.fit(replace(data, values=values, bounds=bounds)), data.features[:1])
            assert side * float(after - before) > 0.0

    def test_a_limit_that_nobody_doubts_changes_next_to_nothing(self) -> None:
        data, test = example(16), example(6, seed=1).features
        values, bounds = data.values.clone(), torch.zeros_like(data.values)
        values[0], bounds[0] = data.values.min() - 100.0 * data.values.std(), 1.0
        told, _ = self.predict(self.fit(replace(data, values=values, bounds=bounds)), test)
        without, _ = self.predict(self.fit(Data(data.features[1:], data.values[1:])), test)
        assert float((told - without).abs().max()) < 0.05 * float(data.values.std())

    def test_leaving_a_limit_out_scores_the_probability_of_its_side(self) -> None:
        data = example_with_limits(16)
        loo = self.fit(data).loo()
        assert data.bounds is not None
        assert loo.bounds is not None
        torch.testing.assert_close(loo.bounds, data.bounds)
        torch.testing.assert_close(loo.values, data.values)
        assert bool((loo.log_scores[data.bounds != 0] < 0.0).all())
        assert bool(torch.isfinite(loo.log_scores).all())

    def test_signs_of_values_alone_change_nothing(self) -> None:
        data, test = example(12), example(5, seed=1).features
        told = replace(data, bounds=torch.zeros_like(data.values))
        for first, second in zip(
            self.predict(self.fit(data), test), self.predict(self.fit(told), test), strict=True
        ):
            assert torch.equal(first, second)


class RobustContract(SurrogateContract):
    """For a surrogate that has the option ``Data.robust``."""

    def test_a_slip_is_believed_less(self) -> None:
        data = example(30)
        values = data.values.clone()
        values[4] += 8.0 * data.values.std()
        slipped = replace(data, values=values)
        plain, robust = (
            self.predict(self.fit(replace(slipped, robust=option)), data.features[4:5])[0]
            for option in (False, True)
        )
        assert float((robust - data.values[4]).abs()) < 0.5 * float((plain - data.values[4]).abs())

    def test_clean_data_are_predicted_much_as_without_the_option(self) -> None:
        data, test = example(30), example(20, seed=1).features
        plain, robust = (
            self.predict(self.fit(replace(data, robust=option)), test)[0] for option in (False, True)
        )
        assert float((robust - plain).abs().mean()) < 0.15 * float(data.values.std())
