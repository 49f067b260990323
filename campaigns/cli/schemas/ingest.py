"""The answer of ``polyloop ingest``."""

from __future__ import annotations

from typing import Literal

from campaigns.cli.schemas import JsonObject


class ConflictingValue(JsonObject):
    """A value that contradicts a recorded one."""

    line: int
    """Of the table."""
    objective: str
    """Name of the property."""
    proposal_id: str
    """That both answer; empty where the row names the measurement itself."""
    value: float
    """Of the row, in the property's unit."""
    measurement: str
    """Id of the recorded one, such as M12."""
    recorded: float
    """Its value, in the property's unit."""


class Warning(JsonObject):
    """A note with its name."""

    name: str
    """Such as withdrawn-proposal, never-proposed, far-from-prediction; the same for all of a kind."""
    text: str
    """A sentence."""
    line: int | None
    """Of the table, where it is about one row."""


class Document(JsonObject):
    """What a table of results brought, or would bring."""

    dry_run: bool
    """Whether nothing was written."""
    counted: Literal["line", "row"]
    """What the numbers of lines count: row of a sheet or of a Parquet file, which have no lines."""
    accepted: int
    """Rows that were new."""
    polymers: int
    """Distinct polymers among the rows."""
    new: int
    """Values that are the first of their property and polymer."""
    replicates: int
    """Further values of a property and polymer."""
    corrections: int
    """Values that stand in for earlier ones."""
    conflicts: list[ConflictingValue]
    """Values that contradict recorded ones; a table with any is refused, so that only a dry run has some."""
    already_known: int
    """Rows that the ledger held."""
    skipped_empty: int
    """Rows without value and status."""
    by_status: dict[str, int]
    """Proposals that reached each status."""
    notes: list[str]
    """What the user should know."""
    warnings: list[Warning]
    """The same, each with a name that programs can go by."""
