"""Where a campaign stands: what is measured, what is under way, and what its user does next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Sequence

import pandas as pd

from campaigns.best_so_far import best_so_far, keys_that_break
from campaigns.forms import Forms
from campaigns.ledger.proposals import Proposal
from campaigns.outcomes import Best, CampaignStatus, PropertyStatus
from campaigns.recoveries import recoveries
from campaigns.spec import ObjectiveSpec
from discovery.surrogate.observations import MINIMUM_POLYMERS, Observation


def standing_of(forms: Forms) -> CampaignStatus:
    """The status of a campaign.

    Args:
        forms: Of the campaign, with its spec and its ledger.
    """
    spec, ledger = forms.spec, forms.ledger
    seen = ledger.snapshot(spec.properties)
    breaking = keys_that_break(spec.goal, seen.observations)
    properties = tuple(_standing(told, seen.observations[told.name], breaking) for told in spec.driven_first)
    driven = [told for told in spec.properties if told.direction != "observe"]
    single = properties[0].best if len(driven) == 1 else None
    rounds = ledger.rounds()
    front = rounds[-1].front if rounds else None
    enough = any(len(seen.observations[told.name]) >= MINIMUM_POLYMERS for told in driven)
    return CampaignStatus(
        name=spec.name,
        objective=spec.sentence,
        observations=len({o.unit for told in seen.observations.values() for o in told}),
        best=None if single is None else (single.psmiles, single.value, single.name),
        properties=properties,
        rounds=len(rounds),
        last_round=rounds[-1].number if rounds else 0,
        pending=len(seen.pending),
        awaited=tuple(p.id for p in seen.pending),
        by_status=dict(Counter(str(status) for status in ledger.statuses().values())),
        advice=rounds[-1].advice if rounds else "",
        front=None if front is None else (len(front.keys), front.hypervolume),
        next_step=_next_step(forms, seen.pending, enough=enough),
        models=rounds[-1].models if rounds else {},
        newer=bool(rounds) and rounds[-1].older_than(seen),
        recovered=recoveries(forms.folder, ledger),
    )


def _standing(
    told: ObjectiveSpec, observations: Sequence[Observation], breaking: Container[str]
) -> PropertyStatus:
    return PropertyStatus(
        name=told.name,
        unit=told.unit,
        measured=len(observations),
        limits=sum(bool(o.bound) for o in observations),
        best=_best(told, observations, breaking),
    )


def _best(told: ObjectiveSpec, observations: Sequence[Observation], breaking: Container[str]) -> Best | None:
    rows = [(o.value, o.bound, o.unit.key in breaking) for o in observations]
    found = best_so_far(pd.DataFrame(rows, columns=["value", "bound", "breaks"]), told)
    if found is None:
        return None
    best = observations[found.row]
    return Best(best.unit.psmiles, best.value, best.name, best.bound, found.remark)


def _next_step(forms: Forms, pending: Sequence[Proposal], *, enough: bool) -> str:
    """What to do, as a sentence with the command."""
    folder = forms.folder
    if pending:
        paths = [forms.path(number) for number in sorted({p.round for p in pending})]
        commands = ", then ".join(f"polyloop ingest {folder} {path}" for path in paths)
        return f"Make and measure, fill in {' and '.join(map(str, paths))}, then: {commands}"
    if not enough:
        return (
            f"Ingest measurements (polyloop ingest {folder} results.csv), or let polyloop choose a first, diverse "
            f"batch: polyloop propose {folder}"
        )
    return f"Ask for the next batch: polyloop propose {folder}"
