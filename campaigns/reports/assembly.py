"""From the ledger to the report: gathers what a campaign's report is made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence

import pandas as pd

from campaigns.best_so_far import keys_that_break
from campaigns.ledger import Ledger, Measurement, RoundRecord, Status
from campaigns.ledger.proposals import Proposal
from campaigns.ledger.rounds import Snapshot
from campaigns.physics import estimates_of, with_estimates
from campaigns.reports.contents import FeasibilityReport, PropertyReport, RoundReport
from campaigns.reports.fronts import front_report
from campaigns.reports.gate_tables import loo_frame, outlier_frame, scores_frame
from campaigns.reports.put_right import put_right
from campaigns.reports.refinement_tables import choices_frame, refinement_report
from campaigns.reports.returned import returned_results
from campaigns.reports.wording import as_of_round, limited
from campaigns.spec import CampaignSpec, ObjectiveSpec
from campaigns.tables import proposals_frame
from campaigns.units import convert
from discovery.polymers import RepeatUnit


def assemble(spec: CampaignSpec, ledger: Ledger) -> RoundReport:
    """The report of a campaign after its last round."""
    rounds = ledger.rounds()
    last = rounds[-1] if rounds else None
    seen = ledger.snapshot(spec.properties)
    measurements = ledger.measurements()
    every = ledger.proposals()
    statuses = ledger.statuses()
    of_round = {p.id: p.round for p in every}
    proposals = [p for p in every if last is not None and p.round == last.number]
    pool: Mapping[str, object] = last.pool if last else {}
    left_out = pool.get("left_out")
    breaking = keys_that_break(spec.goal, seen.observations)
    shown = _proposals(spec, proposals, measurements)
    shown["status"] = [str(statuses[p.id]) for p in proposals]
    shown["tried"] = _tried(proposals, every, statuses, ledger)
    return RoundReport(
        name=spec.name,
        wanted=spec.sentence,
        properties=tuple(
            _property(told, seen, measurements, of_round, rounds, breaking) for told in spec.driven_first
        ),
        round=last.number if last else 0,
        proposals=shown,
        returned=returned_results(spec, ledger),
        front=front_report(spec, ledger, seen, shown),
        feasibility=_feasibility(ledger, seen, statuses, last),
        advice=as_of_round(last.advice, last.number, newer=last.older_than(seen)) if last else "",
        screened=_count(pool, "candidates"),
        shortlisted=_count(pool, "shortlisted") or None,
        left_out={str(k): int(v) for k, v in left_out.items()} if isinstance(left_out, dict) else {},
        by_status=dict(Counter(str(status) for status in statuses.values())),
        notes=tuple(last.note.splitlines()) if last else (),
        awaited=tuple(p.id for p in seen.pending),
        put_right=put_right(ledger),
        meta=_meta(spec, last),
    )


def _property(
    told: ObjectiveSpec,
    seen: Snapshot,
    measurements: Sequence[Measurement],
    of_round: Mapping[str, int],
    rounds: Sequence[RoundRecord],
    breaking: Container[str],
) -> PropertyReport:
    """One property; without a gate where the last round did not know it."""
    own = [m for m in measurements if m.objective == told.name]
    gate = rounds[-1].gates.get(told.name, {}) if rounds else {}
    learned = bool(gate.get("chosen"))
    skilful = gate.get("skilful")
    history = [
        (of_round.get(m.proposal_id or "", 0), convert(m.value, m.unit_of_measure, told.unit), m.bound)
        for m in own
    ]
    return PropertyReport(
        goal=told,
        observations=_observations(told, seen, own, breaking),
        history=pd.DataFrame(history, columns=["round", "value", "bound"]),
        gate=scores_frame(gate),
        reason=str(gate.get("reason", "")) if learned else "",
        skilful=skilful if learned and isinstance(skilful, bool) else None,
        not_learned="" if learned else str(gate.get("reason", "")),
        loo=loo_frame(gate),
        calibration=str(gate.get("calibration", "")),
        outliers=outlier_frame(gate),
        choices=choices_frame({r.number: r.gates[told.name] for r in rounds if told.name in r.gates}),
        refinement=refinement_report(gate),
    )


def _observations(
    told: ObjectiveSpec, seen: Snapshot, own: Sequence[Measurement], breaking: Container[str]
) -> pd.DataFrame:
    references: dict[RepeatUnit, str] = {}
    for m in own:
        if m.reference:
            references.setdefault(m.unit, m.reference)
    rows = [
        (
            *(o.unit.psmiles, o.value, o.bound, o.name, o.sem, o.n),
            *(references.get(o.unit, ""), o.unit.key in breaking),
        )
        for o in seen.observations[told.name]
    ]
    columns = ["psmiles", "value", "bound", "name", "sem", "n", "reference", "breaks"]
    return pd.DataFrame(rows, columns=columns)


def _proposals(
    spec: CampaignSpec, proposals: Sequence[Proposal], measurements: Sequence[Measurement]
) -> pd.DataFrame:
    """The proposals with their predictions, estimates and what was measured of them since."""
    estimates = estimates_of([p.unit for p in proposals], spec.report.physics, spec.properties)
    frame = with_estimates(proposals_frame(proposals, spec.properties), estimates)
    for told in spec.properties:
        values = {
            m.proposal_id: limited(convert(m.value, m.unit_of_measure, told.unit), m.bound, 4)
            for m in measurements
            if m.proposal_id and m.objective == told.name
        }
        frame[f"{told.name}_measured"] = [values.get(p.id, "") for p in proposals]
    return frame


def _tried(
    proposals: Sequence[Proposal],
    every: Sequence[Proposal],
    statuses: Mapping[str, Status],
    ledger: Ledger,
) -> list[str]:
    """Of each proposal the earlier attempts at the same polymer that failed, with the scientist's notes; empty where none did."""
    failed: dict[RepeatUnit, list[Proposal]] = {}
    for p in every:
        if statuses[p.id] is Status.FAILED:
            failed.setdefault(p.unit, []).append(p)
    told = []
    for p in proposals:
        attempts = []
        for earlier in failed.get(p.unit, ()):
            if earlier.round < p.round:
                note = ledger.history(earlier.id)[-1].note
                attempts.append(f"failed in round {earlier.round}{f' ({note})' if note else ''}")
        told.append(f"tried before, {', '.join(attempts)}" if attempts else "")
    return told


def _feasibility(
    ledger: Ledger, seen: Snapshot, statuses: Mapping[str, Status], last: RoundRecord | None
) -> FeasibilityReport | None:
    failed = sum(status is Status.FAILED for status in statuses.values())
    if not (seen.abandoned or failed):
        return None
    rows = [(p.unit.psmiles, p.id, ledger.history(p.id)[-1].note) for p in seen.abandoned]
    learned = last.pool.get("feasibility") if last else None
    return FeasibilityReport(
        abandoned=pd.DataFrame(rows, columns=["psmiles", "proposal_id", "note"]),
        failed=failed,
        learned=as_of_round(learned, last.number, newer=False) if last and isinstance(learned, str) else "",
    )


def _meta(spec: CampaignSpec, last: RoundRecord | None) -> dict[str, str]:
    """What made the last round, label by label."""
    if last is None:
        return {"spec version": spec.version}
    of_property = len(spec.properties) > 1
    adapters = {
        f"{member} adapter of {told.name}" if of_property else f"{member} adapter": address
        for told in spec.properties
        for member, address in last.adapters_of(told.name).items()
    }
    return {
        "spec version": last.spec_version,
        **({"date": f"{last.at:%Y-%m-%d}"} if last.at else {}),
        "seed": str(last.seed),
        "observations": last.observations_hash,
        **(adapters or {"adapter": "none"}),
        **last.encoder_revisions,
        **last.versions,
    }


def _count(pool: Mapping[str, object], name: str) -> int | None:
    """A count of the pool; None where no round has taken it."""
    found = pool.get(name)
    return found if isinstance(found, int) else None
