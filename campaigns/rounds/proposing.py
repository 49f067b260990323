"""A planned round becomes facts: its proposals and all that made them in the ledger, its adapters and its form in the folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from campaigns.candidates.pool import CampaignPool
from campaigns.errors import NotWrittenError
from campaigns.forms import Forms
from campaigns.ledger.proposals import Proposal, Status
from campaigns.ledger.rounds import Snapshot
from campaigns.outcomes import Batch
from campaigns.physics import estimates_of, with_estimates
from campaigns.reports.gate_tables import gate_frame
from campaigns.reports.wording import counted, named_first
from campaigns.rounds.adapters import Beginning, keep_adapter
from campaigns.rounds.gate_notes import adopted_notes, gate_notes, outlier_notes, source_notes
from campaigns.rounds.kept_adapters import file_hashes
from campaigns.rounds.record import proposals_of, record_of, refinements_of
from campaigns.rounds.refining import members_of, refining_of
from campaigns.spec import CampaignSpec
from campaigns.tables import proposals_frame
from discovery.acquisition.limits import BatchRules
from discovery.acquisition.plan import Plan, RoundSettings
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
    beginning: Beginning,
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
        beginning: What refinement had before it started.

    Raises:
        LedgerError: When the round cannot be recorded.
        NotWrittenError: The round is recorded, and its form cannot be written.
    """
    spec, ledger = forms.spec, forms.ledger
    number = forms.next_round()
    proposals = proposals_of(plan, number, candidates.monomers)
    declared = {told.name: [source.name for source in told.sources] for told in spec.properties}
    of_models = (
        *gate_notes(plan.learned),
        *source_notes(plan.learned, declared),
        *adopted_notes(plan.learned, beginning.origin),
        *outlier_notes(plan.learned),
    )
    budget = budget_note(spec, seen.statuses.values(), q)
    lost = _lost_note(forms, number)
    notes = (*budget, *awaited_note(seen.pending), *of_models, *candidates.notes(), *plan.notes, *lost)
    notes = tuple(dict.fromkeys(notes))
    kept = {
        told.hash: file_hashes(keep_adapter(told, forms.folder)) for told in refinements_of(plan).values()
    }
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
        starts=beginning.starts,
        adapter_files=kept,
    )
    estimates = estimates_of([p.unit for p in proposals], spec.report.physics, spec.properties)
    ledger.append_spec(spec.version, spec.dumps())
    ledger.append_round(record, proposals)
    return Batch(
        round=number,
        frame=with_estimates(proposals_frame(proposals, spec.properties), estimates),
        path=_written(forms, number, proposals),
        gate=gate_frame(record.gates),
        pool={
            "candidates": plan.pool.candidates,
            "shortlisted": plan.pool.shortlisted,
            **plan.pool.left_out,
        },
        front=plan.front,
        advice=plan.advice,
        notes=notes,
        models=record.models,
    )


def _lost_note(forms: Forms, number: int) -> tuple[str, ...]:
    """What to know of numbers that are passed over, since rounds had them that the ledger does not hold."""
    first = forms.ledger.next_round()
    if number == first:
        return ()
    over = f"round {first} was" if number == first + 1 else f"rounds {first} to {number - 1} were"
    return (
        f"This is round {number}: {over} proposed before and then lost from the ledger. Those polymers may be in the laboratory, "
        "and may be among these.",
    )


def _written(forms: Forms, number: int, proposals: Sequence[Proposal]) -> Path:
    try:
        return forms.write(number, proposals)
    except (OSError, NotWrittenError) as error:
        message = (
            error.message if isinstance(error, NotWrittenError) else f"{error.strerror}: {error.filename}."
        )
        raise NotWrittenError(
            f"Round {number} is recorded, with its {counted(len(proposals), 'proposal')}, but its form could not be written. "
            f"{message}",
            "Mend that; the form is written by the next command, such as polyloop status. Do not propose again.",
        ) from error


def round_settings(spec: CampaignSpec, beginning: Beginning) -> RoundSettings:
    """What a spec asks of a round and of its batch, with what refinement has before it starts."""
    return RoundSettings(
        shortlist=spec.budget.shortlist,
        members=members_of(spec.refinement),
        refining=refining_of(spec.refinement, beginning),
        cost_weight=spec.budget.cost_weight,
        rules=BatchRules(spec.batch.minimum_distance, spec.batch.per_monomer, spec.batch.shared_stock),
    )


def budget_left(spec: CampaignSpec, statuses: Iterable[Status]) -> int | None:
    """Polymers that can still be made: of those that the spec allows, less every proposal that was not withdrawn; ``None`` where
    the spec names no number.
    """
    if spec.budget.experiments is None:
        return None
    begun = sum(status is not Status.WITHDRAWN for status in statuses)
    return max(0, spec.budget.experiments - begun)


def budget_note(spec: CampaignSpec, statuses: Iterable[Status], asked: int) -> tuple[str, ...]:
    """What to know of a batch that is larger than what is left of the budget; nothing where it is not, or where there is none.

    Args:
        spec: Of the campaign.
        statuses: Of every proposal before the batch.
        asked: Polymers that the batch was asked for.
    """
    statuses = list(statuses)
    left, budget = budget_left(spec, statuses), spec.budget.experiments
    if left is None or budget is None or asked <= left:
        return ()
    counting = "Every proposal that was not withdrawn counts; starting data do not."
    if left > 0:
        return (f"{asked} asked for, {left} left of the budget of {budget} experiments. {counting}",)
    begun = sum(status is not Status.WITHDRAWN for status in statuses)
    return (
        f"{asked} asked for, none left of the budget of {budget} experiments ({begun} proposed): it is overspent by these. "
        f"{counting}",
    )


def awaited_note(pending: Sequence[Proposal]) -> tuple[str, ...]:
    """What to know of proposals whose results are still awaited when others are asked for; nothing where there are none."""
    if not pending:
        return ()
    ids = [p.id for p in pending]
    if len(ids) == 1:
        return (f"{ids[0]} is still awaited: its result is reckoned with, and it is not proposed again.",)
    return (
        f"{len(ids)} earlier proposals are still awaited ({named_first(ids)}): their results are reckoned with, and they are not "
        "proposed again.",
    )
