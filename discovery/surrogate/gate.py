r"""The gate: which member speaks this round, by leave-one-out, and why, in words.

The rule is that of one standard error [Hastie2009]_ on paired differences: of the members that the best-scoring one does not lead
by more than one standard error take the one that is trusted beforehand, else the simplest. So another member is used only where
the measurements show that it pays.

.. [Hastie2009]
    T. Hastie, R. Tibshirani, J. Friedman. The elements of statistical learning, 2nd edition, 7.10. Springer,
    2009.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from torch import Tensor

from discovery.errors import SurrogateError
from discovery.surrogate.calibration import with_tails
from discovery.surrogate.surrogate import Surrogate
from discovery.surrogate.validation import LeaveOneOut, mean_predictor

FEWEST = 3
"""Measurements below which nothing is compared: two differences have no standard error worth the name."""

CHOICE_ERRORS = 1.0
"""Standard errors that a lead must exceed for the costlier member to be used."""

SKILL_ERRORS = 2.0
"""Standard errors by which the chosen member must beat the mean before it may claim skill: a claim needs more
than a choice."""

OPTIMISM = 2.0
"""Log score, summed over all measurements, that a member must gain on the mean before any of it counts as
skill. Its hyper-parameters saw the left-out points, which on shuffled targets was worth 1 to 1.5 whatever
their number (10 to 40)."""


@dataclass(frozen=True)
class MemberScore:
    """A member's leave-one-out numbers.

    Args:
        name: Of the member.
        log_score: Mean log predictive density; higher is better.
        difference: Its mean log score minus that of the simplest member.
        standard_error: Of that difference, paired by measurement.
        rmse: Root mean square error, in the property's unit.
        r2: Share of variance explained; ``None`` where all values are the same.
        spearman_error_sigma: Rank correlation of ``|error|`` and predicted deviation; ``None`` where one does
            not vary.
        coverage_50: Share of values inside their 50 % interval.
        coverage_80: Share of values inside their 80 % interval.
        coverage_95: Share of values inside their 95 % interval.
        miscalibration_area: Mean distance between the probability of a central interval and the share of values inside it.
    """

    name: str
    log_score: float
    difference: float
    standard_error: float
    rmse: float
    r2: float | None
    spearman_error_sigma: float | None
    coverage_50: float
    coverage_80: float
    coverage_95: float
    miscalibration_area: float


@dataclass(frozen=True)
class GateDecision:
    """Which member to use, and what it rests on.

    Args:
        chosen: Name of the member.
        scores: Of all members, simplest first; empty where there were too few measurements to compare.
        reason: Why, in words.
        control: Scores of predicting the mean, or ``None`` where there were too few measurements.
        skilful: Whether the chosen member beats the mean by more than the noise.
        barred: Names of members that were not considered, as what they refine does not beat the mean.
    """

    chosen: str
    scores: tuple[MemberScore, ...]
    reason: str
    control: MemberScore | None
    skilful: bool
    barred: tuple[str, ...] = ()


def paired_difference(scores: Tensor, reference: Tensor) -> tuple[float, float]:
    """Mean of ``n`` paired differences, ``scores`` minus ``reference``, and its standard error."""
    differences = scores - reference
    return float(differences.mean()), float(differences.std()) / math.sqrt(len(differences))


def control_of(left_out: LeaveOneOut) -> LeaveOneOut:
    """Predicting the mean of the others, for the measurements of a member: with Student-t tails where the member has them, as
    heavy tails alone would pass for skill otherwise.

    Raises:
        SurrogateError: fewer than three values.
    """
    mean = mean_predictor(left_out.values, left_out.bounds)
    return mean if left_out.degrees is None else with_tails(mean)


def gate(
    members: Sequence[Surrogate],
    left_out: Sequence[LeaveOneOut] | None = None,
    *,
    trusted: str = "",
    flattered: Sequence[str] = (),
    refined: Mapping[str, str] | None = None,
) -> GateDecision:
    """Choose a member.

    Args:
        members: Fitted to the same measurements in the same order, simplest first.
        left_out: Their leave-one-out, where it is at hand already.
        trusted: Name of the member that is used unless another is better by more than the noise, for what is known of it from
            elsewhere; by default the simplest. The others follow in their order.
        flattered: Names of members whose leave-one-out flatters them, as they have hyper-parameters of their own that saw the
            left-out points: :data:`OPTIMISM` is taken off the sum of their log scores before they are compared.
        refined: Names of members that refine another, with the name of that one. Where it does not beat the mean by more than
            the noise there is nothing to refine, and they are not considered: with shuffled targets a lead of one standard error
            over a member that says next to nothing came in one round of eight.

    Raises:
        SurrogateError: no members, two of one name, or members fitted to different measurements.
    """
    names = [member.name for member in members]
    if not members or len(set(names)) < len(names):
        raise SurrogateError("The gate needs members of different names.", "Fit at least one member.")
    size = members[0].size
    if any(member.size != size for member in members):
        raise SurrogateError(
            "The members were fitted to different measurements.", "Fit all to the same rows."
        )
    order = sorted(range(len(names)), key=lambda i: names[i] != trusted)
    if size < FEWEST:
        first = names[order[0]]
        return GateDecision(
            first,
            (),
            f"With {'one measurement' if size == 1 else f'{size} measurements'} nothing can be compared yet: "
            f"{first}, which is {'preferred beforehand' if first == trusted else 'the simplest'}, is used.",
            None,
            False,
        )
    left_out = left_out or [member.loo() for member in members]
    simplest = left_out[0]
    scores = tuple(_score(name, loo, simplest) for name, loo in zip(names, left_out, strict=True))
    worth = [
        loo.log_scores - (OPTIMISM / size if n in flattered else 0.0)
        for n, loo in zip(names, left_out, strict=True)
    ]
    barred = {
        name: base
        for name, base in (refined or {}).items()
        if name in names and base in names and not _edge(left_out[names.index(base)])[2]
    }
    order = [i for i in order if names[i] not in barred]
    best = max(order, key=lambda index: float(worth[index].mean()))
    leads = [paired_difference(worth[best], each) for each in worth]
    chosen = next(i for i in order if i == best or leads[i][0] <= CHOICE_ERRORS * leads[i][1])

    mean = control_of(left_out[chosen])
    edge, edge_error, skilful = _edge(left_out[chosen])
    # The mean's deviations follow its errors by construction: their correlation says nothing.
    control = replace(_score("mean", mean, simplest), spearman_error_sigma=None)
    choice = _choice_in_words(names, best, chosen, leads, order, trusted)
    if barred:
        verb = "is" if len(barred) == 1 else "are"
        bases = _listed(list(dict.fromkeys(barred.values())))
        others = "Of the others, " if len(order) > 1 else ""
        choice = (
            f"{_listed(list(barred))} {verb} not considered: {bases} predicts nothing yet to refine. "
            f"{others}{choice[0].lower() if others and choice.startswith('The ') else choice[0]}{choice[1:]}"
        )
    above = [
        n
        for n, s in zip(names, scores, strict=True)
        if s.log_score > scores[best].log_score and n not in barred
    ]
    if above:
        choice += (
            f" What {_listed(above)} is ahead by is not counted: its further hyper-parameters saw the left-out points, for "
            f"which {OPTIMISM / size:.2g} is taken off its log score."
        )
    reason = f"{choice} {_skill_in_words(edge, edge_error, size, skilful)}"
    return GateDecision(names[chosen], scores, reason, control, skilful, tuple(barred))


def _edge(left_out: LeaveOneOut) -> tuple[float, float, bool]:
    """What a member is ahead of predicting the mean, the standard error of that, and whether it is skill."""
    edge, error = paired_difference(left_out.log_scores, control_of(left_out).log_scores)
    return edge, error, edge - OPTIMISM / len(left_out.values) > SKILL_ERRORS * error


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _score(name: str, loo: LeaveOneOut, reference: LeaveOneOut) -> MemberScore:
    difference, error = paired_difference(loo.log_scores, reference.log_scores)
    return MemberScore(
        name=name,
        log_score=loo.log_score,
        difference=difference,
        standard_error=error,
        rmse=loo.rmse,
        r2=loo.r2,
        spearman_error_sigma=loo.spearman_error_sigma,
        coverage_50=loo.coverage(0.5),
        coverage_80=loo.coverage(0.8),
        coverage_95=loo.coverage(0.95),
        miscalibration_area=loo.miscalibration_area,
    )


def _choice_in_words(
    names: Sequence[str],
    best: int,
    chosen: int,
    leads: Sequence[tuple[float, float]],
    order: Sequence[int],
    trusted: str,
) -> str:
    if len(names) == 1:
        return f"{names[0]} is the only member."
    if len(order) == 1:
        return f"{names[chosen]}, the only other one, is used."
    before = order[: order.index(chosen)]
    if chosen == best and not before:
        what = "member that is preferred beforehand" if names[best] == trusted else "simplest member"
        return f"The {what}, {names[best]}, has the best leave-one-out log score and is used."
    if chosen == best:
        closest = min(before, key=lambda index: leads[index][0])
        lead, error = leads[closest]
        return (
            f"{names[best]} has the best leave-one-out log score; its lead of {lead:.3f} over {names[closest]}, the "
            f"closest of those preferred beforehand, is more than one standard error ({error:.3f}), so it is used."
        )
    lead, error = leads[chosen]
    why = "preferred beforehand" if names[chosen] == trusted else "simpler"
    return (
        f"{names[best]} has the best leave-one-out log score, but its lead of {lead:.3f} over "
        f"{names[chosen]} is within one standard error ({error:.3f}), so {names[chosen]}, which is {why}, is used."
    )


def _skill_in_words(edge: float, error: float, size: int, skilful: bool) -> str:
    if skilful:
        return f"It beats predicting the mean by {edge:.3f} (standard error {error:.3f})."
    if edge <= 0:
        return (
            f"It predicts no better than the mean does ({edge:+.3f}, standard error {error:.3f}): read its predictions as "
            "guesses."
        )
    flattery = OPTIMISM / size
    return (
        f"It is ahead of predicting the mean by {edge:.3f}, not yet by more than chance can give ({flattery:.3f} for "
        f"hyper-parameters that saw the left-out points, and {SKILL_ERRORS:g} standard errors of {error:.3f}): read its "
        "predictions as guesses."
    )
