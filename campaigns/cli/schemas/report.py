"""The answer of ``polyloop report``."""

from __future__ import annotations

from campaigns.cli.schemas import JsonObject


class Document(JsonObject):
    """A report that was written or shown."""

    path: str | None
    """The HTML file; null where --show was asked for and the folder may only be read."""
    notes: list[str]
    """Why no file was written."""
