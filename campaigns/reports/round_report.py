"""What a campaign knows after a round, as cards: what to make next, why, how far to trust it, and what has
been found.

The campaign fills in a :class:`RoundReport`; nothing here opens a ledger or fits a model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from campaigns.reports import figures
from campaigns.reports.cards import Card
from campaigns.reports.html import render_html
from campaigns.reports.wording import counted, counts, number, prediction, with_error
from campaigns.spec import ObjectiveSpec
from campaigns.tables.estimated import estimate_titles, spoken

BEST_SHOWN = 10
"""Measured polymers in the table of the best; the whole list is in the user's own files and in the ledger."""


@dataclass(frozen=True)
class RoundReport:
    """Everything that the report of a campaign is made from.

    Args:
        name: The campaign's.
        goal: The objective.
        round: The last round's number; 0 when nothing has been proposed yet.
        observations: One row for each measured polymer: ``psmiles``, ``value``; optional ``name``, ``sem``,
            ``n``, ``reference``.
        proposals: The last round's, best first: ``rank``, ``psmiles``, ``mean``, ``lower``, ``upper`` (95 %;
            NaN where nothing was predicted), ``reason``; optional ``name``, ``monomers``, ``reaction``, ``sa_score``,
            ``cost``, ``proposal_id``, ``status``, ``value``, and columns of estimates (:mod:`campaigns.tables.estimated`).
        history: One row for each measured polymer in the order of measuring: ``round`` (of the proposal; 0
            when it was not proposed) and ``value``.
        gate: One row for each surrogate, simplest first: ``member``, ``log_score`` (leave-one-out, mean per
            polymer, higher is better), ``difference`` and ``standard_error`` (paired, to the simplest),
            ``chosen`` (bool); optional ``rmse``, ``r2``, ``coverage`` (of the 95 % interval). ``None`` before
            there is anything to compare.
        gate_reason: Why that one was chosen, in words.
        loo: Leave-one-out predictions: ``member``, ``measured``, ``mean``, ``lower``, ``upper`` (95 %).
            ``None`` as for ``gate``.
        screened: How many candidates of the pool were scored; ``None`` when there was no round.
        shortlisted: How many of them got the full posterior; ``None`` when there was no shortlist.
        left_out: Why candidates were left out of the pool, with counts.
        by_status: How many proposals of all rounds have which status.
        notes: Sentences the reader must see, such as that the batch is space-filling.
        meta: What made this report, label by label: seed, versions, encoder revisions, adapter, date.
    """

    name: str
    goal: ObjectiveSpec
    round: int
    observations: pd.DataFrame
    proposals: pd.DataFrame
    history: pd.DataFrame
    gate: pd.DataFrame | None = None
    gate_reason: str = ""
    loo: pd.DataFrame | None = None
    screened: int | None = None
    shortlisted: int | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)
    by_status: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    meta: Mapping[str, str] = field(default_factory=dict)


def write_round_report(report: RoundReport, path: Path) -> Path:
    """Write the report as one HTML file and return its path."""
    subtitle = f"Wanted: {report.goal.sentence}. " + (
        f"Round {report.round}." if report.round else "No round has been proposed yet."
    )
    render_html(round_cards(report), path, title=report.name, subtitle=subtitle, footer=report.meta)
    return path


def round_cards(report: RoundReport) -> list[Card]:
    """The cards of a report, in the order of reading."""
    cards = [_glance(report), _proposals(report), _progress(report), _gate(report), _calibration(report)]
    cards += [_best(report), _pool(report)]
    return [card for card in cards if card is not None]


def _glance(report: RoundReport) -> Card:
    goal, measured = report.goal, report.observations
    facts: list[tuple[str, str]] = []
    if len(measured):
        best = measured.iloc[goal.best_index(measured["value"])]
        facts.append((f"best {goal.label} so far", number(best["value"], 4)))
        name = best.get("name")
        if isinstance(name, str) and name.strip():
            facts.append(("which is", name.strip()))
    facts.append(("polymers measured", f"{len(measured):,}"))
    facts.append(("rounds proposed", f"{report.round:,}"))
    if report.by_status:
        facts.append(("proposals", counts(report.by_status)))
    return Card("At a glance", text="\n\n".join(report.notes), facts=tuple(facts))


def _proposals(report: RoundReport) -> Card | None:
    rows = report.proposals
    if rows.empty:
        return None
    columns: dict[str, object] = {"rank": rows["rank"].astype(int), "psmiles": rows["psmiles"]}
    if _any_text(rows, "name"):
        columns["name"] = _text(rows, "name")
    if _any_text(rows, "monomers"):
        made = [
            f"{monomers}\nby {reaction}" if monomers and reaction else monomers
            for monomers, reaction in zip(_text(rows, "monomers"), _text(rows, "reaction"), strict=True)
        ]
        columns["made from"] = made
    for column, title in (("sa_score", "SA score (1 easy to 10)"), ("cost", "cost per g of monomers")):
        if column in rows and rows[column].notna().any():
            columns[title] = [number(value) for value in rows[column]]
    predicted = rows["mean"].notna().any()
    if predicted:
        columns[f"predicted {report.goal.label}"] = [
            prediction(mean, lower, upper)
            for mean, lower, upper in zip(rows["mean"], rows["lower"], rows["upper"], strict=True)
        ]
    estimated = estimate_titles([str(column) for column in rows.columns])
    for title in estimated:
        name, unit = spoken(title)
        columns[f"estimated {name}{f' ({unit})' if unit else ''}"] = [
            number(value) if pd.notna(value) else "" for value in rows[title]
        ]
    if _any_text(rows, "status"):
        columns["status"] = _text(rows, "status")
    if "value" in rows and rows["value"].notna().any():
        columns[f"measured {report.goal.label}"] = [number(value, 4) for value in rows["value"]]
    columns["why"] = _text(rows, "reason")
    text = (
        "The interval holds the measured value with a probability of 95 %, as far as the model knows."
        if predicted
        else "Nothing has been predicted: these polymers were chosen to be as different from each other as "
        "the pool allows."
    )
    if estimated:
        text += (
            " Estimated values are physics estimates from the structure alone; nothing measured went into them, and "
            "an empty cell is a structure that the method does not cover."
        )
    return Card(
        f"What to make next: round {report.round}",
        text=text,
        frame=pd.DataFrame(columns).reset_index(drop=True),
        structures="psmiles",
    )


def _progress(report: RoundReport) -> Card | None:
    if report.history.empty:
        return None
    values = report.history["value"]
    caption = (
        f"{counted(len(values), 'measurement')} of {report.goal.label} in their order, from "
        f"{number(values.min(), 4)} to {number(values.max(), 4)}; the line is the best so far."
    )
    return Card(
        "How the campaign goes", figures=(figures.progress(report.history, report.goal),), captions=(caption,)
    )


def _gate(report: RoundReport) -> Card | None:
    if report.gate is None or report.gate.empty:
        return None
    rows = report.gate.reset_index(drop=True)
    columns: dict[str, object] = {
        "model": [
            f"{member} (used)" if chosen else member
            for member, chosen in zip(rows["member"], rows["chosen"], strict=True)
        ],
        "log score": [number(score) for score in rows["log_score"]],
        "difference to the simplest": [
            "–" if position == 0 else with_error(difference, error)
            for position, (difference, error) in enumerate(
                zip(rows["difference"], rows["standard_error"], strict=True)
            )
        ],
    }
    if "rmse" in rows:
        columns[f"typical error{f' ({report.goal.unit})' if report.goal.unit else ''}"] = [
            number(value) for value in rows["rmse"]
        ]
    if "r2" in rows:
        columns["R²"] = [number(value, 2) for value in rows["r2"]]
    if "coverage" in rows:
        columns["inside 95 % interval"] = [f"{100 * share:.0f} %" for share in rows["coverage"]]
    text = (
        "Each model predicts every measured polymer from all the others. The log score rewards being right "
        "and being honest about the uncertainty; higher is better. The difference is paired, ± its standard "
        "error: a more complicated model is used only when it gains more than that."
    )
    return Card(
        "Which model is trusted", text=f"{text}\n\n{report.gate_reason}".strip(), frame=pd.DataFrame(columns)
    )


def _calibration(report: RoundReport) -> Card | None:
    if report.loo is None or report.loo.empty:
        return None
    loo = report.loo
    limits = figures.span(loo["measured"], loo["mean"])
    drawn, captions = [], []
    for member, rows in loo.groupby("member", sort=False):
        inside = int(((rows["measured"] >= rows["lower"]) & (rows["measured"] <= rows["upper"])).sum())
        drawn.append(figures.calibration(rows, report.goal, str(member), limits))
        captions.append(f"{member}: {inside} of {counted(len(rows), 'polymer')} inside the 95 % interval.")
    text = (
        "Each point is a polymer that was hidden from the model. On the dashed line the prediction is exact; "
        "about 19 of 20 bars should reach it. Bars that are cut by the frame go on beyond it."
    )
    return Card("How far to trust it", text=text, figures=tuple(drawn), captions=tuple(captions))


def _best(report: RoundReport) -> Card | None:
    rows = report.observations
    if rows.empty:
        return None
    order = rows.sort_values("value", ascending=report.goal.direction == "min", kind="stable").head(
        BEST_SHOWN
    )
    columns: dict[str, object] = {"psmiles": order["psmiles"]}
    if _any_text(order, "name"):
        columns["name"] = _text(order, "name")
    errors = order["sem"] if "sem" in order else pd.Series(float("nan"), index=order.index)
    columns[f"measured {report.goal.label}"] = [
        with_error(value, error) if pd.notna(error) else number(value, 4)
        for value, error in zip(order["value"], errors, strict=True)
    ]
    if _any_text(order, "reference"):
        columns["reference"] = _text(order, "reference")
    title = "The best measured so far"
    text = f"{len(order)} of {counted(len(rows), 'measured polymer')}." if len(order) < len(rows) else ""
    return Card(title, text=text, frame=pd.DataFrame(columns).reset_index(drop=True), structures="psmiles")


def _pool(report: RoundReport) -> Card | None:
    if report.screened is None:
        return None
    verb = "was" if report.screened == 1 else "were"
    text = f"{counted(report.screened, 'candidate')} of the pool {verb} scored"
    if report.shortlisted is not None:
        text += f", and the {report.shortlisted:,} most promising were looked at closely"
    text += "."
    left_out = {reason: count for reason, count in report.left_out.items() if count}
    if not left_out:
        return Card("Where the candidates come from", text=text + " None was left out.")
    frame = pd.DataFrame(
        {"left out because": list(left_out), "polymers": [f"{count:,}" for count in left_out.values()]}
    )
    return Card("Where the candidates come from", text=text, frame=frame)


def _text(rows: pd.DataFrame, column: str) -> list[str]:
    if column not in rows:
        return [""] * len(rows)
    return ["" if pd.isna(value) else str(value).strip() for value in rows[column]]


def _any_text(rows: pd.DataFrame, column: str) -> bool:
    return any(_text(rows, column))
