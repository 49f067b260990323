"""What the methods of a campaign answer, as frozen values: ingested rows, a batch, where the campaign stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from campaigns.ledger import Conflict
from campaigns.recoveries import Recovered
from campaigns.tables import Remark
from discovery.acquisition.pareto import Front


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
        new: Values that are the first of their property and polymer.
        replicates: Further values.
        corrections: Values that stand in for earlier ones.
        conflicts: Values that contradict recorded ones; only a dry run has any, since they keep a table out.
        remarks: The notes, each with a name that programs can go by, and the line that it is about.
        counted: What these lines count: ``line`` or ``row``.
    """

    accepted: int
    skipped_empty: int
    already_known: int
    by_status: dict[str, int]
    polymers: int
    notes: tuple[str, ...]
    new: int = 0
    replicates: int = 0
    corrections: int = 0
    conflicts: tuple[Conflict, ...] = ()
    remarks: tuple[Remark, ...] = ()
    counted: str = "line"


@dataclass(frozen=True)
class Batch:
    """The polymers to make next.

    Args:
        round: Its number.
        frame: One row per proposal, best first (see :func:`campaigns.tables.proposals_frame`).
        path: The form to fill in.
        gate: One row per property and surrogate with its leave-one-out scores; ``None`` where nothing was compared.
        pool: Candidates seen, shortlisted, and left out by reason.
        notes: What the user should know.
        front: The measured polymers that no other beats, where several properties are to be improved.
        advice: Whether the batch is likely to pay, in one sentence; empty where no model can say.
        models: The gate's member that predicts each property, by its name; empty where nothing could be learned of it.
    """

    round: int
    frame: pd.DataFrame
    path: Path
    gate: pd.DataFrame | None
    pool: dict[str, int]
    notes: tuple[str, ...]
    front: Front | None = None
    advice: str = ""
    models: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Best:
    """The best measured polymer of one property, of those that are not known to break a constraint where there are any.

    Args:
        psmiles: Its repeat unit.
        value: In the property's unit.
        name: As it was measured.
        bound: ``above`` or ``below`` where only a limit is known.
        remark: What the constraints make of it, in a few words (:class:`campaigns.best_so_far.BestSoFar`).
    """

    psmiles: str
    value: float
    name: str
    bound: str = ""
    remark: str = ""


@dataclass(frozen=True)
class PropertyStatus:
    """Where one property stands.

    Args:
        name: Of the property.
        unit: Of its values.
        measured: Polymers of which it is known.
        limits: Those of them of which only a limit is known.
        best: ``None`` where nothing is measured, or nothing is wanted of it.
    """

    name: str
    unit: str
    measured: int
    limits: int
    best: Best | None


@dataclass(frozen=True)
class CampaignStatus:
    """Where a campaign stands.

    Args:
        name: Of the campaign.
        objective: What it is for, in words.
        observations: Polymers of which anything is measured.
        best: PSMILES, value and name of the best measured polymer, where a single property is wanted; else ``None``.
        properties: Of each one, the driven ones first.
        rounds: How many were proposed.
        last_round: Number of the last one, which its advice, front and models are of; 0 before the first. Where rounds were lost
            with a damaged ledger, it is more than ``rounds``.
        pending: Proposals whose results are awaited.
        awaited: Their ids.
        by_status: How many proposals have which status.
        advice: Whether another batch is likely to pay, as the last round saw it; empty where no model could say.
        front: How many polymers were on the Pareto front of the last round, and the hypervolume; ``None`` where there is none.
        next_step: What to do, with the command.
        newer: Whether results came in since the last round, which its advice and its front do not know.
        models: The gate's member that predicted each property in the last round, by its name.
        recovered: Each time that it was made of what was whole of a damaged campaign.
    """

    name: str
    objective: str
    observations: int
    best: tuple[str, float, str] | None
    properties: tuple[PropertyStatus, ...]
    rounds: int
    pending: int
    awaited: tuple[str, ...]
    by_status: dict[str, int]
    advice: str
    front: tuple[int, float] | None
    next_step: str
    newer: bool = False
    last_round: int = 0
    models: Mapping[str, str] = field(default_factory=dict)
    recovered: tuple[Recovered, ...] = ()
