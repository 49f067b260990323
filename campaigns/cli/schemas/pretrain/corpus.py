"""The answer of ``polyloop pretrain corpus``."""

from __future__ import annotations

from campaigns.cli.schemas import JsonObject


class Document(JsonObject):
    """A corpus that was written."""

    out: str
    """The Parquet file."""
    polymers: int
    """In it."""
    classes: dict[str, int]
    """How many of each class."""
