"""The answer of ``polyloop export``."""

from __future__ import annotations

from campaigns.cli.schemas import JsonObject


class Document(JsonObject):
    """A campaign that was written as plain files."""

    out: str
    """The folder or ZIP file."""
    files: int
    """How many it holds, without the manifest."""
    bytes: int
    """Of all of them, unpacked."""
    facts: dict[str, int]
    """Rows of each table of the ledger that holds any, by its name."""
    commands: int
    """How many commands recorded them."""
    adapters: int
    """How many adapters there are."""
    digest: str
    """Of the last command: two ledgers that share it hold the same facts."""
    notes: list[str]
    """What is not in it."""
