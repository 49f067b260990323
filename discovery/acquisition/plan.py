"""What a round is asked for and what it answers, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from discovery.acquisition.prediction import Prediction
from discovery.polymers import Candidate
from discovery.surrogate.learning import Learned, NotLearned


@dataclass(frozen=True, slots=True)
class RoundSettings:
    """How much work a round may do."""

    shortlist: int = 128
    """Candidates that get a conformer and the full posterior."""

    refine: bool = True
    """Whether LoRA adapters are trained before the gate decides."""

    cost_weight: float = 0.0
    """How much the price of the monomers counts when the batch is picked: 1 is improvement per price."""

    fingerprint_only: bool = False
    """Fit the fingerprint member alone: the peer that the loop is measured against."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """One polymer to make."""

    candidate: Candidate
    prediction: Prediction | None
    acquisition: float | None
    reason: str


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
        learned: The surrogates, or why there are none.
        pool: What became of the candidates.
        notes: What the user should know, in sentences.
    """

    batch: tuple[Proposed, ...]
    learned: Learned | NotLearned
    pool: PoolCounts
    notes: tuple[str, ...]
