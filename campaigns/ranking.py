"""Candidates, and the monomers that they are made of, best first, by what a campaign has learned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import pandas as pd

from campaigns.errors import CampaignError
from campaigns.gate_notes import gate_notes
from discovery.acquisition.monomer_ranking import MonomerTally, chance_in_top, monomers_of
from discovery.acquisition.objectives import Objective
from discovery.acquisition.prediction import Prediction, predictions
from discovery.acquisition.reasons import explain, explain_no_estimate
from discovery.acquisition.screening import NO_ESTIMATE, reasons_of, screen
from discovery.acquisition.searched_space import SearchedSpace
from discovery.latent.representation import Representation
from discovery.polymers import Candidate, Monomer
from discovery.pools import Pool
from discovery.pools.annotation import annotated
from discovery.progress import Progress, silent
from discovery.surrogate.learning import Learned, NotLearned, learn
from discovery.surrogate.observations import Observation
from discovery.surrogate.prior import PriorMean
from discovery.surrogate.surrogate import Joint

FULL_PER_SHOWN = 4
"""Candidates that get the full model for each one shown; the rest of a long list is told by the screening model."""

MONOMERS_PER_SHOWN = 2
"""Monomers whose best polymer gets the full model, for each one shown."""

POLYMER_COLUMNS = [
    *("rank", "psmiles", "name", "monomers", "reaction", "makeable", "sa_score", "cost"),
    *("mean", "lower", "upper", "measured", "reason"),
]
MONOMER_COLUMNS = [
    *("rank", "monomer", "smiles", "price", "available", "polymers", "in_top", "average"),
    *("best", "made_from", "reaction", "mean", "lower", "upper"),
]


@dataclass(frozen=True)
class Ranking:
    """Candidates best first.

    Args:
        frame: Columns ``rank``, ``psmiles``, ``name`` (as the user's table has it, or as it was measured), ``monomers``,
            ``reaction``, ``makeable``, ``sa_score``, ``cost``, ``mean``, ``lower``, ``upper`` (95 % bounds of the next
            measurement), ``measured`` (where it is measured already), ``reason``.
        monomers: One row for each monomer, the likeliest to be in the top first: ``rank``, ``monomer``, ``smiles``, ``price``,
            ``available``, ``polymers`` (how many it enters that are not measured yet), ``in_top`` (how likely at least one of
            them is among the best of the pool, measured ones included), ``average`` (of their predicted means, by the screening
            model, which sees no 3D structure), then the best of them: ``best`` (PSMILES), ``made_from``, ``reaction``, ``mean``,
            ``lower``, ``upper``. ``None`` where the candidates are not made from monomers.
        notes: What the user should know, such as rows that were left out.
    """

    frame: pd.DataFrame
    monomers: pd.DataFrame | None
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Seen:
    """Candidates that the full model has seen, with its belief about them."""

    candidates: list[Candidate]
    joint: Joint
    predictions: list[Prediction]


def rank(
    pool: Pool | None,
    observations: Sequence[Observation],
    objective: Objective,
    representation: Representation,
    *,
    top: int,
    seed: int,
    shortlist: int,
    searched: SearchedSpace | None = None,
    monomers: Sequence[Monomer] = (),
    prior: PriorMean | None = None,
    progress: Progress = silent,
) -> Ranking:
    """Rank the candidates of ``pool`` by predicted mean, and the monomers by the chance of theirs to be in the top.

    Args:
        pool: The candidates; ``None`` where all come from ``searched``.
        observations: What the campaign has measured.
        objective: What it wants.
        representation: Encoders and fusion.
        top: How many to give, and how many are "the top" that a monomer's polymers may be in.
        seed: Of refinement, screening and joint draws.
        shortlist: Candidates that get the full model, at the least.
        searched: Monomers that make too many polymers to enumerate; what the search finds is ranked with the others.
        monomers: What the candidates are made from; ranked too where given.
        prior: Estimates that the surrogates' mean may follow; the gate decides whether it does.
        progress: Told of every long step.

    Raises:
        CampaignError: When too little is measured to rank anything.
        PoolError: When the pool cannot be read.
    """
    learned = learn(observations, representation, seed=seed, prior=prior, progress=progress)
    if isinstance(learned, NotLearned):
        raise CampaignError(
            f"Nothing can be ranked yet: {learned.reason}.",
            "Ingest more measurements; `polyloop propose` says which would teach most.",
        )
    left_out: Counter[str] = Counter()
    remarked: Counter[str] = Counter()
    tally = MonomerTally(objective, {o.unit.key for o in observations})
    chunks = iter(()) if pool is None else iter(pool.chunks())
    notes: list[str] = []
    if searched is not None:
        found = searched.chunks(
            learned, objective, taken=frozenset(), left_out=left_out, seed=seed, progress=progress
        )
        chunks = chain(chunks, found)
        notes.append(
            f"The monomers make up to {searched.space.size:,} polymers, too many to build them all: ranked is what a "
            "search found most promising."
        )
    best = screen(
        chunks,
        learned,
        objective,
        by="mean",
        keep=max(shortlist, FULL_PER_SHOWN * top),
        seed=seed,
        left_out=left_out,
        told=tally if monomers else None,
        remarked=remarked,
        progress=progress,
    )
    best += tally.most_promising(MONOMERS_PER_SHOWN * top)
    seen = _fully(learned, list({c.unit.key: c for c in best}.values()), left_out, progress)
    left_out.update(pool.dropped if pool is not None else ())
    ranked = _ranked(seen, learned, observations, objective, top, monomers)
    if remarked[NO_ESTIMATE]:
        shown = [c for c in seen.candidates if c.unit.psmiles in set(ranked["psmiles"])]
        notes.append(explain_no_estimate(learned, remarked[NO_ESTIMATE], shown))
    notes += [f"Left out: {n} ({reason})." for reason, n in left_out.items() if n]
    return Ranking(
        ranked,
        _ranked_monomers(seen, tally, monomers, observations, objective, top, seed) if monomers else None,
        tuple(dict.fromkeys((*gate_notes(learned), *learned.notes, *notes))),
    )


def _fully(
    learned: Learned, candidates: list[Candidate], left_out: Counter[str], progress: Progress
) -> _Seen:
    view = learned.view([c.unit for c in candidates], progress)
    left_out.update(reasons_of(view.failures))
    if not view.positions:
        raise CampaignError(
            "None of the best-ranked candidates can be read by the encoders.", "Rank other candidates."
        )
    joint = learned.chosen.joint(view.views)
    told = predictions(joint.mean, joint.covariance.diagonal() + joint.noise_variance)
    return _Seen([candidates[i] for i in view.positions], joint, told)


def _ranked(
    seen: _Seen,
    learned: Learned,
    observations: Sequence[Observation],
    objective: Objective,
    top: int,
    monomers: Sequence[Monomer],
) -> pd.DataFrame:
    order = sorted(
        range(len(seen.candidates)),
        key=lambda i: (-objective.sign * seen.predictions[i].mean, seen.candidates[i].unit.key),
    )[:top]
    measured = {o.unit.key: o for o in observations}
    best = [annotated(seen.candidates[i], monomers) for i in order]
    told = [seen.predictions[i] for i in order]
    rows = []
    for rank, (c, p, why) in enumerate(
        zip(best, told, explain(best, told, learned, objective), strict=True), 1
    ):
        known = measured.get(c.unit.key)
        row = {
            "rank": rank,
            "psmiles": c.unit.psmiles,
            "name": c.name or (known.name if known else ""),
            "monomers": " + ".join(c.provenance.monomers) if c.provenance else "",
            "reaction": c.provenance.reaction if c.provenance else "",
            "makeable": c.provenance is not None,
            "sa_score": c.sa_score,
            "cost": c.cost,
            "mean": p.mean,
            "lower": p.lower,
            "upper": p.upper,
            "measured": known.value if known else None,
            "reason": "measured already" if known else why,
        }
        rows.append(row)
    return pd.DataFrame(rows, columns=POLYMER_COLUMNS)


def _ranked_monomers(
    seen: _Seen,
    tally: MonomerTally,
    monomers: Sequence[Monomer],
    observations: Sequence[Observation],
    objective: Objective,
    top: int,
    seed: int,
) -> pd.DataFrame:
    measured = {o.unit.key for o in observations}
    entered: dict[str, list[int]] = {}
    for row, candidate in enumerate(seen.candidates):
        if candidate.unit.key in measured:
            continue
        for label in monomers_of(candidate):
            entered.setdefault(label, []).append(row)
    chances = chance_in_top(seen.joint, entered, objective, top, seed=seed)
    told = {monomer.label: monomer for monomer in monomers}
    gains = [objective.sign * p.mean for p in seen.predictions]
    # a chance is counted over draws: where it is the same, the best polymer decides
    order = sorted(
        entered, key=lambda label: (-chances[label], -max(gains[i] for i in entered[label]), label)
    )
    rows: list[dict[str, object]] = []
    for label in [label for label in order if label in told][:top]:
        row = max(entered[label], key=lambda i: (gains[i], seen.candidates[i].unit.key))
        best, prediction, promise = seen.candidates[row], seen.predictions[row], tally.promises[label]
        route = next(
            r for r in (best.provenance, *best.other_routes) if r is not None and label in r.monomers
        )
        rows.append(
            {
                "rank": len(rows) + 1,
                "monomer": label,
                "smiles": told[label].smiles,
                "price": told[label].price,
                "available": told[label].available,
                "polymers": promise.polymers,
                "in_top": chances[label],
                "average": promise.average,
                "best": best.unit.psmiles,
                "made_from": " + ".join(route.monomers),
                "reaction": route.reaction,
                "mean": prediction.mean,
                "lower": prediction.lower,
                "upper": prediction.upper,
            }
        )
    return pd.DataFrame(rows, columns=MONOMER_COLUMNS)
