"""The answer of ``polyloop replay``."""

from __future__ import annotations

from typing import Literal

from campaigns.cli.schemas import JsonObject


class Difference(JsonObject):
    """One thing that the round was made from, and that is not the same now."""

    kind: Literal["spec", "file", "facts", "encoder", "adapter", "version", "machine"]
    """What it is."""
    name: str
    """Such as pool.csv, torch, text encoder."""
    recorded: str
    """As the round recorded it: a version, a revision, a hash."""
    now: str
    """As it is now."""


class Departure(JsonObject):
    """One thing of the round that came out otherwise."""

    place: str
    """Id of the proposal; "gate of tg", "adapter tg/projection" for what the proposals were chosen with."""
    field: str
    """Such as polymer, "mean of tg", reason."""
    recorded: str
    """As it was recorded."""
    now: str
    """As it came out now."""


class Document(JsonObject):
    """A round derived again, held against what was recorded of it. The exit code is 0 where it is the same, else 3."""

    round: int
    """Its number."""
    same: bool
    """Whether all proposals are the same to the bit."""
    derived: bool
    """Whether it was derived; it is not where what it was made from is not there as it was."""
    verdict: str
    """What came of it, in a sentence."""
    proposals: int
    """How many the round has."""
    differences: list[Difference]
    """Of what it was made from; other versions alone need not change the outcome."""
    departures: list[Departure]
    """What came out otherwise."""
    largest_difference: float
    """Of the numbers of the same polymers, as a part of the recorded number; 0 where they agree to the bit."""
    notes: list[str]
    """What to know besides."""
