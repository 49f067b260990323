"""The answer of ``polyloop diff``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from campaigns.cli.schemas import JsonObject


class Prediction(JsonObject):
    """What is predicted of one property, in its unit."""

    mean: float
    """The median on a logarithmic scale."""
    sd: float
    """Standard deviation of the next measurement: that of the normal with the same 95 % interval."""
    lower: float
    """95 % of new measurements are expected between this and upper."""
    upper: float
    """See lower."""


class Arrival(JsonObject):
    """What became known of one property of one polymer in between."""

    psmiles: str
    """Canonical repeat unit."""
    name: str
    """Empty where it has none."""
    property: str
    """Of which."""
    unit: str
    """Of its values; empty for a pure number."""
    change: Literal["new", "changed", "taken back"]
    """A first value, another one (replicates and corrections), or none any more."""
    value: float
    """As it is known after, replicates pooled; as it was, where it was taken back."""
    bound: Literal["", "above", "below"]
    """Where only a limit is known."""
    earlier: float | None
    """The value before; null where there was none."""
    predicted: Prediction | None
    """What was predicted of it before; null where nothing could be."""
    predicted_by: str
    """Id of its proposal where that says it, else the moment whose models do; empty where nothing is predicted."""
    deviations: float | None
    """By how many standard deviations of the prediction the value lies above it; null for limits."""


class Gate(JsonObject):
    """Which model the gate used of one property."""

    property: str
    """Of which."""
    before: str
    """Name of the model; empty where there was none."""
    after: str
    """See before."""
    why_before: str
    """The gate's reason, or why there is no model."""
    why_after: str
    """See why_before."""


class Candidate(JsonObject):
    """Where one candidate stood, and where it stands."""

    psmiles: str
    """Canonical repeat unit."""
    name: str
    """Empty where it has none."""
    proposals: list[str]
    """Ids, where one of the two rounds proposed it."""
    measured: bool
    """Whether anything of it was measured in between."""
    rank_before: int
    """Among the candidates that are compared; 1 is the best."""
    rank_after: int
    """See rank_before."""
    moved: int
    """Ranks that it rose; negative where it fell."""
    before: dict[str, Prediction]
    """By property."""
    after: dict[str, Prediction]
    """See before."""


class Document(JsonObject):
    """Two moments of a campaign, one held against the other."""

    from_: str = Field(alias="from", description="The first of both, such as round 2.")
    to: str
    """The second, such as round 3 or now."""
    summary: list[str]
    """The whole in words."""
    measurements: list[Arrival]
    """What became known in between, the most unexpected first."""
    gates: list[Gate]
    """Of each property."""
    candidates: list[Candidate]
    """Those that moved most first; none where one of both moments has no model."""
    rank_correlation: float | None
    """Spearman's, of the candidates that are compared; null for fewer than two."""
    notes: list[str]
    """What to know besides."""
