"""Candidates, and the monomers that they are made of, best first, by what a campaign has learned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import pandas as pd

from campaigns.errors import StateError
from campaigns.ledger.rounds import Snapshot
from campaigns.ranking.frames import monomer_frame, polymer_frame
from campaigns.ranking.order import order_in_words
from campaigns.ranking.seeing import fully_seen
from campaigns.rounds.adapters import Beginning
from campaigns.rounds.gate_notes import adopted_notes, gate_notes, outlier_notes
from campaigns.rounds.refining import members_of, refining_of
from campaigns.spec import ObjectiveSpec, RefinementSpec
from campaigns.tables.predicted import predicted_columns
from discovery.acquisition.fixed_columns import FixedColumns
from discovery.acquisition.learning_goal import learn_goal, learning_notes, why_not_learned
from discovery.acquisition.monomer_ranking import MonomerTally
from discovery.acquisition.objectives import Goal
from discovery.acquisition.plan import Modelling
from discovery.acquisition.pursuit import Pursuit
from discovery.acquisition.reasons import explain_no_estimate
from discovery.acquisition.screening import NO_ESTIMATE, screen
from discovery.acquisition.searched_space import SearchedSpace
from discovery.latent.representation import Representation
from discovery.polymers import Monomer
from discovery.pools import Pool
from discovery.progress import Progress, silent
from discovery.surrogate.feasibility import learn_feasibility
from discovery.surrogate.learned import Learned

FULL_PER_SHOWN = 4
"""Candidates that get the full model for each one shown; the rest of a long list is told by the screening model."""

MONOMERS_PER_SHOWN = 2
"""Monomers whose best polymer gets the full model, for each one shown."""


@dataclass(frozen=True)
class Ranking:
    """Candidates best first.

    Args:
        frame: Columns ``rank``, ``psmiles``, ``name`` (as the user's table has it, or as it was measured), ``monomers``,
            ``reaction``, ``makeable``, ``sa_score``, ``cost``, ``score`` (what they are ordered by; not where that is the
            prediction of the one property that is wanted), ``feasible`` (probability that it can be made; only where failures
            have taught one), ``mean``, ``lower``, ``upper`` (95 % bounds of the next measurement; with the property's name
            before it where there are several), the chance of each constraint, ``measured`` (where it is measured already; of
            several properties ``NAME_measured``), ``reason``.
        monomers: One row for each monomer, the likeliest to be in the top first: ``rank``, ``monomer``, ``smiles``, ``price``,
            ``available``, ``polymers`` (how many it enters that are not measured yet), ``in_top`` (how likely at least one of
            them is among the best of the pool, measured ones included), ``average`` (of one property that is maximised or
            minimised: of their predicted means, by the screening model, which sees no 3D structure), then the best of them:
            ``best`` (PSMILES), ``made_from``, ``reaction``, and its predictions. ``None`` where the candidates are not made from
            monomers.
        notes: What the user should know, such as rows that were left out.
        order: What the candidates are ordered by, in a sentence.
        models: The gate's member that predicts each property, by its name; empty where nothing could be learned of it.
    """

    frame: pd.DataFrame
    monomers: pd.DataFrame | None
    notes: tuple[str, ...]
    order: str
    models: Mapping[str, str]


def rank(
    pool: Pool | None,
    seen: Snapshot,
    goal: Goal,
    properties: Sequence[ObjectiveSpec],
    representation: Representation,
    *,
    top: int,
    seed: int,
    shortlisted: int,
    searched: SearchedSpace | None = None,
    monomers: Sequence[Monomer] = (),
    modelling: Mapping[str, Modelling] | None = None,
    refinement: RefinementSpec | None = None,
    beginning: Beginning | None = None,
    progress: Progress = silent,
) -> Ranking:
    """Rank the candidates of ``pool`` by their predicted merit and the chances that constraints hold and that they can be made,
    and the monomers by the chance of theirs to be in the top.

    Args:
        pool: The candidates; ``None`` where all come from ``searched``.
        seen: What the campaign has measured, and what it could not make.
        goal: What it wants.
        properties: All that it models.
        representation: Encoders and fusion.
        top: How many to give, and how many are "the top" that a monomer's polymers may be in.
        seed: Of refinement, screening and joint draws.
        shortlisted: Candidates that get the full model, at the least.
        searched: Monomers that make too many polymers to enumerate; what the search finds is ranked with the others.
        monomers: What the candidates are made from; ranked too where given.
        modelling: How each property is learned, by its name.
        refinement: Whether and how the latent is refined.
        beginning: What refinement has before it starts.
        progress: Told of every long step.

    Raises:
        CampaignError: When too little is measured to rank anything.
        PoolError: When the pool cannot be read.
    """
    refinement, beginning = refinement or RefinementSpec(), beginning or Beginning()
    learned = learn_goal(
        seen.observations,
        goal,
        representation,
        seed=seed,
        members=members_of(refinement),
        modelling=modelling,
        refining=refining_of(refinement, beginning),
        progress=progress,
    )
    pursuit = Pursuit.of(goal, learned, seen.observations)
    if pursuit is None:
        raise StateError(
            f"Nothing can be ranked yet: {why_not_learned(goal, learned)}.",
            "Ingest more measurements; `polyloop propose` says which would teach most.",
        )
    measured = {o.unit.key: o.unit for found in seen.observations.values() for o in found}
    feasibility = learn_feasibility(
        list(measured.values()),
        [p.unit for p in seen.abandoned],
        representation,
        seed=seed,
        progress=progress,
    )
    left_out: Counter[str] = Counter()
    remarked: Counter[str] = Counter()
    tally = MonomerTally(measured)
    chunks = iter(()) if pool is None else iter(pool.chunks())
    notes: list[str] = []
    if searched is not None:
        found = searched.chunks(pursuit, taken=frozenset(), left_out=left_out, seed=seed, progress=progress)
        chunks = chain(chunks, found)
        notes.append(
            f"The monomers make up to {searched.space.size:,} polymers, too many to build them all: ranked is what a "
            "search found most promising."
        )
    best = screen(
        FixedColumns(goal, left_out).kept(chunks),
        pursuit,
        by="mean",
        keep=max(shortlisted, FULL_PER_SHOWN * top),
        seed=seed,
        left_out=left_out,
        told=tally if monomers else None,
        remarked=remarked,
        progress=progress,
    )
    best += tally.most_promising(MONOMERS_PER_SHOWN * top)
    best = list({c.unit.key: c for c in best}.values())
    full = fully_seen(pursuit, best, feasibility, left_out, progress)
    left_out.update(pool.dropped if pool is not None else ())
    columns = predicted_columns(properties)
    ranked = polymer_frame(full, pursuit, seen, properties, top, monomers, seed)
    shown = [c for c in full.candidates if c.unit.psmiles in set(ranked["psmiles"])]
    if remarked[NO_ESTIMATE]:
        told = (explain_no_estimate(one, remarked[NO_ESTIMATE], shown) for one in pursuit.models.values())
        notes += [note for note in told if note]
    if feasibility is not None:
        notes.append(feasibility.note)
    notes += [f"Left out: {n} ({reason})." for reason, n in left_out.items() if n]
    return Ranking(
        ranked,
        monomer_frame(full, pursuit, tally, monomers, measured, columns, top, seed) if monomers else None,
        tuple(
            dict.fromkeys(
                (
                    *gate_notes(learned),
                    *outlier_notes(learned),
                    *adopted_notes(learned, beginning.origin),
                    *pursuit.notes,
                    *learning_notes(learned),
                    *notes,
                )
            )
        ),
        order_in_words(pursuit.aim, feasible=feasibility is not None),
        {name: one.decision.chosen if isinstance(one, Learned) else "" for name, one in learned.items()},
    )
