"""The answer of ``polyloop embed``."""

from __future__ import annotations

from campaigns.cli.schemas import JsonObject
from campaigns.cli.schemas.parts import Encoders


class Document(JsonObject):
    """Vectors that were written."""

    rows: int
    """Of the table."""
    vectors: int
    """That were made."""
    failures: int
    """Rows without a vector."""
    left_out: dict[str, int]
    """Those, by reason."""
    dim: int
    """Numbers of a vector."""
    out: str
    """The Parquet file."""
    encoders: Encoders
    """That were used."""
    notes: list[str]
    """What the user should know."""
