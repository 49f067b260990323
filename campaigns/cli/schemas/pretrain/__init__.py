"""The answers of the steps of ``polyloop pretrain``."""

from __future__ import annotations

from campaigns.cli.schemas import JsonObject


class Trained(JsonObject):
    """A checkpoint that is finished."""

    out: str
    """Its folder."""
    trained_on: int
    """Polymers it was trained on."""
