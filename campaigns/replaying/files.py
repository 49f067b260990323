"""Files that a round was made from, held against the SHA-256 that it recorded of them."""

from __future__ import annotations

from pathlib import Path

from campaigns.ledger.rounds import RoundRecord
from campaigns.replaying.outcome import GONE, NOT_RECORDED, Difference
from campaigns.rounds.record import file_sha256
from campaigns.spec import CampaignSpec


def changed_files(folder: Path, spec: CampaignSpec, record: RoundRecord) -> list[Difference]:
    """Files of a spec that are gone, or no longer what they were; of one whose SHA-256 was not recorded nothing is known.

    Args:
        folder: Of the campaign.
        spec: Of the round.
        record: Of the round.
    """
    recorded = record.pool.get("sha256")
    known = recorded if isinstance(recorded, dict) else {}
    found = []
    for file in dict.fromkeys(file for _, file in spec.named_files):
        path = folder / file
        now = file_sha256(path) if path.is_file() else GONE
        was = str(known.get(file, NOT_RECORDED))
        if now == GONE or was not in (now, NOT_RECORDED):
            found.append(Difference("file", file, was, now))
    return found
