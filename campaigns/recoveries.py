"""That a campaign was recovered from a damaged one: the ledger says so, and a report in the folder what was lost by it.

The rounds that were lost count: their proposals may be in the laboratory, so that no later round takes their numbers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from campaigns.errors import StateError
from campaigns.ledger import Ledger

MOST_ROUNDS = 100_000
"""A larger number of a round is none that a campaign has, but damage."""

REPORT = re.compile(r"recovery-[0-9]{3,9}\.json")
"""What reports are called."""


class RecoveryReport(BaseModel):
    """What was saved and what was lost, as it is kept in the folder."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ledger: str
    """That was damaged."""
    sha256: str
    """Of its file; empty where it was in a database of a server."""
    commands: int
    """That were saved."""
    facts: int
    """That they had recorded."""
    rounds: tuple[Annotated[int, Field(ge=1, lt=MOST_ROUNDS)], ...]
    """Numbers of the rounds that were lost, as far as they are known."""
    lost: tuple[str, ...]
    """Every fact and file that was lost, each in words."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """One recovery of a campaign.

    Args:
        at: When; UTC.
        ledger: That was damaged.
        report: Name of the file that says what was lost; empty where it is not in the folder.
        lost: How many facts and files were lost; None where the report is gone.
        rounds: Numbers of the rounds that were lost, as far as they are known.
    """

    at: datetime
    ledger: str
    report: str
    lost: int | None
    rounds: tuple[int, ...]

    @property
    def words(self) -> str:
        """The whole of it, as a sentence."""
        when = f"Recovered from {self.ledger or 'a damaged ledger'} on {self.at:%Y-%m-%d %H:%M} UTC"
        if self.lost is None:
            return f"{when}; the report of what was lost is not in the folder."
        if not self.lost:
            return f"{when}; nothing was lost."
        told = f"{when}; lost: {self.lost:,}, as {self.report} tells."
        if not self.rounds:
            return told
        which = ", ".join(map(str, self.rounds))
        each = f"round {which} is" if len(self.rounds) == 1 else f"rounds {which} are"
        return f"{told} Of these, {each} not in the ledger, and the polymers that were proposed there may be in the laboratory."


def report_path(folder: Path, count: int) -> Path:
    """Where the report of a campaign's ``count``-th recovery lies."""
    return folder / f"recovery-{count:03d}.json"


def recoveries(folder: Path, ledger: Ledger) -> tuple[Recovered, ...]:
    """Every recovery of a campaign, the first first.

    Args:
        folder: Of the campaign.
        ledger: Of the campaign.

    Raises:
        StateError: A report cannot be read.
    """
    found = []
    for count, (at, source) in enumerate(ledger.recoveries(), 1):
        path = report_path(folder, count)
        if path.is_file():
            report = _read(path)
            found.append(Recovered(at, source, path.name, len(report.lost), report.rounds))
        else:
            found.append(Recovered(at, source, "", None, ()))
    return tuple(found)


def _read(path: Path) -> RecoveryReport:
    try:
        return RecoveryReport.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise StateError(
            f"{path} is no report of a recovery that can be read.",
            "Restore it from a copy, or move it elsewhere: what was lost is then not told.",
        ) from error
