"""What the ledger keeps of refinement, as tables for a report; rounds that an earlier polyloop recorded are read as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from campaigns.ledger.rounds import ADAPTED_MEMBERS, UNNAMED_MEMBER
from campaigns.reports.contents import LatentMap, RefinementReport

_FROZEN = "latent"
_NOT_REFINED = "not refined: "
"""What the reason of a round began with that kept it as a text."""

_CHOICES = ("round", "chosen", "frozen", "member", "difference", "standard_error", "reason")
_FOLDS = ("member", "fold", "best_step", "steps", "stop", "ratio_before", "ratio_after",
          "rank_before", "rank_after", "text_before", "text_after")  # fmt: skip


def choices_frame(gates: Mapping[int, Mapping[str, Any]]) -> pd.DataFrame:
    """The gate's choice in each round, and what every refined member was worth against the frozen latent, as
    :class:`~campaigns.reports.contents.PropertyReport` has it.

    Args:
        gates: What the gate decided for one property, by round.
    """
    rows = [
        {"round": number, "chosen": str(gate.get("chosen", "")), "frozen": _frozen(gate), **told}
        for number, gate in gates.items()
        for told in _members(gate)
    ]
    return pd.DataFrame(rows, columns=list(_CHOICES))


def refinement_report(gate: Mapping[str, Any]) -> RefinementReport | None:
    """What refinement did in one round; ``None`` where none was asked for."""
    told = _refinements(gate)
    if not told:
        return None
    rows = [
        {"member": member, "fold": number, **_fold(fold)}
        for member, found in told.items()
        for number, fold in enumerate(found.get("folds", ()), 1)
    ]
    return RefinementReport(
        folds=pd.DataFrame(rows, columns=list(_FOLDS)),
        skipped={member: str(found["skipped"]) for member, found in told.items() if "skipped" in found},
        starts={member: str(found["start"]) for member, found in told.items() if "start" in found},
        latent_map=_latent_map(gate.get("latent_map")),
    )


def _refinements(gate: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """By member, the cheapest first; of a round of before there were several, that of the only one."""
    if "refinements" in gate:
        return {
            member: gate["refinements"][member] for member in ADAPTED_MEMBERS if member in gate["refinements"]
        }
    older = gate.get("refinement")
    if isinstance(older, str):
        return {UNNAMED_MEMBER: {"skipped": older.removeprefix(_NOT_REFINED)}}
    if not isinstance(older, list):
        return {}
    scores = _scores(gate)
    found: dict[str, Any] = {"folds": older}
    if UNNAMED_MEMBER in scores:
        found["log_score"] = scores[UNNAMED_MEMBER]
        if scores[UNNAMED_MEMBER] is not None and scores.get(_FROZEN) is not None:
            found["over_frozen"] = scores[UNNAMED_MEMBER] - scores[_FROZEN]
    return {UNNAMED_MEMBER: found}


def _scores(gate: Mapping[str, Any]) -> dict[str, Any]:
    return {str(row["member"]): row.get("log_score") for row in gate.get("members", ())}


def _frozen(gate: Mapping[str, Any]) -> float | None:
    found: float | None = gate.get("frozen_log_score", _scores(gate).get(_FROZEN))
    return found


def _members(gate: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The refined members of one round; a single row without one where none was asked for."""
    if not gate.get("chosen"):
        return [{"member": "", "reason": str(gate.get("reason", ""))}]
    rows = [
        {
            "member": member,
            "difference": found.get("over_frozen"),
            "standard_error": found.get("over_frozen_error"),
            "reason": str(found.get("skipped", "")),
        }
        for member, found in _refinements(gate).items()
    ]
    return rows or [{"member": "", "reason": ""}]


def _fold(fold: Mapping[str, Any]) -> dict[str, Any]:
    best = int(fold.get("best_step", 0))
    row: dict[str, Any] = {
        "best_step": best,
        "steps": max(0, len(fold.get("held_out_score") or ()) - 1),
        "stop": str(fold.get("stop", "")),
    }
    pairs = {"ratio": _ratio(fold, best), "rank": fold.get("effective_rank"), "text": fold.get("text_share")}
    for name, pair in pairs.items():
        before, after = pair or (None, None)
        row |= {f"{name}_before": before, f"{name}_after": after}
    return row


def _ratio(fold: Mapping[str, Any], best: int) -> Sequence[float | None] | None:
    """Length-scale by mean distance, of the frozen latent and of the refined one; of older rounds at the first step and at the
    one that was kept.
    """
    if "lengthscale_ratio" in fold:
        pair: Sequence[float | None] = fold["lengthscale_ratio"]
        return pair
    ratios = fold.get("lengthscale_ratios")
    return (ratios[0], ratios[min(best, len(ratios) - 1)]) if ratios else None


def _latent_map(told: Any) -> LatentMap | None:
    if not isinstance(told, dict):
        return None
    (x, y), (x_after, y_after) = told["shares_before"], told["shares_after"]
    return LatentMap(str(told["member"]), pd.DataFrame(told["points"]), (x, y), (x_after, y_after))
