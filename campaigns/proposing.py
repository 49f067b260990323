"""A planned round becomes facts: its proposals and all that made them in the ledger, its adapter and its form in the folder."""

from __future__ import annotations

from collections.abc import Mapping

from campaigns.candidates import CampaignPool
from campaigns.forms import Forms
from campaigns.gate_notes import gate_notes
from campaigns.ledger.records import Snapshot
from campaigns.outcomes import Batch
from campaigns.physics import estimates_of, with_estimates
from campaigns.reports.gate_tables import gate_frame
from campaigns.round_record import keep_adapter, proposals_of, record_of, refinement_of
from campaigns.tables import proposals_frame
from discovery.acquisition.plan import Plan
from discovery.latent.representation import Representation


def keep_round(
    plan: Plan,
    forms: Forms,
    *,
    q: int,
    seed: int,
    seen: Snapshot,
    pool_sha256: Mapping[str, str],
    candidates: CampaignPool,
    representation: Representation,
) -> Batch:
    """Record a round and write its form; before the ledger has the round, nothing of it counts.

    Args:
        plan: Of the round.
        forms: Of the campaign, with its spec and its ledger.
        q: How many proposals were asked for.
        seed: That the plan was made with.
        seen: What of the ledger the plan was made from.
        pool_sha256: Of each file of the pool.
        candidates: What could be proposed.
        representation: The campaign's encoders.

    Raises:
        LedgerError: When the round cannot be recorded.
    """
    spec, ledger = forms.spec, forms.ledger
    number = ledger.next_round()
    proposals = proposals_of(plan, number, candidates.monomers)
    notes = tuple(dict.fromkeys((*gate_notes(plan.learned), *candidates.notes(), *plan.notes)))
    record = record_of(
        plan,
        number,
        seed=seed,
        q=q,
        spec=spec,
        seen=seen,
        pool_sha256=pool_sha256,
        representation=representation,
        notes=notes,
    )
    if refinement := refinement_of(plan):
        keep_adapter(refinement, forms.folder)
    ledger.append_spec(spec.version, spec.dumps())
    ledger.append_round(record, proposals)
    estimates = estimates_of([p.unit for p in proposals], spec.report.physics, spec.objective)
    return Batch(
        round=number,
        frame=with_estimates(proposals_frame(proposals), estimates),
        path=forms.write(number, proposals),
        gate=gate_frame(record.gate),
        pool={
            "candidates": plan.pool.candidates,
            "shortlisted": plan.pool.shortlisted,
            **plan.pool.left_out,
        },
        notes=notes,
    )
