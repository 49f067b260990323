"""The answer of ``polyloop pool``."""

from __future__ import annotations

from pydantic import JsonValue

from campaigns.cli.schemas import JsonObject


class Document(JsonObject):
    """What a campaign may propose."""

    pool: dict[str, JsonValue]
    """The table [pool] of campaign.toml, with every default."""
    candidates: int
    """Different polymers that may be proposed."""
    searched: int
    """Pairs of monomers that are too many to enumerate."""
    left_out: dict[str, int]
    """What was given and may not be proposed, by reason."""
