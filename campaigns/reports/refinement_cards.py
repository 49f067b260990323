"""Refinement as cards: the gate's choice in every round, and what the last refinement did to the latent."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from campaigns.ledger.rounds import ADAPTED_MEMBERS, UNNAMED_MEMBER
from campaigns.reports.cards import Card
from campaigns.reports.contents import PropertyReport, RefinementReport, RoundReport
from campaigns.reports.latent_figures import latent_map
from campaigns.reports.wording import counted, number, reasons_in_words, with_error

CHOICES = "The gate's choices"
CHANGES = "What refinement did to the latent"

ADOPTED = ADAPTED_MEMBERS[-1]
"""The member on an adapter of another campaign."""

_NOTHING = "–"


def choices(report: RoundReport) -> Card | None:
    """One row for each round and property: which model was used, and what each depth of refinement was worth."""
    several = len(report.properties) > 1
    rows = [row for told in report.properties for row in _choices(told, several=several)]
    if not rows:
        return None
    rows.sort(key=lambda row: int(row["round"]))
    frame = pd.DataFrame(rows).fillna("")
    members = [m for m in (*ADAPTED_MEMBERS, UNNAMED_MEMBER) if _column(m) in frame]
    leading = [column for column in ("round", "property", "used", "frozen: log score") if column in frame]
    shown = frame[[*leading, *map(_column, members), "not refined, because"]]
    if not shown["not refined, because"].any():
        shown = shown.drop(columns="not refined, because")
    text = (
        "The model that the gate used in each round. The frozen latent is what the encoders say of a polymer; refined by LoRA on "
        "what is measured it is a model of its own, and columns give how much more than the frozen one it scored in predicting "
        "polymers that its adapters had not seen, ± the standard error. It is used only where it gains more than that."
    )
    return Card(CHOICES, text=text, frame=shown.reset_index(drop=True))


def changes(report: RoundReport) -> list[Card]:
    """For each property what the refinement of the last round did to the latent, or why there was none."""
    several = len(report.properties) > 1
    return [card for told in report.properties if (card := _changes(told, several=several)) is not None]


def _choices(told: PropertyReport, *, several: bool) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    if told.choices.empty:
        return rows
    for round_number, members in told.choices.groupby("round", sort=True):
        first = members.iloc[0]
        row = {"round": str(round_number)}
        if several:
            row["property"] = told.goal.name
        row["used"] = str(first["chosen"]) or _NOTHING
        row["frozen: log score"] = number(None if pd.isna(first["frozen"]) else float(first["frozen"]))
        for one in members.to_dict(orient="records"):
            if one["member"]:
                row[_column(str(one["member"]))] = (
                    _NOTHING
                    if pd.isna(one["difference"])
                    else with_error(float(one["difference"]), _number(one["standard_error"]))
                )
        told_reasons = {str(one["member"]): str(one["reason"]) for one in members.to_dict(orient="records")}
        row["not refined, because"] = reasons_in_words(
            {member: why for member, why in told_reasons.items() if why}, told_reasons
        )
        rows.append(row)
    return rows


def _column(member: str) -> str:
    return f"{member}: more than frozen"


def _number(value: object) -> float | None:
    return None if pd.isna(value) else float(value)  # type: ignore[call-overload, arg-type]  # a cell of a float column


def _changes(told: PropertyReport, *, several: bool) -> Card | None:
    found = told.refinement
    if found is None:
        return None
    paragraphs = []
    if found.skipped:
        nothing = found.folds.empty and found.latent_map is None
        among = found.skipped if nothing else [*found.skipped, *found.folds["member"], ADOPTED]
        skipped = reasons_in_words(found.skipped, among)
        paragraphs.append(f"{'Nothing was' if nothing else 'Not'} refined this round: {skipped}.")
    if len(found.folds):
        paragraphs.append(_training_in_words(found))
    if ADOPTED in found.starts and ADOPTED not in found.skipped:
        paragraphs.append(
            f"The adopted adapter comes from {found.starts[ADOPTED]}; nothing of it was trained here."
        )
    drawn: tuple[Figure, ...] = ()
    captions: tuple[str, ...] = ()
    if (shown := found.latent_map) is not None:
        paragraphs.append(
            "Each point is a measured polymer where the latent puts it, coloured by what was measured. The two panels have axes "
            "of their own: compare which polymers are neighbours, not where they lie. Where refinement works, polymers of like "
            "value come closer. Where it has learned them by heart, they stand in the order of their values whatever their "
            "structure."
        )
        drawn = (latent_map(shown, told.goal),)
        unused = "" if shown.member == _used(told) else ", which the gate did not use"
        captions = (
            f"The latent of {counted(len(shown.points), 'measured polymer')}, frozen (left) and refined (right: {shown.member}, "
            f"the first of its adapters{unused}), coloured by {told.goal.label}; the highest and lowest are called by name.",
        )
    title = f"{CHANGES}: {told.goal.name}" if several else CHANGES
    return Card(
        title,
        text="\n\n".join(paragraphs),
        frame=_diagnostics(found.folds) if len(found.folds) else None,
        figures=drawn,
        captions=captions,
    )


def _used(told: PropertyReport) -> str:
    """The model that the last round used; empty where there was none."""
    return "" if told.choices.empty else str(told.choices.iloc[-1]["chosen"])


def _training_in_words(found: RefinementReport) -> str:
    begun = dict.fromkeys(found.folds["member"])
    warm = [
        f"{member} from {found.starts[member]}"
        for member in begun
        if found.starts.get(member, "base") != "base"
    ]
    anew = [member for member in begun if found.starts.get(member, "base") == "base"]
    start = (
        f"Adapters began from those of an earlier round ({', '.join(warm)})"
        + (f", {' and '.join(anew)} from the frozen model." if anew else ".")
        if warm
        else "Every adapter began from the frozen model."
    )
    return (
        f"{start} Each is kept away from one part of the measured polymers, which then judges it. Numbers are of the frozen "
        "latent and, after the arrow, of the refined one. An adapter that learned the polymers by heart shows in a length-scale "
        "that falls to a fraction of what it was, against the mean distance of the polymers, or in an effective rank (the "
        "directions that they spread over) that collapses. The text share is the weight that the fusion gives to what the "
        "language model says against the 3D structure."
    )


def _diagnostics(folds: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "adapter": [
                f"{m}, {f} of {n}"
                for m, f, n in zip(
                    folds["member"],
                    folds["fold"],
                    folds.groupby("member")["fold"].transform("max"),
                    strict=True,
                )
            ],
            "step kept": [
                f"{best} of {steps}" + ("\nnothing better" if best == 0 else "")
                for best, steps in zip(folds["best_step"], folds["steps"], strict=True)
            ],
            "stopped by": folds["stop"].tolist(),
            "length-scale / mean distance": _pairs(folds["ratio_before"], folds["ratio_after"]),
            "effective rank": _pairs(folds["rank_before"], folds["rank_after"]),
            "text share": _pairs(folds["text_before"], folds["text_after"]),
        }
    )


def _pairs(before: pd.Series[float], after: pd.Series[float]) -> list[str]:
    """``0.98 → 1.02`` of each row; a dash where nothing is known."""
    pairs = zip(map(_number, before), map(_number, after), strict=True)
    return [_NOTHING if a is None or b is None else f"{number(a)} → {number(b)}" for a, b in pairs]
