"""A table of results becomes facts: every row is checked, then all of them are in the ledger, or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from campaigns.ingesting.expectations import far_from_prediction, never_proposed
from campaigns.ingesting.repeats import changed_since, same_rows
from campaigns.ingesting.replicates import disagreements, disputes, far_off
from campaigns.ingesting.taken_back import taken_back
from campaigns.ledger import AppendSummary, Ledger, Measurement, ResultRow, RowKind
from campaigns.ledger.measurements import Property
from campaigns.ledger.result_rows import LedgerView
from campaigns.outcomes import IngestSummary
from campaigns.reports.wording import counted
from campaigns.tables import CheckedResults, HowToRead, Remark, checked_results
from discovery.progress import Progress, silent

TOLD = 10
"""Sentences about single rows that are told of each kind; of more, the number."""

COMPARED = 200_000
"""New values of a property that are compared with one another and with recorded ones; of a larger table the first ones."""


def ingest(
    results: Path | pd.DataFrame,
    properties: Sequence[Property],
    ledger: Ledger,
    *,
    dry_run: bool = False,
    corrections: bool = False,
    replicates: bool = False,
    how: HowToRead | None = None,
    progress: Progress = silent,
) -> IngestSummary:
    """Take measurements into a ledger.

    Args:
        results: Table, frame, or a filled-in form of proposals.
        properties: What may be measured: all that the campaign models.
        ledger: Where to.
        dry_run: Check and count only.
        corrections: Values for proposals that have others from before stand in for these.
        replicates: They are of further specimens and stand beside these.
        how: What the user says of the table.
        progress: Told of the rows that are checked.

    Raises:
        TableError: With every faulty row, or every conflict; nothing is taken then.
    """
    view = ledger.view()
    with checked_results(results, properties, view, how=how, progress=progress) as checked:
        before = {of.name: ledger.measurements_in_unit(of) for of in checked.properties}
        summary = ledger.append_results(
            checked.rows,
            properties=checked.properties,
            source=checked.source,
            dry_run=dry_run,
            corrections=corrections,
            replicates=replicates,
            counted=checked.counted,
        )
        read = _Read.of(checked, summary)
        odd, more = _odd_rows(checked, read, before, view, replicates=replicates)
        remarks = [
            *_few(checked.told),
            *_not_read(checked),
            *_new_values(checked, summary, read.limits),
            *_few(taken_back(summary.taken_back, checked.properties, checked.counted)),
            *sorted(odd, key=lambda told: told.line or 0),
            *more,
        ]
    if replicates and read.known_otherwise and not summary.same_source:
        text = (
            f"Not taken again: {counted(read.known_otherwise, 'value')} that a file called {checked.source.name} has brought "
            "before. If they are of further specimens, give this file another name."
        )
        remarks.append(Remark("known-of-same-name", text))
    if summary.same_source:
        remarks.append(Remark("same-table", "This very table was ingested before."))
    return IngestSummary(
        accepted=summary.lines,
        skipped_empty=checked.skipped,
        already_known=read.known,
        by_status={str(status): n for status, n in summary.statuses.items()},
        polymers=summary.polymers,
        notes=tuple(remark.text for remark in remarks),
        new=summary.measurements - summary.replicates - summary.corrections,
        replicates=summary.replicates,
        corrections=summary.corrections,
        conflicts=summary.conflicts,
        remarks=tuple(remarks),
        counted=checked.counted,
    )


def _odd_rows(
    checked: CheckedResults,
    read: _Read,
    before: Mapping[str, Sequence[Measurement]],
    view: LedgerView,
    *,
    replicates: bool,
) -> tuple[list[Remark], list[Remark]]:
    """Remarks on single rows, a few of each kind, and how many more there are."""
    odd: list[Remark] = []
    more: list[Remark] = []

    def tell(what: str, found: Iterable[Remark]) -> None:
        told = sorted(found, key=lambda told: told.line or 0)
        odd.extend(told[:TOLD])
        if len(told) > TOLD:
            text = f"Besides, {counted(len(told) - TOLD, 'more row')} with {what}."
            more.append(Remark(told[0].name, text))

    word = checked.counted
    for of in checked.properties:
        rows = read.added[of.name]
        if len(rows) == COMPARED:
            text = f"Only the first {COMPARED:,} values of {of.name} were compared with others."
            more.append(Remark("not-compared", text))
        known, proposals = before[of.name], view.proposals.values()
        tell(f"a {of.name} far from another of its polymer", disagreements(rows, known, of, word))
        tell(f"a limit of {of.name} that is contradicted", disputes(rows, known, of, word))
        tell(f"a {of.name} far off", far_off(rows, known, of, word))
        tell(f"a {of.name} far from its prediction", far_from_prediction(rows, proposals, of, word))
        beside = read.beside[of.name]
        keys = {row.unit.key for row in beside}
        again = [m for m in known if m.unit.key in keys] if keys and not replicates else []
        tell(f"a {of.name} that another row has word for word", same_rows(rows, again, of, word))
        if again:  # who says that values are of further specimens has answered
            grown, source = bool(read.known_values), checked.source.name
            changed = changed_since(beside, checked.rows, again, of, source=source, grown=grown, word=word)
            tell(f"a {of.name} that stands beside one that the table no longer holds", changed)
    if view.proposals:
        told = never_proposed(read.added.values(), view, word, each=checked.is_form)
        tell("a polymer that was never proposed", told)
    return odd, more


@dataclass(frozen=True, slots=True)
class _Read:
    """What is told of the rows themselves, once it is known which of them are new."""

    added: Mapping[str, list[ResultRow]]
    """New values of each property, at most :data:`COMPARED`."""
    beside: Mapping[str, list[ResultRow]]
    """Those of them whose polymer had a value before."""
    limits: int
    """New limits."""
    known: int
    """Lines on which nothing was new, and nothing in conflict."""
    known_values: int
    """Values that were known."""
    known_otherwise: int
    """Those of them that name no proposal."""

    @classmethod
    def of(cls, checked: CheckedResults, summary: AppendSummary) -> _Read:
        added: dict[str, list[ResultRow]] = {of.name: [] for of in checked.properties}
        beside: dict[str, list[ResultRow]] = {of.name: [] for of in checked.properties}
        limits = count = line = values = otherwise = 0
        known = False
        measured = {kind for kind in RowKind if kind.is_measured}
        for row, kind in zip(checked.rows, summary.kinds, strict=True):
            if row.line != line:
                count += known
                line, known = row.line, True
            known = known and kind == RowKind.KNOWN
            if kind == RowKind.KNOWN and row.value is not None:
                values += 1
                otherwise += row.proposal_id is None
            if kind in measured:
                limits += bool(row.bound)
                rows = added[row.objective]
                if len(rows) < COMPARED:
                    rows.append(row)
                    if kind == RowKind.REPLICATE:
                        beside[row.objective].append(row)
        return cls(added, beside, limits, count + known, values, otherwise)


def _few(remarks: Iterable[Remark]) -> list[Remark]:
    """Remarks on the table, and a few of each kind on its rows."""
    counts: Counter[str] = Counter()
    kept = []
    for remark in remarks:
        counts[remark.name] += remark.line is not None
        if remark.line is None or counts[remark.name] <= TOLD:
            kept.append(remark)
    more = ((name, count - TOLD) for name, count in counts.items() if count > TOLD)
    return [
        *kept,
        *(Remark(n, f"Besides, {counted(c, 'more row')}: {n.replace('-', ' ')}.") for n, c in more),
    ]


def _not_read(checked: CheckedResults) -> list[Remark]:
    told = []
    if checked.ignored_columns:
        text = f"These columns were not read: {', '.join(checked.ignored_columns)}."
        told.append(Remark("columns-not-read", text))
    if checked.without_value:
        names = " or ".join(of.name for of in checked.properties)
        text = f"Passed over: {counted(checked.without_value, 'row')} without a value of {names}."
        told.append(Remark("rows-without-value", text))
    return told


def _new_values(checked: CheckedResults, summary: AppendSummary, limits: int) -> list[Remark]:
    """What a count of rows does not tell: of which properties the values are, and limits."""
    told = []
    if len(checked.properties) > 1 and summary.measurements:
        counts = (f"{of.name} {summary.values.get(of.name, 0):,}" for of in checked.properties)
        told.append(Remark("new-values", f"New values: {', '.join(counts)}."))
    if limits:
        verb = "one value is a limit" if limits == 1 else f"{limits:,} values are limits"
        text = f"Of these, {verb} (such as >350): the models know that the truth lies beyond."
        told.append(Remark("limits", text))
    return told
