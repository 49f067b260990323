"""How far a campaign has come on one property: the best of its measurements, where some of them are only limits.

A limit never counts as a value. Only where it lies on the good side does it count as reached: who looks for the highest and reads
``>350`` has at least 350.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from campaigns.spec import ObjectiveSpec
from discovery.acquisition.breaking import breakers
from discovery.acquisition.objectives import Goal
from discovery.surrogate.observations import Observation
from discovery.surrogate.scale import Scale

WITHIN = "within the constraints"
"""Said of a best where some of what is measured breaks a constraint, and does not count."""

BREAKING = "breaking a constraint, as all measured do"
"""Said of a best where nothing else is measured."""


@dataclass(frozen=True, slots=True)
class BestSoFar:
    """The best of some measurements.

    Args:
        row: Its place among them.
        value: In the property's unit.
        bound: ``above`` or ``below`` where the value is only a limit.
        remark: What the constraints make of it: :data:`WITHIN`, :data:`BREAKING`, or empty where nothing breaks any.
    """

    row: int
    value: float
    bound: str
    remark: str


def keys_that_break(goal: Goal, observations: Mapping[str, Sequence[Observation]]) -> frozenset[str]:
    """Keys of the measured polymers that are known to break a constraint, by what is measured of them or by their structure:
    those that a round does not count either, when it says what has to be beaten.

    Args:
        goal: With the constraints, each in the unit of its property.
        observations: Of every property, in its unit.
    """
    return breakers(goal.constraints, observations)


def best_so_far(rows: pd.DataFrame, goal: ObjectiveSpec) -> BestSoFar | None:
    """The best measurement among polymers that are not known to break a constraint, among all where every one is; ``None`` where
    nothing is measured, where there are only limits that reach nothing, and for a property that is only observed.

    Args:
        rows: ``value``, and optional ``bound`` and ``breaks`` (whether the polymer is known to break a constraint).
        goal: What is wanted.
    """
    breaks = breaks_of(rows).to_numpy()
    counted = rows.index[~breaks] if not breaks.all() else rows.index
    away = shortfalls(rows["value"], bounds_of(rows), goal).loc[counted]
    if away.isna().all():
        return None
    row = rows.index.get_loc(away.idxmin())
    assert isinstance(row, int)
    remark = "" if not breaks.any() else BREAKING if breaks.all() else WITHIN
    return BestSoFar(row, float(rows["value"].iloc[row]), str(bounds_of(rows).iloc[row]), remark)


def breaks_of(rows: pd.DataFrame) -> pd.Series[bool]:
    """The column ``breaks`` of measurements; all false where there is none."""
    if "breaks" not in rows:
        return pd.Series(False, index=rows.index, dtype=bool)
    return rows["breaks"].astype(bool)


def bounds_of(rows: pd.DataFrame) -> pd.Series[str]:
    """The column ``bound`` of measurements: ``above``, ``below``, or empty for a value; all empty where there is none."""
    if "bound" not in rows:
        return pd.Series("", index=rows.index, dtype=object)
    return rows["bound"].fillna("").astype(str)


def is_log(goal: ObjectiveSpec) -> bool:
    """Whether the property runs over decades, and is shown so."""
    return goal.scale is Scale.LOG


def wanted_range(goal: ObjectiveSpec) -> tuple[float, float]:
    """Lower and upper end of what a target wants, in the property's unit.

    Raises:
        ValueError: the objective is no target.
    """
    if goal.target is None:
        raise ValueError(f"{goal.name} is no target")
    return goal.target


def shortfalls(values: pd.Series[float], bounds: pd.Series[str], goal: ObjectiveSpec) -> pd.Series[float]:
    """How far each value is from what is wanted, the less the better; NaN for limits that reach nothing, and for a property that
    is only observed.

    Args:
        values: ``n`` measurements in the property's unit.
        bounds: As :func:`bounds_of` gives them.
        goal: What is wanted.
    """
    numbers = values.astype(float)
    if goal.direction == "observe":
        return pd.Series(np.nan, index=numbers.index)
    if goal.direction == "target":
        low, high = map(goal.scale.on, wanted_range(goal))
        on_scale = numbers.map(goal.scale.on)
        away = (low - on_scale).clip(lower=0) + (on_scale - high).clip(lower=0)
        return away.where(bounds == "")
    better = "above" if goal.direction == "max" else "below"
    return (-numbers if goal.direction == "max" else numbers).where((bounds == "") | (bounds == better))


def running_best(values: pd.Series[float], bounds: pd.Series[str], goal: ObjectiveSpec) -> pd.Series[float]:
    """The best of the values up to and including each one; NaN before there is one."""
    away = shortfalls(values, bounds, goal)
    at, found = -1, []
    for position, distance in enumerate(away):
        if not np.isnan(distance) and (at < 0 or distance < away.iloc[at]):
            at = position
        found.append(float(values.iloc[at]) if at >= 0 else np.nan)
    return pd.Series(found, index=values.index, dtype=float)


def best_first(rows: pd.DataFrame, goal: ObjectiveSpec) -> pd.DataFrame:
    """Measurements in the order of their worth; limits that reach nothing, and what is only observed, last and as they were."""
    order = shortfalls(rows["value"], bounds_of(rows), goal)
    return rows.loc[order.sort_values(kind="stable", na_position="last").index]
