"""Several properties at once, as figures: what is measured and proposed with its Pareto front, and the hypervolumes of the
rounds.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from campaigns.best_so_far import is_log, wanted_range
from campaigns.reports.figures import BLUE, GREEN, GREY, INK, ORANGE, arrows, canvas
from campaigns.spec import ObjectiveSpec


def front(
    points: pd.DataFrame,
    proposed: pd.DataFrame,
    goals: tuple[ObjectiveSpec, ObjectiveSpec],
    reference: Mapping[str, float],
) -> Figure:
    """Two properties against each other: every polymer that has both, those that no other beats, and what is proposed.

    Args:
        points: One row for each polymer with both measured: a column for each property, ``on_front`` (bool) and, where there are
            limits, ``NAME_bound`` for each property.
        proposed: One row for each open proposal: ``NAME_mean``, ``NAME_lower``, ``NAME_upper`` for each property; NaN where
            nothing was predicted.
        goals: The two, the horizontal one first.
        reference: For each property that is maximised or minimised, the value from which on a polymer counts.
    """
    across, up = goals
    with canvas(5.4, 4.0) as (figure, axes):
        for goal, span in ((across, axes.axvspan), (up, axes.axhspan)):
            if goal.direction == "target":
                span(*wanted_range(goal), color=GREEN, alpha=0.13, linewidth=0, label=f"wanted {goal.name}")
        others, best = points[~points["on_front"]], points[points["on_front"]].sort_values(across.name)
        if len(others):
            axes.plot(others[across.name], others[up.name], "o", color=GREY, markersize=4, label="measured")
        _proposed(axes, proposed, across, up)
        if len(best):
            axes.plot(
                best[across.name],
                best[up.name],
                "s",
                color=BLUE,
                markersize=5.5,
                markeredgecolor="white",
                label=f"Pareto front ({len(best)})",
                zorder=4,
            )
            # A staircase stands for a front of two properties only; with more it is the front's shadow.
            if {across.direction, up.direction} <= {"max", "min"} and _is_staircase(best, across, up):
                axes.step(
                    best[across.name],
                    best[up.name],
                    where="post" if across.direction == "min" else "pre",
                    color=BLUE,
                    linewidth=1.2,
                    zorder=3,
                )
        for goal, other, sideways in ((across, up, True), (up, across, False)):
            if (column := f"{goal.name}_bound") in points:
                beside = points[other.name].to_numpy(dtype=float)
                arrows(axes, beside, points[goal.name], points[column], sideways=sideways)
        if across.name in reference and up.name in reference:
            at = (reference[across.name], reference[up.name])
            axes.plot(*at, "+", color=INK, markersize=10, markeredgewidth=1.4, label="reference point")
        if is_log(across):
            axes.set_xscale("log")
        if is_log(up):
            axes.set_yscale("log")
        axes.set(xlabel=f"{across.label}, {_wish(across)}", ylabel=f"{up.label}, {_wish(up)}")
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=8)
        return figure


def hypervolumes(history: pd.DataFrame) -> Figure:
    """How the hypervolume grew.

    Args:
        history: Columns ``round`` and ``hypervolume`` before that round.
    """
    with canvas(3.6, 3.0) as (figure, axes):
        axes.plot(history["round"], history["hypervolume"], "o-", color=BLUE, markersize=5, linewidth=1.8)
        axes.set(xlabel="round", ylabel="hypervolume before it")
        axes.set_ylim(bottom=0)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
        return figure


def _proposed(axes: Axes, proposed: pd.DataFrame, across: ObjectiveSpec, up: ObjectiveSpec) -> None:
    columns = [f"{goal.name}_{part}" for goal in (across, up) for part in ("mean", "lower", "upper")]
    if proposed.empty or not set(columns) <= set(proposed.columns):
        return
    rows = proposed[columns].astype(float).dropna()
    if rows.empty:
        return
    x, x_low, x_high, y, y_low, y_high = (rows[column] for column in columns)
    axes.errorbar(
        x,
        y,
        xerr=[(x - x_low).clip(lower=0), (x_high - x).clip(lower=0)],
        yerr=[(y - y_low).clip(lower=0), (y_high - y).clip(lower=0)],
        fmt="D",
        color=ORANGE,
        markersize=4.5,
        markeredgecolor="white",
        markeredgewidth=0.5,
        elinewidth=0.6,
        alpha=0.8,
        label="proposed, with 95 %",
    )


def _is_staircase(best: pd.DataFrame, across: ObjectiveSpec, up: ObjectiveSpec) -> bool:
    """Whether more of the one always goes with less of the other, as on a front of just these two."""
    gains = best[up.name].to_numpy(dtype=float) * (-1 if up.direction == "min" else 1)
    rises = np.diff(gains) * (-1 if across.direction == "max" else 1)
    return bool((rises >= 0).all())


def _wish(goal: ObjectiveSpec) -> str:
    words = {"max": "more is better", "min": "less is better", "target": "a range is wanted"}
    return words.get(goal.direction, "observed")
