"""What starting from the adapters of the round before is worth, against starting from the base, round after round."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from latents_report import grid, interval
from peers_report import Report, in_brackets
from refinement_report import drawn, interval_of, ratio_of
from refinement_rivals import WARM
from refinement_scores import told


def warm_report(report: Report, scores: pd.DataFrame, depths: Sequence[str]) -> str:
    """Areas under recall and held-out log scores of each depth, from the base and warm.

    Args:
        report: Replays of the depths and of their warm twins.
        scores: Of the same, with the measured polymers growing from round to round.
        depths: Without their twins.
    """
    parts = []
    if report.seeds:
        tables = [target.split(":")[0] for target in report.targets]
        rows: list[list[object]] = []
        for depth in depths:
            fresh, warm = report.areas(depth), report.areas(depth + WARM)
            of_fresh, of_warm = drawn([fresh, warm], tables)
            ratio = float(ratio_of(warm.mean(), fresh.mean()))
            between = interval_of(ratio_of(of_warm, of_fresh))
            seconds = [report.seconds.get(name, 0.0) for name in (depth, depth + WARM)]
            rows.append(
                [
                    depth,
                    f"{fresh.mean():.3f}",
                    f"{warm.mean():.3f}",
                    f"{ratio:.3f}{in_brackets(between)}",
                    f"{seconds[0]:.1f}, {seconds[1]:.1f}",
                ]
            )
        head = ["depth", "area from the base", "warm", "warm to base", "s a round"]
        sizes = f"{len(report.targets)} targets, {len(report.seeds)} seeds"
        parts += [
            f"Area under recall: {sizes}; intervals by bootstrap over tables and seeds.",
            grid(head, rows),
        ]
    else:
        parts.append("No seed is complete for all targets and rivals yet.")
    return "\n\n".join([*parts, *_scores(scores, depths)])


def _scores(frame: pd.DataFrame, depths: Sequence[str]) -> list[str]:
    """Log scores by round: what follows on one seed shares its polymers, so only differences are told."""
    names = [name for depth in depths for name in (depth, depth + WARM)]
    if frame.empty or not set(names) <= set(frame["strategy"]):
        return ["There are no log scores of all depths yet."]
    wide = frame.pivot(index=["target", "seed", "n"], columns="strategy", values="score")[names].dropna()
    wide = wide.reset_index().assign(table=lambda f: f["target"].str.split(":").str[0])
    sizes = sorted(int(n) for n in wide["n"].unique())
    rows: list[list[object]] = []
    for depth in depths:
        differences = wide.assign(less=wide[depth + WARM] - wide[depth])
        all_rounds = interval(differences.groupby(["table", "target"])["less"].mean())
        last = interval(
            differences[differences["n"] == sizes[-1]].groupby(["table", "target"])["less"].mean()
        )
        by_round = " ".join(f"{differences[differences['n'] == n]['less'].mean():+.3f}" for n in sizes)
        means = f"{wide[depth].mean():+.3f}", f"{wide[depth + WARM].mean():+.3f}"
        rows.append([depth, *means, told(all_rounds), told(last), by_round])
    head = [
        "depth",
        "log score from the base",
        "warm",
        "warm less base",
        f"at n = {sizes[-1]}",
        "round by round",
    ]
    counted = (
        f"{wide['target'].nunique()} targets, {wide['seed'].nunique()} seeds, n = {sizes[0]} to {sizes[-1]}"
    )
    return [
        f"Held-out log score less that of predicting the mean, lower is better: {counted}; intervals by bootstrap over tables.",
        grid(head, rows),
    ]
