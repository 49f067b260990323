"""The answer of ``polyloop exclude``."""

from __future__ import annotations

from pydantic import RootModel

from campaigns.cli.schemas import JsonObject


class Matching(JsonObject):
    """What the substructure takes out of the pool."""

    candidates: int
    """That may be proposed without this exclusion."""
    matching: int
    """Those of them that hold the substructure."""


class Change(JsonObject):
    """A substructure that is left out from now on, or let in again."""

    smarts: str
    """The substructure."""
    undone: bool
    """Whether it was let in again."""
    pool: Matching | None
    """Null where it is not known without making the pool ready, or the pool is large: polyloop pool counts."""
    awaited: list[str]
    """Proposals that hold it and are still awaited."""
    reason: str
    """Why."""


class Exclusion(JsonObject):
    """A substructure that is left out."""

    smarts: str
    """The substructure."""
    reason: str
    """Why."""
    author: str
    """Who said so."""
    at: str
    """When, UTC."""


class Listing(JsonObject):
    """What is excluded, where no SMARTS is given."""

    excluded: list[Exclusion]
    """By this command."""
    in_spec: list[str]
    """By campaign.toml."""


class Document(RootModel[Change | Listing]):
    """A substructure that was excluded or let in again; without SMARTS, all that are excluded."""
