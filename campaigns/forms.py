"""The forms of a campaign's rounds: one table of proposals for each, in which results are filled in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from campaigns.folder import FORM_FILE
from campaigns.ledger import Ledger
from campaigns.ledger.records import Proposal
from campaigns.physics import estimates_of
from campaigns.spec import CampaignSpec
from campaigns.tables import write_proposals


@dataclass(frozen=True)
class Forms:
    """The forms in a campaign's folder.

    Args:
        folder: Of the campaign.
        spec: Of the campaign: its properties, and the estimates that stand beside proposals.
        ledger: What was proposed.
    """

    folder: Path
    spec: CampaignSpec
    ledger: Ledger

    def path(self, number: int) -> Path:
        """Where the form of a round lies."""
        return self.folder / "rounds" / f"{number:03d}" / FORM_FILE

    def write(self, number: int, proposals: Sequence[Proposal]) -> Path:
        """Write the form of a round, and return its path."""
        path = self.path(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        units = [p.unit for p in proposals]
        estimates = estimates_of(units, self.spec.report.physics, self.spec.properties)
        write_proposals(path, proposals, self.spec.properties, estimates)
        return path

    def restore(self) -> None:
        """Write the forms that a round is recorded without: the program ended between the ledger and the file."""
        for record in self.ledger.rounds():
            if not self.path(record.number).exists():
                self.write(record.number, self.ledger.proposals(record.number))
