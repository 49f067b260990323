"""The answer of ``polyloop status``."""

from __future__ import annotations

from typing import Literal

from campaigns.cli.schemas import JsonObject


class BestPolymer(JsonObject):
    """The best measured polymer where a single property is wanted."""

    psmiles: str
    """Its repeat unit."""
    value: float
    """In the property's unit."""
    name: str
    """As it was measured; may be empty."""


class Best(BestPolymer):
    """The best measured polymer of one property."""

    bound: Literal["", "above", "below"]
    """Where only a limit is known."""
    remark: str
    """What the constraints make of it; may be empty."""


class Property(JsonObject):
    """Where one property stands."""

    name: str
    """Of the property."""
    unit: str
    """Of its values; empty for a pure number."""
    measured: int
    """Polymers of which it is known."""
    limits: int
    """Those of them of which only a limit is known."""
    best: Best | None
    """Null where nothing is measured, or nothing is wanted of it."""


class FrontSize(JsonObject):
    """The Pareto front of the last round."""

    polymers: int
    """On it."""
    hypervolume: float
    """That it covers."""


class Recovered(JsonObject):
    """That the campaign was made of what was whole of a damaged one."""

    at: str
    """When; UTC."""
    ledger: str
    """That was damaged."""
    report: str
    """File in the folder that says what was lost; empty where it is not there."""
    lost: int | None
    """How many facts and files were lost; null where the report is gone."""
    rounds: list[int]
    """Numbers of the rounds that were lost, as far as they are known."""


class Document(JsonObject):
    """Where a campaign stands."""

    name: str
    """Of the campaign."""
    objective: str
    """What it is for, in words."""
    observations: int
    """Polymers of which anything is measured."""
    best: BestPolymer | None
    """Where a single property is wanted."""
    properties: list[Property]
    """The driven ones first."""
    rounds: int
    """How many were proposed."""
    pending: int
    """Proposals whose results are awaited."""
    awaited: list[str]
    """Their ids."""
    by_status: dict[str, int]
    """How many proposals have which status."""
    front: FrontSize | None
    """Where several properties are to be improved."""
    models: dict[str, str]
    """The gate's member that predicted each property in the last round."""
    advice: str
    """Whether another batch is likely to pay, as the last round saw it; may be empty."""
    as_of_round: int
    """That the advice and the front are of; 0 before the first."""
    results_since: bool
    """Whether results came in since then."""
    recovered: list[Recovered]
    """Each time that it was recovered, the first first; empty where it never was."""
    next_step: str
    """What to do, with the command."""
