"""From the ledger to the report: gathers what a campaign's report is made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pandas as pd

from campaigns.ledger import Ledger, Measurement, RoundRecord
from campaigns.physics import estimates_of, with_estimates
from campaigns.reports.gate_tables import gate_frame, loo_frame
from campaigns.reports.round_report import RoundReport
from campaigns.spec import CampaignSpec, ObjectiveSpec
from campaigns.tables import proposals_frame
from campaigns.units import convert
from discovery.polymers import RepeatUnit
from discovery.surrogate.observations import Observation


def assemble(spec: CampaignSpec, ledger: Ledger) -> RoundReport:
    """The report of a campaign after its last round."""
    wanted = spec.objective
    rounds = ledger.rounds()
    last = rounds[-1] if rounds else None
    measurements = ledger.measurements(wanted.name)
    statuses = ledger.statuses()
    values = {
        m.proposal_id: convert(m.value, m.unit_of_measure, wanted.unit) for m in measurements if m.proposal_id
    }
    proposals = ledger.proposals(last.number) if last else ()
    estimates = estimates_of([p.unit for p in proposals], spec.report.physics, wanted)
    frame = with_estimates(proposals_frame(proposals), estimates)
    frame["status"] = [str(statuses[p.id]) for p in proposals]
    frame["value"] = [values.get(p.id, float("nan")) for p in proposals]
    of_round = {p.id: p.round for p in ledger.proposals()}
    pool: Mapping[str, object] = last.pool if last else {}
    left_out = pool.get("left_out")
    return RoundReport(
        name=spec.name,
        goal=wanted,
        round=last.number if last else 0,
        observations=_observation_frame(ledger.observations(wanted), measurements),
        proposals=frame,
        history=_history(measurements, of_round, wanted),
        gate=gate_frame(last.gate) if last else None,
        gate_reason=str(last.gate.get("reason", "")) if last and last.gate.get("chosen") else "",
        loo=loo_frame(last.gate) if last else None,
        screened=_count(pool, "candidates"),
        shortlisted=_count(pool, "shortlisted") or None,
        left_out={str(k): int(v) for k, v in left_out.items()} if isinstance(left_out, dict) else {},
        by_status=dict(Counter(str(status) for status in statuses.values())),
        notes=tuple(last.note.splitlines()) if last else (),
        meta=_meta(spec, last),
    )


def _meta(spec: CampaignSpec, last: RoundRecord | None) -> dict[str, str]:
    """What made the last round, label by label."""
    if last is None:
        return {"spec version": spec.version}
    return {
        "spec version": last.spec_version,
        **({"date": f"{last.at:%Y-%m-%d}"} if last.at else {}),
        "seed": str(last.seed),
        "observations": last.observations_hash,
        "adapter": last.adapter_hash or "none",
        **last.encoder_revisions,
        **last.versions,
    }


def _observation_frame(
    observations: tuple[Observation, ...], measurements: tuple[Measurement, ...]
) -> pd.DataFrame:
    references: dict[RepeatUnit, str] = {}
    for m in measurements:
        if m.reference:
            references.setdefault(m.unit, m.reference)
    rows = [(o.unit.psmiles, o.value, o.name, o.sem, o.n, references.get(o.unit, "")) for o in observations]
    return pd.DataFrame(rows, columns=["psmiles", "value", "name", "sem", "n", "reference"])


def _history(
    measurements: tuple[Measurement, ...], of_round: Mapping[str, int], wanted: ObjectiveSpec
) -> pd.DataFrame:
    rows = [
        (of_round.get(m.proposal_id or "", 0), convert(m.value, m.unit_of_measure, wanted.unit))
        for m in measurements
    ]
    return pd.DataFrame(rows, columns=["round", "value"])


def _count(pool: Mapping[str, object], name: str) -> int | None:
    """A count of the pool; None where no round has taken it."""
    found = pool.get(name)
    return found if isinstance(found, int) else None
