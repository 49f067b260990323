"""The answer of ``polyloop retract``."""

from __future__ import annotations

from campaigns.cli.schemas import JsonObject


class Document(JsonObject):
    """Measurements that were taken back, or stand again."""

    measurements: list[str]
    """Their ids, such as M12."""
    undone: bool
    """Whether they stand again."""
    proposals: list[str]
    """Proposals whose status that changed: to running, or back to measured."""
    reason: str
    """Why."""
