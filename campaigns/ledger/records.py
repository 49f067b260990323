"""The facts that a ledger keeps, as frozen values: measurements, proposals and their statuses, rounds.

Nothing here knows of SQL. :class:`ResultRow` is what a checked table hands to the ledger, :class:`LedgerView`
is what the ledger hands to the check of a table.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from math import isfinite
from typing import Protocol

from discovery.polymers.repeat_unit import RepeatUnit
from discovery.surrogate.observations import Observation


class Status(StrEnum):
    """Where a proposal stands.

    ``proposed -> running -> measured | failed | abandoned | withdrawn``; see :data:`TRANSITIONS` for every
    step that is possible.
    """

    PROPOSED = "proposed"
    """Suggested by a round; nobody has begun."""
    RUNNING = "running"
    """Somebody is making or measuring it."""
    MEASURED = "measured"
    """There is a value."""
    FAILED = "failed"
    """The attempt went wrong (instrument, spill): teaches nothing and may be tried again."""
    ABANDONED = "abandoned"
    """It cannot be made, dissolved or cast: a fact about the polymer."""
    WITHDRAWN = "withdrawn"
    """Taken back by the scientist for reasons of their own."""


TRANSITIONS: Mapping[Status, frozenset[Status]] = {
    Status.PROPOSED: frozenset(
        {Status.RUNNING, Status.MEASURED, Status.FAILED, Status.ABANDONED, Status.WITHDRAWN}
    ),
    Status.RUNNING: frozenset({Status.MEASURED, Status.FAILED, Status.ABANDONED, Status.WITHDRAWN}),
    Status.FAILED: frozenset({Status.RUNNING, Status.MEASURED, Status.ABANDONED, Status.WITHDRAWN}),
    # A value in hand outweighs an earlier verdict that there would be none; a measurement itself is final.
    Status.ABANDONED: frozenset({Status.MEASURED}),
    Status.WITHDRAWN: frozenset({Status.MEASURED}),
    Status.MEASURED: frozenset(),
}
"""From each status, the statuses that may follow. Staying where it is is always possible and is no event."""

AWAITED = frozenset({Status.PROPOSED, Status.RUNNING})
"""A result may still come in: such proposals are pending."""
ANSWERABLE = frozenset({Status.PROPOSED, Status.RUNNING, Status.FAILED})
"""A measurement of the same polymer, from whatever table, answers such a proposal."""
CLOSED_WITHOUT_VALUE = frozenset({Status.ABANDONED, Status.WITHDRAWN})
"""Not to be proposed again."""


class Property(Protocol):
    """What is measured: any objective with a name and a unit of measure."""

    @property
    def name(self) -> str:
        """Name of the property."""

    @property
    def unit(self) -> str:
        """Unit of measure; empty for a pure number."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where facts came from: a file, or a data frame."""

    name: str
    sha256: str
    """Of the bytes, hexadecimal."""


@dataclass(frozen=True, slots=True)
class ResultRow:
    """A row of results that has passed every check; ``value`` and ``sem`` are in the objective's unit."""

    line: int
    unit: RepeatUnit
    status: Status
    """``MEASURED`` if and only if there is a value."""
    value: float | None = None
    sem: float | None = None
    """Standard error of ``value``; None if not known."""
    n: int = 1
    """How many specimens ``value`` is the mean of."""
    name: str = ""
    reference: str = ""
    note: str = ""
    proposal_id: str | None = None

    def __post_init__(self) -> None:
        if (self.value is not None) != (self.status is Status.MEASURED):
            raise ValueError(f"a row with status {self.status} and value {self.value}")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measured value, as recorded."""

    id: int
    unit: RepeatUnit
    objective: str
    """Name of the property."""
    value: float
    unit_of_measure: str
    """In which ``value`` and ``sem`` were recorded."""
    sem: float | None
    n: int
    name: str
    reference: str
    note: str
    source_file: str
    line: int
    proposal_id: str | None
    at: datetime
    """When it was recorded; UTC."""
    retracted: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """A polymer that a round suggests to make; numbers are in the objective's unit.

    ``mean``, ``lower``, ``upper`` (95 % bounds of a new measurement) and ``acquisition`` are None in a round
    that had nothing to predict from.
    """

    id: str
    round: int
    rank: int
    """From 1."""
    unit: RepeatUnit
    monomers: tuple[str, ...]
    reaction: str
    mean: float | None
    lower: float | None
    upper: float | None
    acquisition: float | None
    reason: str
    name: str = ""
    """What the user's table calls it."""
    sa_score: float | None = None
    """Synthetic accessibility, from 1 (easy) to 10; None in proposals of before it was recorded."""
    cost: float | None = None
    """Price of one gram of its monomers; None if not known."""

    def __post_init__(self) -> None:
        numbers = (self.mean, self.lower, self.upper, self.acquisition, self.sa_score, self.cost)
        if not all(number is None or isfinite(number) for number in numbers):
            raise ValueError(f"proposal {self.id} holds a number that is not finite: {numbers}")


def proposal_id(round_number: int, rank: int) -> str:
    """The name of a proposal, such as ``R003-07``. It begins with a letter so that no spreadsheet takes it
    for a date.
    """
    return f"R{round_number:03d}-{rank:02d}"


@dataclass(frozen=True, slots=True)
class StatusChange:
    """One step in a proposal's life."""

    proposal_id: str
    status: Status
    note: str
    source_file: str
    line: int | None
    at: datetime
    """UTC."""


@dataclass(frozen=True, slots=True)
class RoundRecord:
    """Everything that made a round, so that it can be derived again. The mappings hold JSON values only."""

    number: int
    """From 1."""
    seed: int
    spec_version: str
    observations_hash: str
    encoder_revisions: Mapping[str, str]
    adapter_hash: str
    """Empty where no adapter was trained."""
    gate: Mapping[str, object]
    versions: Mapping[str, str]
    pool: Mapping[str, object]
    """Counts: how many candidates were seen, and dropped for which reason."""
    note: str = ""
    at: datetime | None = None
    """When it was recorded, UTC; None before."""

    def __post_init__(self) -> None:
        # A number that is not finite has no place in JSON: whoever made the record says None or a word
        # instead.
        json.dumps([dict(self.gate), dict(self.pool)], allow_nan=False)


@dataclass(frozen=True, slots=True)
class LedgerView:
    """What the check of a table has to know about a campaign. The default is a campaign without proposals."""

    proposals: Mapping[str, Proposal] = field(default_factory=dict)
    """By id."""
    statuses: Mapping[str, Status] = field(default_factory=dict)
    """Current status by proposal id."""
    sources: frozenset[tuple[str, str, str]] = frozenset()
    """SHA-256, property and unit of measure of every table that was ingested."""

    def knows(self, sha256: str, objective: Property) -> bool:
        """Whether a table with this content was ingested for this property before."""
        return (sha256, objective.name, objective.unit) in self.sources


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a round starts from, all of one state of the ledger."""

    observations: tuple[Observation, ...]
    """One per measured polymer, in the objective's unit, ordered by the polymer's key."""
    pending: tuple[Proposal, ...]
    """Proposals whose result may still come in."""
    closed: tuple[Proposal, ...]
    """Proposals that ended without a value, not to be made again."""


@dataclass(frozen=True, slots=True)
class AppendSummary:
    """What a table of results added, or would add, to the ledger."""

    measurements: int = 0
    """New measurements."""
    replicates: int = 0
    """Those of them whose polymer had a measurement before."""
    known: int = 0
    """Rows whose content the ledger already holds; they add nothing."""
    statuses: Mapping[Status, int] = field(default_factory=dict)
    """Proposals that reached each status."""
    answered: tuple[str, ...] = ()
    """Ids of proposals that a row without proposal id answered, since it measures the same polymer."""
    same_source: bool = False
    """Whether this very file had been ingested before, so that every row is known."""
