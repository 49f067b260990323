"""What a ledger's facts amount to: current statuses, measurements that stand, proposals, rounds.

Each function asks one session, so that all answers within one session are of the same state.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from campaigns.errors import LedgerError
from campaigns.ledger.records import (
    LedgerView,
    Measurement,
    Predicted,
    Property,
    Proposal,
    RoundRecord,
    Status,
    StatusChange,
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
from discovery.acquisition.pareto import Front
from discovery.polymers.repeat_unit import RepeatUnit


def latest_spec(session: Session) -> tuple[str, str] | None:
    """Version and TOML text of the spec that is in force; None before the first."""
    row = session.execute(select(SpecRow.version, SpecRow.toml).order_by(SpecRow.id.desc()).limit(1)).first()
    return None if row is None else (row.version, row.toml)


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
    )


def statuses(session: Session) -> dict[str, Status]:
    """Current status of every proposal, by id."""
    latest = select(func.max(EventRow.id)).group_by(EventRow.proposal_id)
    rows = session.execute(select(EventRow.proposal_id, EventRow.status).where(EventRow.id.in_(latest)))
    return {proposal_id: Status(status) for proposal_id, status in rows}


def proposals(session: Session, round_number: int | None = None) -> list[Proposal]:
    """Proposals of one round or of all, in order of round and rank."""
    asked = select(ProposalRow, UnitRow.psmiles).join(UnitRow, UnitRow.key == ProposalRow.unit_key)
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
        LedgerError: There is no such proposal.
    """
    asked = (
        select(EventRow, CommandRow)
        .join(CommandRow, CommandRow.id == EventRow.command_id)
        .where(EventRow.proposal_id == proposal_id)
        .order_by(EventRow.id)
    )
    steps = [
        StatusChange(
            proposal_id, Status(row.status), row.note, command.source_name or "", row.line, command.at
        )
        for row, command in session.execute(asked)
    ]
    if not steps:
        raise LedgerError(
            f"There is no proposal {proposal_id} in this campaign.", "Take the id from proposals.csv."
        )
    return steps


def measurements(
    session: Session, objective: str | None = None, *, with_retracted: bool = False
) -> list[Measurement]:
    """Measurements of one property or of all, in the order in which they were recorded."""
    asked = (
        select(MeasurementRow, UnitRow.psmiles, CommandRow, RetractionRow.id)
        .join(UnitRow, UnitRow.key == MeasurementRow.unit_key)
        .join(CommandRow, CommandRow.id == MeasurementRow.command_id)
        .outerjoin(RetractionRow, RetractionRow.measurement_id == MeasurementRow.id)
        .order_by(MeasurementRow.id)
    )
    if objective is not None:
        asked = asked.where(MeasurementRow.objective == objective)
    if not with_retracted:
        asked = asked.where(RetractionRow.id.is_(None))
    return [
        Measurement(
            id=row.id,
            unit=RepeatUnit(psmiles, row.unit_key),
            objective=row.objective,
            value=row.value,
            unit_of_measure=row.unit_of_measure,
            sem=row.sem,
            n=row.n,
            name=row.name,
            reference=row.reference,
            note=row.note,
            source_file=command.source_name or "",
            line=row.line,
            proposal_id=row.proposal_id,
            at=command.at,
            retracted=retraction is not None,
            bound=row.bound,  # type: ignore[arg-type]  # written from a Bound
        )
        for row, psmiles, command, retraction in session.execute(asked)
    ]


def last_round(session: Session) -> int:
    """Number of the last round; 0 before the first."""
    return session.scalar(select(func.max(RoundRow.number))) or 0


def rounds(session: Session) -> list[RoundRecord]:
    """Every round, the first first."""
    asked = select(RoundRow, CommandRow.at).join(CommandRow, CommandRow.id == RoundRow.command_id)
    rows = session.execute(asked.order_by(RoundRow.number)).all()
    older = _first_property(session) if any(row.advice is None for row, _ in rows) else ""
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
