"""Calibration: intervals that hold what they promise, on synthetic truths whose errors are no normal ones."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, replace

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from scipy.optimize import minimize
from scipy.stats import t as student
from torch import Tensor

from discovery.surrogate.calibration import (
    DEGREES,
    EXCESS_SPREAD,
    FACTOR_SPREAD,
    FACTORS,
    FEWEST,
    TYPICAL_EXCESS,
    Calibration,
    calibrate,
    fit_tails,
    with_tails,
)
from discovery.surrogate.contract import example, example_with_limits
from discovery.surrogate.crossfit import crossfitted
from discovery.surrogate.features import Data, Views
from discovery.surrogate.members import GaussianProcess, fit_fingerprint_gp, fit_latent_gp
from discovery.surrogate.validation import LeaveOneOut


def tensor(numbers: object) -> Tensor:
    return torch.as_tensor(numbers, dtype=torch.float64)


def with_errors(kind: str, n: int, seed: int) -> Data:
    """A smooth property measured with Student-t errors of three degrees of freedom, or of a size that hangs on the family."""
    data, rng = example(n, seed=seed, noise=0.0), np.random.default_rng([seed, 1])
    if kind == "heavy tails":
        errors = 10.0 * tensor(rng.standard_t(3, n))
    else:
        assert data.features.latent is not None
        errors = torch.where(data.features.latent[:, 0] > 0.8, 40.0, 4.0) * tensor(rng.standard_normal(n))
    return replace(data, values=data.values + errors)


@dataclass(frozen=True)
class Trial:
    """One member, calibrated on sixty polymers and judged on three hundred others."""

    calibration: Calibration
    raw: LeaveOneOut
    corrected: LeaveOneOut


@functools.cache
def trials(kind: str) -> list[Trial]:
    found = []
    for seed in range(4):
        data, new = with_errors(kind, 60, seed), with_errors(kind, 300, 500 + seed)
        witness = fit_fingerprint_gp(data, seed=0)
        members: list[tuple[GaussianProcess, GaussianProcess | None]] = [
            (fit_latent_gp(data, seed=0), witness),
            (witness, None),
        ]
        for member, other in members:
            correction = calibrate(member, member.loo(), data.features, other, seed=0)
            mean, variance = member.predict(new.features)
            raw = LeaveOneOut(mean, variance, new.values)
            grown = correction.variance(new.features, mean, variance)
            corrected = LeaveOneOut(mean, grown, new.values, degrees=correction.degrees)
            found.append(Trial(correction, raw, corrected))
    return found


def coverage(side: str, kind: str, level: float) -> float:
    """Mean over the trials of the share of new polymers inside their interval."""
    return float(np.mean([getattr(trial, side).coverage(level) for trial in trials(kind)]))


KINDS = ("heavy tails", "families")


@pytest.mark.parametrize("kind", KINDS)
def test_new_polymers_are_predicted_with_a_better_log_score(kind: str) -> None:
    gains = [trial.corrected.log_score - trial.raw.log_score for trial in trials(kind)]
    assert np.mean(gains) > 0.04, gains


@pytest.mark.parametrize("kind", KINDS)
def test_intervals_of_new_polymers_cover_nearer_to_what_they_promise(kind: str) -> None:
    off = {
        side: sum(abs(coverage(side, kind, level) - level) for level in (0.5, 0.8, 0.95))
        for side in ("corrected", "raw")
    }
    assert off["corrected"] < 0.8 * off["raw"], off
    areas = {
        side: np.mean([getattr(trial, side).miscalibration_area for trial in trials(kind)])
        for side in ("corrected", "raw")
    }
    assert areas["corrected"] < 0.85 * areas["raw"], areas


@pytest.mark.parametrize("kind", KINDS)
def test_intervals_of_four_fifths_cover_four_fifths_of_new_polymers(kind: str) -> None:
    assert 0.75 < coverage("corrected", kind, 0.8) < 0.85


def test_where_families_err_differently_the_deviations_follow_the_errors() -> None:
    """Of the latent member, which sees the families."""
    judged = trials("families")[::2]
    assert sum(trial.calibration.kind == "sizes" for trial in judged) >= 2
    rises = [
        (trial.corrected.spearman_error_sigma or 0.0) - (trial.raw.spearman_error_sigma or 0.0)
        for trial in judged
    ]
    assert np.mean(rises) > 0.05, rises


@pytest.mark.parametrize("kind", KINDS)
def test_means_are_left_as_they_are(kind: str) -> None:
    data = with_errors(kind, 40, 0)
    member = fit_latent_gp(data, seed=0)
    loo = member.loo()
    corrected = calibrate(member, loo, data.features, fit_fingerprint_gp(data, seed=0), seed=0).loo
    assert torch.equal(corrected.mean, loo.mean)
    assert torch.equal(corrected.values, loo.values)
    assert not torch.equal(corrected.variance, loo.variance)


def penalised(z: Tensor, factor: float, degrees: float) -> float:
    """Minus the log posterior density that :func:`fit_tails` looks for the top of, by scipy's density."""
    excess = (math.log(degrees - 2.0) - math.log(TYPICAL_EXCESS)) / EXCESS_SPREAD
    prior = (math.log(factor) / FACTOR_SPREAD) ** 2 + excess**2
    return 0.5 * prior - float(student.logpdf(z.numpy(), degrees, scale=factor).sum())


@pytest.mark.parametrize(
    ("n", "degrees", "factor"), [(10, 4, 1.0), (60, 3, 0.8), (60, 30, 1.2), (400, 5, 1.5)]
)
def test_the_best_of_the_grid_is_where_a_search_arrives(n: int, degrees: int, factor: float) -> None:
    z = tensor(factor * np.random.default_rng(n).standard_t(degrees, n))
    tails = fit_tails(z)
    found = minimize(
        lambda x: penalised(z, math.exp(x[0]), 2.0 + math.exp(x[1])), [0.0, 0.7], method="Nelder-Mead"
    )
    assert math.log(tails.factor) == pytest.approx(found.x[0], abs=0.04)
    assert math.log(tails.degrees - 2.0) == pytest.approx(found.x[1], abs=0.25)
    assert penalised(z, tails.factor, tails.degrees) < found.fun + 0.1


def test_many_errors_outvote_the_prior() -> None:
    rng = np.random.default_rng(0)
    normal = fit_tails(tensor(1.3 * rng.standard_normal(3000)))
    assert normal.factor == pytest.approx(1.3, rel=0.06)
    assert normal.degrees > 15.0
    heavy = fit_tails(tensor(0.7 * rng.standard_t(3, 3000)))
    assert heavy.factor == pytest.approx(0.7, rel=0.08)
    assert heavy.degrees == pytest.approx(3.0, abs=0.6)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), max_size=30))
def test_whatever_the_errors_the_tails_have_a_variance(errors: list[float]) -> None:
    tails = fit_tails(tensor(errors))
    assert 2.0 < tails.degrees <= 60.0
    assert float(FACTORS[0]) <= tails.factor <= float(FACTORS[-1])
    assert math.isfinite(tails.inflation)


def test_no_errors_give_what_is_typical() -> None:
    tails = fit_tails(tensor([]))
    assert tails.factor == pytest.approx(1.0)
    assert tails.degrees == pytest.approx(2.0 + TYPICAL_EXCESS, rel=0.1)
    assert float(DEGREES.max()) <= 60.0


def test_the_log_density_is_that_of_the_scaled_student() -> None:
    tails = fit_tails(tensor([0.3, -1.0, 2.0, 5.0]))
    z = tensor([-3.0, 0.0, 1.5])
    wanted = student.logpdf(z.numpy(), tails.degrees, scale=tails.factor)
    torch.testing.assert_close(tails.log_density(z), tensor(wanted))


def test_tails_are_fitted_to_errors_and_not_to_their_unit() -> None:
    data = example(30)
    loo = fit_fingerprint_gp(data, seed=0).loo()
    other = LeaveOneOut(1000.0 * loo.mean, 1e6 * loo.variance, 1000.0 * loo.values)
    first, second = with_tails(loo), with_tails(other)
    assert first.degrees == second.degrees
    torch.testing.assert_close(second.variance, 1e6 * first.variance)


def cubed(n: int, sizes: Tensor, seed: int) -> LeaveOneOut:
    """Somebody's leave-one-out: errors of given sizes, of which its deviations know nothing."""
    z = tensor(np.random.default_rng([seed, 2]).standard_normal(n)) * sizes
    values = example(n, seed=seed).values
    return LeaveOneOut(values + 10.0 * z, torch.full_like(values, 100.0), values)


def test_where_errors_are_of_one_size_sizes_are_mostly_refused() -> None:
    member = fit_fingerprint_gp(example(4), seed=0)
    found = [
        calibrate(member, cubed(40, torch.ones(40), seed), example(40, seed=seed).features, None, seed=0)
        for seed in range(20)
    ]
    assert sum(each.kind == "sizes" for each in found) <= 10
    assert np.mean([each.gain for each in found]) < 0.005


def test_where_errors_differ_by_family_sizes_are_mostly_taken_and_said_so() -> None:
    member, told = fit_fingerprint_gp(example(4), seed=0), []
    for seed in range(10):
        features = example(40, seed=seed).features
        assert features.latent is not None
        sizes = torch.where(features.latent[:, 0] > 0, 2.0, 0.2)
        told.append(calibrate(member, cubed(40, sizes, seed), features, None, seed=0))
    taken = [each for each in told if each.kind == "sizes"]
    assert len(taken) >= 7
    assert all(each.gain > 0.0 and each.sizes is not None for each in taken)
    assert all("is predicted as well (held-out log score +" in each.in_words for each in taken)


def views_of(data: Data, member: str) -> Views:
    return [data.features] * 2 if member == "projection" else data.features


@pytest.mark.parametrize("name", ["fingerprint", "latent", "projection"])
@pytest.mark.parametrize("n", [FEWEST - 2, FEWEST + 20])
def test_every_member_and_any_number_of_polymers_can_be_corrected(name: str, n: int) -> None:
    data = with_errors("families", n, 3)
    witness = fit_fingerprint_gp(data, seed=0)
    member, other = {
        "fingerprint": lambda: (witness, None),
        "latent": lambda: (fit_latent_gp(data, seed=0), witness),
        "projection": lambda: (
            crossfitted(
                "projection",
                fit_latent_gp(data, seed=0),
                [(data.features, range(0, n, 2)), (data.features, range(1, n, 2))],
            ),
            witness,
        ),
    }[name]()
    correction = calibrate(member, member.loo(), views_of(data, name), other, seed=0)
    for count in (0, 1, 7):
        new = views_of(example(count or 1, seed=9), name)
        if not count:
            new = [each[:0] for each in new] if isinstance(new, list) else example(1).features[:0]
        mean, variance = member.predict(new)
        corrected = correction.variance(new, mean, variance)
        assert corrected.shape == (count,)
        assert corrected.dtype == torch.float64
        assert bool((corrected > 0).all())
        assert bool(torch.isfinite(corrected).all())


def test_a_polymers_correction_does_not_depend_on_its_company() -> None:
    data, new = with_errors("families", 60, 0), example(9, seed=1).features
    witness, member = fit_fingerprint_gp(data, seed=0), fit_latent_gp(data, seed=0)
    correction = calibrate(member, member.loo(), data.features, witness, seed=0)
    assert correction.sizes is not None
    mean, variance = member.predict(new)
    together = correction.variance(new, mean, variance)
    alone = correction.variance(new[4:5], mean[4:5], variance[4:5])
    torch.testing.assert_close(together[4:5], alone)


def test_few_values_have_their_tails_corrected_and_nothing_is_judged() -> None:
    data = example(FEWEST - 1)
    member = fit_latent_gp(data, seed=0)
    correction = calibrate(member, member.loo(), data.features, None, seed=0)
    assert correction.kind == "tails"
    assert correction.gain == 0.0
    assert "does not pay" not in correction.in_words
    mean, variance = member.predict(example(5, seed=1).features)
    grown = correction.variance(example(5, seed=1).features, mean, variance)
    torch.testing.assert_close(grown, variance * correction.tails.inflation**2)


def test_limits_are_passed_over() -> None:
    """Where a limit is, nothing is known of the error: another limit on the same side changes no correction."""
    data = example_with_limits(60, share=0.3)
    member = fit_latent_gp(data, seed=0)
    loo = member.loo()
    assert loo.bounds is not None
    moved = replace(loo, values=torch.where(loo.known, loo.values, loo.values - 500.0))
    new = example(12, seed=1).features
    mean, variance = member.predict(new)
    first, second = (calibrate(member, each, data.features, None, seed=0) for each in (loo, moved))
    assert first.tails == second.tails
    assert first.gain == second.gain
    torch.testing.assert_close(
        first.variance(new, mean, variance), second.variance(new, mean, variance), rtol=1e-9, atol=0.0
    )
    assert first.loo.bounds is not None
    assert bool(torch.isfinite(first.loo.log_scores).all())


def test_the_same_seed_corrects_the_same() -> None:
    data = with_errors("families", 40, 1)
    member = fit_latent_gp(data, seed=0)
    first, second = (calibrate(member, member.loo(), data.features, None, seed=5) for _ in range(2))
    assert (first.tails, first.gain, first.standard_error) == (
        second.tails,
        second.gain,
        second.standard_error,
    )
    assert torch.equal(first.loo.variance, second.loo.variance)
