"""The history of a polymer: every fact of it in the order in which they were recorded, who did it, when, and from which file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.errors import CampaignError, UnknownNameError
from campaigns.ledger import Ledger, Proposal, Status, reading
from campaigns.ledger.appending import as_written
from campaigns.ledger.measurements import measurement_id, measurement_number
from campaigns.ledger.schema import (
    CommandRow,
    EventRow,
    ExclusionRow,
    MeasurementRow,
    ProposalRow,
    ReadmissionRow,
    ReinstatementRow,
    RetractionRow,
    UnitRow,
)
from campaigns.reports.wording import counted, number, prediction
from discovery.errors import PolymerError
from discovery.polymers import RepeatUnit
from discovery.pools.structures import Pattern, first_held
from discovery.suggestions import did_you_mean

_MEASUREMENT = re.compile(r"[Mm][0-9]+")
_PROPOSAL = re.compile(r"[Rr][0-9]+-[0-9]+")


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of a polymer.

    Args:
        command: Number of the command that recorded it: the order of facts is that of these numbers.
        at: When, UTC, by the clock of the machine.
        author: Who.
        kind: ``polymer``, ``proposal``, ``status``, ``measurement``, ``retraction``, ``reinstatement``, ``exclusion`` or
            ``readmission``.
        subject: What it is about: a measurement (``M12``), a proposal (``R003-07``), a SMARTS; empty for the polymer itself.
        words: What it says.
        source_file: File that it came from; empty where a command said it.
        source_sha256: Of that file.
        line: Of that file.
    """

    command: int
    at: datetime
    author: str
    kind: str
    subject: str
    words: str
    source_file: str = ""
    source_sha256: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What was recorded of a polymer.

    Args:
        psmiles: Of the polymer.
        key: Of the polymer.
        names: What people call it.
        facts: In the order in which they were recorded.
    """

    psmiles: str
    key: str
    names: tuple[str, ...]
    facts: tuple[Fact, ...]


def history_of(ledger: Ledger, asked: str) -> History:
    """Every fact of a polymer.

    Args:
        ledger: Of the campaign.
        asked: Its PSMILES, its name, or the id of a proposal (``R003-07``) or measurement (``M12``) of it.

    Raises:
        UnknownNameError: The campaign holds nothing that is called so.
        CampaignError: Several polymers are called so.
    """
    with ledger.reading() as session:
        unit = _polymer(session, as_written(asked.strip()))
        key, psmiles = unit.key, unit.psmiles
        found = [fact for facts in _FACTS for fact in facts(session, key, psmiles)]
        found.sort(key=lambda fact: fact.command)  # stable: within one command as they can be recorded
        named = (select(table.name).where(table.unit_key == key) for table in (MeasurementRow, ProposalRow))
        names = dict.fromkeys(name for each in named for name in session.scalars(each) if name)
        return History(psmiles, key, tuple(names), tuple(found))


def _polymer(session: Session, asked: str) -> UnitRow:
    key: str | None = None
    if _PROPOSAL.fullmatch(asked):
        key = session.scalar(select(ProposalRow.unit_key).where(ProposalRow.id == asked.upper()))
    elif _MEASUREMENT.fullmatch(asked):
        number_ = measurement_number(asked)
        key = session.scalar(select(MeasurementRow.unit_key).where(MeasurementRow.id == number_))
    elif "*" in asked:
        try:
            key = RepeatUnit.parse(asked).key
        except PolymerError as error:
            raise CampaignError(error.message, error.hint) from error
    if key is None:
        key = _named(session, asked)
    row = session.get(UnitRow, key)
    if row is None:
        raise UnknownNameError(
            f"Nothing is recorded of {asked}.", "polyloop status and the forms of the rounds tell what is."
        )
    return row


def _named(session: Session, asked: str) -> str:
    """Key of the polymer that people call so, whatever the case of its letters."""
    keys: dict[str, dict[str, None]] = {}
    for table in (MeasurementRow, ProposalRow):
        for name, key in session.execute(select(table.name, table.unit_key).distinct()):
            if name:
                keys.setdefault(name, {})[key] = None
    if asked in keys:
        found = keys[asked]
    else:
        found = {
            key: None for name, those in keys.items() if name.casefold() == asked.casefold() for key in those
        }
    if not found:
        hint = "Write its PSMILES, its name, or the id of a proposal (R003-07) or measurement (M12) of it."
        raise UnknownNameError(
            f"Nothing is recorded of {asked!r}.", f"{did_you_mean(asked, keys)} {hint}".strip()
        )
    if len(found) > 1:
        texts = session.scalars(
            select(UnitRow.psmiles).where(UnitRow.key.in_(found)).order_by(UnitRow.psmiles)
        )
        raise CampaignError(
            f"{len(found)} polymers are called {asked!r}: {', '.join(texts)}.", "Write the PSMILES of one."
        )
    return next(iter(found))


def _fact(command: CommandRow, kind: str, subject: str, words: str, line: int | None = None) -> Fact:
    return Fact(
        command=command.id,
        at=command.at,
        author=command.author,
        kind=kind,
        subject=subject,
        words=words,
        source_file=command.source_name or "",
        source_sha256=command.source_sha256 or "",
        line=line or None,
    )


def _with(words: str, reason: str) -> str:
    return f"{words}: {reason}" if reason else words


def _recorded(session: Session, key: str, psmiles: str) -> Iterator[Fact]:
    asked = select(CommandRow).join(UnitRow, UnitRow.command_id == CommandRow.id).where(UnitRow.key == key)
    for command in session.scalars(asked):
        yield _fact(command, "polymer", "", f"first recorded, as {psmiles}")


def _proposed(session: Session, key: str, psmiles: str) -> Iterator[Fact]:
    asked = select(ProposalRow.id, ProposalRow.command_id).where(ProposalRow.unit_key == key)
    commands = {row.id: row.command_id for row in session.execute(asked)}
    if not commands:
        return
    for proposal in reading.proposals(session):
        if proposal.id in commands:
            command = session.get_one(CommandRow, commands[proposal.id])
            yield _fact(command, "proposal", proposal.id, _proposal_in_words(proposal))


def _proposal_in_words(proposal: Proposal) -> str:
    told = [
        f"{name} {prediction(said.mean, said.lower, said.upper)}"
        for name, said in proposal.predictions.items()
    ]
    made = f" from {' and '.join(proposal.monomers)}" if proposal.monomers else ""
    predicted = f", predicted {', '.join(told)}" if told else ""
    return _with(
        f"{proposal.id} proposed{made}, rank {proposal.rank} of round {proposal.round}{predicted}",
        proposal.reason,
    )


def _steps(session: Session, key: str, psmiles: str) -> Iterator[Fact]:
    asked = (
        select(EventRow, CommandRow)
        .join(CommandRow, CommandRow.id == EventRow.command_id)
        .join(ProposalRow, ProposalRow.id == EventRow.proposal_id)
        .where(ProposalRow.unit_key == key, ProposalRow.command_id != EventRow.command_id)
        .order_by(EventRow.id)
    )
    for row, command in session.execute(asked):
        status = Status(row.status)
        told = {"renew": "proposed again", "retract": "running again, without any value left"}
        said = told.get(command.kind, str(status))
        yield _fact(
            command, "status", row.proposal_id, _with(f"{row.proposal_id} {said}", row.note), row.line
        )


def _measured(session: Session, key: str, psmiles: str) -> Iterator[Fact]:
    asked = (
        select(MeasurementRow, CommandRow)
        .join(CommandRow, CommandRow.id == MeasurementRow.command_id)
        .where(MeasurementRow.unit_key == key)
        .order_by(MeasurementRow.id)
    )
    for row, command in session.execute(asked):
        name = measurement_id(row.id)
        yield _fact(command, "measurement", name, f"{name} recorded: {_value_in_words(row)}", row.line)


def _value_in_words(row: MeasurementRow) -> str:
    unit = f" {row.unit_of_measure}" if row.unit_of_measure else ""
    given = f" (written {row.written})" if row.written else ""
    error = f" ± {number(row.sem, 2)}" if row.sem is not None else ""
    specimens = f" ({counted(row.n, 'specimen')})" if row.n > 1 else ""
    beside = {
        "for": row.proposal_id or "",
        "called": row.name,
        "reference:": row.reference,
        "note:": row.note,
    }
    told = "".join(f", {title} {text}" for title, text in beside.items() if text)
    return f"{row.objective} {value_in_words(row.value, row.bound)}{error}{unit}{given}{specimens}{told}"


def value_in_words(value: float, bound: str) -> str:
    """A value as it was recorded, or as a limit."""
    sign = {"above": "> ", "below": "< "}.get(bound, "")
    return f"{sign}{value:.10g}"


def _taken_back(session: Session, key: str, psmiles: str) -> Iterator[Fact]:
    asked = (
        select(RetractionRow, CommandRow)
        .join(CommandRow, CommandRow.id == RetractionRow.command_id)
        .join(MeasurementRow, MeasurementRow.id == RetractionRow.measurement_id)
        .where(MeasurementRow.unit_key == key)
        .order_by(RetractionRow.id)
    )
    for row, command in session.execute(asked):
        name = measurement_id(row.measurement_id)
        told = f"{name} retracted"
        if row.replaced_by is not None:
            told = f"{name} corrected by {measurement_id(row.replaced_by)}"
        yield _fact(command, "retraction", name, _with(told, row.reason))


def _given_back(session: Session, key: str, psmiles: str) -> Iterator[Fact]:
    asked = (
        select(ReinstatementRow, CommandRow, MeasurementRow.id)
        .join(CommandRow, CommandRow.id == ReinstatementRow.command_id)
        .join(RetractionRow, RetractionRow.id == ReinstatementRow.retraction_id)
        .join(MeasurementRow, MeasurementRow.id == RetractionRow.measurement_id)
        .where(MeasurementRow.unit_key == key)
        .order_by(ReinstatementRow.id)
    )
    for row, command, measurement in session.execute(asked):
        name = measurement_id(measurement)
        yield _fact(command, "reinstatement", name, _with(f"{name} stands again", row.reason))


def _excluded(session: Session, key: str, psmiles: str) -> Iterator[Fact]:
    asked = select(ExclusionRow, CommandRow).join(CommandRow, CommandRow.id == ExclusionRow.command_id)
    for row, command in session.execute(asked.order_by(ExclusionRow.id)):
        if first_held(psmiles, (Pattern(row.smarts),)):
            told = f"excluded from what is proposed, since it matches {row.smarts}"
            yield _fact(command, "exclusion", row.smarts, _with(told, row.reason))


def _readmitted(session: Session, key: str, psmiles: str) -> Iterator[Fact]:
    asked = (
        select(ReadmissionRow, CommandRow, ExclusionRow.smarts)
        .join(CommandRow, CommandRow.id == ReadmissionRow.command_id)
        .join(ExclusionRow, ExclusionRow.id == ReadmissionRow.exclusion_id)
        .order_by(ReadmissionRow.id)
    )
    for row, command, smarts in session.execute(asked):
        if first_held(psmiles, (Pattern(smarts),)):
            told = f"what matches {smarts} may be proposed again"
            yield _fact(command, "readmission", smarts, _with(told, row.reason))


_FACTS: Sequence[Callable[[Session, str, str], Iterator[Fact]]] = (
    _recorded,
    _proposed,
    _steps,
    _measured,
    _taken_back,
    _given_back,
    _excluded,
    _readmitted,
)
"""Each kind of fact of a polymer, in the order in which they stand within one command."""
