"""The adapters that a round began with: those of the round before, and one of another campaign; found without loading a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from campaigns.adapter_card import AdapterCard
from campaigns.ledger.rounds import ADAPTED_MEMBERS, RoundRecord, adapter_key
from campaigns.replaying.outcome import GONE, Difference
from campaigns.rounds.adapters import Beginning, beginning_of
from campaigns.rounds.kept_adapters import adapter_place, file_hashes
from campaigns.spec import CampaignSpec
from discovery.encoders.source import expanded
from discovery.errors import WeightsError
from discovery.latent.refinement import Refinement
from discovery.latent.representation import Representation

_ADOPTED = ADAPTED_MEMBERS[-1]


@dataclass(frozen=True)
class AdaptersThen:
    """Where the adapters are that a round began with, and which of them are not as they were.

    Args:
        before: The rounds before it.
        adopted: Folder of the one of another campaign, and its hash; ``None`` where there was none.
        differences: What is gone or changed.
    """

    before: tuple[RoundRecord, ...]
    adopted: tuple[Path, str] | None
    differences: tuple[Difference, ...]

    def beginning(self, folder: Path, spec: CampaignSpec, representation: Representation) -> Beginning:
        """Load them.

        Raises:
            CampaignError, WeightsError: One of them cannot be loaded after all.
        """
        begun = beginning_of(
            folder,
            self.before,
            representation,
            properties=[told.name for told in spec.properties],
            warm=_is_warm(spec),
            adapter=None,
        )
        if self.adopted is None:
            return begun
        place, address = self.adopted
        return replace(
            begun, adopted=Refinement.load(place, representation, address=address), origin=str(place)
        )


def adapters_then(
    folder: Path, spec: CampaignSpec, rounds: Sequence[RoundRecord], record: RoundRecord | None
) -> AdaptersThen:
    """Find the adapters that a round began with.

    Args:
        folder: Of the campaign.
        spec: Of the round.
        rounds: All of the campaign.
        record: Of the round; ``None`` for the one that would come next.
    """
    before = tuple(each for each in rounds if record is None or each.number < record.number)
    changed = _changed_previous(folder, spec, before[-1]) if before and _is_warm(spec) else []
    if spec.refinement.adapter is None:
        return AdaptersThen(before, None, tuple(changed))
    adopted, gone = _adopted(folder, spec, record)
    return AdaptersThen(before, adopted, (*changed, *gone))


def _changed_previous(folder: Path, spec: CampaignSpec, last: RoundRecord) -> list[Difference]:
    """What of the adapters of the round before is not as it was."""
    kept = {
        address
        for told in spec.properties
        for member, address in last.adapters_of(told.name).items()
        if member != _ADOPTED
    }
    return [
        difference
        for address in sorted(kept)
        for difference in _changed(adapter_place(folder, address), last.adapter_files.get(address, {}))
    ]


def _adopted(
    folder: Path, spec: CampaignSpec, record: RoundRecord | None
) -> tuple[tuple[Path, str] | None, list[Difference]]:
    """Where the adapter of another campaign is, and its hash: in the folder that the spec names, else where its round kept it."""
    named = (folder / expanded(spec.refinement.adapter or "")).resolve()
    found, used = _card_hash(named), None
    if record is not None:
        keys = [adapter_key(told.name, _ADOPTED) for told in spec.properties]
        used = next((record.adapters[key] for key in keys if key in record.adapters), None)
    if found is not None and used in (None, found):
        return (named, found), []
    if used is None or record is None:
        # in a round in which no property was learned it had no part
        gone = Difference("adapter", f"adopted adapter {named}", "named by the spec", GONE)
        return None, [gone] if record is None else []
    kept = adapter_place(folder, used)
    if not kept.is_dir():
        return None, [Difference("adapter", f"adopted adapter {named}", used, found or GONE)]
    return (kept, used), _changed(kept, record.adapter_files.get(used, {}))


def _is_warm(spec: CampaignSpec) -> bool:
    return spec.refinement.start == "previous"


def _card_hash(folder: Path) -> str | None:
    try:
        return AdapterCard.read(folder).hash
    except WeightsError:
        return None


def _changed(place: Path, files: Mapping[str, str]) -> list[Difference]:
    """What of an adapter's folder is not as it was recorded."""
    name = f"adapter {place.name}"
    if not place.is_dir():
        return [Difference("adapter", name, "kept", GONE)]
    found = file_hashes(place) if files else {}
    return [
        Difference("adapter", f"{name}, {file}", was, found.get(file, GONE))
        for file, was in files.items()
        if found.get(file, GONE) != was
    ]
