"""A replayed campaign as cards: how many of the best polymers each rival finds, and after how many experiments.

``summarise`` gives the numbers of the whole replay and of its end with their intervals over the seeds; the figure of the
recall is also written as a PNG.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from campaigns.backtesting.recall import score
from campaigns.backtesting.rival_names import RANDOM
from campaigns.reports import figures
from campaigns.reports.cards import Card
from campaigns.reports.html import render_html
from campaigns.reports.wording import counted, with_error
from campaigns.spec import ObjectiveSpec
from discovery.surrogate.scale import Scale

FEWEST_SEEDS = 3
"""Replays below which no t interval is given: that of two is twelve times as wide as their distance."""


@dataclass(frozen=True)
class BacktestReport:
    """Everything that the report of a backtest is made from.

    Args:
        table: The measured table's name.
        goal: The objective.
        frame: One row for each seed, strategy and number of experiments: ``seed``, ``strategy``,
            ``experiments`` (measured polymers, those of the start included, the same numbers for all), ``best``
            (value so far), ``recall`` (part of the top polymers found, 0 to 1), ``regret`` (best of the table less the
            best so far, on the objective's scale).
        top_n: How many polymers count as the best of the table.
        polymers: How many the table holds.
        start: How many were given at the start.
        batch: How many each round.
        notes: Sentences the reader must see.
        meta: What made this report, label by label.
    """

    table: str
    goal: ObjectiveSpec
    frame: pd.DataFrame
    top_n: int
    polymers: int
    start: int
    batch: int
    notes: tuple[str, ...] = ()
    meta: Mapping[str, str] = field(default_factory=dict)


def write_backtest_report(report: BacktestReport, html: Path, png: Path) -> None:
    """Write the report as one HTML file and the recall figure as a PNG."""
    cards = backtest_cards(report)
    figures.save_png(cards[0].figures[0], png)
    subtitle = f"A replay on {report.table}. Wanted: {report.goal.sentence}."
    render_html(cards, html, title=f"Backtest: {report.goal.name}", subtitle=subtitle, footer=report.meta)


def backtest_cards(report: BacktestReport) -> list[Card]:
    """The cards of a backtest; the first one holds the figure of the recall."""
    seeds = report.frame["seed"].nunique()
    band = (
        f"Lines: mean of {counted(seeds, 'seed')}; bands: 95 % interval of that mean."
        if seeds > 1
        else "One seed, so no band."
    )
    xlabel = "experiments (measured polymers)"
    recall = figures.bands(
        curves(report.frame, "recall", bounds=(0.0, 1.0)),
        xlabel,
        f"share of the {report.top_n} best polymers found",
        fraction=True,
        start=report.start,
    )
    best = figures.bands(
        curves(report.frame, "best"),
        xlabel,
        f"best {report.goal.label} so far",
        fraction=False,
        start=report.start,
    )
    regret = figures.bands(
        curves(report.frame, "regret", bounds=(0.0, np.inf)),
        xlabel,
        f"simple regret ({regret_unit(report.goal)})",
        fraction=False,
        start=report.start,
    )
    summary = summarise(report.frame)
    text = (
        f"Each rival starts with the same {counted(report.start, 'measured polymer')} of "
        f"{report.polymers:,} and asks for {report.batch} a round. The {report.top_n} best of the table "
        "count as found once they are measured.\n\n"
        f"{verdict(summary, report.top_n)}"
    )
    return [
        Card(
            f"How many of the {report.top_n} best polymers are found",
            text="\n\n".join((text, *report.notes)),
            figures=(recall,),
            captions=(f"Share of the best polymers found. {band}",),
        ),
        Card(
            "The best value found",
            figures=(best, regret),
            captions=(
                f"The best value so far. {band}",
                f"How far the best value so far is from the best of the table. {band}",
            ),
        ),
        Card(
            "In numbers",
            text="The area under the recall is the mean share found over the experiments from the start to the end (trapezoid "
            "rule, 0 to 1), with its 95 % bootstrap interval over the seeds. The rest is said of the end, with 95 % t intervals.",
            frame=summary_table(summary, report.goal, report.top_n),
        ),
    ]


def regret_unit(goal: ObjectiveSpec) -> str:
    """What simple regret is told in: the property's unit, or decades on a logarithmic scale."""
    if goal.scale is Scale.LOG:
        return "decades"
    return goal.unit or "in its unit"


def curves(
    frame: pd.DataFrame, column: str, bounds: tuple[float, float] = (-np.inf, np.inf)
) -> dict[str, pd.DataFrame]:
    """For each strategy the mean over seeds with the t interval of that mean, within ``bounds``; random
    choice comes last.

    Returns:
        Frames with columns ``experiments``, ``mean``, ``lower``, ``upper``; the last two NaN with fewer than
        :data:`FEWEST_SEEDS` seeds.
    """
    made = {}
    for strategy in _ordered(frame):
        grouped = frame[frame["strategy"] == strategy].groupby("experiments")[column]
        mean, count = grouped.mean(), grouped.count()
        half = _half_width(grouped.std(ddof=1), count).where(count >= FEWEST_SEEDS)
        made[strategy] = pd.DataFrame(
            {
                "experiments": mean.index.to_numpy(),
                "mean": mean.to_numpy(),
                "lower": (mean - half).clip(*bounds).to_numpy(),
                "upper": (mean + half).clip(*bounds).to_numpy(),
            }
        )
    return made


def summarise(frame: pd.DataFrame) -> pd.DataFrame:
    """The replay in numbers: one row for each rival, random choice last.

    Returns:
        Columns ``strategy``, ``seeds``, ``experiments``, ``area``, ``area_low``, ``area_high`` (see
        :func:`campaigns.backtesting.recall.score`); and of the end ``recall``, ``recall_error``, ``best``, ``best_error``,
        ``regret``, ``regret_error``, ``gain``, ``gain_error``: means over the seeds with the half-widths of their 95 % t
        intervals; ``gain`` is the recall minus that of random choice, paired by seed. NaN where there is
        nothing to compare or only one seed.
    """
    scores = score(frame)
    last = (
        frame.sort_values("experiments").groupby(["strategy", "seed"]).tail(1).set_index(["strategy", "seed"])
    )
    recalls = last["recall"].unstack("strategy")
    rows = []
    for strategy in _ordered(frame):
        ends = last.loc[strategy]
        row: dict[str, object] = {
            "strategy": strategy,
            "seeds": len(ends),
            "experiments": int(ends["experiments"].max()),
        }
        row["area"] = scores[strategy].area_top
        row["area_low"], row["area_high"] = scores[strategy].area_top_ci or (float("nan"), float("nan"))
        for column in ("recall", "best", "regret"):
            row[column], row[f"{column}_error"] = _mean_and_half(ends[column])
        if strategy != RANDOM and RANDOM in last.index.get_level_values(0):
            paired = recalls[strategy] - recalls[RANDOM]
            row["gain"], row["gain_error"] = _mean_and_half(paired.dropna())
        else:
            row["gain"], row["gain_error"] = float("nan"), float("nan")
        rows.append(row)
    return pd.DataFrame(rows)


def verdict(summary: pd.DataFrame, top_n: int) -> str:
    """One sentence: whether the loop beat random choice, and whether the seeds are enough to say so."""
    columns = ["experiments", "recall", "gain", "gain_error"]
    ends = {
        str(name): tuple(row)
        for name, row in zip(summary["strategy"], summary[columns].to_numpy(dtype=float), strict=True)
    }
    name = next((name for name in ends if name != RANDOM), None)
    if name is None or RANDOM not in ends:
        return ""
    experiments, recall, gain, error = ends[name]
    found, by_chance = recall * top_n, ends[RANDOM][1] * top_n
    sentence = (
        f"After {experiments:.0f} experiments {name} has found {found:.1f} of the {top_n} best, "
        f"random choice {by_chance:.1f}"
    )
    if not np.isfinite(error):
        return sentence + "; with so few seeds that may be luck."
    paired = f"paired difference {with_error(gain * top_n, error * top_n)} (95 % interval)"
    if abs(gain) <= error:
        return f"{sentence}: {paired}, which may still be luck."
    return f"{sentence}: {paired}."


def summary_table(summary: pd.DataFrame, goal: ObjectiveSpec, top_n: int) -> pd.DataFrame:
    """What :func:`summarise` gives, ready to be read.

    Args:
        summary: One row for each rival.
        goal: The objective.
        top_n: How many polymers count as the best of the table.
    """
    return pd.DataFrame(
        {
            "rival": summary["strategy"],
            "seeds": summary["seeds"],
            "area under recall": [
                area_in_words(*row)
                for row in summary[["area", "area_low", "area_high"]].itertuples(index=False, name=None)
            ],
            "experiments": summary["experiments"],
            f"of the {top_n} best found": [
                with_error(100 * mean, 100 * error) + " %"
                for mean, error in zip(summary["recall"], summary["recall_error"], strict=True)
            ],
            "more than random choice": [
                "–" if not np.isfinite(gain) else with_error(100 * gain, 100 * error) + " %"
                for gain, error in zip(summary["gain"], summary["gain_error"], strict=True)
            ],
            f"best {goal.label}": [
                with_error(mean, error)
                for mean, error in zip(summary["best"], summary["best_error"], strict=True)
            ],
            f"simple regret ({regret_unit(goal)})": [
                with_error(mean, error)
                for mean, error in zip(summary["regret"], summary["regret_error"], strict=True)
            ],
        }
    )


def area_in_words(area: float, low: float, high: float) -> str:
    """``0.41 (0.35 to 0.47)``; without interval where there is none."""
    return f"{area:.2f} ({low:.2f} to {high:.2f})" if np.isfinite(low) else f"{area:.2f}"


def _ordered(frame: pd.DataFrame) -> list[str]:
    names = [str(name) for name in frame["strategy"].unique()]
    return sorted(names, key=lambda name: name == RANDOM)


def _mean_and_half(values: pd.Series[float]) -> tuple[float, float]:
    mean = float(values.mean()) if len(values) else float("nan")
    if len(values) < FEWEST_SEEDS:
        return mean, float("nan")
    return mean, float(_half_width(pd.Series([values.std(ddof=1)]), pd.Series([len(values)])).iloc[0])


def _half_width(deviation: pd.Series[float], count: pd.Series[int]) -> pd.Series[float]:
    """Half the 95 % t interval of a mean; NaN for a single value."""
    from scipy.stats import t

    seeds = count.to_numpy(dtype=float)
    quantile = np.asarray(t.ppf(0.975, np.maximum(seeds - 1, 1)), dtype=float)
    return pd.Series(deviation.to_numpy(dtype=float) / np.sqrt(seeds) * quantile, index=deviation.index)
