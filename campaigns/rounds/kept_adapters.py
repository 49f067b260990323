"""Where a campaign keeps the adapters of its rounds, and which of them a round left: nothing here loads a model."""

from __future__ import annotations

from pathlib import Path

from campaigns.errors import CampaignError
from campaigns.folder import ADAPTERS
from campaigns.ledger.records import RoundRecord


def adapter_place(folder: Path, address: str) -> Path:
    """Where the adapter of a hash lies in a campaign's folder, there or not."""
    return folder / ADAPTERS / address


def kept_adapter(folder: Path, record: RoundRecord, property_name: str, member: str, hint: str) -> Path:
    """The folder of an adapter that a round recorded.

    Args:
        folder: Of the campaign.
        record: Of the round.
        property_name: Of its property.
        member: That it was trained for.
        hint: What to do where it is gone, besides restoring it.

    Raises:
        CampaignError: It is gone.
    """
    place = adapter_place(folder, record.adapters_of(property_name)[member])
    if not place.is_dir():
        raise CampaignError(
            f"The adapter of round {record.number} ({member}, for {property_name}) is missing: there is no folder {place}.",
            f"Restore that folder from a copy of the campaign, {hint}.",
        )
    return place
