"""How a table of results enters a ledger: what of it is new.

True replicates may agree in all that makes two measurements the same fact (see :mod:`campaigns.ledger.contents`), so equal rows
within one file are different facts: the k-th of them in a file is known if the ledger holds k or more. Reading a file again, or a
spreadsheet that has grown since, therefore adds only what is new. Of a file that is said to hold further specimens, the k-th that
names no proposal is known if the ledger holds k or more of files of the same name; the very same file, by its hash, adds nothing
under any name.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

import numpy as np
from sqlalchemy import insert
from sqlalchemy.orm import Session

from campaigns.ledger import reading
from campaigns.ledger.appending import (
    append_correction,
    append_units,
    as_written,
    check_step,
    new_command,
    status_event,
)
from campaigns.ledger.contents import content_of, measurement_values
from campaigns.ledger.kinds import Before, Kinds
from campaigns.ledger.measurements import Property
from campaigns.ledger.proposals import ANSWERABLE, Status
from campaigns.ledger.result_rows import AppendSummary, ResultRow, RowKind, Source
from campaigns.ledger.schema import EventRow, MeasurementRow
from campaigns.ledger.sealing import table_of
from campaigns.units import to_base_units

_CHUNK = 2000
"""Rows that the ledger is asked about, and that are written, at a time."""

# By way of their tables: there is nothing that objects would be needed for, and they take half the time of writing.
_MEASUREMENTS = table_of(MeasurementRow)
_EVENTS = table_of(EventRow)


def append_results(
    session: Session,
    rows: Iterable[ResultRow],
    properties: Sequence[Property],
    source: Source,
    *,
    corrections: bool = False,
    replicates: bool = False,
    allow_conflicts: bool = False,
    counted: str = "line",
) -> AppendSummary:
    """Records the new facts of a checked table.

    Args:
        session: That writes.
        rows: Gone through twice.
        properties: Of the table.
        source: The file.
        corrections: Values for proposals that have others from before stand in for these.
        replicates: They stand beside these, and so do values that equal those of files of other names.
        allow_conflicts: Only tell of values of which neither was said.
        counted: What the rows' lines count.

    Raises:
        LedgerError: A row's proposal is unknown or cannot take the row's status.
        TableError: There are conflicts, or rows that correct what is not there.
    """
    if not properties:
        raise ValueError("a table of results holds at least one property")
    if iter(rows) is rows:
        rows = list(rows)
    known = [reading.knows_source(session, source.sha256, of) for of in properties]
    sorting = Kinds({of.name: of for of in properties}, source, corrections, replicates, counted)
    if not all(known):
        return _append(
            session, rows, properties, sorting, allow_conflicts=allow_conflicts, steps_known=any(known)
        )
    if corrections and reading.anything_retracted(session):
        # what was right when the file was read first, and then was corrected, may be right after all
        attempt = session.begin_nested()
        added = _append(session, rows, properties, sorting, allow_conflicts=allow_conflicts, steps_known=True)
        if added.lines or added.conflicts:
            attempt.commit()
            return added
        attempt.rollback()
    return _same_again(session, rows, properties, sorting)


def _same_again(
    session: Session, rows: Iterable[ResultRow], properties: Sequence[Property], sorting: Kinds
) -> AppendSummary:
    """Of a file that was read before: nothing, but what of it was taken back since."""
    count = sum(1 for _ in rows)
    polymers = _distinct(int(row.unit.key[:16], 16) for row in rows)
    sorting.taken_back.clear()
    if reading.anything_retracted(session):
        bases = {of.name: to_base_units(of.unit) for of in properties}
        now, remaining = reading.last_command(session) + 1, (row for row in rows if row.value is not None)
        while chunk := list(islice(remaining, _CHUNK)):
            contents = [content_of(row, *bases[row.objective]) for row in chunk]
            before = Before.of(session, chunk, contents, now, [of.name for of in properties], "")
            for row, content in zip(chunk, contents, strict=True):
                sorting.told_again(session, row, content, before)
    taken_back = tuple(sorting.taken_back)
    return AppendSummary(
        known=count, kinds=bytes(count), polymers=polymers, taken_back=taken_back, same_source=True
    )


def _append(
    session: Session,
    rows: Iterable[ResultRow],
    properties: Sequence[Property],
    sorting: Kinds,
    *,
    allow_conflicts: bool,
    steps_known: bool,
) -> AppendSummary:
    # One command for each property: what a file was read for is asked again when it comes back.
    commands = [new_command(session, "ingest", sorting.source, of) for of in properties]
    table = _Ingest(
        {of.name: (command, of) for command, of in zip(commands, properties, strict=True)},
        commands[0],
        sorting,
        reading.statuses(session),
        _answerable(session),
        steps_known=steps_known,
    )
    if table.statuses:
        table.sorting.told_by_forms = table.contents_of_forms(rows)
    remaining = iter(rows)
    while chunk := list(islice(remaining, _CHUNK)):
        table.append(session, chunk)
    table.sorting.refuse_what_is_not_said(allow_conflicts)
    return AppendSummary(
        measurements=table.values.total(),
        replicates=table.kinds.count(RowKind.REPLICATE),
        corrections=table.kinds.count(RowKind.CORRECTION),
        conflicts=tuple(table.sorting.conflicts),
        taken_back=tuple(table.sorting.taken_back),
        known=table.known,
        lines=table.lines,
        polymers=_distinct(table.polymers),
        kinds=bytes(table.kinds),
        values=dict(table.values),
        statuses=dict(table.reached),
        answered=tuple(table.answered),
    )


def _distinct(numbers: Iterable[int]) -> int:
    return len(np.unique(np.fromiter(numbers, dtype=np.uint64)))


@dataclass
class _Ingest:
    """One table on its way in, chunk by chunk."""

    properties: Mapping[str, tuple[int, Property]]
    """Each property of the table with the command that its measurements belong to, by its name."""
    command: int
    """That the steps of proposals belong to; the first of them."""
    sorting: Kinds
    statuses: dict[str, Status]
    answerable: dict[str, str]
    """Id of the proposal that a measurement answers, by key of the polymer."""
    steps_known: bool
    """Whether the file was read before, for another property: what it says of proposals without a value was taken then."""
    values: Counter[str] = field(default_factory=Counter)
    """New measurements of each property."""
    known: int = 0
    lines: int = 0
    kinds: bytearray = field(default_factory=bytearray)
    reached: Counter[Status] = field(default_factory=Counter)
    answered: list[str] = field(default_factory=list)
    last_line: int = 0
    polymers: array[int] = field(default_factory=lambda: array("Q"))
    """Half the key of each row's polymer: enough to count them by, and little for a table of millions."""

    def contents_of_forms(self, rows: Iterable[ResultRow]) -> frozenset[str]:
        """What the rows that name a proposal say, all of it."""
        bases = self._bases
        return frozenset(
            content_of(row, *bases[row.objective])
            for row in rows
            if row.proposal_id is not None and row.value is not None
        )

    @cached_property
    def _bases(self) -> Mapping[str, tuple[float, float]]:
        return {name: to_base_units(of.unit) for name, (_, of) in self.properties.items()}

    def append(self, session: Session, rows: Sequence[ResultRow]) -> None:
        contents = [content_of(row, *self._bases.get(row.objective, (0.0, 1.0))) for row in rows]
        name = as_written(self.sorting.source.name)
        before = Before.of(session, rows, contents, self.command, list(self.properties), name)
        append_units(session, self.command, [row.unit for row in rows])
        measurements: list[dict[str, object]] = []
        events = []
        for row, content in zip(rows, contents, strict=True):
            self.polymers.append(int(row.unit.key[:16], 16))
            kind, old = self.sorting.of(session, row, content, before)
            self.kinds.append(kind)
            if kind is RowKind.CONFLICT:
                continue
            proposal_id = self._proposal(row, old)
            # a value that was taken back and comes again is known, and answers nothing
            taken_back = kind is RowKind.KNOWN and row.value is not None and content not in before.standing
            step = None if taken_back else self._step(proposal_id, row.status)
            if step is not None:
                if row.proposal_id is None:
                    self.answered.append(step)
                events.append(status_event(self.command, step, row.status, row.note, row.line))
                if row.value is None:
                    self.kinds[-1] = RowKind.STATUS
            if kind.is_measured:
                command, of = self.properties[row.objective]
                before.recorded[content] += 1
                copy = before.recorded[content]
                made = measurement_values(command, row, of, proposal_id, content, copy)
                before.measured.add((row.unit.key, of.name))
                self.values[of.name] += 1
                if old is None:
                    measurements.append(made)
                else:
                    _insert(session, measurements)
                    self._correct(session, old.id, made, row)
            elif row.status is Status.MEASURED or step is None:
                self.known += 1
            if (kind.is_measured or step is not None) and row.line != self.last_line:
                self.lines += 1
                self.last_line = row.line
        _insert(session, measurements)
        if events:
            session.connection().execute(insert(_EVENTS), events)

    def _correct(self, session: Session, old: int, made: dict[str, object], row: ResultRow) -> None:
        new = session.execute(insert(MeasurementRow).returning(MeasurementRow.id), [made]).scalar_one()
        reason = row.note or f"corrected by {self.sorting.source.name}, {self.sorting.counted} {row.line}"
        command, _ = self.properties[row.objective]
        append_correction(session, command, old, new, reason)

    def _proposal(self, row: ResultRow, old: MeasurementRow | None) -> str | None:
        """The proposal that a row answers or tells of; where it names none, that of the value that it stands in for."""
        if row.proposal_id is not None or row.status is not Status.MEASURED:
            return row.proposal_id
        return self.answerable.get(row.unit.key) if old is None else old.proposal_id

    def _step(self, proposal_id: str | None, status: Status) -> str | None:
        """The proposal whose status the row changes."""
        if proposal_id is None or self.statuses.get(proposal_id) is status:
            return None
        if self.steps_known and status is not Status.MEASURED:
            return None
        check_step(self.statuses, proposal_id, status)
        self.statuses[proposal_id] = status
        self.reached[status] += 1
        return proposal_id


def _insert(session: Session, measurements: list[dict[str, object]]) -> None:
    """Records measurements, and empties the list."""
    if measurements:
        session.connection().execute(insert(_MEASUREMENTS), measurements)
        measurements.clear()


def _answerable(session: Session) -> dict[str, str]:
    statuses = reading.statuses(session)
    # In order of rounds: the latest open proposal of a polymer is the one that a measurement answers.
    return {p.unit.key: p.id for p in reading.proposals(session) if statuses[p.id] in ANSWERABLE}
