"""The user's own candidates, best first, by what a campaign has learned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from campaigns.candidates import NamedPool
from campaigns.errors import CampaignError
from campaigns.gate_notes import gate_notes
from discovery.acquisition.objectives import Objective
from discovery.acquisition.reasons import explain
from discovery.acquisition.round import RoundSettings, predict, reasons_of, screen
from discovery.latent.representation import Representation
from discovery.pools import Pool
from discovery.progress import Progress, silent
from discovery.surrogate.learning import NotLearned, learn
from discovery.surrogate.observations import Observation

FULL_PER_SHOWN = 4
"""Candidates that get the full model for each one shown; the rest of a long list is told by the screening model."""


@dataclass(frozen=True)
class Ranking:
    """Candidates best first.

    Args:
        frame: Columns ``rank``, ``psmiles``, ``name`` (as the user's table has it, or as it was measured), ``monomers``,
            ``reaction``, ``mean``, ``lower``, ``upper`` (95 % bounds of the next measurement), ``measured`` (where it is
            measured already), ``reason``.
        notes: What the user should know, such as rows that were left out.
    """

    frame: pd.DataFrame
    notes: tuple[str, ...]


def rank(
    pool: Pool,
    observations: Sequence[Observation],
    objective: Objective,
    representation: Representation,
    *,
    top: int,
    seed: int,
    settings: RoundSettings,
    progress: Progress = silent,
) -> Ranking:
    """Rank the candidates of ``pool`` by predicted mean.

    Args:
        pool: The user's candidates.
        observations: What the campaign has measured.
        objective: What it wants.
        representation: Encoders and fusion.
        top: How many to give.
        seed: Of refinement and screening.
        settings: As for a round.
        progress: Told of every long step.

    Raises:
        CampaignError: When too little is measured to rank anything.
        PoolError: When the pool cannot be read.
    """
    learned = learn(observations, representation, seed=seed, refinement=settings.refine, progress=progress)
    if isinstance(learned, NotLearned):
        raise CampaignError(
            f"Nothing can be ranked yet: {learned.reason}.",
            "Ingest more measurements; `polyloop propose` says which would teach most.",
        )
    left_out: Counter[str] = Counter()
    keep = max(settings.shortlist, FULL_PER_SHOWN * top)
    shortlist = screen(
        pool.chunks(),
        learned,
        objective,
        by="mean",
        keep=keep,
        seed=seed,
        left_out=left_out,
        progress=progress,
    )
    view, predictions = predict(learned, [c.unit for c in shortlist], progress)
    left_out.update(reasons_of(view.failures))
    left_out.update(pool.dropped)
    candidates = [shortlist[i] for i in view.positions]
    order = sorted(
        range(len(candidates)), key=lambda i: (-objective.sign * predictions[i].mean, candidates[i].unit.key)
    )[:top]
    measured = {o.unit.key: o.value for o in observations}
    names = {o.unit.key: o.name for o in observations} | (pool.names if isinstance(pool, NamedPool) else {})
    best, told = [candidates[i] for i in order], [predictions[i] for i in order]
    reasons = explain(best, told, learned, objective) if best else []
    rows = [
        {
            "rank": rank,
            "psmiles": c.unit.psmiles,
            "name": names.get(c.unit.key, ""),
            "monomers": " + ".join(c.provenance.monomers) if c.provenance else "",
            "reaction": c.provenance.reaction if c.provenance else "",
            "mean": p.mean,
            "lower": p.lower,
            "upper": p.upper,
            "measured": measured.get(c.unit.key),
            "reason": reason,
        }
        for rank, (c, p, reason) in enumerate(zip(best, told, reasons, strict=True), 1)
    ]
    columns = [
        *("rank", "psmiles", "name", "monomers", "reaction", "mean", "lower", "upper", "measured", "reason")
    ]
    notes = [f"Left out: {n} ({reason})." for reason, n in left_out.items() if n]
    return Ranking(
        pd.DataFrame(rows, columns=columns),
        tuple(dict.fromkeys((*gate_notes(learned), *learned.notes, *notes))),
    )
