"""Where a campaign keeps the adapters of its rounds, and which of them a round left: nothing here loads a model."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import file_digest
from pathlib import Path

from campaigns.errors import StateError
from campaigns.folder import ADAPTERS
from campaigns.ledger.rounds import RoundRecord


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
        StateError: It is gone, or its files are not those that were recorded.
    """
    address = record.adapters_of(property_name)[member]
    place = adapter_place(folder, address)
    if not place.is_dir():
        raise StateError(
            f"The adapter of round {record.number} ({member}, for {property_name}) is missing: there is no folder {place}.",
            f"Restore that folder from a copy of the campaign, in a group from {ADAPTERS}/{address} of whoever proposed round "
            f"{record.number} (polyloop doctor DIR names them), {hint}.",
        )
    changed = changed_files(place, record.adapter_files.get(address, {}))
    if address in record.adapter_files and changed:
        raise StateError(
            f"The adapter of round {record.number} ({member}, for {property_name}) is damaged: in {place}, {'; '.join(changed)}.",
            f"Restore that folder from a copy of the campaign, {hint}.",
        )
    return place


def file_hashes(place: Path) -> dict[str, str]:
    """SHA-256 of every file in a folder and the folders in it, hexadecimal, by the file's path with slashes."""
    found = {}
    for path in sorted(path for path in place.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            found[path.relative_to(place).as_posix()] = file_digest(file, "sha256").hexdigest()
    return found


def changed_files(place: Path, recorded: Mapping[str, str]) -> list[str]:
    """What of an adapter's folder is not as it was recorded, each as words: files that are gone, changed, or were not there."""
    found = file_hashes(place) if place.is_dir() else {}
    return [
        *(f"{name} is gone" for name in recorded if name not in found),
        *(f"{name} was changed" for name, hash_ in recorded.items() if found.get(name, hash_) != hash_),
        *(f"{name} was not there" for name in found if name not in recorded),
    ]
