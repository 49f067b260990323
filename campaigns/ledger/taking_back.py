"""How facts are taken back and given back: measurements, proposals, excluded substructures. Each is a new fact that the old one
stays beside, and each is undone by another.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from campaigns.errors import LedgerError, UnknownNameError
from campaigns.ledger import reading
from campaigns.ledger.appending import (
    append_correction,
    check_step,
    new_command,
    recorded_measurement,
    standing_measurement,
    status_event,
)
from campaigns.ledger.contents import content_of, measurement_values
from campaigns.ledger.measurements import Property, measurement_id
from campaigns.ledger.proposals import AWAITED, GIVEN_BACK, GIVEN_BACK_TO, WITHOUT_VALUE, Status, way_back
from campaigns.ledger.result_rows import ResultRow
from campaigns.ledger.schema import (
    CommandRow,
    EventRow,
    ExclusionRow,
    MeasurementRow,
    ProposalRow,
    ReadmissionRow,
    ReinstatementRow,
    RetractionRow,
)
from campaigns.units import to_base_units


def append_corrected(session: Session, number: int, row: ResultRow, of: Property, reason: str) -> int:
    """Records what a measurement should have said, and takes it back; returns the new one's number.

    Args:
        session: That writes.
        number: Of the measurement that was wrong.
        row: What is right: of the same polymer, in the unit of ``of``.
        of: The property.
        reason: Why.

    Raises:
        UnknownNameError: There is no such measurement.
        LedgerError: It is retracted already.
        ValueError: The row is of another polymer or property.
    """
    old = standing_measurement(session, number)
    command = new_command(session, "correct")
    content = content_of(row, *to_base_units(of.unit))
    held = len(session.scalars(select(MeasurementRow.id).where(MeasurementRow.content == content)).all())
    made = measurement_values(command, row, of, old.proposal_id, content, held + 1)
    inserted = session.execute(insert(MeasurementRow).returning(MeasurementRow.id), [made])
    new = inserted.scalar_one()
    append_correction(session, command, number, new, reason)
    return new


def append_retractions(session: Session, numbers: Sequence[int], reason: str) -> tuple[str, ...]:
    """Takes measurements back; they stay in the ledger and are no longer learned from. A proposal that is left without any value
    is awaited again, and returned.

    Raises:
        UnknownNameError: There is no such measurement.
        LedgerError: One is retracted already.
    """
    instead = "Retract that one: polyloop retract DIR {id} --reason WHY"
    taken = [standing_measurement(session, number, instead) for number in dict.fromkeys(numbers)]
    command = new_command(session, "retract")
    session.add_all(RetractionRow(command_id=command, measurement_id=row.id, reason=reason) for row in taken)
    session.flush()
    statuses = reading.statuses(session)
    left = [
        proposal.id
        for proposal in _proposals_of(session, {row.unit_key for row in taken})
        if statuses[proposal.id] is Status.MEASURED and not _has_value(session, proposal)
    ]
    _record_steps(session, command, left, WITHOUT_VALUE, reason)
    return tuple(left)


def append_reinstatements(session: Session, numbers: Sequence[int], reason: str) -> tuple[str, ...]:
    """Lets measurements stand again that were taken back. Proposals that they answer are measured again, and returned.

    Raises:
        UnknownNameError: There is no such measurement.
        LedgerError: One is not retracted, or what was said in its place stands.
    """
    given = [recorded_measurement(session, number) for number in dict.fromkeys(numbers)]
    command = new_command(session, "reinstate")
    for row in given:
        retraction = reading.open_retraction(session, row.id)
        if retraction is None:
            raise LedgerError(f"Measurement {measurement_id(row.id)} is not retracted.", "It stands already.")
        session.add(ReinstatementRow(command_id=command, retraction_id=retraction.id, reason=reason))
    session.flush()
    for row in given:
        _refuse_two_for_one(session, row.id)
    named = {row.proposal_id for row in given}
    statuses = reading.statuses(session)
    answered = [
        proposal.id
        for proposal in _proposals_of(session, {row.unit_key for row in given})
        if statuses[proposal.id] is not Status.MEASURED
        and (proposal.id in named or _last_command(session, proposal.id) == "retract")
    ]
    _record_steps(session, command, answered, Status.MEASURED, reason)
    return tuple(answered)


def _refuse_two_for_one(session: Session, number: int) -> None:
    """A correction and what it corrected do not both stand."""
    others = reading.alternatives(session, number)
    taken_back = set(session.scalars(reading.retracted().where(RetractionRow.measurement_id.in_(others))))
    standing = sorted(others - taken_back)
    if not standing:
        return
    name, other = measurement_id(number), measurement_id(standing[0])
    fault = (
        f"{name} was said in the place of {other}, which stands."
        if number > standing[0]  # what corrects is recorded after what it corrects
        else f"{name} was corrected: {other} stands in its place."
    )
    raise LedgerError(
        fault,
        f"Only one of them can be right. Retract the other first: polyloop retract DIR {other} --reason WHY. Or say what {other} "
        f"should say: polyloop correct DIR {other} --value NUMBER --reason WHY.",
    )


def append_withdrawals(session: Session, proposal_ids: Sequence[str], reason: str) -> None:
    """Takes proposals back.

    Raises:
        UnknownNameError: There is no such proposal.
        LedgerError: One is measured, abandoned, or withdrawn already.
    """
    statuses, chosen = reading.statuses(session), tuple(dict.fromkeys(proposal_ids))
    for proposal_id in chosen:
        check_step(statuses, proposal_id, Status.WITHDRAWN)
    _record_steps(session, new_command(session, "withdraw"), chosen, Status.WITHDRAWN, reason)


def append_renewals(session: Session, proposal_ids: Sequence[str], reason: str) -> None:
    """Undoes that proposals were withdrawn, or called failed or abandoned: they are proposed as before.

    Raises:
        UnknownNameError: There is no such proposal.
        LedgerError: One is none of these, or its polymer is awaited as another proposal.
    """
    statuses, chosen = reading.statuses(session), tuple(dict.fromkeys(proposal_ids))
    awaited = {p.unit.key: p.id for p in reading.proposals(session) if statuses[p.id] in AWAITED}
    for proposal_id in chosen:
        status = statuses.get(proposal_id)
        if status is None:
            raise reading.no_proposal(proposal_id)
        if status not in GIVEN_BACK:
            raise LedgerError(
                f"Proposal {proposal_id} is {status}, and not withdrawn, failed or abandoned.",
                way_back(proposal_id, status) or "There is nothing to undo.",
            )
        row = session.get_one(ProposalRow, proposal_id)
        if row.unit_key in awaited:
            raise LedgerError(
                f"The polymer of proposal {proposal_id} is awaited already, as {awaited[row.unit_key]}.",
                "Fill in that one's row.",
            )
        awaited[row.unit_key] = proposal_id
    _record_steps(session, new_command(session, "renew"), chosen, GIVEN_BACK_TO, reason)


def append_exclusion(session: Session, smarts: str, reason: str) -> None:
    """Excludes a substructure from what is proposed.

    Raises:
        LedgerError: It is excluded already.
    """
    if any(told.smarts == smarts for told in reading.exclusions(session)):
        raise LedgerError(f"{smarts} is excluded already.", "polyloop exclude DIR lists what is excluded.")
    session.add(ExclusionRow(command_id=new_command(session, "exclude"), smarts=smarts, reason=reason))


def append_readmission(session: Session, smarts: str, reason: str) -> None:
    """Undoes the exclusion of a substructure.

    Raises:
        UnknownNameError: It is not excluded.
    """
    undone = select(ReadmissionRow.exclusion_id)
    asked = select(ExclusionRow.id).where(ExclusionRow.smarts == smarts, ExclusionRow.id.not_in(undone))
    exclusion = session.scalar(asked)
    if exclusion is None:
        raise UnknownNameError(
            f"{smarts} is not excluded by polyloop exclude.",
            "polyloop exclude DIR lists what is; what campaign.toml excludes is taken out there.",
        )
    command = new_command(session, "readmit")
    session.add(ReadmissionRow(command_id=command, exclusion_id=exclusion, reason=reason))


def _record_steps(
    session: Session, command: int, proposal_ids: Sequence[str], status: Status, note: str
) -> None:
    if proposal_ids:
        events = [status_event(command, proposal_id, status, note, None) for proposal_id in proposal_ids]
        session.execute(insert(EventRow), events)


def _proposals_of(session: Session, unit_keys: Collection[str]) -> Sequence[ProposalRow]:
    asked = select(ProposalRow).where(ProposalRow.unit_key.in_(unit_keys))
    return session.scalars(asked.order_by(ProposalRow.round, ProposalRow.rank)).all()


def _has_value(session: Session, proposal: ProposalRow) -> bool:
    """Whether a value that stands answers a proposal: one of its own, or of its polymer that was recorded since; where there was
    never any, one that was known before, and answered it when its table came in again.
    """
    of_polymer = session.scalars(
        select(MeasurementRow).where(MeasurementRow.unit_key == proposal.unit_key)
    ).all()
    own = [m for m in of_polymer if m.proposal_id == proposal.id or m.command_id > proposal.command_id]
    taken_back = set(session.scalars(reading.retracted()))
    return any(m.id not in taken_back for m in own or of_polymer)


def _last_command(session: Session, proposal_id: str) -> str | None:
    """Kind of the command that the latest step of a proposal belongs to."""
    asked = select(CommandRow.kind).join(EventRow, EventRow.command_id == CommandRow.id)
    asked = asked.where(EventRow.proposal_id == proposal_id)
    return session.scalar(asked.order_by(EventRow.id.desc()).limit(1))
