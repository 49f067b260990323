"""What rounds said beforehand of the polymers that they proposed, beside what was measured of them since."""

from __future__ import annotations

from collections import defaultdict

import pandas as pd

from campaigns.ledger import Ledger, Measurement, pool_replicates
from campaigns.reports.cards import Card
from campaigns.reports.cells import has_text, texts
from campaigns.reports.contents import RoundReport
from campaigns.reports.wording import counted, limited, prediction
from campaigns.spec import CampaignSpec

COLUMNS = ("round", "proposal_id", "psmiles", "name", "property", "mean", "lower", "upper", "value", "bound")


def returned_results(spec: CampaignSpec, ledger: Ledger) -> pd.DataFrame:
    """One row for each property of a proposal that was predicted and has been measured, the latest round first; columns as
    :class:`campaigns.reports.contents.RoundReport` has them. Several measurements that answer one proposal are pooled.

    Args:
        spec: Of the campaign.
        ledger: What was proposed and measured.
    """
    answers: dict[tuple[str, str], list[Measurement]] = defaultdict(list)
    for told in spec.properties:
        for m in ledger.measurements_in_unit(told):
            if m.proposal_id:
                answers[m.proposal_id, told.name].append(m)
    rows = []
    for p in sorted(ledger.proposals(), key=lambda p: (-p.round, p.rank)):
        for told in spec.properties:
            predicted = p.predictions.get(told.name)
            if predicted is None:
                continue
            for o in pool_replicates(answers.get((p.id, told.name), ()), told.scale):
                bounds = (predicted.mean, predicted.lower, predicted.upper)
                rows.append(
                    (p.round, p.id, p.unit.psmiles, p.name or o.name, told.name, *bounds, o.value, o.bound)
                )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def returned(report: RoundReport) -> Card | None:
    """Earlier predictions against the results that came back; ``None`` before there are any."""
    rows = report.returned
    if rows.empty:
        return None
    labels = {told.goal.name: told.goal.label for told in report.properties}
    columns: dict[str, object] = {"round": rows["round"].astype(int)}
    if has_text(rows, "proposal_id"):
        columns["proposal"] = texts(rows, "proposal_id")
    columns["psmiles"] = rows["psmiles"]
    if has_text(rows, "name"):
        columns["name"] = texts(rows, "name")
    single = labels[report.properties[0].goal.name] if len(labels) == 1 else ""
    if not single:
        columns["property"] = [labels[name] for name in rows["property"]]
    bounds = zip(rows["mean"], rows["lower"], rows["upper"], strict=True)
    columns[f"predicted {single}".strip()] = [prediction(*each) for each in bounds]
    columns[f"measured {single}".strip()] = [
        limited(value, bound, 4) for value, bound in zip(rows["value"], rows["bound"], strict=True)
    ]
    columns["inside the 95 % interval"] = _inside(rows)
    return Card(
        "What was predicted, and what came back",
        text=_counted(rows),
        frame=pd.DataFrame(columns).reset_index(drop=True),
        structures="psmiles",
    )


def _inside(rows: pd.DataFrame) -> list[str]:
    """``yes`` or ``no``; of a limit only ``no``, where it lies beyond the interval, and else that it cannot tell."""
    words = []
    for value, bound, lower, upper in zip(
        rows["value"], rows["bound"], rows["lower"], rows["upper"], strict=True
    ):
        if not bound:
            words.append("yes" if lower <= value <= upper else "no")
        elif (bound == "above" and value >= upper) or (bound == "below" and value <= lower):
            words.append("no")
        else:
            words.append("a limit cannot tell")
    return words


def _counted(rows: pd.DataFrame) -> str:
    """How many values lay inside; limits are left out, since they could only count against the models."""
    values = rows[rows["bound"] == ""]
    inside, limits = _inside(values).count("yes"), len(rows) - len(values)
    sentences = []
    if len(values):
        verb = "measured value" if len(values) == 1 else "measured values"
        sentences.append(
            f"{inside} of {len(values)} {verb} lay inside the 95 % interval that was given with the proposal."
        )
    if limits:
        verb = "is only a limit and is" if limits == 1 else "are only limits and are"
        sentences.append(f"{counted(limits, 'result')} {verb} not counted.")
    return " ".join(sentences)
