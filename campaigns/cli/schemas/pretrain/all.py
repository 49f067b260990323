"""The answer of ``polyloop pretrain all``."""

from __future__ import annotations

from campaigns.cli.schemas import JsonObject


class TrainedOn(JsonObject):
    """How many polymers each checkpoint was trained on."""

    text: int
    """The text encoder."""
    geometry: int
    """The geometry encoder."""
    fusion: int
    """What joins them."""


class Document(JsonObject):
    """Encoders that were made in one folder."""

    out: str
    """The folder."""
    polymers: int
    """Of the corpus."""
    not_set_apart: int
    """Of those drawn for align, how many the encoders may have seen in their own training."""
    trained_on: TrainedOn
    """Polymers, by checkpoint."""
    text: str
    """Whole path of the text encoder."""
    geometry: str
    """Whole path of the geometry encoder."""
    fusion: str
    """Whole path of the fusion."""
