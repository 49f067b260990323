"""What a round is asked for and what it answers, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from discovery.acquisition.limits import BatchRules
from discovery.acquisition.pareto import Front
from discovery.acquisition.prediction import Prediction
from discovery.polymers import Candidate
from discovery.surrogate.learned import Learned, NotLearned
from discovery.surrogate.learning import MEMBERS, Refining
from discovery.surrogate.prior import PriorMean

if TYPE_CHECKING:
    from discovery.surrogate.feasibility import Feasibility
    from discovery.surrogate.sources import Source


@dataclass(frozen=True, slots=True)
class RoundSettings:
    """How much work a round may do, and what a batch has to keep."""

    shortlist: int = 128
    """Candidates that get a conformer and the full posterior."""

    members: tuple[str, ...] = MEMBERS
    """Surrogates to fit for each property, as :data:`discovery.surrogate.learning.ALL_MEMBERS` names them."""

    refining: Refining = field(default_factory=Refining)
    """How the latent is refined on the measurements."""

    cost_weight: float = 0.0
    """How much the price of the monomers counts when the batch is picked: 1 is improvement per price."""

    rules: BatchRules = field(default_factory=BatchRules)
    """Distances, caps and stock that a batch keeps to; refuses what no batch can keep."""


@dataclass(frozen=True, eq=False)
class Modelling:
    """How one property is learned, beside what is measured of it."""

    prior: PriorMean | None = None
    """Estimates that the surrogates' mean may follow; the gate decides whether it does."""

    robust: bool = False
    """Whether values have Student-t noise, so that those that nothing else agrees with are believed less."""

    sources: tuple[Source, ...] = ()
    """Cheaper or related values that the property may be learned together with."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """One polymer to make.

    Args:
        candidate: The polymer and how it is made.
        predictions: By property; empty where no model made the proposal.
        acquisition: What it adds to the batch, as the plan's surrogate sees it; ``None`` where there is none.
        reason: Why it is proposed, in words.
        feasibility: Probability that it can be made, where failures have taught any.
        fulfils: Probability of each constraint, by its text.
    """

    candidate: Candidate
    predictions: Mapping[str, Prediction]
    acquisition: float | None
    reason: str
    feasibility: float | None
    fulfils: Mapping[str, float]


@dataclass(frozen=True)
class PoolCounts:
    """What became of the pool: how many candidates it gave, how many got the full posterior, what was left out and why, and how
    many were screened without an estimate for the prior mean.
    """

    candidates: int
    shortlisted: int
    left_out: Mapping[str, int]
    without_estimate: int = 0


@dataclass(frozen=True, eq=False)
class Plan:
    """A batch and everything that made it.

    Args:
        batch: Best first; fewer than asked for where the pool is smaller.
        learned: The surrogates of each property of the goal, or why there are none.
        pool: What became of the candidates.
        notes: What the user should know, in sentences.
        feasibility: What failures have taught; ``None`` where nothing was abandoned.
        front: The non-dominated measured polymers, where several properties are driven and measured together.
        advice: Whether another batch is likely to pay, in one sentence; empty where no model can say.
    """

    batch: tuple[Proposed, ...]
    learned: Mapping[str, Learned | NotLearned]
    pool: PoolCounts
    notes: tuple[str, ...]
    feasibility: Feasibility | None
    front: Front | None
    advice: str
