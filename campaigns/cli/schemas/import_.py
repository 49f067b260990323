"""The answer of ``polyloop import``."""

from __future__ import annotations

from campaigns.cli.schemas import JsonObject


class Document(JsonObject):
    """A campaign that was made from an archive."""

    folder: str
    """Of the campaign."""
    campaign: str
    """Its name."""
    ledger: str
    """Address of the database with its facts; empty where they are in a file of the folder."""
    files: int
    """How many the archive named."""
    commands: int
    """How many commands the ledger holds."""
    digest: str
    """Of the last of them: the same as where the archive was written."""
    notes: list[str]
    """What is not as it was there."""
