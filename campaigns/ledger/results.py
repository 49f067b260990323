"""How a table of results enters a ledger: what of it is new.

Two measurements are the same fact if polymer, property, value, whether it is a limit, standard error, number of specimens and
reference agree; name and note are remarks on a fact, and which proposal it answers follows from the polymer.
True replicates may agree in all of that, so equal rows within one file are different facts: the k-th of them
in a file is known if the ledger holds k or more. Reading a file again, or a spreadsheet that has grown since,
therefore adds only what is new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from campaigns.ledger import reading
from campaigns.ledger.appending import append_units, check_step, new_command, status_event
from campaigns.ledger.records import ANSWERABLE, AppendSummary, Property, ResultRow, Source, Status
from campaigns.ledger.schema import EventRow, MeasurementRow, RetractionRow
from campaigns.units import to_base_units

_CHUNK = 500


def append_results(
    session: Session, rows: Iterable[ResultRow], properties: Sequence[Property], source: Source
) -> AppendSummary:
    """Records the new facts of a checked table.

    Raises:
        LedgerError: A row's proposal is unknown or cannot take the row's status.
    """
    if not properties:
        raise ValueError("a table of results holds at least one property")
    known = [reading.knows_source(session, source.sha256, of) for of in properties]
    if all(known):
        return AppendSummary(known=sum(1 for _ in rows), same_source=True)
    # One command for each property: what a file was read for is asked again when it comes back.
    commands = [new_command(session, "ingest", source, of) for of in properties]
    table = _Ingest(
        {of.name: (command, of) for command, of in zip(commands, properties, strict=True)},
        commands[0],
        reading.statuses(session),
        _answerable(session),
        steps_known=any(known),
    )
    remaining = iter(rows)
    while chunk := list(islice(remaining, _CHUNK)):
        table.append(session, chunk)
    return AppendSummary(
        measurements=table.values.total(),
        replicates=table.replicates,
        known=table.known,
        lines=frozenset(table.lines),
        new=frozenset(table.added),
        values=dict(table.values),
        statuses=dict(table.reached),
        answered=tuple(table.answered),
    )


@dataclass
class _Ingest:
    """One table on its way in, chunk by chunk."""

    properties: Mapping[str, tuple[int, Property]]
    """Each property of the table with the command that its measurements belong to, by its name."""
    command: int
    """That the steps of proposals belong to."""
    statuses: dict[str, Status]
    answerable: dict[str, str]
    """Id of the proposal that a measurement answers, by key of the polymer."""
    steps_known: bool
    """Whether the file was read before, for another property: what it says of proposals without a value was taken then."""
    values: Counter[str] = field(default_factory=Counter)
    """New measurements of each property."""
    replicates: int = 0
    known: int = 0
    lines: set[int] = field(default_factory=set)
    """Of the table, on which there was anything new."""
    added: set[tuple[int, str]] = field(default_factory=set)
    """Those with a new measurement, each with the name of its property."""
    reached: Counter[Status] = field(default_factory=Counter)
    answered: list[str] = field(default_factory=list)
    copies: Counter[str] = field(default_factory=Counter)
    """How often each content has come up in this table."""
    held: dict[str, int] = field(default_factory=dict)
    """How often the ledger held each content before."""
    measured: set[tuple[str, str]] = field(default_factory=set)
    """Polymers, by key, and the property that they have a measurement of."""

    def append(self, session: Session, rows: Sequence[ResultRow]) -> None:
        bases = {name: to_base_units(of.unit) for name, (_, of) in self.properties.items()}
        contents = [_content(row, *bases.get(row.objective, (0.0, 1.0))) for row in rows]
        self._look_up(session, rows, contents)
        measurements, events = [], []
        for row, content in zip(rows, contents, strict=True):
            proposal_id = row.proposal_id
            if row.status is Status.MEASURED and proposal_id is None:
                proposal_id = self.answerable.get(row.unit.key)
                if proposal_id is not None and self.statuses[proposal_id] in ANSWERABLE:
                    self.answered.append(proposal_id)
            step = self._step(proposal_id, row.status)
            if step is not None:
                events.append(status_event(self.command, step, row.status, row.note, row.line))
            new = row.status is Status.MEASURED and self._is_new(content)
            if new:
                command, of = self.properties[row.objective]
                measurements.append(
                    _measurement_values(command, row, of, proposal_id, content, self.copies[content])
                )
                self.values[of.name] += 1
                self.added.add((row.line, of.name))
                self.replicates += (row.unit.key, of.name) in self.measured
                self.measured.add((row.unit.key, of.name))
            elif row.status is Status.MEASURED or step is None:
                self.known += 1
            if new or step is not None:
                self.lines.add(row.line)
        append_units(session, self.command, [row.unit for row in rows])
        for table, values in ((MeasurementRow, measurements), (EventRow, events)):
            if values:
                session.execute(insert(table), values)

    def _look_up(self, session: Session, rows: Sequence[ResultRow], contents: Sequence[str]) -> None:
        unseen = set(contents) - self.held.keys()
        counts = (
            select(MeasurementRow.content, func.count())
            .where(MeasurementRow.content.in_(unseen))
            .group_by(MeasurementRow.content)
        )
        self.held.update(dict.fromkeys(unseen, 0))
        self.held.update((content, count) for content, count in session.execute(counts))
        measured = (
            select(MeasurementRow.unit_key, MeasurementRow.objective)
            .where(
                MeasurementRow.unit_key.in_({row.unit.key for row in rows}),
                MeasurementRow.objective.in_(list(self.properties)),
            )
            .where(MeasurementRow.id.not_in(select(RetractionRow.measurement_id)))
        )
        self.measured.update((key, name) for key, name in session.execute(measured))

    def _is_new(self, content: str) -> bool:
        self.copies[content] += 1
        return self.copies[content] > self.held[content]

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


def _answerable(session: Session) -> dict[str, str]:
    statuses = reading.statuses(session)
    # In order of rounds: the latest open proposal of a polymer is the one that a measurement answers.
    return {p.unit.key: p.id for p in reading.proposals(session) if statuses[p.id] in ANSWERABLE}


def _content(row: ResultRow, zero: float, scale: float) -> str:
    if row.value is None:
        return ""
    # In base units, so that a fact is known again after the spec's unit has changed; ten digits: enough to
    # tell measurements apart, few enough to forgive the rounding of a conversion.
    value = f"{zero + scale * row.value:.9e}"
    sem = "" if row.sem is None else f"{scale * row.sem:.9e}"
    texts = [row.unit.key, row.objective, value, sem, str(row.n), row.reference]
    if row.bound:  # nothing is added to a value, so that facts of before there were limits are known again
        texts.append(row.bound)
    return blake2b("\x1f".join(texts).encode(), digest_size=16).hexdigest()


def _measurement_values(
    command: int, row: ResultRow, of: Property, proposal_id: str | None, content: str, copy: int
) -> dict[str, object]:
    return {
        "command_id": command,
        "unit_key": row.unit.key,
        "objective": of.name,
        "value": row.value,
        "unit_of_measure": of.unit,
        "sem": row.sem,
        "n": row.n,
        "name": row.name,
        "reference": row.reference,
        "note": row.note,
        "line": row.line,
        "proposal_id": proposal_id,
        "content": content,
        "copy": copy,
        "bound": row.bound,
    }
