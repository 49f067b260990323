"""``polyloop diff``: what new measurements changed in the ranking, from one round to another or to now.

The models of both moments are fitted again, each to what was known then, with its round's spec, seed and adapters; so what they
predict of a proposal is what its round recorded, but for rounding. Compared are the proposals of both rounds, and the best of the
pool under the models of each, less what had been measured before the first. It records nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from campaigns.ledger import Ledger
from campaigns.ledger.proposals import Predicted, Proposal
from campaigns.ledger.rounds import RoundRecord
from campaigns.ranking.frames import FullySeen
from campaigns.replaying.moments import Moment, moment_of
from campaigns.replaying.rounds import rounds_to_compare
from campaigns.replaying.shifts import (
    Arrival,
    Change,
    GateChange,
    RankingDiff,
    Shift,
    correlation_of,
    deviation,
)
from campaigns.spec import CampaignSpec, ObjectiveSpec
from discovery.acquisition.prediction import Prediction
from discovery.latent.representation import Representation
from discovery.polymers import Candidate
from discovery.progress import Progress, silent
from discovery.surrogate.learned import Learned, NotLearned
from discovery.surrogate.observations import Observation

TOP = 10
"""Best candidates of the pool that are compared, under the models of each moment."""


def compare_rounds(
    folder: Path,
    ledger: Ledger,
    spec: CampaignSpec,
    loaded: Callable[[CampaignSpec], Representation],
    *,
    start: int | None = None,
    end: int | None = None,
    now: bool = False,
    top: int = TOP,
    workers: int = 1,
    progress: Progress = silent,
) -> RankingDiff:
    """Hold two moments of a campaign against one another.

    Args:
        folder: Of the campaign.
        ledger: Of the campaign.
        spec: In force.
        loaded: Gives the encoders that a spec names.
        start: As for :func:`rounds_to_compare`.
        end: As for :func:`rounds_to_compare`.
        now: As for :func:`rounds_to_compare`.
        top: Best candidates of the pool to compare, under the models of each moment.
        workers: Processes that make candidates; the result does not hang on it.
        progress: Told of every long step.

    Raises:
        StateError: There is no round yet, or what it was made from is gone.
        UnknownNameError: There is no such round.
        CampaignError: The rounds do not follow one another.
        SpecError: Files of the pool are missing.
        SurrogateError, EncodingError, WeightsError: From the floors below.
    """
    first, second = rounds_to_compare(ledger.rounds(), start, end, now=now)

    def moment(record: RoundRecord | None) -> Moment:
        seed = first.seed if record is None else record.seed
        return moment_of(folder, ledger, record, spec, loaded, seed=seed, workers=workers, progress=progress)

    before, after = moment(first), moment(second)
    proposals = [
        p for record in (first, second) if record is not None for p in ledger.proposals(record.number)
    ]
    shifts = _shifts(before, after, proposals, top, progress)
    return RankingDiff(
        before.name,
        after.name,
        tuple(_arrivals(before, after, ledger.proposals(), progress)),
        tuple(_gates(before, after)),
        tuple(shifts),
        correlation_of(shifts),
        tuple(_notes(before, after)),
    )


def _shifts(
    before: Moment, after: Moment, proposals: Sequence[Proposal], top: int, progress: Progress
) -> list[Shift]:
    if before.pursuit is None or after.pursuit is None:
        return []
    known = before.measured
    proposed: dict[str, list[Proposal]] = {}
    for proposal in proposals:
        if proposal.unit.key not in known:
            proposed.setdefault(proposal.unit.key, []).append(proposal)
    candidates = {key: _candidate(told[0]) for key, told in proposed.items()}
    for each in (before, after):
        for candidate in each.best(top, list(known.values()), progress):
            candidates.setdefault(candidate.unit.key, candidate)
    was = _standing(before.see(list(candidates.values()), progress))
    became = _standing(after.see(list(candidates.values()), progress))
    # one that only the encoders of one moment can read has no place in a comparison
    ranks_before, ranks_after = (
        {key: rank for rank, key in enumerate((k for k in each if k in other), 1)}
        for each, other in ((was, became), (became, was))
    )
    names = _names(before, after)
    shifts = [
        Shift(
            psmiles=candidates[key].unit.psmiles,
            name=candidates[key].name or names.get(key, ""),
            proposals=tuple(p.id for p in proposed.get(key, ())),
            measured=key in after.measured,
            rank_before=ranks_before[key],
            rank_after=ranks_after[key],
            before=was[key],
            after=became[key],
        )
        for key in ranks_after
    ]
    return sorted(shifts, key=lambda s: (-abs(s.moved), -_relative_change(s), s.rank_after))


def _candidate(proposal: Proposal) -> Candidate:
    return Candidate(proposal.unit, name=proposal.name, sa_score=proposal.sa_score, cost=proposal.cost)


def _names(before: Moment, after: Moment) -> dict[str, str]:
    """What people call measured polymers."""
    return {
        o.unit.key: o.name
        for moment in (before, after)
        for found in moment.inputs.seen.observations.values()
        for o in found
        if o.name
    }


def _standing(seen: FullySeen | None) -> dict[str, Mapping[str, Predicted]]:
    """Predictions by key, best candidate first."""
    if seen is None:
        return {}
    return {
        candidate.unit.key: {name: _predicted(told[i]) for name, told in seen.told.items()}
        for i, candidate in enumerate(seen.candidates)
    }


def _predicted(told: Prediction) -> Predicted:
    return Predicted(told.mean, told.lower, told.upper)


def _relative_change(shift: Shift) -> float:
    """The largest change of a mean, in standard deviations of the first prediction."""
    changes = [
        abs(shift.after[name].mean - told.mean) / deviation(told)
        for name, told in shift.before.items()
        if name in shift.after and deviation(told) > 0
    ]
    return max(changes, default=0.0)


@dataclass(frozen=True, eq=False)
class _Found:
    """What became known of a polymer, before it is held against a prediction."""

    of: ObjectiveSpec
    observation: Observation
    change: Change
    earlier: float | None


def _found(before: Moment, after: Moment) -> list[_Found]:
    found = []
    for of in after.inputs.spec.properties:
        was = {o.unit.key: o for o in before.inputs.seen.observations.get(of.name, ())}
        became = {o.unit.key: o for o in after.inputs.seen.observations[of.name]}
        for key, o in became.items():
            earlier = was.get(key)
            if earlier is None:
                found.append(_Found(of, o, "new", None))
            elif (o.value, o.bound, o.sem, o.n) != (earlier.value, earlier.bound, earlier.sem, earlier.n):
                found.append(_Found(of, o, "changed", earlier.value))
        found += [_Found(of, o, "taken back", o.value) for key, o in was.items() if key not in became]
    return found


def _arrivals(
    before: Moment, after: Moment, proposals: Sequence[Proposal], progress: Progress
) -> list[Arrival]:
    """What became known, with what had been said of it: by the round that proposed it, else by the models of the first moment."""
    found = _found(before, after)
    open_then = after.inputs.seen.statuses
    said = {p.unit.key: p for p in proposals if p.id in open_then}
    units = {each.observation.unit.key: each.observation.unit for each in found}
    modelled = _standing(before.see([Candidate(unit) for unit in units.values()], progress))
    arrivals = []
    for each in found:
        unit, of, o = each.observation.unit, each.of, each.observation
        proposal = said.get(unit.key)
        predicted = None if proposal is None else proposal.predictions.get(of.name)
        by = proposal.id if proposal is not None and predicted is not None else ""
        if predicted is None:
            predicted = modelled.get(unit.key, {}).get(of.name)
            by = "" if predicted is None else before.name
        arrivals.append(
            Arrival(
                psmiles=unit.psmiles,
                name=o.name,
                of=of.name,
                unit=of.unit,
                change=each.change,
                value=o.value,
                bound=o.bound,
                earlier=each.earlier,
                predicted=predicted,
                predicted_by=by,
                deviations=None if o.bound else _deviations(o.value, predicted, of),
            )
        )
    return sorted(arrivals, key=lambda a: (-abs(a.deviations or 0.0), a.of, a.psmiles))


def _deviations(value: float, predicted: Predicted | None, of: ObjectiveSpec) -> float | None:
    if predicted is None:
        return None
    mean, sigma = Prediction(predicted.mean, predicted.lower, predicted.upper).on(of.scale)
    return (of.scale.on(value) - mean) / sigma if sigma > 0 else None


def _gates(before: Moment, after: Moment) -> list[GateChange]:
    changes = []
    for of in after.inputs.spec.properties:
        (was, why_before), (became, why_after) = (
            _chosen(each.learned.get(of.name), of.name) for each in (before, after)
        )
        changes.append(GateChange(of.name, was, became, why_before, why_after))
    return changes


def _chosen(learned: Learned | NotLearned | None, name: str) -> tuple[str, str]:
    """The model in use and why; an empty name where there is none."""
    if learned is None:
        return "", f"{name} was no property of the campaign then"
    if isinstance(learned, NotLearned):
        return "", learned.reason
    return learned.decision.chosen, learned.decision.reason


def _notes(before: Moment, after: Moment) -> list[str]:
    notes = []
    for each in (before, after):
        if each.why_no_model:
            notes.append(
                f"No ranking can be compared: in {each.name} there is no model ({each.why_no_model})."
            )
    if before.inputs.spec.version != after.inputs.spec.version:
        notes.append(
            f"The spec changed between {before.name} and {after.name}, which has a part in what moved: each is ranked by its own."
        )
    if before.seed != after.seed:
        notes.append(
            f"{before.name} has seed {before.seed} and {after.name} has seed {after.seed}.".capitalize()
        )
    if set(before.inputs.seen.excluded) != set(after.inputs.seen.excluded):
        notes.append("Excluded substructures changed in between; each moment is ranked without its own.")
    for each in (before, after):
        notes += _not_as_recorded(each)
    return list(dict.fromkeys((*notes, *before.notes, *after.notes)))


def _not_as_recorded(moment: Moment) -> list[str]:
    """Where a gate decides otherwise than it did when the round was made."""
    if moment.record is None:
        return []
    return [
        f"In {moment.name} the gate used {was} for {name}, and here {now}: polyloop replay tells what differs."
        for name, gate in moment.record.gates.items()
        if (was := str(gate.get("chosen", ""))) != (now := _chosen(moment.learned.get(name), name)[0])
    ]
