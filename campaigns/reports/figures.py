"""The figures that several reports draw: how a campaign goes, and the recall of a backtest; and how all of them look.

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
from numpy.typing import NDArray

from campaigns.best_so_far import bounds_of, is_log, running_best, wanted_range
from campaigns.spec import ObjectiveSpec

BLUE, ORANGE, GREEN, GREY, INK = "#0072B2", "#D55E00", "#009E73", "#7A7A7A", "#222222"
PURPLE, YELLOW, SKY = "#CC79A7", "#E69F00", "#56B4E9"

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
_STRATEGY_LOOKS = (
    (BLUE, "-", "o"),
    (ORANGE, "--", "s"),
    (GREEN, "-.", "^"),
    (GREY, ":", "D"),
    (PURPLE, "-", "v"),
    (YELLOW, "--", "P"),
    (SKY, "-.", "X"),
)


@contextmanager
def canvas(width: float, height: float) -> Iterator[tuple[Figure, Axes]]:
    """A figure of so many inches with one pair of axes, in the style of all of them."""
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure, figure.add_subplot()


@contextmanager
def panels(width: float, height: float, count: int) -> Iterator[tuple[Figure, list[Axes]]]:
    """A figure of so many inches with pairs of axes side by side, in the same style."""
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure, [figure.add_subplot(1, count, number) for number in range(1, count + 1)]


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


def span(*columns: pd.Series[float], log: bool = False) -> tuple[float, float]:
    """Limits that hold all values, with a margin of one twentieth; never empty, even for equal values.

    Args:
        columns: Of values, all positive where the axis is logarithmic.
        log: Whether the axis runs over decades, and the margin with it.
    """
    values = np.concatenate([np.asarray(column, dtype=float) for column in columns])
    values = np.log10(values[values > 0]) if log else values
    values = values[np.isfinite(values)]
    if not len(values):
        return (1.0, 10.0) if log else (0.0, 1.0)
    low, high = float(values.min()), float(values.max())
    margin = 0.05 * (high - low) or (0.5 if log else max(abs(high) * 0.05, 0.5))
    return (10 ** (low - margin), 10 ** (high + margin)) if log else (low - margin, high + margin)


def progress(history: pd.DataFrame, goal: ObjectiveSpec) -> Figure:
    """Every measurement in its order, with the best so far; a value that is only a limit is an arrow.

    Args:
        history: Columns ``round`` (0 for what was there before the first round), ``value`` and, where there are limits,
            ``bound``, in the order of measuring.
        goal: Names the axes, says which way is better, and whether the property runs over decades.
    """
    rows = history.reset_index(drop=True)
    order, values = np.arange(1, len(rows) + 1), rows["value"].astype(float)
    rounds, bounds = rows["round"], bounds_of(rows)
    with canvas(7.2, 3.1) as (figure, axes):
        if goal.direction == "target":
            axes.axhspan(*wanted_range(goal), color=GREEN, alpha=0.13, linewidth=0, label="wanted")
        for begun, colour, marker, size, label in (
            (rounds == 0, GREY, "o", 4.0, "before the first round"),
            (rounds != 0, ORANGE, "D", 4.5, "proposed, then measured"),
        ):
            known = begun & (bounds == "")
            if known.any():
                axes.plot(order[known], values[known], marker, color=colour, markersize=size, label=label)
        arrows(axes, order, values, bounds)
        best = running_best(values, bounds, goal)
        if best.notna().any():
            axes.step(order, best, where="post", color=BLUE, linewidth=1.8, label="best so far")
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
        if is_log(goal):
            axes.set_yscale("log")
        axes.set(xlabel="measurements, in order", ylabel=goal.label)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8)
        return figure


def arrows(
    axes: Axes,
    across: NDArray[np.float64] | NDArray[np.int_],
    values: pd.Series[float],
    bounds: pd.Series[str],
    *,
    sideways: bool = False,
) -> None:
    """Limits as arrows that point to where the value lies: up for ``>350``, down for ``<0.01``.

    Args:
        axes: To draw on.
        across: Positions on the axis that does not hold the values.
        values: The limits among others.
        bounds: ``above``, ``below``, or empty for what is no limit and is not drawn.
        sideways: Whether the values are on the horizontal axis.
    """
    marks = {"above": (">" if sideways else "^", "above"), "below": ("<" if sideways else "v", "below")}
    for bound, (marker, word) in marks.items():
        chosen = (bounds == bound).to_numpy()
        if not chosen.any():
            continue
        shown = (values[chosen], across[chosen]) if sideways else (across[chosen], values[chosen])
        axes.plot(
            *shown,
            marker,
            color=INK,
            markersize=6.5,
            markerfacecolor="none",
            label=f"a limit: it lies {word}",
        )


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
    with canvas(7.2, 3.9) as (figure, axes):
        for (name, curve), (colour, dash, marker) in zip(curves.items(), looks(len(curves)), strict=True):
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


def looks(count: int) -> Iterator[tuple[str, str, str]]:
    """Colour, dash and marker of each of so many lines."""
    for index in range(count):
        yield _STRATEGY_LOOKS[index % len(_STRATEGY_LOOKS)]
