"""What several answers have in common."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from campaigns.cli.schemas import JsonObject


class Encoders(JsonObject):
    """The encoders that were used."""

    text: str
    """``bundled``, a folder, or a model of the hub."""
    geometry: str
    """``bundled``, a folder, or a released Uni-Mol."""
    fusion: str
    """``bundled``, ``untrained``, or a folder."""


class Front(JsonObject):
    """The measured polymers that no other beats, where several properties are to be improved."""

    names: list[str]
    """Of the driven properties."""
    reference_point: list[float]
    """Of each, the value from which on a polymer counts."""
    hypervolume: float
    """That the front covers beyond the reference point."""
    keys: list[str]
    """Of the repeat units on it."""
    values: list[list[float]]
    """Of each of them, the measured values in the properties' units."""


class Predicted(JsonObject):
    """A polymer or monomer with what is predicted of it.

    The predictions stand in mean, lower and upper where one property is modelled, and else in NAME_mean, NAME_lower and
    NAME_upper for each. Keys such as "chance that tg > 400 K" hold probabilities of constraints, and physics_NAME [unit]
    estimates from the structure.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, float | str | None] = Field(init=False)

    mean: float | None = None
    """Of the one property that is modelled; the median on a logarithmic scale; null without a model."""
    lower: float | None = None
    """95 % of new measurements are expected between this and upper."""
    upper: float | None = None
    """See lower."""


class Candidate(Predicted):
    """A polymer with what is predicted of it.

    The predictions stand in mean, lower and upper where one property is modelled, and else in NAME_mean, NAME_lower and
    NAME_upper for each. Keys such as "chance that tg > 400 K" hold probabilities of constraints, and physics_NAME [unit]
    estimates from the structure.
    """

    rank: int
    """1 is the best."""
    psmiles: str
    """Canonical repeat unit."""
    name: str
    """Empty where it has none."""
    monomers: str
    """That it is made from, with " + " between them; empty where no rule makes it."""
    reaction: str
    """That makes it; empty where no rule does."""
    makeable: bool
    """Whether a polymerisation rule makes it."""
    sa_score: float | None
    """Synthetic accessibility, from 1 (easy) to 10."""
    cost: float | None
    """Of the monomers for one gram; null where a price is not known."""
    feasible: float | None = None
    """Probability that it can be made; only where failures have taught one."""
    reason: str
    """Why it is here, in words."""
