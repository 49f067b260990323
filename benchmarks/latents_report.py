"""Tables of results, and whether the bars are reached: from the cells that `latents.py` measured, as Markdown.

Tables are the independent units: targets of one file share their polymers, and splits of one target share their rows. So every
interval is a 95 % percentile bootstrap over files, all targets and splits of a file together.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from latents_encoders import Cosine

BASELINES = ("tanimoto", "descriptors")
SHOWN = ("tanimoto", "descriptors", "physics", "text", "geometry", "fused", "fused+fingerprint")
"""Views in the tables of single targets; every other one is in the JSON file."""

RATIO = 3.0
"""Cosine ratio that the text encoder is to exceed."""

_DRAWS = 4000


@dataclass(frozen=True)
class Interval:
    """A mean over targets with a 95 % interval, and the mean in which every file counts alike."""

    mean: float
    low: float
    high: float
    by_table: float

    def __str__(self) -> str:
        return f"{self.mean:+.3f} [{self.low:+.3f}, {self.high:+.3f}]"


def interval(values: pd.Series) -> Interval:
    """Of values by ``(table, target)``; no interval from one table."""
    values = values.dropna()
    groups = values.groupby(level="table", sort=True)
    sums, counts = groups.sum().to_numpy(), groups.count().to_numpy()
    if len(sums) == 0:
        return Interval(np.nan, np.nan, np.nan, np.nan)
    drawn = np.random.default_rng(0).integers(len(sums), size=(_DRAWS, len(sums)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975]) if len(sums) > 1 else (np.nan, np.nan)
    return Interval(float(values.mean()), float(low), float(high), float((sums / counts).mean()))


class Results:
    """Cells in which every view was fitted.

    Args:
        cells: One row for each cell.
    """

    def __init__(self, cells: pd.DataFrame) -> None:
        place = ["size", "target", "split"]
        whole = cells.groupby(place)["score"].transform(lambda scores: scores.notna().all())
        self.failed = cells[cells["score"].isna()].groupby("view").size()
        self.cells = cells[whole].copy()
        self.cells["rank"] = self.cells.groupby(place)["score"].rank()
        self.sizes = list(dict.fromkeys(self.cells["size"]))
        self.views = list(dict.fromkeys(self.cells["view"]))
        self._means = (
            self.cells.groupby(["size", "view", "table", "target"])
            .mean(numeric_only=True)
            .drop(columns="split")
        )

    def by_target(self, size: str, view: str, what: str) -> pd.Series:
        """Mean over splits of a quantity, by table and target."""
        return self._means.loc[(size, view), what]

    def difference(self, size: str, view: str, other: str, what: str = "score") -> Interval:
        """Paired, ``view`` less ``other``: below zero the first is better, if the score is asked for."""
        return interval(self.by_target(size, view, what) - self.by_target(size, other, what))

    def better_baseline(self, size: str) -> str:
        """Fingerprint or descriptors, whichever has the lower mean score over targets."""
        there = [name for name in BASELINES if name in self.views]
        return min(there, key=lambda name: float(self.by_target(size, name, "score").mean()))


def grid(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table, aligned for the eye."""
    lines = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "| " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |" for line in lines
    )


def report(results: Results, cosines: Sequence[Cosine], covered: str, without: Results | None = None) -> str:
    """All tables and checks.

    Args:
        results: All cells but those of ``without``.
        cosines: Of the text encoders.
        covered: What else to say of the run.
        without: Cells of some of the targets without the polymers that labels were calibrated on.
    """
    by_rank = sorted(
        results.views,
        key=lambda view: float(np.mean([_over(results, size, view, "rank").mean for size in results.sizes])),
    )
    parts = [
        "Log score: mean negative log predictive density, less that of predicting the training mean with the training "
        "variance; lower is better, 0 is no better than the mean. Means over targets; in brackets 95 % intervals, bootstrap "
        "over tables (files). All views have the same rows and splits.",
        covered,
    ]
    if cosines:
        parts.append("## Writings of one chain: mean cosine of raw text vectors\n")
        rows = [
            (c.encoder, c.chains, f"{c.within:.3f}", f"{c.between:.3f}", f"{c.ratio:.2f}") for c in cosines
        ]
        parts.append(grid(("encoder", "chains", "between writings", "between chains", "ratio"), rows))
    counts = [results.cells[results.cells["size"] == size] for size in results.sizes]
    head = [
        "view",
        *(f"{s} ({len(set(c['target']))} targets)" for s, c in zip(results.sizes, counts, strict=True)),
    ]
    for what, title in (
        ("rank", f"Mean rank by log score (1 is best, of {len(results.views)})"),
        ("score", "Mean log score"),
    ):
        rows = [[view, *(_over(results, size, view, what) for size in results.sizes)] for view in by_rank]
        plain = [
            [row[0], *(str(cell).replace("+", "") if what == "rank" else cell for cell in row[1:])]
            for row in rows
        ]
        parts += [f"## {title}\n", grid(head, plain)]
    for what, title in (
        ("r2", "Mean R2"),
        ("spearman", "Mean Spearman correlation of |error| and sigma"),
        ("coverage", "Mean coverage of the 95 % interval"),
    ):
        rows = [
            [view, *(f"{_over(results, size, view, what).mean:.3f}" for size in results.sizes)]
            for view in by_rank
        ]
        parts += [f"## {title}\n", grid(head, rows)]
    for other in (name for name in BASELINES if name in results.views):
        rows = [
            [view, *(results.difference(size, view, other) for size in results.sizes)]
            for view in by_rank
            if view != other
        ]
        parts += [f"## Log score less that of {other} (paired; below 0: better)\n", grid(head, rows)]
    parts += _single_targets(results)
    if without is not None:
        parts += _with_and_without(results, without)
    parts += ["## Checks\n", "\n".join(checks(results, cosines))]
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def _over(results: Results, size: str, view: str, what: str) -> Interval:
    return interval(results.by_target(size, view, what))


def _single_targets(results: Results) -> list[str]:
    shown = [view for view in SHOWN if view in results.views]
    parts = []
    for size in results.sizes:
        per_view = [results.by_target(size, view, ["score", "r2", "rmse"]) for view in shown]
        rows = [
            [
                target,
                *(
                    f"{m.score:+.3f} / {m.r2:.3f} / {m.rmse:.4g}"
                    for m in (p.loc[(table, target)] for p in per_view)
                ),
            ]
            for table, target in per_view[0].index
        ]
        parts += [f"## Single targets, {size}: log score / R2 / RMSE\n", grid(["target", *shown], rows)]
    return parts


def _with_and_without(results: Results, without: Results) -> list[str]:
    """Each target with and without reference polymers, one below the other."""
    shown = [view for view in without.views if view in results.views]
    rows = []
    for size in without.sizes:
        for table, target in without.by_target(size, shown[0], "score").index:
            whole = target.removesuffix(" without reference polymers")
            for source, name in ((results, whole), (without, target)):
                if size in source.sizes and (table, name) in source.by_target(size, shown[0], "score").index:
                    means = [
                        source.by_target(size, view, ["score", "r2"]).loc[(table, name)] for view in shown
                    ]
                    rows.append([size, name, *(f"{m.score:+.3f} / {m.r2:.3f}" for m in means)])
    title = "## With and without the polymers that labels were calibrated on: log score / R2\n"
    return [title, grid(["size", "target", *shown], rows)]


def checks(results: Results, cosines: Sequence[Cosine]) -> list[str]:
    """A line for each bar: what was measured, and whether it is reached."""
    lines = []
    for size in results.sizes:
        if not any(name in results.views for name in BASELINES):
            break
        best = results.better_baseline(size)
        if "fused" in results.views and size in ("50", "100"):
            lines.append(
                _line(f"fused against {best} at {size}", results.difference(size, "fused", best), tie=True)
            )
        if "fused+fingerprint" in results.views:
            for name in (name for name in BASELINES if name in results.views):
                found = results.difference(size, "fused+fingerprint", name)
                lines.append(_line(f"fused+fingerprint against {name} at {size}", found))
    if {"text", "scrambled-text"} <= set(results.views):
        for size in results.sizes:
            found = results.difference(size, "text", "scrambled-text")
            lines.append(_line(f"text against scrambled text at {size}", found))
    lines += [_ratio_line(c) for c in cosines if c.encoder == "text"]
    lines += [
        f"- {count} fits of {view} failed; these splits are left out for every view"
        for view, count in results.failed.items()
    ]
    return lines


def _ratio_line(found: Cosine) -> str:
    told = "none, as chains point apart" if math.isnan(found.ratio) else f"{found.ratio:.2f}"
    reached = found.ratio > RATIO
    return f"- {'REACHED' if reached else 'MISSED '} cosine ratio of {found.encoder}: {told}, to exceed {RATIO:g}"


def _line(what: str, found: Interval, *, tie: bool = False) -> str:
    reached = found.mean <= 0.0 if tie else found.mean < 0.0
    sure = (
        "one table has no interval"
        if math.isnan(found.low)
        else "better beyond the interval"
        if found.high < 0
        else "worse beyond the interval"
        if found.low > 0
        else "not to be told from none"
    )
    return (
        f"- {'REACHED' if reached else 'MISSED '} {what}: log score {found} ({sure}; {found.by_table:+.3f} where every table "
        "counts alike)"
    )
