"""How adapters are trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from discovery.latent.adapter import Depth


@dataclass(frozen=True, slots=True)
class Schedule:
    """How the low-rank factors are trained."""

    rate: float = 2e-3
    """Learning rate (AdamW)."""

    weight_decay: float = 1.0
    """Pulls towards the frozen latent: by a few per cent in all, in as few steps."""

    clip_norm: float = 1.0
    """Largest norm of the whole gradient at a step."""

    steps: int = 12
    """Most steps. What a latent gains from fifty or a hundred measurements it gains in the first ten; afterwards it memorises."""

    doubt: float = 0.0
    """Standard errors by which the held-out score may lie below its best before a step counts as worse. Where a step gains less
    than the noise of the comparison, stopping at the best score stops by chance, and halves the gain.
    """

    patience: int = 4
    """Steps without one that is kept before training stops."""


Criterion = Literal["evidence", "loo", "head"]
"""What adapters are trained by: the marginal likelihood, the closed-form leave-one-out log score, or a regression head."""

CRITERIA: tuple[Criterion, ...] = ("evidence", "loo", "head")

Start = Literal["base", "previous"]
"""What adapters start from: the frozen latent, or those of the round before."""

SCHEDULES: dict[Depth, Schedule] = {
    "projection": Schedule(steps=8, doubt=1.0),
    "encoder": Schedule(),
    "both": Schedule(),
}
"""How adapters of each depth are trained: a step of the projections moves little, one of the encoders much."""


@dataclass(frozen=True, slots=True)
class RefinementSettings:
    """How adapters are trained."""

    criterion: Criterion = "evidence"
    start: Start = "base"
    folds: int = 2
    """Number of parts; adapter ``i`` is trained on all parts but part ``i``."""

    repeats: int = 3
    """Times that the polymers are dealt into parts, each time with adapters of their own, whose predictions are mixed. Encoder
    depths make do with one.
    """

    rank: int = 4
    alpha: int = 8
    """Scale of the updates, which is ``alpha / sqrt(rank)``."""

    schedule: Schedule | None = None
    """By default that of the depth."""

    def dealings(self, depth: Depth) -> int:
        """How many times the polymers are dealt out for adapters of a depth."""
        return self.repeats if depth == "projection" else 1
