"""The answer of ``polyloop rank``."""

from __future__ import annotations

from campaigns.cli.schemas import JsonObject
from campaigns.cli.schemas.parts import Candidate, Predicted


class Ranked(Candidate):
    """A candidate with what is predicted of it.

    The predictions stand in mean, lower and upper where one property is modelled, and else in NAME_mean, NAME_lower and
    NAME_upper for each; so do values that are measured already, in measured or NAME_measured. Keys such as
    "chance that tg > 400 K" hold probabilities of constraints, and physics_NAME [unit] estimates from the structure.
    """

    score: float | None = None
    """What the order follows, where that is not the prediction of the one property that is wanted."""
    measured: float | None = None
    """What is measured of it already."""


class RankedMonomer(Predicted):
    """A monomer to order, with the best polymer that it makes and what is predicted of that.

    The predictions stand in mean, lower and upper where one property is modelled, and else in NAME_mean, NAME_lower and
    NAME_upper for each.
    """

    rank: int
    """1 is the likeliest to be in the top."""
    monomer: str
    """Its name, else its SMILES."""
    smiles: str
    """Its structure."""
    price: float | None
    """Per gram."""
    available: bool | None
    """As the table of monomers says."""
    polymers: int
    """That it makes."""
    in_top: float
    """Chance that one of its polymers is among the best."""
    average: float | None = None
    """Prediction of the screening model, mean over its polymers; where a single property is wanted."""
    best: str
    """Its best polymer, as PSMILES."""
    made_from: str
    """The monomers of that polymer."""
    reaction: str
    """That makes it."""


class Document(JsonObject):
    """Candidates, and the monomers to order for them, best first."""

    ranking: list[Ranked]
    """The candidates."""
    monomers: list[RankedMonomer] | None
    """Null where candidates are not made from monomers."""
    order: str
    """What the order follows, in words."""
    models: dict[str, str]
    """The gate's member that predicts each property; empty where nothing could be learned of it."""
    notes: list[str]
    """What the user should know."""
    written: list[str]
    """Files."""
