"""Why a polymer is proposed, in words: the chance that it is better, what it is near, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from discovery.acquisition.objectives import Objective
from discovery.acquisition.prediction import Prediction
from discovery.acquisition.pursuit import Pursuit
from discovery.acquisition.utility import assured, desirability, spread_on, target_range
from discovery.polymers import Candidate
from discovery.surrogate.learned import Learned
from discovery.surrogate.observations import Observation
from discovery.surrogate.tanimoto import minmax_similarity

NEAR, FAR = 0.5, 0.25
"""Tanimoto similarities of fragment counts: from the first on, two repeat units share most of what they are made of; below the
second, they have little in common."""

SURE, UNSURE = 0.5, 0.75
"""Predicted standard deviation over that of the measured values: below the first, the model has removed three quarters of the
variance or more; from the second on, less than half."""

SLIGHT = 0.005
"""Chance below which a proposal must say what else it is for."""

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
    seed: int = 0,
) -> list[str]:
    """One reason for each of ``n`` candidates, against all that is measured.

    Args:
        candidates: The chosen ones.
        told: What the surrogates say of them, by property: at least of the driven ones.
        pursuit: The surrogates, what is measured, and what is gone after.
        widened: Which were chosen for what they teach, and not for what they promise; by default none.
        fulfils: Probability of each constraint, by its text; by default not told.
        feasibility: Probability that each can be made; by default not told.
        seed: Of the draws that joint chances are counted over.
    """
    if not candidates:
        return []
    similarities = _Similarities.of(candidates, pursuit)
    reasons = []
    for row in range(len(candidates)):
        predictions = {o.name: told[o.name][row] for o in pursuit.aim.driven}
        chance, words = _chance(predictions, pursuit, seed)
        near, close = similarities.nearest(row)
        unsure = _unsure(predictions, pursuit)
        wide = bool(widened) and widened[row]
        explores = wide or unsure >= UNSURE or close < FAR or chance < SLIGHT
        parts = [f"{'explores' if explores else 'builds on what is known'}: {words}"]
        if wide:
            parts.append("chosen to widen: what its measurement would teach counts, not what it promises")
        elif chance < SLIGHT:
            parts.append("chosen since nothing left on the list promises more beside those before it")
        parts.append(f"nearest measured: {near}")
        parts.append(f"{_sureness(unsure)} ({_intervals(predictions, pursuit)}), {_ground(close)}")
        if fulfils and fulfils[row]:
            parts += [f"{share:.0%} likely that {text}" for text, share in fulfils[row].items()]
        if feasibility:
            parts.append(f"{feasibility[row]:.0%} likely that it can be made")
        reasons.append("; ".join(parts))
    return reasons


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


def in_unit(value: float, unit: str) -> str:
    """A value as it is written in a sentence."""
    size = abs(value)
    text = f"{value:.0f}" if 100 <= size < 1e6 else f"{value:.3g}"
    return f"{text} {unit}".strip()


def _chance(predictions: Mapping[str, Prediction], pursuit: Pursuit, seed: int) -> tuple[float, str]:
    """How likely it is better than what is measured, or what is wanted, and the words for it."""
    each = [_chance_alone(o, predictions[o.name], pursuit.models[o.name]) for o in pursuit.aim.driven]
    if len(each) == 1:
        return each[0]
    words = ", ".join(f"{o.name} {text}" for o, (_, text) in zip(pursuit.aim.driven, each, strict=True))
    complete = complete_utilities(pursuit)
    if not len(complete):
        return max(chance for chance, _ in each), words
    generator = torch.Generator().manual_seed(seed)
    drawn = {}
    for objective in pursuit.aim.driven:
        mean, sigma = predictions[objective.name].on(objective.scale)
        drawn[objective.name] = mean + sigma * torch.randn(DRAWS, generator=generator, dtype=torch.float64)
    utilities = pursuit.aim.utilities(drawn)
    if pursuit.aim.pareto:
        beaten = (complete >= utilities.unsqueeze(1)).all(dim=-1).any(dim=-1)
        chance = float((~beaten).double().mean())
        return chance, f"{_percent(chance)} chance that no measured polymer beats it in everything ({words})"
    chance = float((pursuit.aim.weighed(utilities) > pursuit.aim.weighed(complete).max()).double().mean())
    return chance, f"{_percent(chance)} chance to beat the best measured weighted sum ({words})"


def _chance_alone(objective: Objective, prediction: Prediction, learned: Learned) -> tuple[float, str]:
    mean, sigma = prediction.on(objective.scale)
    if objective.direction == "target":
        low, high = target_range(objective)
        chance = _normal_cdf((high - mean) / sigma) - _normal_cdf((low - mean) / sigma)
        assert objective.low is not None
        assert objective.high is not None
        wanted = in_unit(objective.high, objective.unit)
        if objective.low < objective.high:
            wanted = f"{in_unit(objective.low, '')} to {wanted}"
            words = f"{_percent(chance)} chance to lie within {wanted}"
        else:
            assert objective.tolerance is not None
            near = _normal_cdf((high + objective.tolerance - mean) / sigma)
            chance = near - _normal_cdf((low - objective.tolerance - mean) / sigma)
            words = f"{_percent(chance)} chance to lie within the tolerance of {wanted}"
        return chance, f"{words}, desirability {desirability(objective, prediction.mean):.2f}"
    best = _best(objective, learned.measured)
    at = objective.scale.on(best.value)
    chance = _normal_cdf(objective.sign * (mean - at) / sigma)
    return chance, (
        f"{_percent(chance)} chance to beat the best measured ({in_unit(best.value, objective.unit)})"
    )


def _best(objective: Objective, measured: Sequence[Observation]) -> Observation:
    """The first of the best; a limit counts where it vouches for something, or where all are limits."""
    vouched = [(value, o) for o in measured if (value := assured(objective, o)) is not None]
    if vouched:
        return max(vouched, key=lambda pair: pair[0])[1]
    return max(measured, key=lambda o: objective.sign * o.value)


def complete_utilities(pursuit: Pursuit) -> Tensor:
    """Utilities, ``n x k``, of the polymers that all ``k`` driven properties are measured of."""
    by_key = []
    for objective in pursuit.aim.driven:
        measured = pursuit.models[objective.name].measured
        by_key.append({o.unit.key: value for o in measured if (value := assured(objective, o)) is not None})
    rows = [[one[key] for one in by_key] for key in by_key[0] if all(key in one for one in by_key)]
    return torch.tensor(rows, dtype=torch.float64).reshape(len(rows), len(by_key))


def _unsure(predictions: Mapping[str, Prediction], pursuit: Pursuit) -> float:
    """Predicted deviation over that of the measured values; of several properties the mean."""
    shares = []
    for objective in pursuit.aim.driven:
        spread = spread_on(objective, pursuit.models[objective.name].measured)
        shares.append(predictions[objective.name].on(objective.scale)[1] / spread)
    return sum(shares) / len(shares)


def _intervals(predictions: Mapping[str, Prediction], pursuit: Pursuit) -> str:
    several = len(pursuit.aim.driven) > 1
    parts = []
    for objective in pursuit.aim.driven:
        prediction = predictions[objective.name]
        between = f"{in_unit(prediction.lower, '')} to {in_unit(prediction.upper, objective.unit)}"
        parts.append(f"{objective.name} {between}" if several else between)
    return f"95% interval {', '.join(parts)}"


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
        values = [
            f"{o.name} {_measured(found[o.name], o.unit)}"
            if len(self._pursuit.aim.driven) > 1
            else _measured(found[o.name], o.unit)
            for o in self._pursuit.aim.driven
            if o.name in found
        ]
        return f"{one.name or one.unit.psmiles} ({', '.join(values)}, similarity {close:.2f})", close


def _measured(observation: Observation, unit: str) -> str:
    sign = {"above": ">", "below": "<"}.get(observation.bound, "")
    return sign + in_unit(observation.value, unit)


def _sureness(unsure: float) -> str:
    if unsure < SURE:
        return "fairly sure"
    return "moderately sure" if unsure < UNSURE else "uncertain"


def _ground(close: float) -> str:
    if close < FAR:
        return "new ground"
    return "partly new ground" if close < NEAR else "well-known ground"


def _percent(chance: float) -> str:
    return "under 1%" if chance < SLIGHT else f"{chance:.0%}"


def _normal_cdf(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))
