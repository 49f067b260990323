"""Measurements that all others speak against, where what is said of a round would rest on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from botorch.utils.multi_objective.pareto import is_non_dominated

from discovery.acquisition.aim import Aim
from discovery.acquisition.front import measured_utilities
from discovery.acquisition.objectives import Objective
from discovery.acquisition.pursuit import Pursuit
from discovery.acquisition.utility import assured
from discovery.acquisition.wording import in_unit
from discovery.surrogate.learned import Learned
from discovery.surrogate.observations import Observation


def suspect_keys(models: Mapping[str, object], driven: Sequence[Objective]) -> frozenset[str]:
    """Keys of the polymers of which a driven property has a measurement that all others speak against.

    Args:
        models: What is learned of each property; one without a model has no suspects.
        driven: Objectives whose measurements count.
    """
    learned = (models.get(o.name) for o in driven)
    return frozenset(
        each.observation.unit.key for one in learned if isinstance(one, Learned) for each in one.outliers
    )


def best_is_suspect(pursuit: Pursuit) -> str:
    """That the best measured polymer, or one on the front, is so by a suspect measurement, and what to do; else empty."""
    aim = pursuit.aim
    told: list[str] = []
    front = _front_or_best(pursuit) if len(aim.driven) > 1 else frozenset()
    for objective in aim.driven:
        learned = pursuit.models[objective.name]
        best = _best_of(objective, aim, pursuit)
        for each in learned.outliers:
            observation = each.observation
            value = in_unit(observation.value, objective.unit)
            if observation.unit.key in best:
                told.append(f"The best {objective.name} ({value}) is one that all others speak against")
            elif observation.unit.key in front:
                name = observation.name or observation.unit.psmiles
                place = "on the front" if aim.pareto else "the best weighted sum"
                told.append(
                    f"The {objective.name} of {name} ({value}), which is {place}, is one that all others speak against"
                )
        if learned.outliers and not (told or learned.decision.skilful or learned.robust):
            told.append(
                f"The model of {objective.name} learns from a value that all others speak against, and predicts no better than "
                "the mean does"
            )
    if not told:
        return ""
    more = f" (and {len(told) - 1} more like it)" if len(told) > 1 else ""
    return f"{told[0]}{more}: measure it again before judging whether another batch pays."


def _best_of(objective: Objective, aim: Aim, pursuit: Pursuit) -> frozenset[str]:
    """Keys of the polymers that are best in one property, those aside that break a constraint."""
    measured = pursuit.models[objective.name].measured
    allowed: Sequence[Observation] = [o for o in measured if o.unit.key not in aim.barred] or measured
    worth = {o.unit.key: value for o in allowed if (value := assured(objective, o)) is not None}
    return frozenset(key for key, value in worth.items() if value == max(worth.values()))


def _front_or_best(pursuit: Pursuit) -> frozenset[str]:
    """Keys of the polymers on the front, or with the best weighted sum."""
    aim = pursuit.aim
    measured = measured_utilities(
        {name: one.measured for name, one in pursuit.models.items()}, aim.driven, aim.barred
    )
    if not measured.keys:
        return frozenset()
    if aim.pareto:
        rows = is_non_dominated(measured.utilities).nonzero().squeeze(-1).tolist()
    else:
        rows = [int(aim.weighed(measured.utilities).argmax())]
    return frozenset(measured.keys[row] for row in rows)
