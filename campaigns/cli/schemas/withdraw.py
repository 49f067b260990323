"""The answer of ``polyloop withdraw``."""

from __future__ import annotations

from campaigns.cli.schemas import JsonObject


class Document(JsonObject):
    """Proposals that were taken back, or are proposed again."""

    proposals: list[str]
    """Their ids, such as R003-07."""
    undone: bool
    """Whether they are proposed again."""
    reason: str
    """Why."""
