"""A table of results becomes facts: every row is checked, then all of them are in the ledger, or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from campaigns.ingesting.replicates import Told, disagreements, disputes, far_off
from campaigns.ledger import AppendSummary, Ledger, Measurement, ResultRow
from campaigns.ledger.records import Property
from campaigns.outcomes import IngestSummary
from campaigns.reports.wording import counted
from campaigns.tables import CheckedResults, read_results
from discovery.progress import Progress, silent

TOLD = 10
"""Sentences about single rows that are told of each kind; of more, the number."""


def ingest(
    results: Path | pd.DataFrame,
    properties: Sequence[Property],
    ledger: Ledger,
    *,
    dry_run: bool = False,
    progress: Progress = silent,
) -> IngestSummary:
    """Take measurements into a ledger.

    Args:
        results: Table, frame, or a filled-in form of proposals.
        properties: What may be measured: all that the campaign models.
        ledger: Where to.
        dry_run: Check and count only.
        progress: Told of the rows that are checked.

    Raises:
        TableError: With every faulty row; nothing is taken then.
    """
    checked = read_results(results, properties, ledger.view(), progress=progress)
    before = {of.name: ledger.measurements_in_unit(of) for of in checked.properties}
    summary = ledger.append_results(
        checked.rows, properties=checked.properties, source=checked.source, dry_run=dry_run
    )
    notes = [*checked.remarks, *_not_read(checked), *_new_values(checked, summary, before)]
    odd: list[Told] = []
    more: list[str] = []
    for of in checked.properties:
        rows = [
            row for row in checked.rows if (row.line, of.name) in summary.new and row.objective == of.name
        ]
        for what, found in (
            (f"a {of.name} far from another of its polymer", disagreements(rows, before[of.name], of)),
            (f"a limit of {of.name} that is contradicted", disputes(rows, before[of.name], of)),
            (f"a {of.name} far off", far_off(rows, before[of.name], of)),
        ):
            told = sorted(found, key=lambda told: told.line)
            odd += told[:TOLD]
            if len(told) > TOLD:
                more.append(f"Besides, {counted(len(told) - TOLD, 'more row')} with {what}.")
    notes += [told.text for told in sorted(odd, key=lambda told: told.line)] + more
    if summary.same_source:
        notes.append("This very table was ingested before.")
    return IngestSummary(
        accepted=len(summary.lines),
        skipped_empty=checked.skipped,
        already_known=len({row.line for row in checked.rows} - summary.lines),
        by_status={str(status): n for status, n in summary.statuses.items()},
        polymers=len({row.unit for row in checked.rows}),
        notes=tuple(notes),
    )


def _not_read(checked: CheckedResults) -> list[str]:
    told = []
    if checked.ignored_columns:
        told.append(f"These columns were not read: {', '.join(checked.ignored_columns)}.")
    if checked.without_value:
        names = " or ".join(of.name for of in checked.properties)
        told.append(f"Passed over: {counted(checked.without_value, 'row')} without a value of {names}.")
    return told


def _new_values(
    checked: CheckedResults, summary: AppendSummary, before: Mapping[str, Sequence[Measurement]]
) -> list[str]:
    """What a count of rows does not tell: of which properties the values are, limits, and repeats."""
    told = []
    if len(checked.properties) > 1 and summary.measurements:
        counts = (f"{of.name} {summary.values.get(of.name, 0):,}" for of in checked.properties)
        told.append(f"New values: {', '.join(counts)}.")
    if limits := sum(_is_new_limit(row, summary) for row in checked.rows):
        verb = "one value is a limit" if limits == 1 else f"{limits:,} values are limits"
        told.append(f"Of these, {verb} (such as >350): the models know that the truth lies beyond.")
    measured = {(m.unit, name) for name, found in before.items() for m in found}
    again = Counter(
        (row.unit, row.objective) for row in checked.rows if (row.line, row.objective) in summary.new
    )
    repeats = sum(count for key, count in again.items() if key in measured)
    if repeats:
        told.append(f"Repeats of polymers measured before, pooled with them: {repeats}.")
    if within := sum(count - 1 for key, count in again.items() if key not in measured):
        told.append(
            f"Repeats within this table, of polymers not measured before, pooled with one another: {within}."
        )
    return told


def _is_new_limit(row: ResultRow, summary: AppendSummary) -> bool:
    return bool(row.bound) and (row.line, row.objective) in summary.new
