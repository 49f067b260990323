"""The answer of ``polyloop adapter``."""

from __future__ import annotations

from campaigns.adapter_card import AdapterCard
from campaigns.cli.schemas import JsonObject


class Document(JsonObject):
    """An adapter that was exported."""

    out: str
    """The folder that was written."""
    card: AdapterCard
    """What it is; the same stands in its folder."""
