"""The figures of the reports: calibration, progress, and the recall of a backtest.

Colours are those of Okabe and Ito (https://jfly.uni-koeln.de/color/), which colour-blind readers can tell
apart; every difference is also a marker, a dash or a word, so that a black-and-white print says the same. No
global state of matplotlib is used or left.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from campaigns.spec import ObjectiveSpec

BLUE, ORANGE, GREEN, GREY, INK = "#0072B2", "#D55E00", "#009E73", "#7A7A7A", "#222222"

# Any: matplotlib types every key as a literal of its own.
_STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # ships with matplotlib, so the figure is the same on every machine
    "font.size": 9,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.7,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "svg.hashsalt": "polyloop",  # same data, same bytes
}
_STRATEGY_LOOKS = ((BLUE, "-", "o"), (ORANGE, "--", "s"), (GREEN, "-.", "^"), (GREY, ":", "D"))


@contextmanager
def _axes(width: float, height: float) -> Iterator[tuple[Figure, Axes]]:
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure, figure.add_subplot()


def svg(figure: Figure) -> bytes:
    """The figure as SVG, the same bytes for the same figure."""
    buffer = io.BytesIO()
    with matplotlib.rc_context(_STYLE):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def save_png(figure: Figure, path: Path, dpi: int = 160) -> None:
    """Write the figure as PNG."""
    with matplotlib.rc_context(_STYLE):
        figure.savefig(path, format="png", dpi=dpi)


def span(*columns: pd.Series[float]) -> tuple[float, float]:
    """Limits that hold all values, with a margin of one twentieth; never empty, even for equal values."""
    values = np.concatenate([np.asarray(column, dtype=float) for column in columns])
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    margin = 0.05 * (high - low) or max(abs(high) * 0.05, 0.5)
    return low - margin, high + margin


def calibration(loo: pd.DataFrame, goal: ObjectiveSpec, title: str, limits: tuple[float, float]) -> Figure:
    """Left-out measurements against what the model predicted for them, with 95 % intervals.

    Args:
        loo: Columns ``measured``, ``mean``, ``lower``, ``upper``, one row for each left-out polymer.
        goal: Names the axes.
        title: The member.
        limits: Of both axes.
    """
    inside = (loo["measured"] >= loo["lower"]) & (loo["measured"] <= loo["upper"])
    with _axes(3.5, 3.6) as (figure, axes):
        axes.plot(limits, limits, color=GREY, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        for chosen, colour, marker, name in (
            (inside, BLUE, "o", "inside its interval"),
            (~inside, ORANGE, "D", "outside"),
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
        axes.set(xlim=limits, ylim=limits, xlabel=f"measured {goal.label}", ylabel=f"predicted {goal.label}")
        axes.set_aspect("equal")
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.set_title(title, fontsize=9.5, fontweight="bold", loc="left")
        axes.legend(loc="upper left", fontsize=7.5, handletextpad=0.2, borderaxespad=0.1)
        return figure


def progress(history: pd.DataFrame, goal: ObjectiveSpec) -> Figure:
    """Every measurement in its order, with the best so far.

    Args:
        history: Columns ``round`` (0 for what was there before the first round) and ``value``, in the order
            of measuring.
        goal: Names the axes and says which way is better.
    """
    order = np.arange(1, len(history) + 1)
    values = history["value"].astype(float).reset_index(drop=True)
    rounds = history["round"].reset_index(drop=True)
    with _axes(7.2, 3.1) as (figure, axes):
        started = rounds == 0
        axes.plot(
            order[started], values[started], "o", color=GREY, markersize=4, label="before the first round"
        )
        if (~started).any():
            axes.plot(
                order[~started],
                values[~started],
                "D",
                color=ORANGE,
                markersize=4.5,
                label="proposed, then measured",
            )
        axes.step(
            order, goal.running_best(values), where="post", color=BLUE, linewidth=1.8, label="best so far"
        )
        for first in np.flatnonzero(np.diff(rounds)) + 1:
            axes.axvline(order[first] - 0.5, color=GREY, linewidth=0.8, linestyle=(0, (2, 3)))
            axes.annotate(
                f"round {rounds[first]}",
                (order[first] - 0.5, 1.0),
                xycoords=("data", "axes fraction"),
                xytext=(3, 2),
                textcoords="offset points",
                fontsize=7.5,
                color=INK,
            )
        axes.set(xlabel="measured polymers, in order", ylabel=goal.label)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8)
        return figure


def bands(
    curves: Mapping[str, pd.DataFrame], xlabel: str, ylabel: str, *, fraction: bool, start: int | None = None
) -> Figure:
    """One line per strategy with the 95 % band of its mean over the seeds.

    Args:
        curves: For each strategy columns ``experiments``, ``mean``, ``lower``, ``upper``; a band is left out
            where it is not finite.
        xlabel: With its unit.
        ylabel: With its unit.
        fraction: Whether the values are fractions, shown in per cent from 0 to 100.
        start: The number of polymers that every strategy was given; marked on the axis.
    """
    with _axes(7.2, 3.9) as (figure, axes):
        for (name, curve), (colour, dash, marker) in zip(
            curves.items(), _cycled_looks(len(curves)), strict=True
        ):
            banded = curve[np.isfinite(curve["lower"]) & np.isfinite(curve["upper"])]
            axes.fill_between(
                banded["experiments"], banded["lower"], banded["upper"], color=colour, alpha=0.16, linewidth=0
            )
            axes.plot(
                curve["experiments"], curve["mean"], color=colour, linestyle=dash, linewidth=2, marker=marker,
                markersize=4.5, markeredgecolor="white", markeredgewidth=0.6, label=name,
            )  # fmt: skip
        if start is not None:
            axes.axvline(start, color=GREY, linewidth=0.8, linestyle=(0, (2, 3)))
            axes.annotate(
                "given at the start",
                (start, 1.0), xycoords=("data", "axes fraction"), xytext=(3, 2), textcoords="offset points",
                fontsize=7.5, color=INK,
            )  # fmt: skip
        if fraction:
            axes.set_ylim(0, 1.02)
            axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
        axes.set(xlabel=xlabel, ylabel=ylabel)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=9)
        return figure


def _cycled_looks(count: int) -> Iterator[tuple[str, str, str]]:
    for index in range(count):
        yield _STRATEGY_LOOKS[index % len(_STRATEGY_LOOKS)]
