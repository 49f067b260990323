from __future__ import annotations

import functools
import math
from dataclasses import dataclass, replace

import pytest
import torch
from torch import Tensor

from discovery.errors import SurrogateError
from discovery.surrogate.calibration import calibrate, with_tails
from discovery.surrogate.contract import example, example_with_limits
from discovery.surrogate.crossfit import crossfitted
from discovery.surrogate.features import Data, Features, Views
from discovery.surrogate.gate import GateDecision, gate, paired_difference
from discovery.surrogate.members import fit_fingerprint_gp, fit_latent_gp
from discovery.surrogate.surrogate import Joint, Surrogate
from discovery.surrogate.validation import LeaveOneOut, mean_predictor


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


@dataclass(frozen=True, eq=False)
class Shuffled:
    """The members fitted to targets dealt out anew, their deviations corrected as in a round, and the gate on them."""

    decision: GateDecision
    alone: list[GateDecision]


def memorised(data: Data, seen: list[int], seed: int) -> Features:
    """What an adapter makes of polymers whose values it learned by heart: these lie along their values, all others anywhere."""
    latent = torch.stack([normal(len(data), 100 * seed + column) for column in range(4)], dim=-1)
    standard = (data.values - data.values.mean()) / data.values.std()
    latent[seen] = standard[seen].unsqueeze(-1).expand(-1, 4)
    return data.features.with_latent(latent)


@functools.cache
def shuffled() -> list[Shuffled]:
    found = []
    for seed in range(20):
        data = example(20, seed=seed)
        data = replace(data, values=data.values[normal(20, seed).argsort()])
        halves = [list(range(0, 20, 2)), list(range(1, 20, 2))]
        folds = [(memorised(data, seen, 2 * seed + i), seen) for i, seen in enumerate(halves)]
        plain, latent = fit_fingerprint_gp(data, seed=0), fit_latent_gp(data, seed=0)
        members: list[Surrogate] = [plain, latent]
        corrected = [
            calibrate(plain, plain.loo(), data.features, None, seed=0).loo,
            calibrate(latent, latent.loo(), data.features, plain, seed=0).loo,
        ]
        if seed < 10:  # it takes as long as both others
            members.append(crossfitted("projection", latent, folds))
            views = [features for features, _ in folds]
            corrected.append(calibrate(members[2], members[2].loo(), views, plain, seed=0).loo)
        alone = [gate([member], [loo]) for member, loo in zip(members, corrected, strict=True)]
        alone += [gate([member]) for member in members]
        found.append(
            Shuffled(gate(members, corrected, trusted="latent", refined={"projection": "latent"}), alone)
        )
    return found


def test_shuffled_targets_give_the_chosen_member_no_skill() -> None:
    claims = [each.decision.reason for each in shuffled() if each.decision.skilful]
    # Two standard errors let a guess pass for skill about once in forty.
    assert len(claims) <= 1, claims
    honest = [each.decision for each in shuffled() if not each.decision.skilful]
    assert all("read its predictions as guesses" in decision.reason for decision in honest)


def test_shuffled_targets_give_no_member_skill_with_or_without_corrected_deviations() -> None:
    every = [alone for each in shuffled() for alone in each.alone]
    claims = [alone.chosen for alone in every if alone.skilful]
    assert len(claims) <= 0.05 * len(every), claims


def test_shuffled_targets_rarely_take_the_place_of_the_trusted_member() -> None:
    """A lead of one standard error comes by chance about once in six, for each rival that is considered."""
    chosen = [each.decision.chosen for each in shuffled()]
    assert chosen[:10].count("projection") == 0, chosen
    assert chosen.count("latent") > len(chosen) // 2, chosen


def test_real_targets_give_the_latent_skill() -> None:
    assert gate([fit_latent_gp(example(40), seed=0)]).skilful


def close_rivals(advantage: float) -> list[Oracle]:
    """A plain member, a trusted one and a costly one; the costly one's errors are smaller by the given part."""
    first, second = (ERRORS[torch.randperm(40, generator=torch.Generator().manual_seed(i))] for i in (1, 0))
    return [
        Oracle("plain", 1.05 * first, VALUES),
        Oracle("latent", ERRORS, VALUES),
        Oracle("costly", (1.0 - advantage) * second, VALUES, 1.0 - advantage),
    ]


def test_trusted_member_is_used_within_the_noise_though_another_scores_better() -> None:
    decision = gate(close_rivals(0.03), trusted="latent")
    best = max(decision.scores, key=lambda score: score.log_score)
    assert best.name == "costly"
    assert decision.chosen == "latent"
    assert "costly has the best leave-one-out log score" in decision.reason
    assert "so latent, which is preferred beforehand, is used" in decision.reason


def test_another_is_used_when_it_leads_the_trusted_one_by_more_than_one_standard_error() -> None:
    members = close_rivals(0.7)
    decision = gate(members, trusted="latent")
    lead, error = paired_difference(members[2].loo().log_scores, members[1].loo().log_scores)
    assert lead > error
    assert decision.chosen == "costly"
    assert f"its lead of {lead:.3f} over latent" in decision.reason
    assert f"is more than one standard error ({error:.3f}), so it is used." in decision.reason


def test_trusted_member_that_scores_best_is_used_and_the_words_say_why_it_came_first() -> None:
    members = [Oracle("plain", 3.0 * ERRORS, VALUES, 3.0), Oracle("latent", ERRORS, VALUES)]
    reason = gate(members, trusted="latent").reason
    assert "member that is preferred beforehand, latent, has the best" in reason


def test_where_the_trusted_one_is_beaten_the_simplest_of_the_others_within_the_noise_is_used() -> None:
    other = ERRORS[torch.randperm(40, generator=torch.Generator().manual_seed(0))]
    members = [
        Oracle("plain", ERRORS, VALUES),
        Oracle("latent", 4.0 * ERRORS, VALUES, 4.0),
        Oracle("costly", 0.98 * other, VALUES),
    ]
    decision = gate(members, trusted="latent")
    assert decision.chosen == "plain"
    assert "plain, which is simpler, is used" in decision.reason


def test_a_lead_that_is_mere_flattery_is_told_as_such() -> None:
    members = [Oracle("plain", ERRORS, VALUES), Oracle("costly", 0.99 * ERRORS, VALUES)]
    assert "What costly is ahead by" not in gate(members).reason
    decision = gate(members, flattered=["costly"])
    assert decision.chosen == "plain"
    assert (
        "plain, has the best leave-one-out log score and is used. What costly is ahead by is not counted"
        in decision.reason
    )
    assert "for which 0.05 is taken off its log score" in decision.reason


def test_a_refined_member_is_considered_only_where_what_it_refines_beats_the_mean() -> None:
    blind = [Oracle("latent", 10.0 * ERRORS, VALUES, 10.0), Oracle("projection", 3.0 * ERRORS, VALUES, 3.0)]
    sighted = [Oracle("latent", 3.0 * ERRORS, VALUES, 3.0), Oracle("projection", ERRORS, VALUES)]
    barred = gate(blind, trusted="latent", refined={"projection": "latent"})
    assert gate(blind, trusted="latent").chosen == "projection"
    assert barred.chosen == "latent"
    assert barred.barred == ("projection",)
    assert barred.reason.startswith(
        "projection is not considered: latent predicts nothing yet to refine. latent, the only other one, "
    )
    assert [score.name for score in barred.scores] == ["latent", "projection"]
    assert gate(sighted, trusted="latent", refined={"projection": "latent"}).chosen == "projection"


def test_a_refined_variant_stands_or_falls_with_the_variant_that_it_refines() -> None:
    members = [
        Oracle("latent", 10.0 * ERRORS, VALUES, 10.0),
        Oracle("latent + physics", 3.0 * ERRORS, VALUES, 3.0),
        Oracle("projection", 9.0 * ERRORS, VALUES, 9.0),
        Oracle("projection + physics", ERRORS, VALUES),
    ]
    refined = {"projection": "latent", "projection + physics": "latent + physics"}
    decision = gate(members, trusted="latent", refined=refined)
    assert decision.chosen == "projection + physics"
    assert "projection is not considered" in decision.reason


def test_without_a_trusted_name_among_the_members_the_simplest_comes_first() -> None:
    members = close_rivals(0.03)
    assert gate(members, trusted="nobody").chosen == gate(members).chosen == "plain"


@pytest.mark.parametrize("n", [1, 2])
def test_too_few_measurements_leave_the_trusted_member(n: int) -> None:
    members = [Oracle("plain", ERRORS[:n], VALUES[:n]), Oracle("latent", ERRORS[:n], VALUES[:n])]
    decision = gate(members, trusted="latent")
    assert decision.chosen == "latent"
    assert "latent, which is preferred beforehand, is used" in decision.reason


def test_the_simplest_members_row_is_what_others_are_compared_with_whoever_is_trusted() -> None:
    decision = gate(close_rivals(0.03), trusted="latent")
    assert [score.name for score in decision.scores] == ["plain", "latent", "costly"]
    assert decision.scores[0].difference == 0.0


def test_heavy_tails_alone_are_no_skill() -> None:
    """Values with slips, predicted by nothing but their mean: a Student-t beats a normal, and so must the control have one."""
    generator = torch.Generator().manual_seed(3)
    values = torch.randn(60, generator=generator, dtype=torch.float64)
    values[::10] *= 30.0
    normal_mean = mean_predictor(values)
    tailed = with_tails(normal_mean)
    edge, error = paired_difference(tailed.log_scores, normal_mean.log_scores)
    assert edge > 2.0 * error + 2.0 / 60
    decision = gate([Oracle("plain", 0.0 * values, values)], [tailed])
    assert not decision.skilful
    assert decision.control is not None
    assert decision.control.log_score == pytest.approx(tailed.log_score)


def test_a_member_without_tails_is_compared_with_the_plain_mean() -> None:
    decision = gate([Oracle("plain", ERRORS, VALUES)])
    assert decision.control is not None
    assert decision.control.log_score == pytest.approx(mean_predictor(VALUES).log_score)


def test_limits_count_in_the_choice_and_the_control_knows_them() -> None:
    data = example_with_limits(30)
    members: list[Surrogate] = [fit_fingerprint_gp(data, seed=0), fit_latent_gp(data, seed=0)]
    left_out = [with_tails(member.loo()) for member in members]
    decision = gate(members, left_out, trusted="latent")
    assert decision.control is not None
    assert data.bounds is not None
    wanted = with_tails(mean_predictor(data.values, data.bounds))
    assert decision.control.log_score == pytest.approx(wanted.log_score)
    assert all(math.isfinite(score.log_score) for score in decision.scores)


def test_scores_hold_the_coverages_and_the_miscalibration_of_each_member() -> None:
    score = gate([Oracle("plain", ERRORS, VALUES)]).scores[0]
    loo = Oracle("plain", ERRORS, VALUES).loo()
    assert (score.coverage_50, score.coverage_80, score.coverage_95) == tuple(
        loo.coverage(level) for level in (0.5, 0.8, 0.95)
    )
    assert score.miscalibration_area == loo.miscalibration_area
