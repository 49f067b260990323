"""The prior over functions: which columns its parts read, what a trend is, and that it carries beyond what is measured."""

from __future__ import annotations

import math
from dataclasses import replace

import hypothesis.strategies as st
import pytest
import torch
from gpytorch.kernels import ScaleKernel
from hypothesis import given, settings
from torch import Tensor

from discovery.errors import SurrogateError
from discovery.surrogate.contract import SurrogateContract, example
from discovery.surrogate.features import Data, Features
from discovery.surrogate.kernels import Shares, TrendKernel, covariance, shares
from discovery.surrogate.layout import Layout
from discovery.surrogate.members import GaussianProcess, fit_fingerprint_gp, fit_latent_gp
from discovery.surrogate.screening import Affine, ScreeningSurrogate

AXES = 6


def random(n: int, width: int, seed: int = 0) -> Tensor:
    return torch.randn(n, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def estimated(data: Data, seed: int = 0) -> Data:
    """The same polymers with physics estimates that have nothing to do with their values."""
    return replace(data, features=replace(data.features, physics=random(len(data), AXES, seed)))


class TestMemberWithPhysicsEstimates(SurrogateContract):
    """Each polymer's estimates are made of its latent, so that a prediction does not depend on its company."""

    def fit(self, data: Data, seed: int = 0) -> GaussianProcess:
        return fit_latent_gp(replace(data, features=self._with_axes(data.features)), seed=seed)

    def views(self, surrogate: object, features: Features) -> Features:
        return self._with_axes(features)

    def _with_axes(self, features: Features) -> Features:
        assert features.latent is not None
        return replace(features, physics=features.latent @ random(4, AXES))


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 8), st.integers(1, 5), st.integers(0, 3), st.integers(0, 10**6))
def test_the_trend_is_the_inner_product_over_its_columns_shared_by_their_number(
    n: int, dims: int, first: int, seed: int
) -> None:
    x, y = random(n, first + dims + 1, seed), random(n + 2, first + dims + 1, seed + 1)
    kernel = TrendKernel(first, dims)
    a, b = x[:, first : first + dims], y[:, first : first + dims]
    torch.testing.assert_close(kernel(x, y).to_dense(), a @ b.T / dims)
    gram = kernel(x).to_dense()
    torch.testing.assert_close(kernel(x, diag=True), gram.diagonal())
    assert float(torch.linalg.eigvalsh(gram).min()) > -1e-10 * max(1.0, float(gram.diagonal().max()))


def test_the_trend_takes_batches() -> None:
    x = random(12, 5).reshape(3, 4, 5)
    kernel = TrendKernel(1, 3)
    for batch, gram in zip(x, kernel(x).to_dense(), strict=True):
        torch.testing.assert_close(gram, kernel(batch).to_dense())


def test_the_whole_prior_is_positive_semi_definite() -> None:
    data = estimated(example(25))
    layout = Layout.of(data.features, fingerprint=True, latent=True)
    gram = covariance(layout)(layout.pack(data.features)).to_dense().detach()
    assert float(torch.linalg.eigvalsh(gram).min()) > -1e-9


def linear(n: int, low: float, high: float, seed: int) -> Data:
    """A property that is a line in the first estimate, on polymers whose first estimate lies in a range."""
    data = estimated(example(n, seed=seed), seed)
    generator = torch.Generator().manual_seed(seed)
    assert data.features.physics is not None
    physics = data.features.physics.clone()
    physics[:, 0] = low + (high - low) * torch.rand(n, generator=generator, dtype=torch.float64)
    error = 2.0 * torch.randn(n, generator=generator, dtype=torch.float64)
    features = replace(data.features, physics=physics)
    return Data(features, 300.0 + 50.0 * physics[:, 0] + error)


def test_a_trend_carries_beyond_the_measured_range() -> None:
    data, beyond = linear(40, -1.0, 1.0, 0), linear(40, 2.0, 3.0, 1)
    plain = fit_latent_gp(replace(data, features=replace(data.features, physics=None)), seed=0)
    member = fit_latent_gp(data, seed=0)
    informed, uninformed = (each.predict(beyond.features)[0] for each in (member, plain))
    error = float((informed - beyond.values).square().mean().sqrt())
    assert error < 0.35 * float((uninformed - beyond.values).square().mean().sqrt())
    assert float(informed.mean()) > float(data.values.max())
    assert shares(member.posterior.kernel).trend > shares(covariance(member.layout)).trend


def test_what_each_part_contributes_is_told_apart() -> None:
    data = estimated(example(12))
    kernel = covariance(Layout.of(data.features, fingerprint=True, latent=True))
    scaled = [part for part in kernel.kernels if isinstance(part, ScaleKernel)]
    for number, part in enumerate(scaled):
        part.outputscale = 0.1 * (number + 1)
    found = shares(kernel)
    assert (found.tanimoto, found.matern, found.trend) == pytest.approx((0.1, 0.2, 0.3))
    assert found.lengthscale == pytest.approx(math.sqrt(2.0 * 4))
    assert found.rough == found.prior == 0.0


def test_without_fingerprints_the_rough_part_is_not_taken_for_that_of_the_estimates() -> None:
    data = estimated(example(12))
    kernel = covariance(Layout.of(data.features, fingerprint=False, latent=True))
    for number, part in enumerate(part for part in kernel.kernels if isinstance(part, ScaleKernel)):
        part.outputscale = 0.1 * (number + 1)
    found = shares(kernel)
    assert (found.matern, found.rough, found.trend) == pytest.approx((0.1, 0.2, 0.3))


def test_the_parts_of_a_fresh_prior_share_the_variance_equally() -> None:
    data = estimated(example(12))
    for features, parts in ((data.features, 3), (example(12).features, 2)):
        found = shares(covariance(Layout.of(features, fingerprint=True, latent=True)))
        assert isinstance(found, Shares)
        told = [share for share in (found.tanimoto, found.matern, found.trend) if share]
        assert told == pytest.approx([1.0 / parts] * parts)


def test_estimates_go_with_the_latent_and_not_with_fingerprints_alone() -> None:
    data = estimated(example(15))
    member = fit_fingerprint_gp(data, seed=0)
    assert member.layout.physics == 0
    without = fit_fingerprint_gp(example(15), seed=0)
    test = example(4, seed=1).features
    assert torch.equal(member.predict(test)[0], without.predict(test)[0])


def test_polymers_that_lack_the_estimates_are_refused() -> None:
    member = fit_latent_gp(estimated(example(15)), seed=0)
    with pytest.raises(SurrogateError, match="6 columns of physics estimates, which these polymers lack"):
        member.predict(example(3, seed=1).features)
    narrow = example(3, seed=1).features
    with pytest.raises(SurrogateError, match="6 columns of physics estimates"):
        member.predict(replace(narrow, physics=random(3, AXES - 1)))
    with pytest.raises(SurrogateError, match="not finite"):
        member.predict(replace(narrow, physics=torch.full((3, AXES), math.nan)))
    with pytest.raises(SurrogateError, match="There are 3 fingerprints and"):
        replace(narrow, physics=random(2, AXES))


def test_rows_and_joins_of_features_keep_the_estimates_with_their_polymers() -> None:
    features = estimated(example(6)).features
    assert features.physics is not None
    assert features[[4, 1]].physics is not None
    torch.testing.assert_close(features[[4, 1]].physics, features.physics[[4, 1]])
    torch.testing.assert_close(Features.cat([features[:2], features[2:]]).physics, features.physics)
    assert Features.cat([features, example(2).features]).physics is None


def test_a_pool_is_not_screened_with_estimates() -> None:
    member = fit_latent_gp(estimated(example(12)), seed=0)
    text = Affine(torch.eye(4, dtype=torch.float64), torch.zeros(4, dtype=torch.float64))
    with pytest.raises(SurrogateError, match="cannot be screened with physics estimates") as caught:
        ScreeningSurrogate(member, text)
    assert "without them" in caught.value.hint
