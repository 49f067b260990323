"""Why a polymer is proposed, in words: the chance that it is better, what it is near, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.stats import t as student
from torch import Tensor

from discovery.acquisition.front import measured_utilities
from discovery.acquisition.grade import Grade
from discovery.acquisition.objectives import Objective
from discovery.acquisition.prediction import Z95, Prediction
from discovery.acquisition.pursuit import Pursuit
from discovery.acquisition.utility import assured, desirability, target_range
from discovery.acquisition.wording import SLIGHT, in_unit, percent
from discovery.polymers import Candidate
from discovery.surrogate.learned import Learned
from discovery.surrogate.observations import Observation
from discovery.surrogate.prior import without_prior
from discovery.surrogate.tanimoto import minmax_similarity

NEAR, FAR = 0.5, 0.25
"""Tanimoto similarities of fragment counts: from the first on, two repeat units share most of what they are made of; below the
second, they have little in common."""

WITHIN = " of those within the constraints"
"""Said of what has to be beaten where some of what is measured breaks a constraint, and does not count."""

DRAWS = 2048
"""Draws that a chance of several properties is counted over: told to within about two percent."""


def explain(
    candidates: Sequence[Candidate],
    told: Mapping[str, Sequence[Prediction]],
    pursuit: Pursuit,
    *,
    widened: Sequence[bool] = (),
    fulfils: Sequence[Mapping[str, float]] = (),
    feasibility: Sequence[float] = (),
    batch: bool = False,
    seed: int = 0,
) -> list[str]:
    """One reason for each of ``n`` candidates, against all that is measured: what it is for, and what is near it.

    Args:
        candidates: The chosen ones.
        told: What the surrogates say of them, by property: at least of the driven ones.
        pursuit: The surrogates, what is measured, and what is gone after.
        widened: Which were chosen for what they teach, and not for what they promise; by default none.
        fulfils: Probability of each constraint, by its text; by default not told.
        feasibility: Probability that each can be made; by default not told.
        batch: Whether they were picked together, so that one without a chance is the best of what is left.
        seed: Of the draws that joint chances are counted over.
    """
    if not candidates:
        return []
    similarities = _Similarities.of(candidates, pursuit)
    reasons = []
    for row in range(len(candidates)):
        predictions = {o.name: told[o.name][row] for o in pursuit.aim.driven}
        grades = {
            o.name: Grade.of(o, predictions[o.name], pursuit.models[o.name]) for o in pursuit.aim.driven
        }
        chance, words = _chance(predictions, grades, pursuit, seed)
        near, close = similarities.nearest(row)
        wide = bool(widened) and widened[row]
        explores = wide or Grade.UNCERTAIN in grades.values() or close < FAR or chance < SLIGHT
        parts = [f"{'Explores' if explores else 'Builds on what is known'}: {words}"]
        if wide:
            parts.append("chosen to widen, for what it would teach")
        elif batch and chance < SLIGHT:
            parts.append("best of what is left")
        if fulfils and fulfils[row]:
            parts.append(_allowed(fulfils[row]))
        if feasibility:
            parts.append(f"{percent(feasibility[row])} likely that it can be made")
        ground = _ground(close)
        driven = pursuit.aim.driven
        beyond = [o.name for o in driven if _beyond(o, predictions[o.name], pursuit.models[o.name])]
        if beyond and close < FAR:
            of = f"{' and '.join(beyond)} " if len(driven) > 1 else ""
            ground = f"{of}beyond all that is measured: by the trend of physics estimates, little else"
        reasons.append(f"{'; '.join(parts)}. Nearest measured: {near}, {ground}.")
    return reasons


def _allowed(chances: Mapping[str, float]) -> str:
    """How likely the constraints hold: taken apart each has a column of its own."""
    if len(chances) == 1:
        ((text, chance),) = chances.items()
        return f"{percent(chance)} likely that {text}"
    return f"{percent(math.prod(chances.values()))} likely to fulfil the {len(chances)} constraints on measured properties"


def _beyond(objective: Objective, prediction: Prediction, learned: Learned) -> bool:
    """Whether a prediction is beyond every measured value where more is wanted, by a model with a trend in physics estimates."""
    by_prior = learned.prior is not None and learned.prior.name.startswith("physics:")
    trend = by_prior or without_prior(learned.decision.chosen) != "fingerprint"
    if objective.direction == "target" or not trend:
        return False
    return all(objective.sign * prediction.mean > objective.sign * o.value for o in learned.measured)


def explain_space_filling(why: str, *, first: bool = False) -> str:
    """The reason of a proposal that no model made; ``first`` if it was chosen before anything was known or proposed."""
    if first:
        return f"a typical polymer of the pool, to begin in its middle ({why})"
    return f"stands for a part of the pool that nothing measured or proposed is near ({why})"


def explain_no_estimate(learned: Learned, screened: int, chosen: Sequence[Candidate]) -> str:
    """What the user should know of candidates that the prior mean has no estimate for.

    Args:
        learned: What it learned with, prior mean and all.
        screened: How many candidates were predicted without an estimate.
        chosen: The batch; those of it that have none are named.
    """
    prior = learned.prior
    if prior is None:
        return ""
    polymers = "1 candidate has" if screened == 1 else f"{screened:,} candidates have"
    told = f"{polymers} no estimate for the prior mean {prior.name}, and keep the plain mean, less surely"
    reasons = {c.name or c.unit.psmiles: prior.why_not(c.unit) for c in chosen}
    named = [f"{name} ({why})" for name, why in reasons.items() if why]
    return f"{told}; among the best of them: {', '.join(named)}." if named else f"{told}."


def _chance(
    predictions: Mapping[str, Prediction], grades: Mapping[str, Grade], pursuit: Pursuit, seed: int
) -> tuple[float, str]:
    """How likely it is better than what is measured, or what is wanted, and the words for it with the grades."""
    measured = {name: learned.measured for name, learned in pursuit.models.items()}
    barred = pursuit.aim.barred
    following = {
        o.name: _Following.of(predictions[o.name], pursuit.models[o.name]) for o in pursuit.aim.driven
    }
    each = [
        _chance_alone(
            o,
            predictions[o.name],
            following[o.name],
            measured[o.name],
            barred,
            brief=len(pursuit.aim.driven) > 1,
        )
        for o in pursuit.aim.driven
    ]
    if len(each) == 1:
        ((chance, text),), (objective,) = each, pursuit.aim.driven
        shown = predictions[objective.name]
        between = f"{in_unit(shown.lower, '')} to {in_unit(shown.upper, objective.unit)}"
        return chance, f"{text}, {grades[objective.name]} (95% interval {between})"
    words = ", ".join(
        f"{o.name} {text} ({grades[o.name]})" for o, (_, text) in zip(pursuit.aim.driven, each, strict=True)
    )
    complete = measured_utilities(measured, pursuit.aim.driven, barred).utilities
    if not len(complete):
        return max(chance for chance, _ in each), words
    generator = np.random.default_rng([seed, 29])
    utilities = pursuit.aim.utilities({name: one.drawn(generator) for name, one in following.items()})
    if pursuit.aim.pareto:
        beaten = (complete >= utilities.unsqueeze(1)).all(dim=-1).any(dim=-1)
        chance = float((~beaten).double().mean())
        front = f"the front{WITHIN if barred else ''}"
        return chance, f"{percent(chance)} chance to join {front}; {words}"
    chance = float((pursuit.aim.weighed(utilities) > pursuit.aim.weighed(complete).max()).double().mean())
    best = f"the best measured weighted sum{WITHIN if barred else ''}"
    return chance, f"{percent(chance)} chance to beat {best}; {words}"


@dataclass(frozen=True, slots=True)
class _Following:
    """The next measurement on the property's scale, as the interval of its prediction was made: of a normal or a Student-t.

    Args:
        mean: Its median.
        spread: Scale of the Student-t, deviation of the normal.
        degrees: Of freedom; infinite for a normal.
    """

    mean: float
    spread: float
    degrees: float

    @classmethod
    def of(cls, prediction: Prediction, learned: Learned) -> _Following:
        degrees = math.inf if learned.calibration is None else learned.calibration.degrees
        mean, sigma = prediction.on(learned.scale)
        return cls(mean, sigma * Z95 / float(student.ppf(0.975, degrees)), degrees)

    def below(self, value: float) -> float:
        """Probability that it lies below a value on the scale."""
        return float(student.cdf((value - self.mean) / self.spread, self.degrees))

    def drawn(self, generator: np.random.Generator) -> Tensor:
        """:data:`DRAWS` of it."""
        normal = math.isinf(self.degrees)
        standard = generator.standard_normal(DRAWS) if normal else generator.standard_t(self.degrees, DRAWS)
        return torch.from_numpy(self.mean + self.spread * standard)


def _chance_alone(
    objective: Objective,
    prediction: Prediction,
    following: _Following,
    measured: Sequence[Observation],
    barred: Container[str],
    *,
    brief: bool,
) -> tuple[float, str]:
    likely = "" if brief else " chance"
    if objective.direction == "target":
        low, high = target_range(objective)
        chance = following.below(high) - following.below(low)
        assert objective.low is not None
        assert objective.high is not None
        wanted = in_unit(objective.high, objective.unit)
        if objective.low < objective.high:
            wanted = f"{in_unit(objective.low, '')} to {wanted}"
            words = f"{percent(chance)}{likely} to lie within {wanted}"
        else:
            assert objective.tolerance is not None
            chance = following.below(high + objective.tolerance) - following.below(low - objective.tolerance)
            words = f"{percent(chance)}{likely} to lie within the tolerance of {wanted}"
        met = desirability(objective, prediction.mean)
        return chance, f"{words}, desirability {met:.2f}{'' if brief else _desirability_in_words(met)}"
    allowed = [o for o in measured if o.unit.key not in barred] or measured
    best = _best(objective, allowed)
    below = following.below(objective.scale.on(best.value))
    chance = below if objective.sign < 0 else 1.0 - below
    within = WITHIN if len(allowed) < len(measured) else ""
    if brief:
        return chance, f"{percent(chance)} to beat {in_unit(best.value, objective.unit)}"
    return chance, (
        f"{percent(chance)}{likely} to beat the best measured{within} ({in_unit(best.value, objective.unit)})"
    )


def _desirability_in_words(met: float) -> str:
    if met >= 1.0:
        return " (within the range, as predicted)"
    return " (beyond the tolerance, as predicted)" if met <= 0.0 else " (within the tolerance, as predicted)"


def _best(objective: Objective, measured: Sequence[Observation]) -> Observation:
    """The first of the best; a limit counts where it vouches for something, or where all are limits."""
    vouched = [(value, o) for o in measured if (value := assured(objective, o)) is not None]
    if vouched:
        return max(vouched, key=lambda pair: pair[0])[1]
    return max(measured, key=lambda o: objective.sign * o.value)


class _Similarities:
    """How like some candidates are to everything that is measured of a driven property."""

    def __init__(self, similarity: Tensor, observations: list[dict[str, Observation]], pursuit: Pursuit):
        self._similarity = similarity
        self._observations = observations
        self._pursuit = pursuit

    @classmethod
    def of(cls, candidates: Sequence[Candidate], pursuit: Pursuit) -> _Similarities:
        """Against the polymers in the order that they were measured in."""
        known: dict[str, dict[str, Observation]] = {}
        counts: list[Tensor] = []
        for objective in pursuit.aim.driven:
            learned = pursuit.models[objective.name]
            for row, observation in enumerate(learned.measured):
                if observation.unit.key not in known:
                    counts.append(learned.fingerprints[row])
                known.setdefault(observation.unit.key, {})[objective.name] = observation
        first = pursuit.models[pursuit.aim.driven[0].name]
        fingerprints = first.representation.fingerprints([c.unit for c in candidates])
        return cls(minmax_similarity(fingerprints, torch.stack(counts)), list(known.values()), pursuit)

    def nearest(self, row: int) -> tuple[str, float]:
        """The likest measured polymer in words, and the similarity."""
        place, close = int(self._similarity[row].argmax()), float(self._similarity[row].max())
        found = self._observations[place]
        one = next(iter(found.values()))
        driven = self._pursuit.aim.driven
        value = f"{_measured(one, driven[0].unit)}, " if len(driven) == 1 else ""
        return f"{one.name or one.unit.psmiles} ({value}similarity {close:.2f})", close


def _measured(observation: Observation, unit: str) -> str:
    sign = {"above": ">", "below": "<"}.get(observation.bound, "")
    return sign + in_unit(observation.value, unit)


def _ground(close: float) -> str:
    if close < FAR:
        return "new ground"
    return "partly new ground" if close < NEAR else "well-known ground"
