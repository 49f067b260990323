"""What people corrected, retracted, withdrew and excluded, as far as it holds now: counts, and the latest with their reasons."""

from __future__ import annotations

from collections import Counter

import pandas as pd
from sqlalchemy import select

from campaigns.ledger import Ledger, Status, reading
from campaigns.ledger.measurements import measurement_id
from campaigns.ledger.schema import CommandRow, EventRow, ExclusionRow, RetractionRow
from campaigns.reports.cards import Card
from campaigns.reports.contents import RoundReport
from campaigns.reports.wording import counted

COLUMNS = ("command", "what", "subject", "words", "reason", "author", "at")

SHOWN = 5
"""Latest of them that are shown; ``polyloop history`` tells all of a polymer."""

_SENTENCES = {
    "corrected": ("measurement was corrected", "measurements were corrected"),
    "retracted": ("measurement is retracted", "measurements are retracted"),
    "withdrawn": ("proposal is withdrawn", "proposals are withdrawn"),
    "excluded": ("substructure is excluded", "substructures are excluded"),
}


def put_right(ledger: Ledger) -> pd.DataFrame:
    """One row for each correction, retraction, withdrawal and exclusion that holds now, the latest first.

    Columns as :class:`campaigns.reports.contents.RoundReport` has them. What was undone is not among them.

    Args:
        ledger: Of the campaign.
    """
    rows: list[tuple[object, ...]] = []
    with ledger.reading() as session:
        taken_back = set(session.scalars(reading.retracted()))
        asked = select(RetractionRow, CommandRow).join(CommandRow, CommandRow.id == RetractionRow.command_id)
        latest = {
            row.measurement_id: (row, by) for row, by in session.execute(asked.order_by(RetractionRow.id))
        }
        for number, (row, by) in latest.items():
            if number not in taken_back:
                continue
            what, words = "retracted", f"{measurement_id(number)} retracted"
            if row.replaced_by is not None:
                what = "corrected"
                words = f"{measurement_id(number)} corrected by {measurement_id(row.replaced_by)}"
            rows.append((by.id, what, measurement_id(number), words, row.reason, by.author, by.at))
        withdrawn = {id_ for id_, status in reading.statuses(session).items() if status is Status.WITHDRAWN}
        steps = (
            select(EventRow, CommandRow)
            .join(CommandRow, CommandRow.id == EventRow.command_id)
            .where(EventRow.status == str(Status.WITHDRAWN))
            .order_by(EventRow.id)
        )
        last = {row.proposal_id: (row, by) for row, by in session.execute(steps)}
        for id_, (event, by) in last.items():
            if id_ in withdrawn:
                rows.append((by.id, "withdrawn", id_, f"{id_} withdrawn", event.note, by.author, by.at))
        in_force = {told.smarts for told in reading.exclusions(session)}
        ruled = select(ExclusionRow, CommandRow).join(CommandRow, CommandRow.id == ExclusionRow.command_id)
        ruled_last = {row.smarts: (row, by) for row, by in session.execute(ruled.order_by(ExclusionRow.id))}
        for smarts, (exclusion, by) in ruled_last.items():
            if smarts in in_force:
                words = f"what matches {smarts} excluded"
                rows.append((by.id, "excluded", smarts, words, exclusion.reason, by.author, by.at))
    return pd.DataFrame(rows, columns=list(COLUMNS)).sort_values("command", ascending=False, kind="stable")


def corrected(report: RoundReport) -> Card | None:
    """What was put right, with the latest reasons; ``None`` where nothing was."""
    rows = report.put_right
    if rows.empty:
        return None
    counts = Counter(rows["what"])
    told = [counted(counts[what], *words) for what, words in _SENTENCES.items() if counts[what]]
    latest = rows.head(SHOWN)
    shown = f" The latest {len(latest)} of them:" if len(latest) < len(rows) else ""
    frame = pd.DataFrame(
        {
            "when (UTC)": [f"{at:%Y-%m-%d %H:%M}" for at in latest["at"]],
            "what": list(latest["words"]),
            "reason": list(latest["reason"]),
            "by": list(latest["author"]),
        }
    )
    text = (
        f"{', '.join(told)}. The models do not learn from what was taken back, and every fact stays on record: "
        f"polyloop history DIR ID tells all of a measurement, a proposal or a polymer.{shown}"
    )
    return Card("What was taken back or put right", text=text, frame=frame)
