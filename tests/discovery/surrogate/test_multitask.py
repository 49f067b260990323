"""Sources beside the target: what they are worth, that they cost little where they are worth nothing, and what is left out with
a polymer.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from discovery.errors import SurrogateError
from discovery.surrogate.contract import SurrogateContract, example
from discovery.surrogate.features import Data, Features
from discovery.surrogate.members import fit_latent_gp
from discovery.surrogate.multitask import MultitaskGaussianProcess, Task, fit_multitask_gp
from discovery.surrogate.posterior import Conditioned
from discovery.surrogate.surrogate import Surrogate
from discovery.surrogate.validation import LeaveOneOut


def source_of(
    data: Data, measured: int, *, sign: float = 1.0, informative: bool = True, error: float = 8.0
) -> Task:
    """Another property of all of ``data``, of which the first ``measured`` are measured in the target."""
    generator = torch.Generator().manual_seed(7)
    values = data.values if informative else data.values[torch.randperm(len(data), generator=generator)]
    noise = error * torch.randn(len(data), generator=generator, dtype=torch.float64)
    polymers = torch.where(torch.arange(len(data)) < measured, torch.arange(len(data)), -1)
    return Task(Data(data.features, 0.02 * sign * (values + noise)), polymers)


def first(data: Data, n: int) -> Data:
    return Data(data.features[:n], data.values[:n])


def score(surrogate: Surrogate, test: Data) -> float:
    return LeaveOneOut(*surrogate.predict(test.features), test.values).log_score


class TestMultitaskMember(SurrogateContract):
    def fit(self, data: Data, seed: int = 0) -> MultitaskGaussianProcess:
        """The source is another property of every other polymer, which goes up and down with the target."""
        rows = torch.arange(0, len(data), 2)
        error = 0.1 * data.values.std(correction=0) * torch.cos(1.0 + rows)
        source = Data(data.features[rows], 3.0 * (data.values[rows] - data.values.mean() + error))
        return fit_multitask_gp(data, [Task(source, rows)], seed=seed)


class TestMultitaskMemberWithComputableSource(SurrogateContract):
    """The estimate is the first dimension of the latent, which is known of every polymer."""

    def fit(self, data: Data, seed: int = 0) -> MultitaskGaussianProcess:
        estimates = self._told(data.features).estimates
        assert estimates is not None
        task = Task(Data(data.features, estimates), torch.arange(len(data)), computable=True)
        constant = float(data.values.std(correction=0)) == 0.0
        return fit_multitask_gp(data, [] if constant else [task], seed=seed)

    def views(self, surrogate: Surrogate, features: Features) -> Features:
        return self._told(features)

    @staticmethod
    def _told(features: Features) -> Features:
        assert features.latent is not None
        return Features(features.fingerprint, features.latent, features.latent[:, 0].clone())


def test_a_source_that_goes_with_the_target_raises_the_log_score() -> None:
    gains = []
    for seed in range(2):
        whole, test = example(60, seed=seed), example(100, seed=100 + seed)
        target = first(whole, 12)
        member = fit_multitask_gp(target, [source_of(whole, 12)], seed=0)
        gains.append(score(member, test) - score(fit_latent_gp(target, seed=0), test))
        assert bool((member.correlations > 0.5).any())
    assert sum(gains) / 2 > 0.3


def test_a_source_of_the_opposite_sign_is_as_good() -> None:
    whole, test = example(60), example(100, seed=1)
    found = [
        fit_multitask_gp(first(whole, 12), [source_of(whole, 12, sign=sign)], seed=0) for sign in (1.0, -1.0)
    ]
    assert float(found[1].correlations.min()) < -0.5
    assert score(found[1], test) == pytest.approx(score(found[0], test), abs=0.15)


def test_a_source_that_says_nothing_costs_little() -> None:
    losses = []
    for seed in range(2):
        whole, test = example(40, seed=seed), example(100, seed=100 + seed)
        target = first(whole, 20)
        member = fit_multitask_gp(target, [source_of(whole, 20, informative=False)], seed=0)
        losses.append(score(fit_latent_gp(target, seed=0), test) - score(member, test))
    assert sum(losses) / 2 < 0.1


def test_without_sources_it_is_the_targets_own_process() -> None:
    data, test = example(15), example(6, seed=1).features
    alone, own = fit_multitask_gp(data, [], seed=0), fit_latent_gp(data, seed=0)
    torch.testing.assert_close(alone.predict(test)[0], own.predict(test)[0], rtol=1e-3, atol=0.3)
    assert alone.loo().log_score == pytest.approx(own.loo().log_score, abs=1e-2)


@pytest.mark.parametrize("computable", [False, True])
def test_a_polymer_is_left_out_with_all_that_is_measured_of_it(computable: bool) -> None:
    whole = example(14)
    task = replace(source_of(whole, 8), computable=computable)
    member = fit_multitask_gp(first(whole, 8), [task], seed=0)
    loo, fitted = member.loo(), member.process.posterior
    for row in range(8):
        lost = {row} if computable else {row, 8 + row}
        rest = [other for other in range(22) if other not in lost]
        others = Conditioned.on(fitted.kernel, fitted.inputs[rest], fitted.targets[rest], fitted.noise[rest])
        mean, variance = others.marginal(fitted.inputs[[row]])
        spread = member.scales[0].spread
        assert float(loo.mean[row]) == pytest.approx(member.scales[0].centre + spread * float(mean), rel=1e-6)
        assert float(loo.variance[row]) == pytest.approx(
            spread**2 * float(variance + fitted.noise[row]), rel=1e-5
        )


def test_a_candidate_is_predicted_given_its_own_estimate() -> None:
    """As if its row stood among the source's, which is how the left-out polymers are predicted."""
    whole = example(30)
    task = replace(source_of(whole, 12), computable=True)
    rows = torch.arange(29)
    known = Task(Data(whole.features[rows], task.data.values[rows]), task.polymers[rows], computable=True)
    member = fit_multitask_gp(first(whole, 12), [known], seed=0)
    asked = Features(whole.features.fingerprint[29:], whole.features.latent[29:], task.data.values[29:])  # type: ignore[index]
    mean, _ = member.predict(asked)
    posterior = member.process.posterior
    packed = member.process.layout.pack(whole.features[29:])
    added = packed.clone()
    added[:, -1] = 1
    told = Conditioned.on(
        posterior.kernel,
        torch.cat([posterior.inputs, added]),
        torch.cat([posterior.targets, member.scales[1].standardise(task.data.values[29:])]),
        torch.cat([posterior.noise, posterior.noise[-1:]]),
    )
    wanted = member.scales[0].centre + member.scales[0].spread * told.marginal(packed)[0]
    torch.testing.assert_close(mean, wanted)
    unknown = member.predict(Features(asked.fingerprint, asked.latent, torch.full((1,), torch.nan).double()))
    assert float(unknown[1]) > float(member.predict(asked)[1])


def test_limits_and_robust_noise_work_in_every_task() -> None:
    whole = example(30)
    target, task = first(whole, 15), source_of(whole, 15)
    limits = (target.values > target.values.quantile(0.7)).double()
    target = replace(target, bounds=limits, robust=True)
    above = (task.data.values > task.data.values.quantile(0.8)).double()
    member = fit_multitask_gp(target, [replace(task, data=replace(task.data, bounds=above))], seed=0)
    loo = member.loo()
    assert loo.bounds is not None
    assert loo.known.tolist() == (limits == 0).tolist()
    assert bool(torch.isfinite(loo.log_scores).all())


def test_sources_that_do_not_fit_are_refused() -> None:
    data = example(6)
    task = source_of(data, 6)
    with pytest.raises(SurrogateError, match="do not fit the 5 measurements"):
        fit_multitask_gp(first(data, 5), [task], seed=0)
    computable = replace(task, computable=True)
    with pytest.raises(SurrogateError, match="More than one source"):
        fit_multitask_gp(data, [computable, computable], seed=0)
    with pytest.raises(SurrogateError, match="lack its values"):
        fit_multitask_gp(data, [computable], seed=0).predict(example(2).features)


def test_physics_estimates_are_read_where_every_task_has_them() -> None:
    whole = example(14)
    assert whole.features.latent is not None
    told = replace(whole, features=replace(whole.features, physics=whole.features.latent[:, :2].clone()))
    with_all = fit_multitask_gp(first(told, 8), [source_of(told, 8)], seed=0)
    with_some = fit_multitask_gp(first(told, 8), [source_of(whole, 8)], seed=0)
    assert with_all.process.layout.physics == 2
    assert with_some.process.layout.physics == 0
    for member in (with_all, with_some):
        mean, _ = member.predict(told.features[8:])
        assert bool(torch.isfinite(mean).all())
        joint = member.joint(told.features[8:])
        torch.testing.assert_close(joint.mean, mean)
