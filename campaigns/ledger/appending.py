"""How facts enter a ledger: specs, steps of proposals, what a round leaves behind, and what corrects what. Tables of results come
in through :mod:`campaigns.ledger.results`, and what is taken back through :mod:`campaigns.ledger.taking_back`.
"""

from __future__ import annotations

import getpass
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from campaigns.errors import LedgerError, UnknownNameError
from campaigns.ledger import reading
from campaigns.ledger.measurements import Property, measurement_id
from campaigns.ledger.proposals import AWAITED, TRANSITIONS, Proposal, Status, way_back
from campaigns.ledger.result_rows import Source
from campaigns.ledger.rounds import RoundRecord
from campaigns.ledger.schema import (
    AdapterRow,
    CommandRow,
    EventRow,
    ExclusionRow,
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
    # numbers may be passed over: a round that a ledger has lost may still be in the laboratory
    expected = reading.last_round(session) + 1
    if record.number < expected:
        fault = f"Round {record.number} cannot be recorded: the next round is {expected}."
        raise LedgerError(fault, "Another command proposed in the meantime: run polyloop propose again.")
    statuses = reading.statuses(session)
    awaited = {p.unit.key: p.id for p in reading.proposals(session) if statuses[p.id] in AWAITED}
    for proposal in proposals:
        if proposal.unit.key in awaited:
            fault = f"{proposal.unit.psmiles} is proposed already as {awaited[proposal.unit.key]}."
            raise LedgerError(fault, "Run polyloop propose again.")
    _refuse_what_was_overtaken(session, record.as_of, proposals)
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
            as_of=record.as_of,
            front=None if record.front is None else asdict(record.front),
            advice=record.advice,
        )
    )
    if adapters := _adapter_values(command, record):
        session.execute(insert(AdapterRow), adapters)
    session.execute(insert(ProposalRow), [_proposal_values(command, proposal) for proposal in proposals])
    events = [status_event(command, proposal.id, Status.PROPOSED, "", None) for proposal in proposals]
    session.execute(insert(EventRow), events)


def _refuse_what_was_overtaken(session: Session, as_of: int | None, proposals: Sequence[Proposal]) -> None:
    """What other commands recorded since the round looked at the ledger does not make its proposals pointless."""
    if as_of is None:
        return
    keys = {proposal.unit.key: proposal.unit.psmiles for proposal in proposals}
    since = select(MeasurementRow.unit_key).where(
        MeasurementRow.command_id > as_of, MeasurementRow.unit_key.in_(keys)
    )
    way_out = "Run polyloop propose again."
    measured = session.scalar(since.limit(1))
    if measured is not None:
        raise LedgerError(f"{keys[measured]} was measured in the meantime.", way_out)
    if session.scalar(select(ExclusionRow.id).where(ExclusionRow.command_id > as_of).limit(1)) is not None:
        raise LedgerError("Substructures were excluded in the meantime.", way_out)


def append_status(session: Session, proposal_id: str, status: Status, note: str) -> None:
    """Records one step of a proposal.

    Raises:
        UnknownNameError: There is no such proposal.
        LedgerError: It cannot take that step.
    """
    check_step(reading.statuses(session), proposal_id, status)
    session.execute(
        insert(EventRow).values(status_event(new_command(session, "status"), proposal_id, status, note, None))
    )


def append_correction(session: Session, command: int, old_id: int, new_id: int, reason: str) -> None:
    """Takes a measurement back because another one says what it should have said. Its proposal stays measured, since that value
    stands in its place.

    Args:
        session: That has recorded the new measurement.
        command: That this belongs to.
        old_id: Number of the measurement that was wrong.
        new_id: Number of the one that is right.
        reason: Why.

    Raises:
        UnknownNameError: There is no such measurement.
        LedgerError: The old one is retracted already.
        ValueError: The new one is not there, or is of another polymer or property.
    """
    old, new = standing_measurement(session, old_id), session.get(MeasurementRow, new_id)
    if new is None or new_id == old_id or (new.unit_key, new.objective) != (old.unit_key, old.objective):
        raise ValueError(f"measurement {new_id} says nothing of what measurement {old_id} is of")
    session.add(RetractionRow(command_id=command, measurement_id=old_id, reason=reason, replaced_by=new_id))
    session.flush()


def standing_measurement(
    session: Session,
    number: int,
    instead: str = "Correct that one: polyloop correct DIR {id} --value NUMBER --reason WHY",
) -> MeasurementRow:
    """A measurement that is not retracted.

    Args:
        session: That reads.
        number: Of the measurement.
        instead: What to do where another one, called ``{id}`` here, stands in its place.

    Raises:
        UnknownNameError: There is no such measurement.
        LedgerError: It is retracted already, or was corrected.
    """
    row = recorded_measurement(session, number)
    taken_back = reading.open_retraction(session, number)
    if taken_back is None:
        return row
    name, standing = measurement_id(number), reading.replacement(session, number)
    if standing is not None:
        other = measurement_id(standing)
        raise LedgerError(
            f"{name} was corrected: {other} stands in its place.", f"{instead.format(id=other)}."
        )
    why = f" ({taken_back.reason})" if taken_back.reason else ""
    raise LedgerError(
        f"{name} is retracted already{why}.",
        f"Give it back first, with polyloop retract DIR --undo {name} --reason WHY, or go on without it.",
    )


def recorded_measurement(session: Session, number: int) -> MeasurementRow:
    """A measurement, retracted or not.

    Raises:
        UnknownNameError: There is no such measurement.
    """
    row = session.get(MeasurementRow, number)
    if row is None:
        raise UnknownNameError(
            f"There is no measurement {measurement_id(number)} in this campaign.",
            "polyloop history POLYMER shows the measurements of a polymer with their ids.",
        )
    return row


def check_step(statuses: Mapping[str, Status], proposal_id: str, status: Status) -> None:
    """Makes sure that a proposal can take a step.

    Raises:
        UnknownNameError: There is no such proposal.
        LedgerError: It cannot take that step.
    """
    current = statuses.get(proposal_id)
    if current is None:
        raise reading.no_proposal(proposal_id)
    if status not in TRANSITIONS[current]:
        possible = ", ".join(sorted(TRANSITIONS[current]))
        hints = (f"Possible: {possible}." if possible else "", way_back(proposal_id, current))
        raise LedgerError(
            f"Proposal {proposal_id} is {current} and cannot become {status}.", " ".join(filter(None, hints))
        )


def new_command(
    session: Session, kind: str, source: Source | None = None, objective: Property | None = None
) -> int:
    """Records that a command adds facts, and returns its id, which every one of them names."""
    row = CommandRow(
        kind=kind,
        at=datetime.now(UTC),
        author=_author(),
        source_name=as_written(source.name) if source else None,
        source_sha256=source.sha256 if source else None,
        objective=objective.name if objective else None,
        unit_of_measure=objective.unit if objective else None,
    )
    session.add(row)
    session.flush()
    return row.id


def as_written(text: str) -> str:
    """A text of a command line or a file's name as it was written in UTF-8, where the machine's locale took it for something
    else: Python keeps the bytes of such texts as lone surrogates, which no database takes.
    """
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _author() -> str:
    try:
        return as_written(getpass.getuser())
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


def _adapter_values(command: int, record: RoundRecord) -> list[dict[str, object]]:
    """Every adapter of a round of which it is known what its files are."""
    made = []
    for key, address in record.adapters.items():
        if address in record.adapter_files:
            name, _, member = key.rpartition("/")
            files = dict(record.adapter_files[address])
            made.append(
                {
                    "command_id": command,
                    "round": record.number,
                    "property": name,
                    "member": member,
                    "hash": address,
                    "files": files,
                }
            )
    return made


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
