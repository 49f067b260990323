"""All that a round is made from, whether it is the next one or one of before: the same inputs make the same plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from campaigns.candidates.pool import CampaignPool
from campaigns.ledger.rounds import Snapshot
from campaigns.rounds.adapters import Beginning
from campaigns.rounds.proposing import budget_left, round_settings
from campaigns.spec import CampaignSpec
from discovery.acquisition.plan import Modelling, Plan
from discovery.acquisition.round import plan_round
from discovery.latent.representation import Representation
from discovery.progress import Progress, silent


@dataclass(frozen=True, eq=False)
class RoundInputs:
    """What a round is made from, beside the number of polymers that it is asked for and its seed.

    Args:
        folder: Of the campaign.
        spec: In force then.
        seen: What the ledger held then.
        representation: The campaign's encoders.
        modelling: How each property is learned, by its name.
        beginning: What refinement has before it starts.
        candidates: What may be proposed.
    """

    folder: Path
    spec: CampaignSpec
    seen: Snapshot
    representation: Representation
    modelling: Mapping[str, Modelling]
    beginning: Beginning
    candidates: CampaignPool

    def plan(self, q: int, *, seed: int, progress: Progress = silent) -> Plan:
        """Choose the ``q`` polymers of the round.

        Raises:
            PoolError: When nothing of the pool can be proposed.
            SurrogateError, EncodingError, WeightsError: From the floors below.
        """
        seen = self.seen
        return plan_round(
            seen.observations,
            self.candidates.pool,
            self.spec.goal,
            self.representation,
            q=q,
            seed=seed,
            searched=self.candidates.searched(self.spec.pool.looks),
            pending=[p.unit for p in seen.pending],
            excluded=[p.unit for p in seen.withdrawn],
            abandoned=[p.unit for p in seen.abandoned],
            settings=round_settings(self.spec, self.beginning),
            modelling=self.modelling,
            budget_left=budget_left(self.spec, seen.statuses.values()),
            progress=progress,
        )
