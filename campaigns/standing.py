"""Where a campaign stands: what is measured, what is under way, and what its user does next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from campaigns.forms import Forms
from campaigns.ledger.records import Proposal
from campaigns.outcomes import CampaignStatus
from discovery.acquisition.objectives import Objective
from discovery.surrogate.observations import MINIMUM_POLYMERS


def standing_of(forms: Forms, objective: Objective) -> CampaignStatus:
    """The status of a campaign.

    Args:
        forms: Of the campaign, with its spec and its ledger.
        objective: What the campaign wants.
    """
    spec, ledger = forms.spec, forms.ledger
    seen = ledger.snapshot(spec.objective)
    best = max(seen.observations, key=lambda o: objective.sign * o.value, default=None)
    return CampaignStatus(
        name=spec.name,
        objective=spec.objective.sentence,
        observations=len(seen.observations),
        best=None if best is None else (best.unit.psmiles, best.value, best.name),
        rounds=len(ledger.rounds()),
        pending=len(seen.pending),
        by_status=dict(Counter(str(status) for status in ledger.statuses().values())),
        next_step=_next_step(forms, seen.pending, len(seen.observations)),
    )


def _next_step(forms: Forms, pending: Sequence[Proposal], observations: int) -> str:
    """What to do, as a sentence with the command."""
    folder = forms.folder
    if pending:
        paths = [forms.path(number) for number in sorted({p.round for p in pending})]
        commands = ", then ".join(f"polyloop ingest {folder} {path}" for path in paths)
        return f"Make and measure, fill in {' and '.join(map(str, paths))}, then: {commands}"
    if observations < MINIMUM_POLYMERS:
        return (
            f"Ingest measurements (polyloop ingest {folder} results.csv), or let polyloop choose a first, diverse "
            f"batch: polyloop propose {folder}"
        )
    return f"Ask for the next batch: polyloop propose {folder}"
