"""The answer of ``polyloop history``."""

from __future__ import annotations

from typing import Literal

from campaigns.cli.schemas import JsonObject


class Fact(JsonObject):
    """One fact of a polymer."""

    command: int
    """Number of the command that recorded it: facts stand in the order of these."""
    at: str
    """When, UTC, by the clock of the machine."""
    author: str
    """Who."""
    kind: Literal[
        "polymer",
        "proposal",
        "status",
        "measurement",
        "retraction",
        "reinstatement",
        "exclusion",
        "readmission",
    ]
    """What kind of fact."""
    subject: str
    """The measurement, proposal or SMARTS that it is about; empty for the polymer itself."""
    words: str
    """What it says."""
    source_file: str
    """File that it came from; empty where a command said it."""
    source_sha256: str
    """Of that file."""
    line: int | None
    """Of that file."""


class Document(JsonObject):
    """What was recorded of a polymer."""

    psmiles: str
    """Of the polymer."""
    key: str
    """Of the polymer."""
    names: list[str]
    """What people call it."""
    facts: list[Fact]
    """In the order in which they were recorded."""
