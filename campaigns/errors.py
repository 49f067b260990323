"""What can go wrong in a campaign and can be put right by the user: the spec, the tables, the ledger.

All are children of :class:`discovery.errors.DiscoveryError`: a message, a hint, no traceback. Where several things are wrong
at once, the error holds all of them, so that one edit mends the file. What is not mended by giving something else, but by a
change of the campaign, its ledger or the machine, is a :class:`StateError`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from discovery import errors as discovery_errors
from discovery.errors import DiscoveryError


class CampaignError(DiscoveryError):
    """A campaign that cannot do what was asked of it."""


class StateError(CampaignError, discovery_errors.StateError):
    """A campaign that is not there, or cannot do now what was rightly asked of it; a disk that is full or read-only."""


class NotWrittenError(StateError):
    """A file or folder that cannot be written: the disk is full or read-only, or the place is somebody else's."""


class UnknownNameError(CampaignError):
    """A name or number of something that the campaign does not hold: a property, a round, a proposal, a measurement."""


class ArchiveError(CampaignError):
    """An archive of a campaign that is damaged, of a newer polyloop, or not what ``polyloop export`` writes."""


class StrategyError(CampaignError):
    """A strategy of a backtest that breaks the rules; of the built-in ones, a fault of the program."""


class UnitError(CampaignError):
    """A unit of measure that cannot be read, or a conversion between different kinds of quantity."""


class LedgerError(StateError):
    """A ledger that cannot be opened or written, or a fact that contradicts what it holds."""


@dataclass(frozen=True, slots=True)
class SpecProblem:
    """One fault of a campaign spec."""

    where: str
    """Key path as in the file, such as ``objectives[1].unit``; a line for a file that is not TOML."""
    fault: str
    """What is wrong."""
    what_to_do: str
    """How to mend it, as a sentence; may be empty."""

    def __str__(self) -> str:
        return f"{self.where}: {self.fault} {self.what_to_do}".rstrip()


class SpecError(CampaignError):
    """A campaign spec with one or more faults; ``problems`` holds every one of them."""

    def __init__(self, message: str, problems: Sequence[SpecProblem] = (), hint: str = "") -> None:
        super().__init__(message, hint)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *(f"  {problem}" for problem in self.problems)])


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One fault of a table of results."""

    line: int
    """Line of the file on which the row starts, as an editor numbers it; the header is line 1."""
    column: str
    """Name of the column as the file writes it; empty for a fault of the whole row."""
    value: str
    """What the cell holds."""
    fault: str
    """What is wrong."""
    what_to_do: str
    """How to mend it, as a sentence."""
    counted: str = "line"
    """What ``line`` counts: ``row`` of a sheet or of a Parquet file, which have no lines."""

    def __str__(self) -> str:
        place = f"{self.counted} {self.line}" + (f", column {self.column}" if self.column else "")
        shown = f" {self.value!r}" if self.value else ""
        return f"{place}{shown}: {self.fault} {self.what_to_do}".rstrip()


class TableError(CampaignError):
    """A table with one or more faults, of which nothing was taken; ``problems`` holds every one, in the order
    of lines.
    """

    def __init__(self, message: str, problems: Sequence[RowProblem] = (), hint: str = "") -> None:
        super().__init__(message, hint)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *(f"  {problem}" for problem in self.problems)])
