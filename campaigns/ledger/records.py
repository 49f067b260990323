"""The facts that a ledger keeps, as frozen values: measurements, proposals and their statuses, rounds.

Nothing here knows of SQL. :class:`ResultRow` is what a checked table hands to the ledger, :class:`LedgerView`
is what the ledger hands to the check of a table.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from math import isfinite
from typing import Protocol

from discovery.acquisition.pareto import Front
from discovery.polymers.repeat_unit import RepeatUnit
from discovery.surrogate.observations import Bound, Observation
from discovery.surrogate.scale import Scale


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


class Property(Protocol):
    """What is measured: any objective with a name, a unit of measure and the scale that it is modelled on."""

    @property
    def name(self) -> str:
        """Name of the property."""

    @property
    def unit(self) -> str:
        """Unit of measure; empty for a pure number."""

    @property
    def scale(self) -> Scale:
        """That it is modelled on: no value of a property on the logarithmic one is zero or less."""


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

    def __post_init__(self) -> None:
        if (self.value is not None) != (self.status is Status.MEASURED):
            raise ValueError(f"a row with status {self.status} and value {self.value}")
        if (self.value is not None) != bool(self.objective):
            raise ValueError(f"a row with value {self.value} of the property {self.objective!r}")
        if self.bound and (self.value is None or self.sem is not None):
            raise ValueError(f"a limit {self.bound} with value {self.value} and standard error {self.sem}")


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
    bound: Bound = ""
    """``above`` or ``below`` where ``value`` is only a limit."""


@dataclass(frozen=True, slots=True)
class Predicted:
    """What a round said of one property of a proposal, in the property's unit."""

    mean: float
    """The median, for a property on a logarithmic scale."""
    lower: float
    """95 % of new measurements are expected between this and ``upper``."""
    upper: float

    def __post_init__(self) -> None:
        if not all(map(isfinite, (self.mean, self.lower, self.upper))):
            raise ValueError(f"a prediction that is not finite: {self}")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A polymer that a round suggests to make."""

    id: str
    round: int
    rank: int
    """From 1."""
    unit: RepeatUnit
    monomers: tuple[str, ...]
    reaction: str
    predictions: Mapping[str, Predicted]
    """By property; those that there was nothing to predict from are not in it."""
    acquisition: float | None
    """What it adds to the batch; None in a round without a model."""
    reason: str
    name: str = ""
    """What the user's table calls it."""
    sa_score: float | None = None
    """Synthetic accessibility, from 1 (easy) to 10; None in proposals of before it was recorded."""
    cost: float | None = None
    """Price of one gram of its monomers; None if not known."""
    feasibility: float | None = None
    """Probability that it can be made; None where no failure had taught any."""
    fulfils: Mapping[str, float] = field(default_factory=dict)
    """Probability of each constraint, by its text."""

    def __post_init__(self) -> None:
        numbers = (self.acquisition, self.sa_score, self.cost, self.feasibility, *self.fulfils.values())
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


ADAPTED_MEMBERS = ("projection", "encoder", "both", "adopted")
"""Members of the gate that have an adapter, from the cheapest on; the last is one that another campaign trained."""

UNNAMED_MEMBER = "refined"
"""What the only such member was called before there were several."""


def adapter_key(property_name: str, member: str) -> str:
    """What a round calls the adapter of a property's member, such as ``tg/projection``."""
    return f"{property_name}/{member}"


@dataclass(frozen=True, slots=True)
class RoundRecord:
    """Everything that made a round, so that it can be derived again. ``gates`` and ``pool`` hold JSON values only."""

    number: int
    """From 1."""
    seed: int
    spec_version: str
    observations_hash: str
    encoder_revisions: Mapping[str, str]
    adapters: Mapping[str, str]
    """Hash of each adapter that was trained, by :func:`adapter_key`. Older polyloops trained one for a property, and the key is
    its name alone; see :meth:`adapters_of`.
    """
    gates: Mapping[str, Mapping[str, object]]
    """What the gate decided for each property, by its name."""
    versions: Mapping[str, str]
    pool: Mapping[str, object]
    """Counts: how many candidates were seen, and dropped for which reason."""
    note: str = ""
    at: datetime | None = None
    """When it was recorded, UTC; None before."""
    front: Front | None = None
    """The measured polymers that none beat, where several properties were to be improved."""
    advice: str = ""
    """Whether another batch was likely to pay, in a sentence; empty where no model could say."""

    def __post_init__(self) -> None:
        # A number that is not finite has no place in JSON: whoever made the record says None or a word
        # instead.
        gates = {name: dict(gate) for name, gate in self.gates.items()}
        front = None if self.front is None else asdict(self.front)
        json.dumps([gates, dict(self.pool), front], allow_nan=False)

    @property
    def models(self) -> dict[str, str]:
        """The gate's member that predicted each property, by its name; empty where nothing could be learned of it."""
        return {name: str(gate.get("chosen", "")) for name, gate in self.gates.items()}

    def adapters_of(self, property_name: str) -> dict[str, str]:
        """Hashes of the adapters of one property, by the gate's member that used them."""
        named = {member: self.adapters.get(adapter_key(property_name, member)) for member in ADAPTED_MEMBERS}
        named[UNNAMED_MEMBER] = self.adapters.get(property_name)
        return {member: hash_ for member, hash_ in named.items() if hash_ is not None}

    def older_than(self, measurements: Iterable[Measurement]) -> bool:
        """Whether any of the measurements was recorded after the round."""
        at = self.at
        return at is not None and any(measurement.at > at for measurement in measurements)


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

    observations: Mapping[str, tuple[Observation, ...]]
    """Of each property asked for, by its name: one per measured polymer, in the property's unit, ordered by the polymer's key."""
    pending: tuple[Proposal, ...]
    """Proposals whose result may still come in."""
    withdrawn: tuple[Proposal, ...]
    """Proposals that the scientist took back: not to be made again, and nothing is learned from that."""
    abandoned: tuple[Proposal, ...]
    """Proposals that could not be made: not to be made again, and learned from. A polymer of which any property has been
    measured is not among them: whoever has a value has made it.
    """


@dataclass(frozen=True, slots=True)
class AppendSummary:
    """What a table of results added, or would add, to the ledger."""

    measurements: int = 0
    """New measurements."""
    replicates: int = 0
    """Those of them whose polymer had a measurement of the same property before."""
    known: int = 0
    """Values and statuses that the ledger already holds; they add nothing."""
    lines: frozenset[int] = frozenset()
    """Lines of the table on which there was anything new."""
    new: frozenset[tuple[int, str]] = frozenset()
    """Those with a new measurement, each with the name of its property."""
    values: Mapping[str, int] = field(default_factory=dict)
    """New measurements of each property, by its name."""
    statuses: Mapping[Status, int] = field(default_factory=dict)
    """Proposals that reached each status."""
    answered: tuple[str, ...] = ()
    """Ids of proposals that a row without proposal id answered, since it measures the same polymer."""
    same_source: bool = False
    """Whether this very file had been ingested before, so that every row is known."""
