"""What a spec says of refinement, as the models take it."""

from __future__ import annotations

from campaigns.rounds.adapters import Beginning
from campaigns.spec import RefinementSpec
from discovery.latent.adapter import DEPTHS
from discovery.latent.settings import RefinementSettings
from discovery.surrogate.learning import MEMBERS, Refining

PLAIN = ("fingerprint", "latent")
"""Members of the gate that no refinement makes."""


def members_of(spec: RefinementSpec) -> tuple[str, ...]:
    """The members that the gate compares, simplest first."""
    if spec.depths is None:
        return MEMBERS
    return (*PLAIN, *(depth for depth in DEPTHS if depth in spec.depths))


def refining_of(spec: RefinementSpec, beginning: Beginning | None = None) -> Refining:
    """How the latent is refined.

    Args:
        spec: Of the campaign.
        beginning: What there is before it starts; nothing but the frozen latent where not given.
    """
    settings = RefinementSettings(criterion=spec.objective, start=spec.start)
    if beginning is None:
        return Refining(settings)
    return Refining(settings, beginning.previous, beginning.adopted)
