"""The screening surrogate: the same predictions as the exact process, from what a pool is kept as."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from discovery.encoders.encoder import Counts
from discovery.errors import SurrogateError
from discovery.surrogate.features import Data, Features
from discovery.surrogate.members import GaussianProcess, fit_fingerprint_gp, fit_latent_gp
from discovery.surrogate.screening import BLOCK, Affine, ScreeningSurrogate, ScreeningViews

BITS, TEXT, LATENT = 64, 12, 6


def sparse(dense: NDArray[np.int64]) -> Counts:
    rows, columns = dense.nonzero()
    starts = np.searchsorted(rows, np.arange(len(dense) + 1)).astype(np.int64)
    return Counts(starts, columns.astype(np.uint16), dense[rows, columns].astype(np.uint16), BITS)


class Case:
    """Random polymers: their counts, text vectors, and the latents that an affine map makes of these."""

    def __init__(self, seed: int = 0) -> None:
        self._rng = np.random.default_rng(seed)
        self.affine = Affine(
            torch.from_numpy(self._rng.standard_normal((TEXT, LATENT)) / TEXT**0.5),
            torch.from_numpy(self._rng.standard_normal(LATENT)),
        )

    def draw(self, n: int) -> tuple[ScreeningViews, Features]:
        dense = self._rng.poisson(0.4, (n, BITS)) * self._rng.integers(1, 5, (n, BITS))
        text = self._rng.standard_normal((n, TEXT)).astype(np.float32)
        latent = torch.from_numpy(text).double() @ self.affine.matrix + self.affine.offset
        return ScreeningViews(sparse(dense), text), Features(torch.from_numpy(dense), latent)

    def measured(self, n: int) -> Data:
        _, features = self.draw(n)
        assert features.latent is not None
        values = 300.0 + 40.0 * features.latent[:, 0] + 3.0 * features.fingerprint.sum(dim=1)
        return Data(features, values)


def agree(
    fast: ScreeningSurrogate, exact: GaussianProcess, views: ScreeningViews, features: Features
) -> None:
    mean, variance = fast.predict(views)
    wanted, wanted_variance = exact.predict(features)
    sigma = wanted_variance.sqrt()
    assert mean.dtype == variance.dtype == torch.float64
    assert float(((mean - wanted) / sigma).abs().max()) < 1e-4
    assert float((variance.sqrt() / sigma - 1.0).abs().max()) < 1e-4


@pytest.mark.parametrize("measured", [5, 40, 120])
def test_it_predicts_what_the_exact_process_predicts(measured: int) -> None:
    case = Case()
    exact = fit_latent_gp(case.measured(measured), seed=0)
    agree(ScreeningSurrogate(exact, case.affine), exact, *case.draw(300))


def test_fingerprints_alone_need_no_text() -> None:
    case = Case()
    exact = fit_fingerprint_gp(case.measured(20), seed=0)
    fast = ScreeningSurrogate(exact)
    views, features = case.draw(50)
    assert not fast.reads_text
    agree(fast, exact, ScreeningViews(views.counts, None), features)


def test_measured_polymers_themselves_and_empty_fingerprints_are_no_exception() -> None:
    case = Case()
    data = case.measured(20)
    exact = fit_fingerprint_gp(data, seed=0)
    features = Features(torch.cat([data.features.fingerprint, torch.zeros(2, BITS, dtype=torch.int64)]))
    views = ScreeningViews(sparse(features.fingerprint.numpy()), None)
    agree(ScreeningSurrogate(exact), exact, views, features)


@pytest.mark.parametrize("robust", [False, True])
def test_limits_and_robust_noise_are_those_of_the_exact_process(robust: bool) -> None:
    case = Case()
    data = case.measured(40)
    bounds = (data.values > data.values.quantile(0.7)).double()
    exact = fit_latent_gp(replace(data, bounds=bounds, robust=robust), seed=0)
    agree(ScreeningSurrogate(exact, case.affine), exact, *case.draw(50))


@pytest.mark.parametrize("with_text", [True, False])
def test_the_prior_mean_is_that_of_the_exact_process(with_text: bool) -> None:
    case = Case()
    data = case.measured(20)
    features = data.features
    assert features.latent is not None
    estimates = features.latent[:, 1].clone()
    estimates[::6] = torch.nan
    told = Data(Features(features.fingerprint, features.latent, estimates), data.values)
    fit = fit_latent_gp if with_text else fit_fingerprint_gp
    exact = fit(told, seed=0, with_prior=True)
    views, features = case.draw(300)
    assert features.latent is not None
    wanted = 3.0 * features.latent[:, 1]
    wanted[::5] = torch.nan
    seen = ScreeningViews(views.counts, views.text, wanted.numpy())
    fast = ScreeningSurrogate(exact, case.affine if with_text else None)
    agree(fast, exact, seen, Features(features.fingerprint, features.latent, wanted))
    with pytest.raises(SurrogateError, match="reads estimates"):
        fast.predict(views)


def test_an_empty_fingerprint_is_like_another_empty_one() -> None:
    case = Case()
    data = case.measured(12)
    counts = data.features.fingerprint.clone()
    counts[3] = 0
    exact = fit_fingerprint_gp(Data(Features(counts), data.values), seed=0)
    features = Features(torch.zeros(1, BITS, dtype=torch.int64))
    agree(
        ScreeningSurrogate(exact), exact, ScreeningViews(sparse(features.fingerprint.numpy()), None), features
    )


def test_a_candidate_is_predicted_the_same_in_any_block() -> None:
    case = Case()
    fast = ScreeningSurrogate(fit_latent_gp(case.measured(10), seed=0), case.affine)
    views, _ = case.draw(BLOCK + 7)
    assert views.text is not None
    mean, variance = fast.predict(views)
    rows = np.arange(BLOCK - 3, BLOCK + 7)
    alone = fast.predict(ScreeningViews(views.counts.take(rows), views.text[rows]))
    torch.testing.assert_close(alone[0], mean[rows.tolist()], rtol=1e-5, atol=0)
    torch.testing.assert_close(alone[1], variance[rows.tolist()], rtol=1e-4, atol=0)


def test_no_candidates_have_no_predictions() -> None:
    case = Case()
    fast = ScreeningSurrogate(fit_latent_gp(case.measured(10), seed=0), case.affine)
    views, _ = case.draw(0)
    assert [len(part) for part in fast.predict(views)] == [0, 0]


def test_what_the_process_cannot_read_is_refused() -> None:
    case = Case()
    exact = fit_latent_gp(case.measured(10), seed=0)
    with pytest.raises(SurrogateError, match="how it is made"):
        ScreeningSurrogate(exact)
    views, _ = case.draw(3)
    fast = ScreeningSurrogate(exact, case.affine)
    with pytest.raises(SurrogateError, match="lack"):
        fast.predict(ScreeningViews(views.counts, None))
    wide = Counts(views.counts.starts, views.counts.columns, views.counts.counts, BITS + 1)
    with pytest.raises(SurrogateError, match="65 columns"):
        fast.predict(ScreeningViews(wide, views.text))
