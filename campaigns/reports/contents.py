"""What a campaign's report is made from, as values: each property with its measurements and its models, the batch, the front, and
what could not be made.

The campaign fills them in; nothing here opens a ledger or fits a model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from campaigns.spec import ObjectiveSpec


@dataclass(frozen=True)
class LatentMap:
    """The latent of the measured polymers on its first two principal components, before and after refinement.

    Args:
        member: Whose latent it is after; under its first fold's adapter.
        points: One row for each polymer: ``psmiles``, ``name``, ``value`` (in the property's unit), ``bound``, ``x_before``,
            ``y_before``, ``x_after``, ``y_after``.
        shares_before: Part of the variance that each of both components holds.
        shares_after: The same after.
    """

    member: str
    points: pd.DataFrame
    shares_before: tuple[float, float]
    shares_after: tuple[float, float]


@dataclass(frozen=True)
class RefinementReport:
    """What refinement did for one property in the last round.

    Args:
        folds: One row for each adapter that was trained: ``member``, ``fold`` (from 1), ``best_step``, ``steps``, ``stop``, and
            ``ratio``, ``rank``, ``text`` with ``_before`` and ``_after`` (length-scale over mean distance, effective rank, text
            share of the fusion's gate); NaN where not recorded.
        skipped: Why a member was not refined, in words, by its name.
        starts: What the adapters of each member began from, in words.
        latent_map: ``None`` where no refined latent was fitted.
    """

    folds: pd.DataFrame
    skipped: Mapping[str, str]
    starts: Mapping[str, str]
    latent_map: LatentMap | None = None


@dataclass(frozen=True)
class PropertyReport:
    """One property: what is measured of it, and what its models are worth.

    Args:
        goal: The property, and what is wanted of it.
        observations: One row for each measured polymer: ``psmiles``, ``value``; optional ``bound`` (``above`` or ``below`` where
            the value is only a limit), ``name``, ``sem``, ``n``, ``reference``, ``breaks`` (bool: known to break a constraint).
        history: One row for each measurement in the order of measuring: ``round`` (of the proposal; 0 when it was not proposed),
            ``value`` and, where there are limits, ``bound``.
        gate: One row for each surrogate, simplest first, then the controls: ``member``, ``log_score`` (leave-one-out, mean per
            polymer, higher is better), ``difference`` and ``standard_error`` (paired, to the simplest), ``chosen`` (bool);
            optional ``control`` (bool), ``over_mean`` and ``over_mean_error`` (paired, to predicting the mean), ``rmse``, ``r2``,
            ``spearman_error_sigma``, ``coverage_50``, ``coverage_80``, ``coverage_95``, ``miscalibration_area``. ``None`` before
            there is anything to compare.
        reason: Why that one was chosen, in words.
        skilful: Whether the chosen one is better than predicting the mean; ``None`` before there is one.
        not_learned: Why there is no model; empty where there is one.
        loo: Leave-one-out predictions: ``member``, ``measured``, ``mean`` (a median, on a logarithmic scale), ``lower``,
            ``upper`` (95 %); optional ``bound`` and ``z`` (the error as a standard normal makes it). ``None`` as ``gate`` is.
        calibration: How the intervals were corrected, in a sentence; empty where they were not.
        outliers: Measurements that the model cannot believe: ``psmiles``, ``name``, ``value``, ``expected``, ``z``.
        choices: One row for each round and refined member that was asked for (one with an empty ``member`` where none was):
            ``round``, ``chosen`` (the gate's choice; empty without a model), ``frozen`` (log score of the frozen latent),
            ``member``, ``difference`` and ``standard_error`` (to the frozen latent), ``reason`` (why there is nothing to
            compare).
        refinement: What refinement did in the last round; ``None`` where none was asked for, or nothing is known of it.
    """

    goal: ObjectiveSpec
    observations: pd.DataFrame
    history: pd.DataFrame
    gate: pd.DataFrame | None = None
    reason: str = ""
    skilful: bool | None = None
    not_learned: str = ""
    loo: pd.DataFrame | None = None
    calibration: str = ""
    outliers: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["psmiles", "value", "z"]))
    choices: pd.DataFrame = field(default_factory=pd.DataFrame)
    refinement: RefinementReport | None = None


@dataclass(frozen=True)
class FrontReport:
    """Several driven properties at once.

    Args:
        goals: The driven ones.
        points: One row for each polymer that has them all: ``psmiles``, ``name``, a column for each, and ``on_front`` (bool).
        proposed: One row for each open proposal, with ``NAME_mean``, ``NAME_lower`` and ``NAME_upper`` for each property.
        reference: Of each property the value from which on a polymer counts; for a target the distance from what is wanted.
        hypervolume: That the front covers beyond it; ``None`` where no polymer counts.
        history: ``round`` and ``hypervolume`` before that round, all beyond the same reference point; the last row is of now,
            before the round that comes next.
    """

    goals: tuple[ObjectiveSpec, ...]
    points: pd.DataFrame
    proposed: pd.DataFrame
    reference: Mapping[str, float]
    hypervolume: float | None
    history: pd.DataFrame


@dataclass(frozen=True)
class FeasibilityReport:
    """What could not be made.

    Args:
        abandoned: One row for each abandoned polymer: ``psmiles``, ``proposal_id``, ``note`` (why, in the scientist's words).
        failed: How many attempts failed and may be made again.
        learned: What the models took from it, in a sentence; empty where no round has yet.
    """

    abandoned: pd.DataFrame
    failed: int = 0
    learned: str = ""


@dataclass(frozen=True)
class RoundReport:
    """Everything that the report of a campaign is made from.

    Args:
        name: The campaign's.
        wanted: What it is for, in words.
        properties: The driven ones first.
        round: The last round's number; 0 when nothing has been proposed yet.
        proposals: The last round's, best first: ``rank``, ``psmiles``, ``reason``, and the predictions
            (:mod:`campaigns.tables.predicted`; NaN where nothing was predicted); optional ``name``, ``monomers``, ``reaction``,
            ``sa_score``, ``cost``, ``proposal_id``, ``status`` (as it is now), ``feasible`` (probability that it can be made),
            the chances of constraints, ``NAME_measured`` (ready to be read), ``tried`` (what became of earlier attempts, in
            words), and columns of estimates (:mod:`campaigns.tables.estimated`).
        returned: One row for each property of a proposal that was predicted and has been measured, the latest round first:
            ``round``, ``proposal_id``, ``psmiles``, ``name``, ``property``, what was predicted (``mean``, ``lower``, ``upper``,
            at 95 %), ``value`` and ``bound`` (``above`` or ``below`` where the value is only a limit); empty before there is any.
        front: Where several properties are driven.
        feasibility: Where an attempt was given up or failed.
        advice: Whether another batch is likely to pay, in one sentence; empty where no model can say.
        screened: How many candidates of the pool were scored; ``None`` when there was no round.
        shortlisted: How many of them got the full posterior; ``None`` when there was no shortlist.
        left_out: Why candidates were left out of the pool, with counts.
        by_status: How many proposals of all rounds have which status.
        notes: What the last round told when it was proposed, such as that the batch is space-filling. It holds of that moment.
        awaited: Ids of the proposals of all rounds whose results are awaited now.
        put_right: One row for each correction, retraction, withdrawal and exclusion that holds now, the latest first:
            ``command``, ``what`` (``corrected``, ``retracted``, ``withdrawn`` or ``excluded``), ``subject``, ``words``,
            ``reason``, ``author`` and ``at`` (UTC).
        meta: What made this report, label by label: seed, versions, encoder revisions, adapter, date.
    """

    name: str
    wanted: str
    properties: tuple[PropertyReport, ...]
    round: int
    proposals: pd.DataFrame
    returned: pd.DataFrame = field(default_factory=pd.DataFrame)
    front: FrontReport | None = None
    feasibility: FeasibilityReport | None = None
    advice: str = ""
    screened: int | None = None
    shortlisted: int | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)
    by_status: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    awaited: tuple[str, ...] = ()
    put_right: pd.DataFrame = field(default_factory=pd.DataFrame)
    meta: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.properties:
            raise ValueError("a report needs at least one property")
