"""Adapters between disk and models: those of a round are saved, those of the round before and of another campaign loaded."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from campaigns.adapter_card import AdapterCard
from campaigns.ledger.rounds import RoundRecord
from campaigns.rounds.kept_adapters import adapter_place, file_hashes, kept_adapter
from discovery.errors import WeightsError, WeightsStateError
from discovery.latent.adapter import DEPTHS
from discovery.latent.refinement import Refinement
from discovery.latent.representation import Representation

_FROM_BASE = 'write start = "base" under [refinement] in campaign.toml'


@dataclass(frozen=True, eq=False)
class Beginning:
    """What refinement has before it starts, beside the frozen latent.

    Args:
        previous: Adapters of the round before, by the gate's member; empty where adapters start from the base.
        round: The number of that round; ``None`` where there is none.
        adopted: An adapter that another campaign trained.
        origin: Where that one came from, in words.
    """

    previous: Mapping[str, Refinement] = field(default_factory=dict)
    round: int | None = None
    adopted: Refinement | None = None
    origin: str = ""

    @property
    def starts(self) -> dict[str, str]:
        """Of each member whose adapters do not start from the base, what they start from, in words."""
        found = dict.fromkeys(self.previous, f"round {self.round}")
        return found if self.adopted is None else found | {"adopted": self.origin}


def beginning_of(
    folder: Path,
    rounds: Sequence[RoundRecord],
    representation: Representation,
    *,
    properties: Sequence[str],
    warm: bool,
    adapter: Path | None,
) -> Beginning:
    """Load what a campaign asks refinement to begin with.

    Args:
        folder: Of the campaign.
        rounds: All so far, the first first.
        representation: The campaign's encoders.
        properties: Names of those that are modelled.
        warm: Whether adapters start from those of the round before.
        adapter: Folder of an adapter that another campaign trained.

    Raises:
        CampaignError: An adapter of the round before is gone.
        WeightsError: An adapter is damaged, or belongs to other encoders.
    """
    adopted, origin = None, ""
    if adapter is not None:
        card = AdapterCard.read(adapter)
        card.check_files(adapter)
        if not representation.trained:
            raise WeightsError(
                f"The adapter in {adapter} belongs to its fusion, and this campaign has an untrained one.",
                "Use it in a campaign on the encoders and the fusion that it was trained on.",
            )
        card.check_encoders(representation.revisions, adapter)
        adopted = Refinement.load(adapter, representation, address=card.hash)
        origin = f"campaign {card.campaign}, round {card.round} ({card.member}, learned on {card.property})"
    if not (warm and rounds):
        return Beginning(adopted=adopted, origin=origin)
    last = rounds[-1]
    previous = {
        member: _loaded(kept_adapter(folder, last, name, member, f"or {_FROM_BASE}"), representation)
        for member, name in _of_members(last, properties).items()
    }
    return Beginning(previous, last.number if previous else None, adopted, origin)


def _of_members(last: RoundRecord, properties: Sequence[str]) -> dict[str, str]:
    """For each depth that a round has an adapter of, the first property that it was recorded for: all share one."""
    found: dict[str, str] = {}
    for name in properties:
        for member in last.adapters_of(name):
            if member in DEPTHS:
                found.setdefault(member, name)
    return found


def _loaded(place: Path, representation: Representation) -> Refinement:
    try:
        return Refinement.load(place, representation, address=place.name)
    except WeightsError as error:
        hint = f"{error.hint.rstrip('.')}; to go on without it, {_FROM_BASE}."
        raise WeightsStateError(
            f"The adapter of the round before cannot be used: {error.message}", hint
        ) from error


def keep_adapter(refinement: Refinement, folder: Path) -> Path:
    """Save the adapters of a round under their hash, whole or not at all.

    They are derived data under the address of their content: saved before the round is recorded, they do no harm if it never
    is, and two commands that propose at once cannot overwrite one another.

    Args:
        refinement: Of the round.
        folder: Of the campaign.

    Returns:
        Their folder. One that lies there already and holds something else is damaged, and is replaced.
    """
    place = adapter_place(folder, refinement.hash)
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=place.parent, prefix=".part-"))
    try:
        refinement.save(draft)
        os.chmod(draft, 0o755)  # mkdtemp makes folders that only their owner may read
        if place.is_dir() and file_hashes(place) != file_hashes(draft):
            shutil.rmtree(place)
        os.rename(draft, place)
    except OSError:
        # otherwise they were saved before, or another command has saved the same adapters in the meantime
        if not (place.is_dir() and file_hashes(place) == file_hashes(draft)):
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)  # gone already where the rename went well
    return place
