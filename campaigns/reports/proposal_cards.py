"""What to make next and out of what, as cards: the glance, the proposals, what could not be made, and the pool."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from campaigns.best_so_far import is_log
from campaigns.ledger.proposals import AWAITED
from campaigns.reports.cards import Card
from campaigns.reports.cells import has_text, texts
from campaigns.reports.contents import RoundReport
from campaigns.reports.model_cards import verdicts
from campaigns.reports.progress_cards import best_of
from campaigns.reports.wording import chance, counted, counts, limited, named_first, number, prediction
from campaigns.tables.estimated import estimate_titles, spoken
from campaigns.tables.predicted import CHANCE, predicted_columns


def glance(report: RoundReport) -> Card:
    """The few facts that everybody asks for, the verdict on each model, the advice, and the notes."""
    facts: list[tuple[str, str]] = []
    for told in report.properties:
        if best := best_of(told):
            word = "closest" if told.goal.direction == "target" else "best"
            remark = f", {best.remark}" if best.remark else ""
            facts.append((f"{word} {told.goal.label} so far{remark}", limited(best.value, best.bound, 4)))
    if len(report.properties) == 1 and (name := _best_name(report)):
        facts.append(("which is", name))
    if report.front is not None and report.front.hypervolume is not None:
        facts.append(("hypervolume", number(report.front.hypervolume, 4)))
    for told in report.properties:
        label = "polymers measured" if len(report.properties) == 1 else f"measured: {told.goal.name}"
        facts.append((label, f"{len(told.observations):,}"))
    facts.append(("last round", f"{report.round:,}" if report.round else "none yet"))
    if report.by_status:
        facts.append(("proposals", counts(report.by_status)))
    then = f"When round {report.round} was proposed: {' '.join(report.notes)}" if report.notes else ""
    sentences = [report.advice, _awaited(report), *verdicts(report.properties), then]
    return Card("At a glance", text="\n\n".join(s for s in sentences if s), facts=tuple(facts))


def proposals(report: RoundReport) -> Card | None:
    """The last round's proposals, best first, each with what has become of it."""
    rows = report.proposals
    if rows.empty:
        return None
    columns: dict[str, object] = {"rank": rows["rank"].astype(int)}
    if has_text(rows, "proposal_id"):
        columns["proposal"] = texts(rows, "proposal_id")
    columns["psmiles"] = rows["psmiles"]
    if has_text(rows, "name"):
        columns["name"] = texts(rows, "name")
    if has_text(rows, "monomers"):
        made = [
            f"{monomers}\nby {reaction}" if monomers and reaction else monomers
            for monomers, reaction in zip(texts(rows, "monomers"), texts(rows, "reaction"), strict=True)
        ]
        columns["made from"] = made
    for column, title in (("sa_score", "SA score (1 easy to 10)"), ("cost", "cost per g of monomers")):
        if column in rows and rows[column].notna().any():
            columns[title] = [number(value) for value in rows[column]]
    if "feasible" in rows and rows["feasible"].notna().any():
        columns["chance that it can be made"] = [_chance(value) for value in rows["feasible"]]
    goals = [told.goal for told in report.properties]
    predicted = False
    for name, titles in predicted_columns(goals).items():
        if titles.mean not in rows or not rows[titles.mean].notna().any():
            continue
        predicted = True
        label = next(goal.label for goal in goals if goal.name == name)
        columns[f"predicted {label}"] = [
            prediction(*bounds) for bounds in zip(*(rows[title] for title in titles.titles), strict=True)
        ]
    for title in [str(column) for column in rows.columns if str(column).startswith(CHANCE)]:
        columns[title] = [_chance(value) for value in rows[title]]
    estimated = estimate_titles([str(column) for column in rows.columns])
    for title in estimated:
        name, unit = spoken(title)
        columns[f"estimated {name}{f' ({unit})' if unit else ''}"] = [
            number(value) if pd.notna(value) else "" for value in rows[title]
        ]
    if has_text(rows, "status"):
        columns["status now"] = texts(rows, "status")
    for goal in goals:
        if has_text(rows, title := f"{goal.name}_measured"):
            columns[f"measured {goal.label}"] = texts(rows, title)
    columns["why"] = [
        "\n".join(filter(None, said))
        for said in zip(texts(rows, "reason"), texts(rows, "tried"), strict=True)
    ]
    told = [*_become(rows), *_explained(report, predicted, estimated)]
    return Card(
        f"What to make next: round {report.round}"
        if _to_make(rows)
        else f"What round {report.round} proposed",
        text=" ".join(told),
        frame=pd.DataFrame(columns).reset_index(drop=True),
        structures="psmiles",
    )


def abandoned(report: RoundReport) -> Card | None:
    """What could not be made, and what was learned from it."""
    told = report.feasibility
    if told is None or (told.abandoned.empty and not told.failed):
        return None
    sentences = []
    if len(told.abandoned):
        polymers = "1 polymer was" if len(told.abandoned) == 1 else f"{len(told.abandoned)} polymers were"
        sentences.append(
            f"{polymers} abandoned: could not be made, dissolved or cast. They are not proposed again, and lower the "
            "chance of what is like them."
        )
        sentences.append(told.learned)
    if told.failed:
        attempts = "1 attempt" if told.failed == 1 else f"{told.failed} attempts"
        sentences.append(
            f"{attempts} failed by accident: that says nothing about the polymer, which may be proposed again."
        )
    frame = None
    if len(told.abandoned):
        columns: dict[str, object] = {"psmiles": told.abandoned["psmiles"]}
        columns["proposal"] = texts(told.abandoned, "proposal_id")
        if has_text(told.abandoned, "note"):
            columns["note"] = texts(told.abandoned, "note")
        frame = pd.DataFrame(columns).reset_index(drop=True)
    return Card(
        "What could not be made",
        text=" ".join(s for s in sentences if s),
        frame=frame,
        structures=None if frame is None else "psmiles",
    )


def pool(report: RoundReport) -> Card | None:
    """What became of the candidates."""
    if report.screened is None:
        return None
    verb = "was" if report.screened == 1 else "were"
    text = f"In round {report.round}, {counted(report.screened, 'candidate')} of the pool {verb} scored"
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


def _to_make(rows: pd.DataFrame) -> list[int]:
    """Places of the proposals that are still to be made or measured; all where no status is known."""
    statuses = texts(rows, "status")
    return [place for place, status in enumerate(statuses) if status in ("", *AWAITED)]


def _become(rows: pd.DataFrame) -> list[str]:
    """What has become of the last round's proposals since, where anything has."""
    left = _to_make(rows)
    if len(left) == len(rows):
        return []
    statuses = texts(rows, "status")
    since = counts(Counter(status for status in statuses if status not in AWAITED))
    if not left:
        return [f"None of these is to be made any more: {since}."]
    ids = [texts(rows, "proposal_id")[place] for place in left]
    return [f"Still to be made or measured: {', '.join(filter(None, ids))}; of the others, {since}."]


def _awaited(report: RoundReport) -> str:
    """Which results are awaited now; empty before there is a round."""
    if not report.by_status:
        return ""
    if not report.awaited:
        return "No result is awaited now."
    verb = "is" if len(report.awaited) == 1 else "are"
    return f"{counted(len(report.awaited), 'result')} {verb} awaited now: {named_first(report.awaited)}."


def _explained(report: RoundReport, predicted: bool, estimated: list[str]) -> list[str]:
    if not predicted:
        sentences = [
            "Nothing has been predicted: these polymers were chosen to be as different from each other as the pool allows."
        ]
    else:
        sentences = [
            "The interval holds the measured value with a probability of 95 %, as far as the model knows."
        ]
        if any(is_log(told.goal) for told in report.properties):
            sentences.append(
                "Of a property over decades the median is given, with an interval that is not symmetric."
            )
    if estimated:
        sentences.append(
            "Estimated values are physics estimates from the structure alone; nothing measured went into them, and "
            "an empty cell is a structure that the method does not cover."
        )
    return sentences


def _best_name(report: RoundReport) -> str:
    told = report.properties[0]
    best = best_of(told)
    return texts(told.observations, "name")[best.row] if best else ""


def _chance(value: object) -> str:
    return chance(float(value)) if isinstance(value, int | float) and value == value else ""
