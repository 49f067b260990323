"""A ranking as data frames: the polymers with what is predicted of them, and the monomers with the best that each makes."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from campaigns.ledger.rounds import Snapshot
from campaigns.reports.wording import limited
from campaigns.spec import ObjectiveSpec
from campaigns.tables.predicted import PredictedColumns, chance_title, predicted_columns
from discovery.acquisition.monomer_ranking import MonomerTally, chance_in_top, monomers_of
from discovery.acquisition.prediction import Prediction
from discovery.acquisition.pursuit import Pursuit
from discovery.acquisition.reasons import explain
from discovery.polymers import Candidate, Monomer
from discovery.pools.annotation import annotated
from discovery.surrogate.observations import Observation
from discovery.surrogate.surrogate import Joint

MONOMER_COLUMNS = (
    "rank",
    "monomer",
    "smiles",
    "price",
    "available",
    "polymers",
    "in_top",
    "best",
    "made_from",
    "reaction",
)
"""Columns of a ranking of monomers that holds none."""


@dataclass(frozen=True, eq=False)
class FullySeen:
    """Candidates that the full models have seen, with their beliefs about them, in the order of the ranking.

    Args:
        candidates: Best first.
        joints: Beliefs about them by property, on its scale, in another order: that of ``rows``.
        rows: Of each candidate the row of the joints.
        told: Predictions by property.
        chances: Of each constraint, by its text.
        feasible: That each can be made; ``None`` where nothing tells.
        scores: What they are ordered by; ``None`` where that is the prediction of the one property that is wanted.
    """

    candidates: list[Candidate]
    joints: Mapping[str, Joint]
    rows: list[int]
    told: Mapping[str, list[Prediction]]
    chances: Mapping[str, list[float]]
    feasible: list[float] | None
    scores: list[float] | None


def polymer_frame(
    full: FullySeen,
    pursuit: Pursuit,
    seen: Snapshot,
    properties: Sequence[ObjectiveSpec],
    top: int,
    monomers: Sequence[Monomer],
    seed: int,
) -> pd.DataFrame:
    """The polymers, best first.

    Args:
        full: What the full models say of candidates.
        pursuit: The models, and what is gone after.
        seen: What is measured.
        properties: All that are modelled.
        top: How many to give.
        monomers: To make them from, where possible.
        seed: Of the draws that chances are counted over.
    """
    columns = predicted_columns(properties)
    measured = {name: {o.unit: o for o in found} for name, found in seen.observations.items()}
    best = [annotated(c, monomers) for c in full.candidates[:top]]
    reasons = explain(
        best,
        {name: told[:top] for name, told in full.told.items()},
        pursuit,
        fulfils=[{text: each[i] for text, each in full.chances.items()} for i in range(len(best))],
        feasibility=() if full.feasible is None else full.feasible[:top],
        seed=seed,
    )
    rows = []
    for i, (c, why) in enumerate(zip(best, reasons, strict=True)):
        known = {name: found[c.unit] for name, found in measured.items() if c.unit in found}
        row: dict[str, object] = {
            "rank": i + 1,
            "psmiles": c.unit.psmiles,
            "name": c.name or next((o.name for o in known.values() if o.name), ""),
            "monomers": " + ".join(c.provenance.monomers) if c.provenance else "",
            "reaction": c.provenance.reaction if c.provenance else "",
            "makeable": c.provenance is not None,
            "sa_score": c.sa_score,
            "cost": c.cost,
        }
        if full.scores is not None:
            row["score"] = full.scores[i]
        if full.feasible is not None:
            row["feasible"] = full.feasible[i]
        row |= _predicted(full, columns, i)
        row |= {chance_title(text): each[i] for text, each in full.chances.items()}
        for name in columns:
            title = "measured" if len(columns) == 1 else f"{name}_measured"
            row[title] = known[name].value if name in known and not known[name].bound else None
        row["reason"] = _known_in_words(known, properties) or why
        rows.append(row)
    return pd.DataFrame(rows)


def _predicted(full: FullySeen, columns: Mapping[str, PredictedColumns], i: int) -> dict[str, float | None]:
    """The predictions of one candidate under their titles; of properties without a model nothing."""
    row: dict[str, float | None] = {}
    for name, titles in columns.items():
        told = full.told.get(name)
        bounds = (None,) * 3 if told is None else (told[i].mean, told[i].lower, told[i].upper)
        row |= dict(zip(titles.titles, bounds, strict=True))
    return row


def _known_in_words(known: Mapping[str, Observation], properties: Sequence[ObjectiveSpec]) -> str:
    """What is measured already of a polymer, values and limits; empty where nothing is."""
    told = [
        f"{p.name if len(properties) > 1 else ''} {limited(o.value, o.bound, 4)} {p.unit}".strip()
        for p in properties
        if (o := known.get(p.name)) is not None
    ]
    return f"measured already: {', '.join(told)}" if told else ""


def monomer_frame(
    full: FullySeen,
    pursuit: Pursuit,
    tally: MonomerTally,
    monomers: Sequence[Monomer],
    measured: Container[str],
    columns: Mapping[str, PredictedColumns],
    top: int,
    seed: int,
) -> pd.DataFrame:
    """The monomers, the likeliest to be in the top first.

    Args:
        full: What the full models say of candidates.
        pursuit: The models, and what is gone after.
        tally: What the screening models say of all polymers of a monomer.
        monomers: To rank.
        measured: Keys of polymers that are measured already: no bottle need be ordered for them.
        columns: Of predictions, by property.
        top: How many to give, and how many are "the top".
        seed: Of the joint draws.
    """
    entered: dict[str, list[int]] = {}
    for place, candidate in enumerate(full.candidates):
        if candidate.unit.key in measured:
            continue
        for label in monomers_of(candidate):
            entered.setdefault(label, []).append(place)
    groups = {label: [full.rows[place] for place in places] for label, places in entered.items()}
    chances = chance_in_top(full.joints, groups, pursuit.aim, top, seed=seed)
    told = {monomer.label: monomer for monomer in monomers}
    # a chance is counted over draws: where it is the same, the best polymer decides; places are in order of worth
    order = sorted(entered, key=lambda label: (-chances[label], min(entered[label]), label))
    rows: list[dict[str, object]] = []
    for label in [label for label in order if label in told][:top]:
        place = min(entered[label])
        best, promise = full.candidates[place], tally.promises[label]
        route = next(
            r for r in (best.provenance, *best.other_routes) if r is not None and label in r.monomers
        )
        row: dict[str, object] = {
            "rank": len(rows) + 1,
            "monomer": label,
            "smiles": told[label].smiles,
            "price": told[label].price,
            "available": told[label].available,
            "polymers": promise.polymers,
            "in_top": chances[label],
        }
        if pursuit.aim.plain and len(columns) == 1:
            [objective] = pursuit.aim.driven
            row["average"] = objective.scale.off(objective.sign * promise.average)
        row |= {
            "best": best.unit.psmiles,
            "made_from": " + ".join(route.monomers),
            "reaction": route.reaction,
        }
        row |= _predicted(full, columns, place)
        rows.append(row)
    return pd.DataFrame(rows, columns=None if rows else MONOMER_COLUMNS)
