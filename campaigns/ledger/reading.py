"""What a ledger's facts amount to: current statuses, measurements that stand, proposals, rounds.

Each function asks one session, so that all answers within one session are of the same state. Those that take ``as_of`` can
also tell an earlier state: what was true when the command of that number had just been recorded.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from campaigns.errors import UnknownNameError
from campaigns.ledger.measurements import Measurement, Property
from campaigns.ledger.proposals import Predicted, Proposal, Status, StatusChange
from campaigns.ledger.result_rows import LedgerView
from campaigns.ledger.rounds import Exclusion, RoundRecord
from campaigns.ledger.schema import (
    AdapterRow,
    CommandRow,
    EventRow,
    ExclusionRow,
    MeasurementRow,
    ProposalRow,
    ReadmissionRow,
    ReinstatementRow,
    RetractionRow,
    RoundRow,
    SpecRow,
    UnitRow,
)
from discovery.acquisition.pareto import Front
from discovery.polymers.repeat_unit import RepeatUnit


def latest_spec(session: Session) -> tuple[str, str] | None:
    """Version and TOML text of the spec that is in force; None before the first."""
    row = session.execute(select(SpecRow.version, SpecRow.toml).order_by(SpecRow.id.desc()).limit(1)).first()
    return None if row is None else (row.version, row.toml)


def specs(session: Session) -> list[tuple[str, str]]:
    """Version and TOML text of every spec that was in force, the first first."""
    rows = session.execute(select(SpecRow.version, SpecRow.toml).order_by(SpecRow.id))
    return [(row.version, row.toml) for row in rows]


def knows_source(session: Session, sha256: str, objective: Property) -> bool:
    """Whether a table with this content was ingested for this property before."""
    asked = select(CommandRow.id).where(
        CommandRow.source_sha256 == sha256,
        CommandRow.objective == objective.name,
        CommandRow.unit_of_measure == objective.unit,
    )
    return session.scalar(asked.limit(1)) is not None


def view(session: Session) -> LedgerView:
    """What the check of a table has to know."""
    sources = session.execute(
        select(CommandRow.source_sha256, CommandRow.objective, CommandRow.unit_of_measure).where(
            CommandRow.source_sha256.is_not(None)
        )
    )
    return LedgerView(
        proposals={proposal.id: proposal for proposal in proposals(session)},
        statuses=statuses(session),
        sources=frozenset((sha or "", name or "", unit or "") for sha, name, unit in sources),
        recovered=max((at for at, _ in recoveries(session)), default=None),
    )


def recoveries(session: Session) -> list[tuple[datetime, str]]:
    """When the ledger was made of what was whole of another one, and of which, the first time first."""
    asked = select(CommandRow.at, CommandRow.source_name).where(CommandRow.kind == "recover")
    return [(at, source or "") for at, source in session.execute(asked.order_by(CommandRow.id))]


def last_command(session: Session) -> int:
    """Number of the last command; 0 of an empty ledger."""
    return session.scalar(select(func.max(CommandRow.id))) or 0


def as_of_round(session: Session, number: int) -> int:
    """Number of the last command whose facts a round knew.

    Raises:
        UnknownNameError: There is no such round.
    """
    row = session.get(RoundRow, number)
    if row is None:
        raise UnknownNameError(f"There is no round {number} in this campaign.", _rounds_there_are(session))
    return _known_to(row)


def _rounds_there_are(session: Session) -> str:
    numbers = session.scalars(select(RoundRow.number).order_by(RoundRow.number)).all()
    return f"Its rounds are {', '.join(map(str, numbers))}." if numbers else "It has none yet."


def _known_to(row: RoundRow) -> int:
    return row.command_id - 1 if row.as_of is None else row.as_of


def retracted(as_of: int | None = None) -> Select[Any]:
    """Asks for the measurements that are taken back, and that not undone."""
    undone = select(ReinstatementRow.retraction_id)
    asked = select(RetractionRow.measurement_id)
    if as_of is not None:
        undone = undone.where(ReinstatementRow.command_id <= as_of)
        asked = asked.where(RetractionRow.command_id <= as_of)
    return asked.where(RetractionRow.id.not_in(undone))


def is_open() -> ColumnElement[bool]:
    """Whether a retraction is not undone."""
    return RetractionRow.id.not_in(select(ReinstatementRow.retraction_id))


def open_retraction(session: Session, number: int) -> RetractionRow | None:
    """By what a measurement is taken back; None for one that stands."""
    asked = select(RetractionRow).where(RetractionRow.measurement_id == number, is_open())
    return session.scalar(asked.order_by(RetractionRow.id.desc()).limit(1))


def anything_retracted(session: Session) -> bool:
    """Whether any measurement was ever taken back."""
    return session.scalar(select(RetractionRow.id).limit(1)) is not None


def replacement(session: Session, number: int) -> int | None:
    """The measurement that stands in the place of one that was corrected, perhaps several times; None where none does."""
    passed = {number}
    while (taken_back := open_retraction(session, number)) is not None:
        if taken_back.replaced_by is None or taken_back.replaced_by in passed:
            return None
        number = taken_back.replaced_by
        passed.add(number)
    return number if len(passed) > 1 else None


def is_by_hand(session: Session, measurement: MeasurementRow) -> bool:
    """Whether a measurement was recorded by a correction of its own, and not from a table."""
    kind = session.scalars(select(CommandRow.kind).where(CommandRow.id == measurement.command_id)).one()
    return kind == "correct"


def alternatives(session: Session, number: int) -> set[int]:
    """Every measurement that was said in the place of this one, or in whose place this one was said, whatever stands now."""
    found, waiting = set[int](), {number}
    while waiting:
        found |= waiting
        linked = select(RetractionRow.measurement_id, RetractionRow.replaced_by).where(
            RetractionRow.replaced_by.is_not(None),
            RetractionRow.measurement_id.in_(waiting) | RetractionRow.replaced_by.in_(waiting),
        )
        waiting = {other for pair in session.execute(linked) for other in pair if other is not None} - found
    return found - {number}


def exclusions(session: Session, as_of: int | None = None) -> list[Exclusion]:
    """Substructures that nothing proposed may hold, in the order in which they were recorded."""
    undone = select(ReadmissionRow.exclusion_id)
    asked = select(ExclusionRow, CommandRow).join(CommandRow, CommandRow.id == ExclusionRow.command_id)
    if as_of is not None:
        undone = undone.where(ReadmissionRow.command_id <= as_of)
        asked = asked.where(ExclusionRow.command_id <= as_of)
    rows = session.execute(asked.where(ExclusionRow.id.not_in(undone)).order_by(ExclusionRow.id))
    return [Exclusion(row.smarts, row.reason, command.author, command.at) for row, command in rows]


def statuses(session: Session, as_of: int | None = None) -> dict[str, Status]:
    """Current status of every proposal, by id."""
    latest = select(func.max(EventRow.id)).group_by(EventRow.proposal_id)
    if as_of is not None:
        latest = latest.where(EventRow.command_id <= as_of)
    rows = session.execute(select(EventRow.proposal_id, EventRow.status).where(EventRow.id.in_(latest)))
    return {proposal_id: Status(status) for proposal_id, status in rows}


def proposals(
    session: Session, round_number: int | None = None, *, as_of: int | None = None
) -> list[Proposal]:
    """Proposals of one round or of all, in order of round and rank."""
    asked = select(ProposalRow, UnitRow.psmiles).join(UnitRow, UnitRow.key == ProposalRow.unit_key)
    if as_of is not None:
        asked = asked.where(ProposalRow.command_id <= as_of)
    if round_number is not None:
        asked = asked.where(ProposalRow.round == round_number)
    rows = session.execute(asked.order_by(ProposalRow.round, ProposalRow.rank)).all()
    # What a proposal of the second schema or before holds is of the only property that there was.
    older = _first_property(session) if any(row.predictions is None for row, _ in rows) else ""
    return [
        Proposal(
            id=row.id,
            round=row.round,
            rank=row.rank,
            unit=RepeatUnit(psmiles, row.unit_key),
            monomers=tuple(row.monomers),
            reaction=row.reaction,
            predictions=_predictions(row, older),
            acquisition=row.acquisition,
            reason=row.reason,
            name=row.name or "",
            sa_score=row.sa_score,
            cost=row.cost,
            feasibility=row.feasibility,
            fulfils=row.fulfils or {},
        )
        for row, psmiles in rows
    ]


def _first_property(session: Session) -> str:
    """The property of the first measurement; empty before there is one. A campaign that was begun with the second schema or
    before had this one alone until it was opened by a later polyloop.
    """
    return session.scalar(select(MeasurementRow.objective).order_by(MeasurementRow.id).limit(1)) or ""


def _predictions(row: ProposalRow, older: str) -> dict[str, Predicted]:
    if row.predictions is not None:
        return {name: Predicted(**told) for name, told in row.predictions.items()}
    if row.mean is None or row.lower is None or row.upper is None:
        return {}
    return {older: Predicted(row.mean, row.lower, row.upper)}


def history(session: Session, proposal_id: str) -> list[StatusChange]:
    """Every step of a proposal, the first first.

    Raises:
        UnknownNameError: There is no such proposal.
    """
    asked = (
        select(EventRow, CommandRow)
        .join(CommandRow, CommandRow.id == EventRow.command_id)
        .where(EventRow.proposal_id == proposal_id)
        .order_by(EventRow.id)
    )
    steps = [
        StatusChange(
            proposal_id,
            Status(row.status),
            row.note,
            command.source_name or "",
            row.line,
            command.at,
            command.id,
        )
        for row, command in session.execute(asked)
    ]
    if not steps:
        raise no_proposal(proposal_id)
    return steps


def no_proposal(name: str) -> UnknownNameError:
    """The error for a proposal that is not there."""
    return UnknownNameError(
        f"There is no proposal {name} in this campaign.", "Take the id from proposals.csv."
    )


def measurements(
    session: Session,
    objective: str | None = None,
    *,
    with_retracted: bool = False,
    as_of: int | None = None,
    number: int | None = None,
) -> list[Measurement]:
    """Measurements of one property or of all, in the order in which they were recorded; or the one of a number."""
    # Columns in the order of the fields and no objects: there may be a hundred thousand, which nearly every command reads.
    m = MeasurementRow
    of_value = (m.objective, m.value, m.unit_of_measure, m.sem, m.n, m.name, m.reference, m.note)
    of_source = (func.coalesce(CommandRow.source_name, ""), m.line, m.proposal_id, CommandRow.at)
    asked = (
        select(m.bound, m.command_id, m.written, m.id, m.unit_key, UnitRow.psmiles, *of_value, *of_source)
        .join(UnitRow, UnitRow.key == m.unit_key)
        .join(CommandRow, CommandRow.id == m.command_id)
        .order_by(m.id)
    )
    if objective is not None:
        asked = asked.where(m.objective == objective)
    if as_of is not None:
        asked = asked.where(m.command_id <= as_of)
    if number is not None:
        asked = asked.where(m.id == number)
    taken_back = set(session.scalars(retracted(as_of)))
    found = []
    for bound, command, written, id_, key, psmiles, *told in session.execute(asked):
        if with_retracted or id_ not in taken_back:
            of: list[Any] = [id_, RepeatUnit(psmiles, key), *told, id_ in taken_back, bound, command, written]
            found.append(Measurement(*of))
    return found


def last_round(session: Session) -> int:
    """Number of the last round; 0 before the first."""
    return session.scalar(select(func.max(RoundRow.number))) or 0


def rounds(session: Session) -> list[RoundRecord]:
    """Every round, the first first."""
    asked = select(RoundRow, CommandRow.at).join(CommandRow, CommandRow.id == RoundRow.command_id)
    rows = session.execute(asked.order_by(RoundRow.number)).all()
    older = _first_property(session) if any(row.advice is None for row, _ in rows) else ""
    files: dict[int, dict[str, dict[str, str]]] = {}
    for adapter in session.scalars(select(AdapterRow)):
        files.setdefault(adapter.round, {})[adapter.hash] = adapter.files
    return [
        RoundRecord(
            number=row.number,
            seed=int(row.seed),
            spec_version=row.spec_version,
            observations_hash=row.observations_hash,
            encoder_revisions=row.encoder_revisions,
            adapters=_adapters(row, older),
            gates={older: row.gate} if row.advice is None else row.gate,
            versions=row.versions,
            pool=row.pool,
            note=row.note,
            at=at,
            front=None if row.front is None else _front(row.front),
            advice=row.advice or "",
            adapter_files=files.get(row.number, {}),
            as_of=_known_to(row),
            command=row.command_id,
        )
        for row, at in rows
    ]


def _adapters(row: RoundRow, older: str) -> dict[str, str]:
    if row.adapters is not None:
        return row.adapters
    return {older: row.adapter_hash} if row.adapter_hash else {}


def _front(document: dict[str, Any]) -> Front:
    return Front(
        names=tuple(document["names"]),
        reference_point=tuple(document["reference_point"]),
        hypervolume=document["hypervolume"],
        keys=tuple(document["keys"]),
        values=tuple(map(tuple, document["values"])),
    )
