"""Proposals as recorded: what a round said of a polymer, and the statuses that it goes through."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from math import isfinite

from discovery.polymers.repeat_unit import RepeatUnit


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


GIVEN_BACK = frozenset({Status.WITHDRAWN, Status.FAILED, Status.ABANDONED})
"""What was said of a proposal can be undone: it is :data:`GIVEN_BACK_TO` then. No table of results can say so: it takes a command
of its own.
"""

GIVEN_BACK_TO = Status.PROPOSED

WITHOUT_VALUE = Status.RUNNING
"""What a measured proposal becomes when none of its values stands any more, which takes a command as well."""


def way_back(proposal: str, status: Status) -> str:
    """What undoes the status of a proposal that a table of results cannot change, as a sentence; empty where there is nothing to
    undo.

    Args:
        proposal: Its id.
        status: That it has.
    """
    if status is Status.MEASURED:
        return (
            f"If its value is wrong, polyloop retract DIR ID --reason WHY takes it back; polyloop history DIR {proposal} shows "
            "the value's ID."
        )
    if status in GIVEN_BACK:
        return f"If {status} was a slip, polyloop withdraw DIR {proposal} --undo --reason WHY makes it {GIVEN_BACK_TO} again."
    return ""


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


PROPOSAL_ID = re.compile(r"R([0-9]{3,9})-[0-9]{2,9}")
"""Such a name, with the number of the round."""


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
    command: int = 0
    """As for :class:`Measurement`."""
