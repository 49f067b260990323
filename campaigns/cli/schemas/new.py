"""The answer of ``polyloop new``."""

from __future__ import annotations

from campaigns.cli.schemas import JsonObject


class Joined(JsonObject):
    """What was recorded before this folder joined."""

    polymers: int
    """Of which anything is measured."""
    rounds: int
    """That were proposed."""


class Document(JsonObject):
    """A campaign that was set up, or joined."""

    folder: str
    """As it was given."""
    name: str
    """Of the campaign."""
    objective: str
    """What it is for, in words."""
    joined: Joined | None
    """The campaign that lay in the database already; null where a new one was begun."""
    notes: list[str]
    """What was understood that was not said outright, and what a member who joins should know."""
    next_step: str
    """What to do, with the command."""
