"""The answer of ``polyloop correct``."""

from __future__ import annotations

from campaigns.cli.schemas import JsonObject


class Value(JsonObject):
    """A measurement."""

    id: str
    """Such as M12."""
    value: float
    """Or the limit."""
    bound: str
    """above or below where the value is only a limit."""
    unit: str
    """Of the value; empty for a pure number."""
    written: str
    """As it was given, with its unit, such as 53.6 degF; empty where that unit is the campaign's."""


class Document(JsonObject):
    """A measurement that was corrected."""

    psmiles: str
    """Of the polymer."""
    property: str
    """That was measured."""
    old: Value
    """Taken back."""
    new: Value
    """Stands in its place."""
    reason: str
    """Why."""
