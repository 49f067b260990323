"""The forms of a campaign's rounds: one table of proposals for each, in which results are filled in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from campaigns.folder import FORM_FILE
from campaigns.ledger import Ledger
from campaigns.ledger.proposals import Proposal
from campaigns.physics import estimates_of
from campaigns.recoveries import MOST_ROUNDS, recoveries
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

    def next_round(self) -> int:
        """Number of the next round: after every round that is recorded, that has a form, or that is known to be lost. The ids of
        proposals that may be in the laboratory are given to no other polymers, and no form is written over another.

        Raises:
            StateError: The report of a recovery cannot be read.
        """
        lost = (number for told in recoveries(self.folder, self.ledger) for number in told.rounds)
        return max([self.ledger.next_round() - 1, *forms_in(self.folder), *lost]) + 1

    def of_lost_rounds(self) -> list[Path]:
        """Forms of rounds that the ledger does not hold, the first first."""
        recorded = {record.number for record in self.ledger.rounds()}
        return [path for number, path in sorted(forms_in(self.folder).items()) if number not in recorded]


def forms_in(folder: Path) -> dict[int, Path]:
    """The forms in a campaign's folder, by the number of their round, whatever the ledger holds."""
    found = {path: path.parent.name for path in folder.glob(f"rounds/*/{FORM_FILE}")}
    return {
        int(name): path
        for path, name in found.items()
        if re.fullmatch("[0-9]{3,6}", name) and 0 < int(name) < MOST_ROUNDS and path.is_file()
    }
