"""What the models of a property are worth, as cards: the validation of every member and control, calibration, and the
outliers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from campaigns.best_so_far import bounds_of, is_log
from campaigns.reports import figures, validation_figures
from campaigns.reports.cards import Card
from campaigns.reports.contents import PropertyReport, RoundReport
from campaigns.reports.wording import counted, model_in_words, number, with_error

FINGERPRINT = "fingerprint"
"""The member that is a control as well."""

MEASURE_AGAIN = "measure again?"
"""What is asked of a measurement that the models cannot believe."""


def validation(report: RoundReport) -> list[Card]:
    """Which model speaks for each property, and what every one scored."""
    return [card for told in report.properties if (card := _validation(told, report)) is not None]


def trust(report: RoundReport) -> list[Card]:
    """How far each property's predictions can be trusted, in figures."""
    return [card for told in report.properties if (card := _trust(told, report)) is not None]


def outliers(report: RoundReport) -> Card | None:
    """The measurements that no model believes, in one table; ``None`` where there is none."""
    rows: list[dict[str, object]] = []
    for told in report.properties:
        for row in told.outliers.to_dict(orient="records"):
            rows.append(
                {
                    "psmiles": row["psmiles"],
                    "name": row.get("name") or "",
                    "property": told.goal.label,
                    "measured": number(row["value"], 4),
                    "expected": number(row.get("expected"), 4),
                    "off by": f"{number(abs(row['z']), 2)} standard deviations, {'above' if row['z'] > 0 else 'below'}",
                    "so": MEASURE_AGAIN,
                }
            )
    if not rows:
        return None
    text = (
        "Predicted from all the others, each of these lies more than 3.5 standard deviations off. A slip of the unit or of a "
        "digit, a sample of another kind, or chemistry that nothing else measured shows: a second measurement tells."
    )
    return Card("Measure again?", text=text, frame=pd.DataFrame(rows), structures="psmiles")


def verdict(told: PropertyReport) -> str:
    """Whether the model of a property is better than predicting the mean, in words; empty where nothing is known."""
    if told.not_learned:
        return f"There is no model of {told.goal.name} yet: {told.not_learned}."
    if told.skilful is None:
        return ""
    used = (
        ""
        if told.gate is None or told.gate.empty
        else str(told.gate.loc[told.gate["chosen"], "member"].iloc[0])
    )
    model = f"The model of {told.goal.name}{f', on {model_in_words(used)},' if used else ''}"
    if told.skilful:
        return f"{model} is better than predicting the mean."
    return f"{model} is not better than predicting the mean of what is measured: read its predictions as guesses."


def _validation(told: PropertyReport, report: RoundReport) -> Card | None:
    title = _titled("Which model is trusted", told, report)
    if told.gate is None or told.gate.empty:
        return Card(title, text=verdict(told)) if told.not_learned else None
    text = (
        "Each model predicts every measured polymer from all the others. The log score rewards being right "
        "and being honest about the uncertainty; higher is better. Differences are paired, ± their standard "
        "error: a more complicated model is used only when it gains more than that. Two controls are held against them: a GP on "
        "fingerprints alone, and the mean of what is measured. An honest 80 % interval holds 80 % of the "
        "values; the miscalibration area is 0 at best and 0.5 at worst."
    )
    paragraphs = [verdict(told), told.reason, text]
    return Card(title, text="\n\n".join(filter(None, paragraphs)), frame=_scores(told.gate, told))


def _scores(gate: pd.DataFrame, told: PropertyReport) -> pd.DataFrame:
    rows = gate.reset_index(drop=True)
    control = rows["control"].astype(bool) if "control" in rows else pd.Series(False, index=rows.index)
    roles = [
        _role(chosen=bool(chosen), control=bool(is_control) or member == FINGERPRINT)
        for member, chosen, is_control in zip(rows["member"], rows["chosen"], control, strict=True)
    ]
    columns: dict[str, object] = {
        "model": [f"{member}{role}" for member, role in zip(rows["member"], roles, strict=True)],
        "log score": _each(rows, "log_score", number),
        f"more than {rows['member'].iloc[0]}": [
            "–" if position == 0 else with_error(difference, error)
            for position, (difference, error) in enumerate(
                zip(rows["difference"], rows["standard_error"], strict=True)
            )
        ],
    }
    if "over_mean" in rows:
        columns["more than the mean"] = [
            "–" if is_control else with_error(difference, error)
            for is_control, difference, error in zip(
                control, rows["over_mean"], rows["over_mean_error"], strict=True
            )
        ]
    unit = "decades" if is_log(told.goal) else told.goal.unit
    if "rmse" in rows:
        columns[f"typical error{f' ({unit})' if unit else ''}"] = _each(rows, "rmse", number)
    if "r2" in rows:
        columns["R²"] = _each(rows, "r2", lambda value: number(value, 2))
    if "spearman_error_sigma" in rows:
        columns["ρ(|error|, σ)"] = _each(rows, "spearman_error_sigma", lambda value: number(value, 2))
    if "coverage_50" in rows:
        shares = zip(*(rows[f"coverage_{level}"] for level in (50, 80, 95)), strict=True)
        columns["% inside 50 / 80 / 95 %"] = [" / ".join(f"{100 * s:.0f}" for s in row) for row in shares]
    elif "coverage" in rows:  # rounds of before the other two were recorded
        columns["inside 95 % interval"] = [f"{100 * share:.0f} %" for share in rows["coverage"]]
    if "miscalibration_area" in rows:
        columns["miscalibration area"] = _each(rows, "miscalibration_area", lambda value: number(value, 2))
    return pd.DataFrame(columns)


def _role(*, chosen: bool, control: bool) -> str:
    roles = [word for word, holds in (("used", chosen), ("control", control)) if holds]
    return f"\n{', '.join(roles)}" if roles else ""


def _trust(told: PropertyReport, report: RoundReport) -> Card | None:
    if told.loo is None or told.loo.empty:
        return None
    loo, drawn, captions = told.loo, [], []
    limits = figures.span(loo["measured"], loo["mean"], log=is_log(told.goal))
    scores: dict[str, pd.Series[float]] = {}
    limits_told = 0
    for member, rows in loo.groupby("member", sort=False):
        known = rows[bounds_of(rows) == ""]
        limits_told = len(rows) - len(known)
        inside = int(((known["measured"] >= known["lower"]) & (known["measured"] <= known["upper"])).sum())
        drawn.append(validation_figures.parity(rows, told.goal, str(member), limits))
        captions.append(f"{member}: {inside} of {counted(len(known), 'polymer')} inside the 95 % interval.")
        if "z" in known:
            scores[str(member)] = known["z"].astype(float)
    text = (
        "Each point is a polymer that was hidden from the model. On the dashed line the prediction is exact; "
        "about 19 of 20 bars should reach it. Bars that are cut by the frame go on beyond it."
    )
    if limits_told:
        text += f" Arrows are limits ({limits_told}): the value lies where the arrow points, and no more is known of it."
    if is_log(told.goal):
        text += " The axes run over decades: a prediction is the median, and its interval is as it is, not mirrored."
    if told.calibration:
        text += f" {told.calibration}"
    if scores:
        drawn.append(validation_figures.calibration(scores))
        captions.append(
            "Calibration: how often intervals of each probability hold the left-out value. Below the dashed line a model is too "
            "sure of itself, above it too cautious."
        )
    title = _titled("How far to trust it", told, report)
    return Card(title, text=text, figures=tuple(drawn), captions=tuple(captions))


def _each(rows: pd.DataFrame, column: str, write: Callable[[float | None], str]) -> list[str]:
    return [write(None if pd.isna(value) else float(value)) for value in rows[column]]


def _titled(title: str, told: PropertyReport, report: RoundReport) -> str:
    return title if len(report.properties) == 1 else f"{title}: {told.goal.name}"


def verdicts(properties: Sequence[PropertyReport]) -> list[str]:
    """The verdict of each property, without the empty ones."""
    return [sentence for told in properties if (sentence := verdict(told))]
