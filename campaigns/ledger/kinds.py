"""What each row of a table is to a ledger: a value that is new, known, a replicate, a correction, or in conflict with another.

A value for a proposal that has another one from before is a conflict, unless it is said whether it corrects that one or is of a
further specimen; so is one that names the measurement it corrects, until corrections are asked for.

A value that was recorded and taken back since is known: an old file that comes again does not bring it back. Where corrections
are asked for and it is a proposal's that another value of a form stands for now, it is a correction of that one; what was put
right by hand stays. Where the rows are said to be of further specimens, one that names no proposal is known only from files of
the same name, which may have grown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from campaigns.errors import LedgerError, RowProblem, TableError, UnknownNameError
from campaigns.ledger import reading
from campaigns.ledger.appending import standing_measurement
from campaigns.ledger.measurements import Property, measurement_id
from campaigns.ledger.proposals import Status
from campaigns.ledger.result_rows import Conflict, ResultRow, RowKind, Source, TakenBack
from campaigns.ledger.schema import CommandRow, MeasurementRow, RetractionRow
from campaigns.units import convert, quantity_text


@dataclass(frozen=True, slots=True)
class Before:
    """What the ledger holds of what some rows of a table say."""

    held: Mapping[str, int]
    """How often it held each content before the table."""
    of_name: Mapping[str, int]
    """How often of these from files of the table's name, or from no file."""
    recorded: Counter[str]
    """How often it holds it by now."""
    standing: frozenset[str]
    """Contents of which at least one measurement is not retracted."""
    measured: set[tuple[str, str]]
    """Polymers, by key, and the property that they have a measurement of."""
    answers: Mapping[tuple[str, str], list[MeasurementRow]]
    """What stood before the table for the proposals that rows name, by proposal and property."""
    taken_back: Mapping[str, list[tuple[MeasurementRow, str]]]
    """Measurements of each content that are taken back, and why; the last first."""

    @classmethod
    def of(
        cls,
        session: Session,
        rows: Sequence[ResultRow],
        contents: Sequence[str],
        command: int,
        properties: Sequence[str],
        name: str,
    ) -> Before:
        """What it holds of ``rows`` with these contents from a file called ``name``, besides what ``command`` and those after it
        recorded.
        """
        before = MeasurementRow.command_id < command
        named_so = or_(CommandRow.source_name.is_(None), CommandRow.source_name == name)
        of_name = and_(before, MeasurementRow.command_id.in_(select(CommandRow.id).where(named_so)))
        sums = [func.sum(case((counting, 1), else_=0)) for counting in (before, of_name)]
        counts = session.execute(
            select(MeasurementRow.content, *sums, func.count())
            .where(MeasurementRow.content.in_(set(contents)))
            .group_by(MeasurementRow.content)
        ).all()
        measured = session.execute(
            select(MeasurementRow.unit_key, MeasurementRow.objective)
            .distinct()
            .where(
                MeasurementRow.unit_key.in_({row.unit.key for row in rows}),
                MeasurementRow.objective.in_(properties),
            )
            .where(MeasurementRow.id.not_in(reading.retracted()))
        ).all()
        standing = session.scalars(
            select(MeasurementRow.content)
            .distinct()
            .where(MeasurementRow.content.in_(set(contents)), MeasurementRow.id.not_in(reading.retracted()))
        )
        answers: dict[tuple[str, str], list[MeasurementRow]] = {}
        named = {row.proposal_id for row in rows if row.proposal_id is not None and row.value is not None}
        if named:
            asked = select(MeasurementRow).where(
                MeasurementRow.proposal_id.in_(named),
                MeasurementRow.command_id < command,
                MeasurementRow.id.not_in(reading.retracted()),
            )
            for old in session.scalars(asked.order_by(MeasurementRow.id)):
                answers.setdefault((old.proposal_id or "", old.objective), []).append(old)
        taken_back: dict[str, list[tuple[MeasurementRow, str]]] = {}
        asked_back = (
            select(MeasurementRow, RetractionRow.reason)
            .join(RetractionRow, RetractionRow.measurement_id == MeasurementRow.id)
            .where(MeasurementRow.content.in_(set(contents)), reading.is_open())
            .order_by(RetractionRow.id.desc())
        )
        for old, reason in session.execute(asked_back) if reading.anything_retracted(session) else ():
            taken_back.setdefault(old.content, []).append((old, reason))
        return cls(
            {content: int(held) for content, held, _, _ in counts},
            {content: int(of_name) for content, _, of_name, _ in counts},
            Counter({content: count for content, _, _, count in counts}),
            frozenset(standing),
            {(key, name) for key, name in measured},
            answers,
            taken_back,
        )

    def stands(self, row: ResultRow, content: str) -> bool:
        """Whether what a row says stands, in its proposal's name where that had said so itself."""
        if row.proposal_id is None or content not in self.standing:
            return content in self.standing
        own = self.answers.get((row.proposal_id, row.objective), [])
        taken_back = (old for old, _ in self.taken_back.get(content, []))
        return any(old.content == content for old in own) or not any(
            old.proposal_id == row.proposal_id for old in taken_back
        )


@dataclass
class Kinds:
    """Tells the kinds of one table's rows, in their order."""

    properties: Mapping[str, Property]
    """Of the table, by name."""
    source: Source
    corrections: bool
    replicates: bool
    counted: str
    told_by_forms: frozenset[str] = frozenset()
    """Contents of the rows that name a proposal."""
    conflicts: list[Conflict] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    """Rows that correct what they cannot."""
    taken_back: list[TakenBack] = field(default_factory=list)
    """Rows that say what was taken back."""
    _copies: Counter[str] = field(default_factory=Counter)
    """How often each content that the ledger held before has come up in this table."""
    _corrected: set[int] = field(default_factory=set)
    """Measurements that rows of this table stand in for."""

    def of(
        self, session: Session, row: ResultRow, content: str, before: Before
    ) -> tuple[RowKind, MeasurementRow | None]:
        """What a row is, and the measurement that it stands in for."""
        if row.status is not Status.MEASURED or row.value is None:
            return RowKind.KNOWN, None
        further = self.replicates and row.proposal_id is None
        held = (before.of_name if further else before.held).get(content, 0)
        if held and not self._still_to_correct(session, row, content):
            others = self.told_again(session, row, content, before)
            if others and self.corrections:
                return self._correction(others[0])
            self._copies[content] += 1
            if self._copies[content] <= held:
                return RowKind.KNOWN, None
        of = self.properties[row.objective]
        plainly = RowKind.REPLICATE if (row.unit.key, of.name) in before.measured else RowKind.NEW
        if row.corrects is not None:
            old = self._named(session, row, row.corrects)
            if old is None:
                return RowKind.CONFLICT, None
            if self.corrections:
                return self._correction(old)
            self._conflict(row, of, old, "")
            return RowKind.CONFLICT, None
        others = self._others(row, before)
        if not others or self.replicates:
            return plainly, None
        if self.corrections and len(others) == 1:
            return self._correction(others[0])
        for old in others:
            self._conflict(row, of, old, row.proposal_id or "")
        return RowKind.CONFLICT, None

    def _others(self, row: ResultRow, before: Before) -> list[MeasurementRow]:
        """What stands for the proposal of a row and is not said by this table itself."""
        found = [] if row.proposal_id is None else before.answers.get((row.proposal_id, row.objective), [])
        return [
            old for old in found if old.content not in self.told_by_forms and old.id not in self._corrected
        ]

    def told_again(
        self, session: Session, row: ResultRow, content: str, before: Before
    ) -> list[MeasurementRow]:
        """Takes down that a row says what was taken back, and gives the measurement that it could take the place of."""
        back = before.taken_back.get(content)
        if not back or before.stands(row, content):
            return []
        old, reason = next((each for each in back if each[0].proposal_id == row.proposal_id), back[0])
        # what was put right by hand is not undone by a form that still says the slip
        others = [other for other in self._others(row, before) if not reading.is_by_hand(session, other)]
        if len(others) != 1:
            others = []
        again = bool(others) and self.corrections
        standing = others[0].id if again else reading.replacement(session, old.id)
        value = None
        if standing is not None:
            instead = session.get_one(MeasurementRow, standing)
            value = convert(instead.value, instead.unit_of_measure, self.properties[row.objective].unit)
        said = float("nan") if row.value is None else row.value
        self.taken_back.append(
            TakenBack(row.line, row.objective, said, old.id, reason, standing, value, bool(others), again)
        )
        return others

    def refuse_what_is_not_said(self, allow_conflicts: bool) -> None:
        """Makes sure that rows correct what they can, and that of none it is open what it is.

        Raises:
            TableError: All rows of which that is not so.
        """
        if self.problems:
            fault = f"{self.source.name} corrects what it cannot; nothing was taken from it."
            raise TableError(fault, self.problems)
        if self.conflicts and not allow_conflicts:
            values = "1 value" if len(self.conflicts) == 1 else f"{len(self.conflicts):,} values"
            raise TableError(
                f"{self.source.name} has {values} in conflict with recorded ones; nothing was taken from it.",
                [self._problem(found) for found in self.conflicts],
            )

    def _problem(self, found: Conflict) -> RowProblem:
        unit = self.properties[found.objective].unit
        what = f"{found.proposal_id} has" if found.proposal_id else "it corrects"
        fault = f"{what} {measurement_id(found.measurement)}, which is {quantity_text(found.recorded, unit)}."
        if self.corrections:  # and still it is not known which of several it corrects
            way_out = (
                "Several values stand for this proposal: name the wrong one in a column corrects, such as "
                f"{measurement_id(found.measurement)}."
            )
            value = quantity_text(found.value, unit)
            return RowProblem(found.line, found.objective, value, fault, way_out, self.counted)
        way_out = (
            "Say --corrections if this value is to stand in its place, or --replicates if it is of a further specimen."
            if found.proposal_id
            else "Say --corrections if this value is to stand in its place."
        )
        value = quantity_text(found.value, unit)
        return RowProblem(found.line, found.objective, value, fault, way_out, self.counted)

    def _conflict(self, row: ResultRow, of: Property, old: MeasurementRow, proposal_id: str) -> None:
        recorded = convert(old.value, old.unit_of_measure, of.unit)
        value = float("nan") if row.value is None else row.value
        self.conflicts.append(Conflict(row.line, of.name, proposal_id, value, old.id, recorded))

    def _correction(self, old: MeasurementRow) -> tuple[RowKind, MeasurementRow]:
        self._corrected.add(old.id)
        return RowKind.CORRECTION, old

    def _still_to_correct(self, session: Session, row: ResultRow, content: str) -> bool:
        """Whether a row names a measurement that stands and says something else: then it is news, even where a third one says the
        same.
        """
        if row.corrects is None:
            return False
        try:
            return standing_measurement(session, row.corrects).content != content
        except (LedgerError, UnknownNameError):
            return False

    def _named(self, session: Session, row: ResultRow, number: int) -> MeasurementRow | None:
        """The measurement that a row says it corrects."""
        try:
            old = standing_measurement(session, number, "Name that one: {id}")
        except (LedgerError, UnknownNameError) as error:
            fault, way_out = error.message, error.hint
        else:
            same = (old.unit_key, old.objective) == (row.unit.key, row.objective)
            if same and number not in self._corrected:
                return old
            fault = f"{measurement_id(number)} is of another polymer or property, or corrected twice."
            way_out = "Look its id up with polyloop history."
        self.problems.append(
            RowProblem(row.line, "corrects", measurement_id(number), fault, way_out, self.counted)
        )
        return None
