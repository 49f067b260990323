"""A table of results becomes facts: every row is checked, then all of them are in the ledger, or none."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from campaigns.ledger import Ledger
from campaigns.outcomes import IngestSummary
from campaigns.replicates import disagreements
from campaigns.spec import ObjectiveSpec
from campaigns.tables import read_results
from discovery.progress import Progress, silent


def ingest(
    results: Path | pd.DataFrame,
    objective: ObjectiveSpec,
    ledger: Ledger,
    *,
    dry_run: bool = False,
    progress: Progress = silent,
) -> IngestSummary:
    """Take measurements of an objective into a ledger.

    Args:
        results: Table, frame, or a filled-in form of proposals.
        objective: What was measured.
        ledger: Where to.
        dry_run: Check and count only.
        progress: Told of the rows that are checked.

    Raises:
        TableError: With every faulty row; nothing is taken then.
    """
    before = {o.unit: o for o in ledger.observations(objective)}
    checked = read_results(results, objective, ledger.view(), progress=progress)
    summary = ledger.append_results(checked.rows, objective=objective, source=checked.source, dry_run=dry_run)
    notes = list(checked.remarks)
    if checked.ignored_columns:
        notes.append(f"These columns were not read: {', '.join(checked.ignored_columns)}.")
    if summary.replicates:
        notes.append(f"Repeats of polymers measured before, pooled with them: {summary.replicates}.")
        notes += disagreements(checked.rows, before, objective)
    if summary.same_source:
        notes.append("This very table was ingested before.")
    return IngestSummary(
        accepted=len(checked.rows) - summary.known,
        skipped_empty=checked.skipped,
        already_known=summary.known,
        by_status={str(status): n for status, n in summary.statuses.items()},
        polymers=len({row.unit for row in checked.rows}),
        notes=tuple(notes),
    )
