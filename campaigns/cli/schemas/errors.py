"""What ``--json`` prints in place of an answer where a command fails: one document too."""

from __future__ import annotations

from typing import Literal

from campaigns.cli.schemas import JsonObject


class RowFault(JsonObject):
    """A fault of a table."""

    line: int
    """On which the row starts; the header is line 1."""
    counted: Literal["line", "row"]
    """What line counts: row of a sheet or of a Parquet file, which have no lines."""
    column: str
    """As the file writes it; empty for a fault of the whole row."""
    value: str
    """What the cell holds."""
    fault: str
    """What is wrong."""
    what_to_do: str
    """How to mend it."""


class SpecFault(JsonObject):
    """A fault of a campaign.toml, or of options that stand for one."""

    where: str
    """Key path, such as objectives[1].unit, or a line."""
    fault: str
    """What is wrong."""
    what_to_do: str
    """How to mend it; may be empty."""


class Error(JsonObject):
    """What went wrong."""

    kind: str
    """Class of the error, such as TableError or LedgerError."""
    message: str
    """What is wrong, naming the thing that is wrong."""
    hint: str
    """What to do next; may be empty."""
    problems: list[RowFault | SpecFault]
    """Every fault of a table or a spec; empty for other errors."""
    exit_code: Literal[1, 2, 3, 130]
    """With which the program ends; what it means is under Exit codes."""


class Document(JsonObject):
    """An error."""

    error: Error
    """What went wrong."""
