"""What leaving one out says, as figures: predicted against measured, and how often the intervals hold what they promise."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, PercentFormatter
from scipy.stats import norm

from campaigns.best_so_far import bounds_of, is_log
from campaigns.reports.figures import BLUE, GREY, INK, ORANGE, arrows, canvas, looks
from campaigns.spec import ObjectiveSpec

LEVELS = np.linspace(0.05, 0.95, 19)
"""Probabilities of the intervals whose coverage is drawn."""


def parity(loo: pd.DataFrame, goal: ObjectiveSpec, title: str, limits: tuple[float, float]) -> Figure:
    """Left-out measurements against what the model predicted for them, with 95 % intervals.

    Args:
        loo: Columns ``measured``, ``mean`` (the median, where the property is shown on a logarithmic axis), ``lower``, ``upper``
            and, where there are limits, ``bound``; one row for each left-out polymer.
        goal: Names the axes.
        title: The member.
        limits: Of both axes.
    """
    bounds = bounds_of(loo)
    inside = (loo["measured"] >= loo["lower"]) & (loo["measured"] <= loo["upper"])
    with canvas(3.5, 3.6) as (figure, axes):
        axes.plot(limits, limits, color=GREY, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        for chosen, colour, marker, name in (
            (inside & (bounds == ""), BLUE, "o", "inside its interval"),
            (~inside & (bounds == ""), ORANGE, "D", "outside"),
        ):
            rows = loo[chosen]
            if rows.empty:
                continue
            axes.errorbar(
                rows["measured"],
                rows["mean"],
                # A mixture's interval may leave its mean at the edge; rounding must not make a length
                # negative.
                yerr=[
                    (rows["mean"] - rows["lower"]).clip(lower=0),
                    (rows["upper"] - rows["mean"]).clip(lower=0),
                ],
                fmt=marker,
                color=colour,
                markersize=4,
                markeredgecolor="white",
                markeredgewidth=0.5,
                elinewidth=0.7,
                alpha=0.9,
                label=f"{name} ({len(rows)})",
            )
        arrows(axes, loo["mean"].to_numpy(dtype=float), loo["measured"].astype(float), bounds, sideways=True)
        if is_log(goal):
            axes.set(xscale="log", yscale="log")
        axes.set(xlim=limits, ylim=limits, xlabel=f"measured {goal.label}", ylabel=f"predicted {goal.label}")
        axes.set_aspect("equal")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(numticks=6) if is_log(goal) else MaxNLocator(5))
        axes.set_title(title, fontsize=9.5, fontweight="bold", loc="left")
        axes.legend(loc="upper left", fontsize=7.5, handletextpad=0.2, borderaxespad=0.1)
        return figure


def calibration(scores: Mapping[str, pd.Series[float]]) -> Figure:
    """How many left-out values lie inside intervals of every probability; an honest model lies on the diagonal.

    Args:
        scores: Of each model the left-out errors in predicted standard deviations.
    """
    with canvas(3.9, 3.6) as (figure, axes):
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        for (name, z), (colour, dash, marker) in zip(scores.items(), looks(len(scores)), strict=True):
            axes.plot(
                LEVELS,
                coverages(z),
                color=colour,
                linestyle=dash,
                marker=marker,
                markersize=3.5,
                markeredgecolor="white",
                markeredgewidth=0.4,
                label=name,
            )
        for low, high, word in ((0.03, 0.97, "too cautious"), (0.97, 0.03, "too sure")):
            axes.text(
                *(low, high, word),
                fontsize=7.5,
                color=INK,
                ha="left" if low < high else "right",
                va="top" if low < high else "bottom",
            )
        axes.set(xlim=(0, 1), ylim=(0, 1.005))
        axes.set(xlabel="probability of the interval", ylabel="left-out values inside it")
        axes.set_aspect("equal")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(PercentFormatter(1.0, symbol=" %", decimals=0))
        axes.legend(loc="lower right", fontsize=7.5, bbox_to_anchor=(1.0, 0.07))
        return figure


def coverages(z: pd.Series[float]) -> list[float]:
    """The share of errors inside the central interval of each of :data:`LEVELS`; NaN where there is no error at all."""
    sizes = z.abs().to_numpy(dtype=float)
    halves = norm.ppf(0.5 + LEVELS / 2)
    return [float(np.mean(sizes <= half)) if len(sizes) else float("nan") for half in halves]
