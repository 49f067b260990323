"""How a campaign goes, as cards: every measurement in its order, the Pareto front with its hypervolume, and the best so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import pandas as pd

from campaigns.best_so_far import BestSoFar, best_first, best_so_far, bounds_of, breaks_of
from campaigns.reports import figures, front_figures
from campaigns.reports.cards import Card
from campaigns.reports.cells import texts
from campaigns.reports.contents import FrontReport, PropertyReport, RoundReport
from campaigns.reports.wording import counted, limited, number, with_error
from campaigns.spec import ObjectiveSpec

BEST_SHOWN = 10
"""Measured polymers in the table of the best; the whole list is in the user's own files and in the ledger."""

PAIRS_SHOWN = 3
"""Pairs of properties whose front is drawn; of more, the first."""


def progress(report: RoundReport) -> Card | None:
    """The measurements of each property in their order."""
    drawn, captions = [], []
    for told in report.properties:
        if told.history.empty:
            continue
        drawn.append(figures.progress(told.history, told.goal))
        captions.append(_progress_caption(told))
    if not drawn:
        return None
    return Card("How the campaign goes", figures=tuple(drawn), captions=tuple(captions))


def front(report: RoundReport) -> Card | None:
    """The polymers that no other beats in everything, with the reference point and the hypervolume before each round."""
    told = report.front
    if told is None:
        return None
    names = " and ".join(goal.name for goal in told.goals)
    if told.hypervolume is None:
        why = (
            f"No polymer has {names} all measured yet"
            if told.points.empty
            else "No measured polymer counts: each breaks a constraint, or is known by a limit that may hide a worse value"
        )
        return Card("The Pareto front", text=f"{why}, so there is no front.")
    best = told.points[told.points["on_front"]]
    text = (
        f"No measured polymer is better than one of these {len(best)} in all of {names}. Together they cover a hypervolume of "
        f"{number(told.hypervolume, 4)} beyond the reference point, which was inferred from the measurements: "
        f"{reference_words(told.goals, told.reference)}. What lies behind that point does not count."
    )
    drawn, captions = [], []
    pairs = list(combinations(told.goals, 2))[:PAIRS_SHOWN]
    beyond = {g.name: told.reference[g.name] for g in told.goals if _has_point(g, told)}
    for pair in pairs:
        drawn.append(front_figures.front(told.points, told.proposed, pair, beyond))
        captions.append(f"{pair[0].name} and {pair[1].name} of {counted(len(told.points), 'polymer')}.")
    if len(told.history):
        drawn.append(front_figures.hypervolumes(told.history))
        volumes = [
            f"{number(v, 4)} before round {r}"
            for r, v in zip(told.history["round"], told.history["hypervolume"], strict=True)
        ]
        volumes[-1] = f"{number(told.hypervolume, 4)} now"
        captions.append(f"Hypervolume: {', '.join(volumes[-6:])}.")
    columns: dict[str, object] = {"psmiles": best["psmiles"]}
    if "name" in best and best["name"].astype(bool).any():
        columns["name"] = best["name"].fillna("")
    for goal in told.goals:
        bounds = best[column] if (column := f"{goal.name}_bound") in best else [""] * len(best)
        columns[goal.label] = [limited(v, str(b), 4) for v, b in zip(best[goal.name], bounds, strict=True)]
    return Card(
        "The Pareto front",
        text=text,
        frame=pd.DataFrame(columns).reset_index(drop=True),
        structures="psmiles",
        figures=tuple(drawn),
        captions=tuple(captions),
    )


def best(report: RoundReport) -> list[Card]:
    """The best measured of each property that is wanted."""
    wanted = [told for told in report.properties if told.goal.direction != "observe"]
    return [card for told in wanted if (card := _best(told, several=len(report.properties) > 1))]


def reference_words(goals: Sequence[ObjectiveSpec], reference: Mapping[str, float]) -> str:
    """``tg 320 K, density 1.35 g/cm3``; of a target, how far from the wanted range."""
    words = []
    for goal in goals:
        if goal.name not in reference:
            continue
        value = f"{number(reference[goal.name], 4)} {goal.unit}".strip()
        words.append(
            f"{goal.name} within {value} of what is wanted"
            if goal.direction == "target"
            else f"{goal.name} {value}"
        )
    return ", ".join(words)


def best_of(told: PropertyReport) -> BestSoFar | None:
    """The best so far; ``None`` where there is none."""
    return best_so_far(told.observations, told.goal)


def _has_point(goal: ObjectiveSpec, told: FrontReport) -> bool:
    return goal.direction != "target" and goal.name in told.reference


def _progress_caption(told: PropertyReport) -> str:
    values, bounds = told.history["value"], bounds_of(told.history)
    caption = (
        f"{counted(len(values), 'measurement')} of {told.goal.label} in their order, from "
        f"{number(values.min(), 4)} to {number(values.max(), 4)}"
    )
    if limits := int((bounds != "").sum()):
        caption += f"; {counted(limits, 'limit')}, drawn as arrows that point to where the value lies"
    if told.goal.direction == "observe":
        return f"{caption}. It is observed, not improved."
    whatever = ", whether or not it fulfils the constraints" if breaks_of(told.observations).any() else ""
    return f"{caption}; the line is the best so far{whatever}."


def _best(told: PropertyReport, *, several: bool) -> Card | None:
    rows = told.observations
    if rows.empty:
        return None
    order = best_first(rows, told.goal)
    breaks = breaks_of(order)
    order = pd.concat([order[~breaks], order[breaks]]).head(BEST_SHOWN)
    columns: dict[str, object] = {"psmiles": order["psmiles"]}
    names = texts(order, "name")
    if any(names):
        columns["name"] = names
    errors = order["sem"] if "sem" in order else pd.Series(float("nan"), index=order.index)
    columns[f"measured {told.goal.label}"] = [
        with_error(value, error) if pd.notna(error) else limited(value, bound, 4)
        for value, error, bound in zip(order["value"], errors, bounds_of(order), strict=True)
    ]
    if breaks_of(order).any():
        columns["constraints"] = ["breaks one" if breaks else "" for breaks in breaks_of(order)]
    references = texts(order, "reference")
    if any(references):
        columns["reference"] = references
    title = f"The best {told.goal.name} measured so far" if several else "The best measured so far"
    text = f"{len(order)} of {counted(len(rows), 'measured polymer')}." if len(order) < len(rows) else ""
    return Card(title, text=text, frame=pd.DataFrame(columns).reset_index(drop=True), structures="psmiles")
