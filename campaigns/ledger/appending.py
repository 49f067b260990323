"""How facts enter a ledger: specs, steps of proposals, what a round leaves behind, measurements taken back. Tables of results
come in through :mod:`campaigns.ledger.results`.
"""

from __future__ import annotations

import getpass
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from campaigns.errors import LedgerError
from campaigns.ledger import reading
from campaigns.ledger.records import AWAITED, TRANSITIONS, Property, Proposal, RoundRecord, Source, Status
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
from discovery.polymers.repeat_unit import RepeatUnit


def append_spec(session: Session, version: str, toml: str) -> bool:
    """Records a version of the spec unless it is the current one; tells whether it was recorded."""
    current = reading.latest_spec(session)
    if current is not None and current[0] == version:
        return False
    session.add(SpecRow(command_id=new_command(session, "spec"), version=version, toml=toml))
    return True


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
    command = new_command(session, "propose")
    append_units(session, command, [proposal.unit for proposal in proposals])
    session.execute(
        insert(RoundRow).values(
            number=record.number,
            command_id=command,
            seed=str(record.seed),
            spec_version=record.spec_version,
            observations_hash=record.observations_hash,
            encoder_revisions=dict(record.encoder_revisions),
            adapter_hash="",
            gate={name: dict(gate) for name, gate in record.gates.items()},
            versions=dict(record.versions),
            pool=dict(record.pool),
            note=record.note,
            adapters=dict(record.adapters),
            front=None if record.front is None else asdict(record.front),
            advice=record.advice,
        )
    )
    session.execute(insert(ProposalRow), [_proposal_values(command, proposal) for proposal in proposals])
    events = [status_event(command, proposal.id, Status.PROPOSED, "", None) for proposal in proposals]
    session.execute(insert(EventRow), events)


def append_status(session: Session, proposal_id: str, status: Status, note: str) -> None:
    """Records one step of a proposal.

    Raises:
        LedgerError: There is no such proposal, or it cannot take that step.
    """
    check_step(reading.statuses(session), proposal_id, status)
    session.execute(
        insert(EventRow).values(status_event(new_command(session, "status"), proposal_id, status, note, None))
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
    command = new_command(session, "retract")
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


def new_command(
    session: Session, kind: str, source: Source | None = None, objective: Property | None = None
) -> int:
    """Records that a command adds facts, and returns its id, which every one of them names."""
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


def append_units(session: Session, command: int, units: Sequence[RepeatUnit]) -> None:
    """Records the polymers that the ledger does not hold yet."""
    wanted = {unit.key: unit for unit in units}
    held = set(session.scalars(select(UnitRow.key).where(UnitRow.key.in_(wanted))))
    new = [
        {"key": k, "psmiles": u.psmiles, "command_id": command} for k, u in wanted.items() if k not in held
    ]
    if new:
        session.execute(insert(UnitRow), new)


def _proposal_values(command: int, proposal: Proposal) -> dict[str, object]:
    return {
        "id": proposal.id,
        "command_id": command,
        "round": proposal.round,
        "rank": proposal.rank,
        "unit_key": proposal.unit.key,
        "monomers": list(proposal.monomers),
        "reaction": proposal.reaction,
        "predictions": {name: asdict(told) for name, told in proposal.predictions.items()},
        "acquisition": proposal.acquisition,
        "reason": proposal.reason,
        "name": proposal.name,
        "sa_score": proposal.sa_score,
        "cost": proposal.cost,
        "feasibility": proposal.feasibility,
        "fulfils": dict(proposal.fulfils),
    }


def status_event(
    command: int, proposal_id: str, status: Status, note: str, line: int | None
) -> dict[str, object]:
    """A step of a proposal, as a row of its table."""
    return {
        "command_id": command,
        "proposal_id": proposal_id,
        "status": status.value,
        "note": note,
        "line": line,
    }
