"""The latent of the measured polymers as a picture: before and after refinement, coloured by the measured value."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from campaigns.best_so_far import bounds_of, is_log
from campaigns.reports.cells import texts
from campaigns.reports.contents import LatentMap
from campaigns.reports.figures import INK, panels
from campaigns.reports.wording import printable
from campaigns.spec import ObjectiveSpec

NAMED = 3
"""Polymers of the highest and of the lowest values that are called by name, so that the eye can follow them."""

_NAME_WIDTH = 22
_MARKERS = (("", "o"), ("above", "^"), ("below", "v"))
"""A value is a disc, a limit points to where the value lies."""


def latent_map(told: LatentMap, goal: ObjectiveSpec) -> Figure:
    """Two panels of the same polymers: the frozen latent, and the refined one; each on its own principal components."""
    points = told.points.reset_index(drop=True)
    values = points["value"].astype(float)
    logarithmic = is_log(goal) and bool((values > 0).all())
    low, high = float(values.min()), float(values.max())
    norm = LogNorm(low, high) if logarithmic and low < high else Normalize(low, high)
    named = named_rows(points)
    with panels(8.4, 3.7, 2) as (figure, axes):
        drawn: list[PathCollection] = []
        for axis, when, title, shares in (
            (axes[0], "before", "frozen", told.shares_before),
            (axes[1], "after", f"refined: {told.member}", told.shares_after),
        ):
            drawn += _panel(axis, points, when, norm)
            _name(axis, points[f"x_{when}"], points[f"y_{when}"], named)
            axis.set_title(title, fontsize=9.5, fontweight="bold", loc="left", parse_math=False)
            across, up = (f"{100 * share:.0f} % of the variance" for share in shares)
            axis.set(xlabel=f"component 1 ({across})", ylabel=f"component 2 ({up})")
            for line in (axis.xaxis, axis.yaxis):
                line.set_major_locator(MaxNLocator(5))
            axis.margins(0.12)
        figure.colorbar(drawn[0], ax=axes, label=goal.label, shrink=0.9)
        return figure


def named_rows(points: pd.DataFrame) -> dict[int, str]:
    """Rows of the highest and the lowest values that have a name, with it; where none has, those of the highest and the lowest
    value with their repeat unit, of which more would lie over one another.
    """
    order = points["value"].astype(float).sort_values(kind="stable").index.tolist()
    ends = order if len(order) <= 2 * NAMED else [*order[:NAMED], *order[-NAMED:]]
    names = texts(points, "name")
    chosen = dict.fromkeys([row for row in ends if names[row]] or [order[0], order[-1]])
    return {row: printable(names[row] or str(points.at[row, "psmiles"]), _NAME_WIDTH) for row in chosen}


def _name(axis: Axes, across: pd.Series[float], up: pd.Series[float], named: Mapping[int, str]) -> None:
    """Names beside their points, on the side where there is room."""
    middle = (across.min() + across.max()) / 2
    for row, name in named.items():
        right = across[row] > middle
        axis.annotate(
            name,
            (across[row], up[row]),
            xytext=(-4 if right else 4, 3),
            textcoords="offset points",
            ha="right" if right else "left",
            fontsize=6.5,
            color=INK,
            parse_math=False,
        )


def _panel(axis: Axes, points: pd.DataFrame, when: str, norm: Normalize) -> list[PathCollection]:
    bounds = bounds_of(points)
    drawn = []
    for bound, marker in _MARKERS:
        rows = points[bounds == bound]
        if rows.empty:
            continue
        drawn.append(
            axis.scatter(
                rows[f"x_{when}"],
                rows[f"y_{when}"],
                c=rows["value"].astype(float),
                norm=norm,
                cmap="viridis",
                marker=marker,
                s=30,
                edgecolors="white",
                linewidths=0.5,
            )
        )
    return drawn
