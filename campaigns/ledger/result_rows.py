"""What a table of results brings to a ledger and what became of it: its rows once they are checked, what the check had to know,
and what was added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from campaigns.ledger.measurements import Property
from campaigns.ledger.proposals import PROPOSAL_ID, Proposal, Status
from discovery.polymers.repeat_unit import RepeatUnit
from discovery.surrogate.observations import Bound


@dataclass(frozen=True, slots=True)
class Source:
    """Where facts came from: a file, or a data frame."""

    name: str
    sha256: str
    """Of the bytes, hexadecimal."""


@dataclass(frozen=True, slots=True)
class ResultRow:
    """What a row of results says of one property, once it has passed every check: a row with values of two properties gives two
    of these, a row with a status and no value gives one. ``value`` and ``sem`` are in the property's unit.
    """

    line: int
    unit: RepeatUnit
    status: Status
    """``MEASURED`` if and only if there is a value."""
    value: float | None = None
    sem: float | None = None
    """Standard error of ``value``; None if not known, and of a limit."""
    n: int = 1
    """How many specimens ``value`` is the mean of."""
    name: str = ""
    reference: str = ""
    note: str = ""
    proposal_id: str | None = None
    objective: str = ""
    """Name of the property; empty if and only if there is no value."""
    bound: Bound = ""
    """``above`` or ``below`` where the property is only known to lie there."""
    corrects: int | None = None
    """Number of the measurement that this one stands in for."""
    written: str = ""
    """The value as it was given, with its unit, such as ``53.6 degF`` or ``<0.01 S/cm``; empty where it is the property's own."""

    def __post_init__(self) -> None:
        if (self.value is not None) != (self.status is Status.MEASURED):
            raise ValueError(f"a row with status {self.status} and value {self.value}")
        if (self.value is not None) != bool(self.objective):
            raise ValueError(f"a row with value {self.value} of the property {self.objective!r}")
        if self.bound and (self.value is None or self.sem is not None):
            raise ValueError(f"a limit {self.bound} with value {self.value} and standard error {self.sem}")


@dataclass(frozen=True, slots=True)
class LedgerView:
    """What the check of a table has to know about a campaign. The default is a campaign without proposals."""

    proposals: Mapping[str, Proposal] = field(default_factory=dict)
    """By id."""
    statuses: Mapping[str, Status] = field(default_factory=dict)
    """Current status by proposal id."""
    sources: frozenset[tuple[str, str, str]] = frozenset()
    """SHA-256, property and unit of measure of every table that was ingested."""
    recovered: datetime | None = None
    """When the ledger was last made of what was whole of a damaged one; None if it never was."""

    def is_of_lost_round(self, proposal_id: str) -> bool:
        """Whether a text is the id of a proposal that may have been lost when the ledger was recovered."""
        named = PROPOSAL_ID.fullmatch(proposal_id.upper())
        if self.recovered is None or named is None:
            return False
        return int(named[1]) not in {proposal.round for proposal in self.proposals.values()}

    def knows(self, sha256: str, objective: Property) -> bool:
        """Whether a table with this content was ingested for this property before."""
        return (sha256, objective.name, objective.unit) in self.sources


class RowKind(IntEnum):
    """What a row of a table is to a ledger."""

    KNOWN = 0
    """The ledger holds it."""
    NEW = 1
    """The first standing value of a property of a polymer."""
    REPLICATE = 2
    """Another value of it."""
    CORRECTION = 3
    """A value that stands in for an earlier one."""
    CONFLICT = 4
    """A value for a proposal that has another one from before, and nobody said whether it corrects that or stands beside it."""
    STATUS = 5
    """A new status, without a value."""

    @property
    def is_measured(self) -> bool:
        """Whether the row adds a measurement."""
        return self in (RowKind.NEW, RowKind.REPLICATE, RowKind.CORRECTION)


@dataclass(frozen=True, slots=True)
class Conflict:
    """A row whose value contradicts a measurement that stands."""

    line: int
    objective: str
    """Name of the property."""
    proposal_id: str
    """That both answer; empty where the row names the measurement itself."""
    value: float
    """Of the row; like ``recorded`` in the property's unit."""
    measurement: int
    """Number of the measurement."""
    recorded: float
    """Its value."""


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A row that says what a measurement said that was retracted or corrected since."""

    line: int
    objective: str
    """Name of the property."""
    value: float
    """Of the row; like ``standing_value`` in the property's unit."""
    measurement: int
    """Number of the measurement that was taken back."""
    reason: str
    """Why it was."""
    standing: int | None = None
    """Number of the measurement that stands in its place."""
    standing_value: float | None = None
    by_corrections: bool = False
    """Whether the row would take that one's place if corrections were asked for."""
    again: bool = False
    """Whether it does."""


@dataclass(frozen=True, slots=True)
class AppendSummary:
    """What a table of results added, or would add, to the ledger."""

    measurements: int = 0
    """New measurements."""
    replicates: int = 0
    """Those of them whose polymer had a measurement of the same property before."""
    corrections: int = 0
    """Those of them that stand in for an earlier one, which is retracted."""
    conflicts: tuple[Conflict, ...] = ()
    """Values that contradict an earlier one and that nobody said what to do with; a table with any is taken in a dry run only."""
    taken_back: tuple[TakenBack, ...] = ()
    """Values that were recorded before and taken back since: known, or right after all."""
    known: int = 0
    """Values and statuses that the ledger already holds; they add nothing."""
    lines: int = 0
    """How many lines of the table said anything new."""
    polymers: int = 0
    """How many polymers the rows were about."""
    kinds: bytes = b""
    """The :class:`RowKind` of each row, in their order."""
    values: Mapping[str, int] = field(default_factory=dict)
    """New measurements of each property, by its name."""
    statuses: Mapping[Status, int] = field(default_factory=dict)
    """Proposals that reached each status."""
    answered: tuple[str, ...] = ()
    """Ids of proposals that a row without proposal id answered, since it measures the same polymer."""
    same_source: bool = False
    """Whether this very file had been ingested before, so that every row is known."""
