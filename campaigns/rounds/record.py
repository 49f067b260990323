"""What a round leaves in the ledger: its proposals, and everything that made them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import file_digest
from pathlib import Path

from campaigns.ledger import observations_hash
from campaigns.ledger.proposals import Predicted, Proposal, proposal_id
from campaigns.ledger.rounds import RoundRecord, Snapshot, adapter_key
from campaigns.rounds.gate_record import gate_documents
from campaigns.spec import CampaignSpec
from campaigns.versions import machine, versions
from discovery.acquisition.plan import Plan
from discovery.latent.refinement import Refinement
from discovery.latent.representation import Representation
from discovery.polymers import Monomer
from discovery.pools.annotation import annotated
from discovery.surrogate.learned import Learned


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def proposals_of(plan: Plan, number: int, monomers: Sequence[Monomer] = ()) -> list[Proposal]:
    """The batch as proposals of round ``number``, each with how it can be made, from ``monomers`` if possible, and how hard
    that is.
    """
    chosen = [annotated(p.candidate, monomers) for p in plan.batch]
    return [
        Proposal(
            id=proposal_id(number, position),
            round=number,
            rank=position,
            unit=c.unit,
            monomers=c.provenance.monomers if c.provenance else (),
            reaction=c.provenance.reaction if c.provenance else "",
            predictions={
                name: Predicted(told.mean, told.lower, told.upper) for name, told in p.predictions.items()
            },
            acquisition=p.acquisition,
            reason=p.reason,
            name=c.name,
            sa_score=c.sa_score,
            cost=c.cost,
            feasibility=p.feasibility,
            fulfils=dict(p.fulfils),
        )
        for position, (p, c) in enumerate(zip(plan.batch, chosen, strict=True), 1)
    ]


def record_of(
    plan: Plan,
    number: int,
    *,
    seed: int,
    q: int,
    spec: CampaignSpec,
    seen: Snapshot,
    pool_sha256: Mapping[str, str],
    representation: Representation,
    notes: Sequence[str],
    starts: Mapping[str, str] | None = None,
    adapter_files: Mapping[str, Mapping[str, str]] | None = None,
) -> RoundRecord:
    """Everything that made a round.

    Args:
        plan: Of the round.
        number: Of the round.
        seed: That the plan was made with.
        q: How many proposals were asked for.
        spec: Of the campaign.
        seen: What of the ledger the plan was made from.
        pool_sha256: Of each file of the pool.
        representation: The campaign's encoders; what was learned with, where it differs, is in the plan.
        notes: What the user was told.
        starts: What the adapters of each member began from, as :attr:`campaigns.rounds.adapters.Beginning.starts` says it.
        adapter_files: SHA-256 of the files of each adapter, by its hash.
    """
    learned = {name: found for name, found in plan.learned.items() if isinstance(found, Learned)}
    revisions = dict(representation.revisions)
    with_estimates = False
    for name, found in learned.items():
        revisions |= found.representation.revisions
        if found.verdict is not None:
            title = "prior mean" if len(spec.properties) == 1 else f"prior mean of {name}"
            revisions[title] = found.verdict.revision
            with_estimates |= found.verdict.used
    feasibility = plan.feasibility
    return RoundRecord(
        number=number,
        seed=seed,
        spec_version=spec.version,
        observations_hash=observations_hash(seen.observations, spec.properties),
        encoder_revisions=revisions,
        adapters={adapter_key(*of): found.hash for of, found in refinements_of(plan).items()},
        gates=gate_documents(plan.learned, starts),
        versions=versions() | machine(),
        pool={
            "candidates": plan.pool.candidates,
            "shortlisted": plan.pool.shortlisted,
            "left_out": dict(plan.pool.left_out),
            **({"without_estimate": plan.pool.without_estimate} if with_estimates else {}),
            "asked_for": q,
            "pending": [p.id for p in seen.pending],
            "abandoned": [p.id for p in seen.abandoned],
            **({} if feasibility is None else {"feasibility": feasibility.note}),
            "sha256": dict(pool_sha256),
        },
        note="\n".join(notes),
        front=plan.front,
        advice=plan.advice,
        adapter_files=adapter_files or {},
        as_of=seen.as_of,
    )


def refinements_of(plan: Plan) -> dict[tuple[str, str], Refinement]:
    """The adapters that the round trained or adopted, by property and member."""
    return {
        (name, member): adapted
        for name, told in plan.learned.items()
        if isinstance(told, Learned)
        for member, adapted in told.refinements.items()
        if isinstance(adapted, Refinement)
    }
