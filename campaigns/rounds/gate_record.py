"""What the gate decided for each property, as JSON for the ledger: the scores of every member and control, what each said of
every left-out polymer, and the measurements that are not believed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from campaigns.rounds.refinement_record import finite, refinement_document
from discovery.errors import SurrogateError
from discovery.surrogate.gate import control_of, paired_difference
from discovery.surrogate.learned import Learned, NotLearned
from discovery.surrogate.validation import LeaveOneOut

LEVELS = (50, 80, 95)
"""Probabilities, in per cent, of the intervals whose coverage is recorded."""

CONTROL = "mean"
"""The control that knows no chemistry; the other control, the fingerprint GP, is a member itself."""


def gate_documents(
    learned: Mapping[str, Learned | NotLearned], starts: Mapping[str, str] | None = None
) -> dict[str, dict[str, Any]]:
    """Of each property, by its name; see :func:`gate_document`."""
    return {name: gate_document(found, starts) for name, found in learned.items()}


def gate_document(learned: Learned | NotLearned, starts: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The gate's numbers, its reason, every leave-one-out prediction and what refinement came to, as JSON values.

    Numbers are on the scale that the property is modelled on, which the document names; what is not known, or not a number, is
    ``null``.

    Args:
        learned: Of one property.
        starts: What the adapters of each member began from; see :func:`~campaigns.rounds.refinement_record.refinement_document`.
    """
    if isinstance(learned, NotLearned):
        return {"chosen": "", "reason": learned.reason}
    decision = learned.decision
    compared = {score.name: learned.loo[score.name] for score in decision.scores}
    control = _control(compared, decision.chosen)
    simplest = next(iter(compared.values()), None)
    rows = [_scores(name, loo, simplest, control) for name, loo in compared.items()]
    return {
        "chosen": decision.chosen,
        "reason": decision.reason,
        "skilful": decision.skilful,
        "scale": str(learned.scale),
        "control_log_score": None if decision.control is None else finite(decision.control.log_score),
        "members": [row | {"chosen": row["member"] == decision.chosen} for row in rows],
        "calibration": "" if learned.calibration is None else learned.calibration.in_words,
        "controls": [] if control is None else [_scores(CONTROL, control, simplest, control)],
        "leave_one_out": [
            {
                "member": name,
                "psmiles": o.unit.psmiles,
                "measured": value,
                "bound": o.bound,
                "mean": mean,
                "sigma": sigma,
            }
            for name, loo in compared.items()
            for o, value, mean, sigma in zip(
                learned.compared,
                loo.values.tolist(),
                loo.mean.tolist(),
                loo.variance.sqrt().tolist(),
                strict=True,
            )
        ],
        "outliers": [
            {
                "psmiles": outlier.observation.unit.psmiles,
                "name": outlier.observation.name,
                "value": outlier.observation.value,
                "expected": outlier.expected,
                "z": outlier.z,
            }
            for outlier in learned.outliers
        ],
        **({} if learned.verdict is None else {"prior_mean": asdict(learned.verdict)}),
        **refinement_document(learned, starts),
    }


def _control(compared: Mapping[str, LeaveOneOut], chosen: str) -> LeaveOneOut | None:
    """Predicting the mean of the others, as the gate does; ``None`` where nothing was compared, or too few are no limits."""
    loo = compared.get(chosen)
    if loo is None:
        return None
    try:
        return control_of(loo)
    except SurrogateError:
        return None


def _scores(
    name: str, loo: LeaveOneOut, simplest: LeaveOneOut | None, control: LeaveOneOut | None
) -> dict[str, Any]:
    """What one member or control scored."""
    row: dict[str, Any] = {"member": name, "log_score": finite(loo.log_score)}
    for reference, title, error_title in (
        (simplest, "difference", "standard_error"),
        (control, "over_mean", "over_mean_error"),
    ):
        difference, error = (
            (None, None) if reference is None else paired_difference(loo.log_scores, reference.log_scores)
        )
        row |= {title: finite(difference), error_title: finite(error)}
    told = {f"coverage_{level}": loo.coverage(level / 100) for level in LEVELS}
    told |= {"rmse": loo.rmse, "miscalibration_area": loo.miscalibration_area}
    row |= {title: finite(value) for title, value in told.items()}
    row["r2"] = finite(loo.r2)
    row["degrees"] = loo.degrees
    # The mean's deviations follow its errors by construction: their correlation says nothing.
    row["spearman_error_sigma"] = None if loo is control else finite(loo.spearman_error_sigma)
    row["coverage"] = row["coverage_95"]  # what it was called when it was the only one
    return row
