"""What is measured of several driven properties at once, and the front that it makes, against those that the rounds saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from campaigns.ledger import Ledger, Measurement, pool_replicates
from campaigns.ledger.rounds import Snapshot
from campaigns.reports.contents import FrontReport
from campaigns.spec import CampaignSpec, ObjectiveSpec
from discovery.surrogate.observations import Observation

AWAITED = ("proposed", "running")
"""Statuses of proposals that are drawn as they are predicted; of the others there is a measurement, or there will be none."""


def front_report(
    spec: CampaignSpec, ledger: Ledger, seen: Snapshot, proposals: pd.DataFrame
) -> FrontReport | None:
    """The front of what is measured, and how it grew from round to round; ``None`` where a single property is driven.

    All hypervolumes are beyond one reference point, that of the last round, so that they can be compared; before the first round
    it is inferred.

    Args:
        spec: Of the campaign.
        ledger: What happened.
        seen: What is measured.
        proposals: Of the last round, with their statuses.
    """
    driven = tuple(told for told in spec.properties if told.direction != "observe")
    if len(driven) < 2:
        return None
    from discovery.acquisition.front import front_of  # brings BoTorch, which nothing else of a report takes

    names = tuple(told.name for told in driven)
    # a front of other objectives, of before the spec was changed, has volumes of another kind
    rounds = ledger.rounds()
    known = [r.front.reference_point for r in rounds if r.front is not None and r.front.names == names]
    now = front_of(seen.observations, spec.goal, known[-1] if known else None)
    history = []
    if now is not None:
        measured = {told: ledger.measurements_in_unit(told) for told in spec.properties}
        for past in rounds:
            then = front_of(_until(measured, past.as_of), spec.goal, now.reference_point)
            history.append((past.number, then.hypervolume if then else 0.0))
        history.append((rounds[-1].number + 1 if rounds else 1, now.hypervolume))
    return FrontReport(
        goals=driven,
        points=_points(driven, seen.observations, set(now.keys) if now else set()),
        proposed=proposals[proposals["status"].isin(AWAITED)],
        reference=dict(zip(now.names, now.reference_point, strict=True)) if now else {},
        hypervolume=now.hypervolume if now else None,
        history=pd.DataFrame(history, columns=["round", "hypervolume"]),
    )


def _until(
    measured: Mapping[ObjectiveSpec, Sequence[Measurement]], as_of: int | None
) -> dict[str, list[Observation]]:
    """What was known of each property after a command, by its number, pooled as it is now."""
    return {
        told.name: pool_replicates((m for m in found if as_of is None or m.command <= as_of), told.scale)
        for told, found in measured.items()
    }


def _points(
    driven: Sequence[ObjectiveSpec], observations: Mapping[str, Sequence[Observation]], on_front: set[str]
) -> pd.DataFrame:
    """One row for each polymer that has all of the properties; a limit stands with its bound."""
    by_unit = [{o.unit: o for o in observations[told.name]} for told in driven]
    rows = []
    for unit in by_unit[0]:
        if not all(unit in found for found in by_unit):
            continue
        observed = [found[unit] for found in by_unit]
        row: dict[str, object] = {
            "psmiles": unit.psmiles,
            "name": next((o.name for o in observed if o.name), ""),
            "on_front": unit.key in on_front,
        }
        for told, o in zip(driven, observed, strict=True):
            row |= {told.name: o.value, f"{told.name}_bound": o.bound}
        rows.append(row)
    columns = [c for told in driven for c in (told.name, f"{told.name}_bound")]
    frame = pd.DataFrame(rows, columns=["psmiles", "name", "on_front", *columns])
    return frame.astype({"on_front": bool})
