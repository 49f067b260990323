"""The answer of ``polyloop physics``."""

from __future__ import annotations

from campaigns.cli.schemas import JsonObject


class Property(JsonObject):
    """What is estimated, how, and how far that holds."""

    name: str
    """As in --properties."""
    unit: str
    """Of the estimates; empty for a pure number."""
    title: str
    """In words, with the conditions."""
    method: str
    """By which it is estimated."""
    source: str
    """Where the method is published."""
    plausible: list[float]
    """Lowest and highest value that a polymer can have; an estimate beyond is left out."""
    error: str
    """How far estimates typically lie off, in words; may be empty."""
    figures: int
    """Significant figures that are worth showing."""
    floor: float | None
    """The lowest value that the method can give."""


class Estimate(JsonObject):
    """One polymer with its estimates."""

    psmiles: str
    """Canonical."""
    written: str
    """As it was given."""
    values: dict[str, float | None]
    """By property; null where there is none."""
    missing: str
    """What has no contribution, in words."""
    guessed: str
    """Which values are little more than guesses, and why."""


class Spread(JsonObject):
    """The estimates of one property over all polymers."""

    property: str
    """Its name."""
    covered: int
    """Polymers with an estimate."""
    lowest: float | None
    """Null where there is no estimate."""
    median: float | None
    """Null where there is no estimate."""
    highest: float | None
    """Null where there is no estimate."""


class Reason(JsonObject):
    """Why values are missing."""

    reason: str
    """In words."""
    polymers: int
    """To which it applies."""


class FaultyLine(JsonObject):
    """A line that is no polymer."""

    line: int
    """Of the table."""
    fault: str
    """What is wrong."""


class Document(JsonObject):
    """Estimates from the structure alone."""

    properties: list[Property]
    """That were estimated."""
    rows: int
    """That were read."""
    polymers: int
    """That were estimated."""
    estimates: list[Estimate]
    """Of each polymer."""
    spread: list[Spread]
    """Of each property."""
    missing: list[Reason]
    """The most frequent first."""
    guessed: int
    """Polymers with values that are little more than guesses."""
    faulty: list[FaultyLine]
    """Lines that are no polymers."""
    out: str | None
    """The file with all values."""
    revision: str
    """Of the tables and the code of the estimates."""
