from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from discovery.errors import SurrogateError
from discovery.surrogate.contract import example
from discovery.surrogate.crossfit import fit_crossfitted_gp
from discovery.surrogate.features import Data, Views
from discovery.surrogate.gate import gate
from discovery.surrogate.members import fit_fingerprint_gp, fit_latent_gp
from discovery.surrogate.surrogate import Joint, Surrogate
from discovery.surrogate.validation import LeaveOneOut


@dataclass(frozen=True, eq=False)
class Oracle:
    """A surrogate that knows every left-out value up to errors given to it; someone's own, to the gate."""

    name: str
    errors: Tensor
    values: Tensor
    sigma: float = 1.0
    views: int = 1

    @property
    def size(self) -> int:
        return len(self.values)

    def loo(self) -> LeaveOneOut:
        return LeaveOneOut(
            self.values + self.errors, torch.full_like(self.values, self.sigma**2), self.values
        )

    def joint(self, features: Views) -> Joint:
        raise NotImplementedError

    def predict(self, features: Views) -> tuple[Tensor, Tensor]:
        raise NotImplementedError


def normal(n: int, seed: int) -> Tensor:
    return torch.randn(n, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


VALUES = 10.0 * normal(40, 0)
ERRORS = normal(40, 1)


def test_clearly_better_member_is_chosen_over_the_simpler_one() -> None:
    decision = gate([Oracle("plain", 3.0 * ERRORS, VALUES, 3.0), Oracle("costly", ERRORS, VALUES)])
    assert decision.chosen == "costly"
    assert decision.scores[1].difference > decision.scores[1].standard_error > 0
    assert "more than one standard error" in decision.reason
    assert decision.skilful


def test_simpler_member_is_chosen_within_the_noise() -> None:
    slightly = Oracle("costly", ERRORS * (1.0 - 0.02 * normal(40, 2)), VALUES)
    decision = gate([Oracle("plain", ERRORS * 1.001, VALUES), slightly])
    assert decision.chosen == "plain"
    assert (
        abs(decision.scores[1].difference) < decision.scores[1].standard_error
        or decision.scores[1].difference < 0
    )


def test_within_the_noise_the_reason_says_so() -> None:
    other = ERRORS[torch.randperm(40, generator=torch.Generator().manual_seed(0))]
    members = [Oracle("plain", ERRORS, VALUES), Oracle("costly", 0.98 * other, VALUES)]
    decision = gate(members)
    assert decision.chosen == "plain"
    assert "within one standard error" in decision.reason


def test_middle_member_is_chosen_where_the_costliest_adds_nothing() -> None:
    members = [
        Oracle("plain", 3.0 * ERRORS, VALUES, 3.0),
        Oracle("middle", ERRORS, VALUES),
        Oracle(
            "costly", 0.98 * ERRORS[torch.randperm(40, generator=torch.Generator().manual_seed(0))], VALUES
        ),
    ]
    assert gate(members).chosen == "middle"


def test_worse_costly_member_is_not_chosen() -> None:
    decision = gate([Oracle("plain", ERRORS, VALUES), Oracle("costly", 3.0 * ERRORS, VALUES, 3.0)])
    assert decision.chosen == "plain"
    assert decision.scores[1].difference < 0


def test_prediction_no_better_than_the_mean_is_called_a_guess() -> None:
    decision = gate([Oracle("plain", 10.0 * ERRORS, VALUES, 10.0)])
    assert not decision.skilful
    assert "guesses" in decision.reason
    assert decision.control is not None
    assert decision.control.spearman_error_sigma is None


@pytest.mark.parametrize("n", [1, 2])
def test_too_few_measurements_leave_the_simplest_member(n: int) -> None:
    data = example(n)
    decision = gate([fit_fingerprint_gp(data, seed=0), fit_latent_gp(data, seed=0)])
    assert decision.chosen == "fingerprint"
    assert decision.scores == ()
    assert "nothing can be compared" in decision.reason


def test_identical_measurements_can_be_gated() -> None:
    data = Data(example(6).features, torch.full((6,), 400.0, dtype=torch.float64))
    decision = gate([fit_fingerprint_gp(data, seed=0), fit_latent_gp(data, seed=0)])
    assert not decision.skilful
    assert decision.scores[0].r2 is None


def test_members_of_different_measurements_or_one_name_are_refused() -> None:
    with pytest.raises(SurrogateError, match="different measurements"):
        gate([Oracle("a", ERRORS, VALUES), Oracle("b", ERRORS[:5], VALUES[:5])])
    with pytest.raises(SurrogateError, match="different names"):
        gate([Oracle("a", ERRORS, VALUES), Oracle("a", ERRORS, VALUES)])
    with pytest.raises(SurrogateError):
        gate([])


def test_shuffled_targets_give_no_member_skill() -> None:
    claims = []
    for seed in range(8):
        data = example(30, seed=seed)
        generator = torch.Generator().manual_seed(seed)
        shuffled = Data(data.features, data.values[torch.randperm(30, generator=generator)])
        folds = [(data.features, list(range(0, 30, 2))), (data.features, list(range(1, 30, 2)))]
        members: list[Surrogate] = [
            fit_fingerprint_gp(shuffled, seed=0),
            fit_latent_gp(shuffled, seed=0),
            fit_crossfitted_gp(folds, shuffled.values, seed=0),
        ]
        claims += [gate([member]).skilful for member in members]
    # Two standard errors let a guess pass for skill about once in forty.
    assert sum(claims) <= 1, claims


def test_real_targets_give_the_latent_skill() -> None:
    assert gate([fit_latent_gp(example(40), seed=0)]).skilful
