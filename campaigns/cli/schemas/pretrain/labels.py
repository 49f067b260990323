"""The answer of ``polyloop pretrain labels``."""

from __future__ import annotations

from campaigns.cli.schemas import JsonObject


class Document(JsonObject):
    """Labels that are there now."""

    folder: str
    """That keeps them."""
    polymers: int
    """They are of."""
    blocks: list[str]
    """What was computed."""
