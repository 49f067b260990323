"""The answer of ``polyloop backtest``."""

from __future__ import annotations

from campaigns.cli.schemas import JsonObject
from campaigns.cli.schemas.parts import Encoders


class Rival(JsonObject):
    """One rival over all seeds; lists go with evaluations."""

    area_top: float
    """Area under the recall, mean over the seeds."""
    area_top_ci: list[float] | None
    """Its 95 % bootstrap interval over the seeds; null with one seed."""
    recall_top: list[float]
    """Share of the best polymers found."""
    evaluations: list[int]
    """Polymers measured, those of the start included."""
    simple_regret: list[float]
    """Best of the table less the best so far."""
    best: list[float]
    """Best value so far."""
    seeds: int
    """How many."""
    areas: list[float]
    """Of each seed."""


class Point(JsonObject):
    """One seed of one rival after so many experiments."""

    seed: int
    """Of the replay."""
    strategy: str
    """The rival."""
    experiments: int
    """Measured so far."""
    best: float
    """Value so far."""
    recall: float
    """Share of the best polymers found."""
    regret: float
    """Best of the table less the best so far."""


class Document(JsonObject):
    """A campaign replayed on a measured table."""

    rivals: dict[str, Rival]
    """By name, the most elaborate first and random choice last."""
    top_n: int
    """How many polymers count as the best."""
    polymers: int
    """Of the table."""
    curve: list[Point]
    """Of every seed and rival."""
    html: str
    """The report."""
    png: str
    """The figure."""
    encoders: Encoders
    """That were used."""
    models: dict[str, dict[str, int]]
    """In how many rounds of all replays which member of the gate predicted, by rival."""
    notes: list[str]
    """What the user should know."""
