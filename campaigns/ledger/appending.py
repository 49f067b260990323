"""How facts enter a ledger: what is new in a table of results, which steps of a proposal are possible, what a
round leaves behind.

Two measurements are the same fact if polymer, property, value, standard error, number of specimens and
reference agree; name and note are remarks on a fact, and which proposal it answers follows from the polymer.
True replicates may agree in all of that, so equal rows within one file are different facts: the k-th of them
in a file is known if the ledger holds k or more. Reading a file again, or a spreadsheet that has grown since,
therefore adds only what is new.
"""

from __future__ import annotations

import getpass
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import islice

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from campaigns.errors import LedgerError
from campaigns.ledger import reading
from campaigns.ledger.records import (
    ANSWERABLE,
    AWAITED,
    TRANSITIONS,
    AppendSummary,
    Property,
    Proposal,
    ResultRow,
    RoundRecord,
    Source,
    Status,
)
from campaigns.ledger.schema import (
    CommandRow,
    EventRow,
    MeasurementRow,
    ProposalRow,
    RetractionRow,
    RoundRow,
    SpecRow,
    UnitRow,
)
from campaigns.units import to_base_units
from discovery.polymers.repeat_unit import RepeatUnit

_CHUNK = 500


def append_spec(session: Session, version: str, toml: str) -> bool:
    """Records a version of the spec unless it is the current one; tells whether it was recorded."""
    current = reading.latest_spec(session)
    if current is not None and current[0] == version:
        return False
    session.add(SpecRow(command_id=_command(session, "spec"), version=version, toml=toml))
    return True


def append_results(
    session: Session, rows: Iterable[ResultRow], objective: Property, source: Source
) -> AppendSummary:
    """Records the new facts of a checked table.

    Raises:
        LedgerError: A row's proposal is unknown or cannot take the row's status.
    """
    if reading.knows_source(session, source.sha256, objective):
        return AppendSummary(known=sum(1 for _ in rows), same_source=True)
    command = _command(session, "ingest", source, objective)
    table = _Ingest(command, objective, reading.statuses(session), _answerable(session))
    remaining = iter(rows)
    while chunk := list(islice(remaining, _CHUNK)):
        table.append(session, chunk)
    return AppendSummary(
        measurements=table.new,
        replicates=table.replicates,
        known=table.known,
        statuses=dict(table.reached),
        answered=tuple(table.answered),
    )


def append_round(session: Session, record: RoundRecord, proposals: Sequence[Proposal]) -> None:
    """Records a round and its proposals.

    Raises:
        LedgerError: Another round took the number, or a proposal's polymer is awaited already.
    """
    if not proposals or [p.rank for p in proposals] != list(range(1, len(proposals) + 1)):
        raise ValueError("the proposals of a round are ranked 1, 2, 3, ...")
    if any(proposal.round != record.number for proposal in proposals):
        raise ValueError(f"a proposal of another round in round {record.number}")
    expected = reading.last_round(session) + 1
    if record.number != expected:
        fault = f"Round {record.number} cannot be recorded: the next round is {expected}."
        raise LedgerError(fault, "Another command proposed in the meantime: run polyloop propose again.")
    statuses = reading.statuses(session)
    awaited = {p.unit.key: p.id for p in reading.proposals(session) if statuses[p.id] in AWAITED}
    for proposal in proposals:
        if proposal.unit.key in awaited:
            fault = f"{proposal.unit.psmiles} is proposed already as {awaited[proposal.unit.key]}."
            raise LedgerError(fault, "Run polyloop propose again.")
    command = _command(session, "propose")
    _append_units(session, command, [proposal.unit for proposal in proposals])
    session.execute(
        insert(RoundRow).values(
            number=record.number,
            command_id=command,
            seed=str(record.seed),
            spec_version=record.spec_version,
            observations_hash=record.observations_hash,
            encoder_revisions=dict(record.encoder_revisions),
            adapter_hash=record.adapter_hash,
            gate=dict(record.gate),
            versions=dict(record.versions),
            pool=dict(record.pool),
            note=record.note,
        )
    )
    session.execute(insert(ProposalRow), [_proposal_values(command, proposal) for proposal in proposals])
    events = [_event(command, proposal.id, Status.PROPOSED, "", None) for proposal in proposals]
    session.execute(insert(EventRow), events)


def append_status(session: Session, proposal_id: str, status: Status, note: str) -> None:
    """Records one step of a proposal.

    Raises:
        LedgerError: There is no such proposal, or it cannot take that step.
    """
    check_step(reading.statuses(session), proposal_id, status)
    session.execute(
        insert(EventRow).values(_event(_command(session, "status"), proposal_id, status, note, None))
    )


def append_retraction(session: Session, measurement_id: int, reason: str) -> None:
    """Takes a measurement back; it stays in the ledger and is no longer learned from.

    Raises:
        LedgerError: There is no such measurement, or it is retracted already.
    """
    if session.get(MeasurementRow, measurement_id) is None:
        raise LedgerError(
            f"There is no measurement {measurement_id}.", "See polyloop status for what is recorded."
        )
    retracted = select(RetractionRow.id).where(RetractionRow.measurement_id == measurement_id)
    if session.scalar(retracted) is not None:
        raise LedgerError(f"Measurement {measurement_id} is retracted already.")
    command = _command(session, "retract")
    session.add(RetractionRow(command_id=command, measurement_id=measurement_id, reason=reason))


def check_step(statuses: Mapping[str, Status], proposal_id: str, status: Status) -> None:
    """Makes sure that a proposal can take a step.

    Raises:
        LedgerError: There is no such proposal, or it cannot take that step.
    """
    current = statuses.get(proposal_id)
    if current is None:
        raise LedgerError(
            f"There is no proposal {proposal_id} in this campaign.", "Take the id from proposals.csv."
        )
    if status not in TRANSITIONS[current]:
        possible = ", ".join(sorted(TRANSITIONS[current])) or "nothing: a measurement is final"
        raise LedgerError(
            f"Proposal {proposal_id} is {current} and cannot become {status}.", f"Possible: {possible}."
        )


@dataclass
class _Ingest:
    """One table on its way in, chunk by chunk."""

    command: int
    objective: Property
    statuses: dict[str, Status]
    answerable: dict[str, str]
    """Id of the proposal that a measurement answers, by key of the polymer."""
    new: int = 0
    replicates: int = 0
    known: int = 0
    reached: Counter[Status] = field(default_factory=Counter)
    answered: list[str] = field(default_factory=list)
    copies: Counter[str] = field(default_factory=Counter)
    """How often each content has come up in this table."""
    held: dict[str, int] = field(default_factory=dict)
    """How often the ledger held each content before."""
    measured: set[str] = field(default_factory=set)

    def append(self, session: Session, rows: Sequence[ResultRow]) -> None:
        zero, scale = to_base_units(self.objective.unit)
        contents = [_content(row, self.objective, zero, scale) for row in rows]
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
                events.append(_event(self.command, step, row.status, row.note, row.line))
            if row.status is Status.MEASURED and self._is_new(content):
                measurements.append(
                    _measurement_values(self.command, row, self.objective, proposal_id, content, self.copies)
                )
                self.replicates += row.unit.key in self.measured
                self.measured.add(row.unit.key)
            elif row.status is Status.MEASURED or step is None:
                self.known += 1
        self.new += len(measurements)
        _append_units(session, self.command, [row.unit for row in rows])
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
        keys = {row.unit.key for row in rows} - self.measured
        measured = (
            select(MeasurementRow.unit_key)
            .where(MeasurementRow.unit_key.in_(keys), MeasurementRow.objective == self.objective.name)
            .where(MeasurementRow.id.not_in(select(RetractionRow.measurement_id)))
        )
        self.measured.update(session.scalars(measured))

    def _is_new(self, content: str) -> bool:
        self.copies[content] += 1
        return self.copies[content] > self.held[content]

    def _step(self, proposal_id: str | None, status: Status) -> str | None:
        """The proposal whose status the row changes."""
        if proposal_id is None or self.statuses.get(proposal_id) is status:
            return None
        check_step(self.statuses, proposal_id, status)
        self.statuses[proposal_id] = status
        self.reached[status] += 1
        return proposal_id


def _command(
    session: Session, kind: str, source: Source | None = None, objective: Property | None = None
) -> int:
    row = CommandRow(
        kind=kind,
        at=datetime.now(UTC),
        author=_author(),
        source_name=source.name if source else None,
        source_sha256=source.sha256 if source else None,
        objective=objective.name if objective else None,
        unit_of_measure=objective.unit if objective else None,
    )
    session.add(row)
    session.flush()
    return row.id


def _author() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"  # a container may run under a user id without a name


def _append_units(session: Session, command: int, units: Sequence[RepeatUnit]) -> None:
    wanted = {unit.key: unit for unit in units}
    held = set(session.scalars(select(UnitRow.key).where(UnitRow.key.in_(wanted))))
    new = [
        {"key": k, "psmiles": u.psmiles, "command_id": command} for k, u in wanted.items() if k not in held
    ]
    if new:
        session.execute(insert(UnitRow), new)


def _answerable(session: Session) -> dict[str, str]:
    statuses = reading.statuses(session)
    # In order of rounds: the latest open proposal of a polymer is the one that a measurement answers.
    return {p.unit.key: p.id for p in reading.proposals(session) if statuses[p.id] in ANSWERABLE}


def _content(row: ResultRow, objective: Property, zero: float, scale: float) -> str:
    if row.value is None:
        return ""
    # In base units, so that a fact is known again after the spec's unit has changed; ten digits: enough to
    # tell measurements apart, few enough to forgive the rounding of a conversion.
    value = f"{zero + scale * row.value:.9e}"
    sem = "" if row.sem is None else f"{scale * row.sem:.9e}"
    texts = [row.unit.key, objective.name, value, sem, str(row.n), row.reference]
    return blake2b("\x1f".join(texts).encode(), digest_size=16).hexdigest()


def _measurement_values(
    command: int,
    row: ResultRow,
    objective: Property,
    proposal_id: str | None,
    content: str,
    copies: Counter[str],
) -> dict[str, object]:
    return {
        "command_id": command,
        "unit_key": row.unit.key,
        "objective": objective.name,
        "value": row.value,
        "unit_of_measure": objective.unit,
        "sem": row.sem,
        "n": row.n,
        "name": row.name,
        "reference": row.reference,
        "note": row.note,
        "line": row.line,
        "proposal_id": proposal_id,
        "content": content,
        "copy": copies[content],
    }


def _proposal_values(command: int, proposal: Proposal) -> dict[str, object]:
    return {
        "id": proposal.id,
        "command_id": command,
        "round": proposal.round,
        "rank": proposal.rank,
        "unit_key": proposal.unit.key,
        "monomers": list(proposal.monomers),
        "reaction": proposal.reaction,
        "mean": proposal.mean,
        "lower": proposal.lower,
        "upper": proposal.upper,
        "acquisition": proposal.acquisition,
        "reason": proposal.reason,
        "name": proposal.name,
        "sa_score": proposal.sa_score,
        "cost": proposal.cost,
    }


def _event(command: int, proposal_id: str, status: Status, note: str, line: int | None) -> dict[str, object]:
    return {
        "command_id": command,
        "proposal_id": proposal_id,
        "status": status.value,
        "note": note,
        "line": line,
    }
