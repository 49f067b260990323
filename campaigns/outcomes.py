"""What the methods of a campaign answer, as frozen values: ingested rows, a batch, where the campaign stands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd


@dataclass(frozen=True)
class IngestSummary:
    """What a table of results brought, or would bring.

    Args:
        accepted: Rows that were new.
        skipped_empty: Proposals of a form that were not filled in.
        already_known: Rows that the ledger held.
        by_status: Proposals that reached each status.
        polymers: Distinct polymers among the rows.
        notes: What the user should know.
    """

    accepted: int
    skipped_empty: int
    already_known: int
    by_status: dict[str, int]
    polymers: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Batch:
    """The polymers to make next.

    Args:
        round: Its number.
        frame: One row per proposal, best first (see :func:`campaigns.tables.proposals_frame`).
        path: The form to fill in.
        gate: One row per surrogate with its leave-one-out scores; ``None`` where nothing was compared.
        pool: Candidates seen, shortlisted, and left out by reason.
        notes: What the user should know.
    """

    round: int
    frame: pd.DataFrame
    path: Path
    gate: pd.DataFrame | None
    pool: dict[str, int]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class CampaignStatus:
    """Where a campaign stands; ``best`` is PSMILES, value and name of the best measured polymer."""

    name: str
    objective: str
    observations: int
    best: tuple[str, float, str] | None
    rounds: int
    pending: int
    by_status: dict[str, int]
    next_step: str
