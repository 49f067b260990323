"""The answer of ``polyloop propose``."""

from __future__ import annotations

from campaigns.cli.schemas import JsonObject
from campaigns.cli.schemas.parts import Candidate, Front


class Proposal(Candidate):
    """A polymer to make, with what is predicted of it.

    The predictions stand in mean, lower and upper where one property is modelled, and else in NAME_mean, NAME_lower and
    NAME_upper for each. Keys such as "chance that tg > 400 K" hold probabilities of constraints, and physics_NAME [unit]
    estimates from the structure.
    """

    proposal_id: str
    """Such as R003-07: round 3, rank 7."""


class Score(JsonObject):
    """What one surrogate scored for one property when it predicted every measured polymer from the others."""

    property: str
    """That it predicts."""
    member: str
    """Name of the surrogate."""
    chosen: bool
    """Whether it was used."""
    log_score: float | None
    """Mean log predictive density per polymer; higher is better."""
    difference: float | None
    """Of the log score to that of the simplest member."""
    standard_error: float | None
    """Of that difference."""
    over_mean: float | None
    """Of the log score to that of predicting the mean."""
    over_mean_error: float | None
    """Standard error of that difference."""
    coverage_50: float | None
    """Share of the values within their 50 % intervals."""
    coverage_80: float | None
    """Of the 80 % intervals."""
    coverage_95: float | None
    """Of the 95 % intervals."""
    coverage: float | None
    """The same as coverage_95."""
    rmse: float | None
    """Root mean square error."""
    miscalibration_area: float | None
    """Between expected and found coverage; 0 is best."""
    r2: float | None
    """Coefficient of determination."""
    degrees: float | None
    """Degrees of freedom of the predictions; null for normal ones."""
    spearman_error_sigma: float | None
    """Rank correlation of the size of errors with the predicted uncertainty."""


class Document(JsonObject):
    """The polymers to make next."""

    round: int
    """Number of the round."""
    proposals: list[Proposal]
    """Best first."""
    path: str
    """The form to fill in."""
    gate: list[Score] | None
    """Of each property and surrogate; null where nothing was compared."""
    models: dict[str, str]
    """The gate's member that predicts each property; empty where nothing could be learned of it."""
    pool: dict[str, int]
    """Candidates seen and shortlisted, and left out by reason."""
    front: Front | None
    """Where several properties are to be improved."""
    advice: str
    """Whether the batch is likely to pay; empty where no model can say."""
    notes: list[str]
    """What the user should know."""
