"""What the gate decided, as JSON for the ledger."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from discovery.latent.refinement import Refinement
from discovery.surrogate.learning import Learned, NotLearned


def gate_document(learned: Learned | NotLearned) -> dict[str, Any]:
    """The gate's numbers, its reason and every leave-one-out prediction, as JSON values."""
    if isinstance(learned, NotLearned):
        return {"chosen": "", "reason": learned.reason}
    decision = learned.decision
    rows = []
    for score in decision.scores:
        loo = learned.loo[score.name]
        rows.append(
            {
                "member": score.name,
                "log_score": score.log_score,
                "difference": score.difference,
                "standard_error": score.standard_error,
                "rmse": score.rmse,
                "r2": score.r2,
                "coverage": loo.coverage(0.95),
                "chosen": score.name == decision.chosen,
            }
        )
    predictions = [
        {"member": name, "psmiles": o.unit.psmiles, "measured": v, "mean": m, "sigma": s}
        for name, loo in learned.loo.items()
        for o, v, m, s in zip(
            learned.compared,
            loo.values.tolist(),
            loo.mean.tolist(),
            loo.variance.sqrt().tolist(),
            strict=True,
        )
    ]
    adapted = learned.refinement
    return {
        "chosen": decision.chosen,
        "reason": decision.reason,
        "skilful": decision.skilful,
        "control_log_score": None if decision.control is None else decision.control.log_score,
        "members": rows,
        "leave_one_out": predictions,
        **({} if learned.verdict is None else {"prior_mean": asdict(learned.verdict)}),
        "refinement": adapted.summary() if isinstance(adapted, Refinement) else str(adapted),
    }
