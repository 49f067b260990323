"""A state of a campaign and what its models make of it: what a round started from, or what there is now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from campaigns.candidates.pool import campaign_pool
from campaigns.errors import StateError
from campaigns.ledger import Ledger
from campaigns.ledger.rounds import RoundRecord
from campaigns.ranking.frames import FullySeen
from campaigns.ranking.seeing import fully_seen
from campaigns.replaying.adapters import adapters_then
from campaigns.replaying.files import changed_files
from campaigns.replaying.replay import spec_of_round
from campaigns.rounds.inputs import RoundInputs
from campaigns.rounds.modelling import modelling_of
from campaigns.rounds.refining import members_of, refining_of
from campaigns.spec import CampaignSpec
from discovery.acquisition.candidate_stream import CandidateStream
from discovery.acquisition.learning_goal import learn_goal, why_not_learned
from discovery.acquisition.pursuit import Pursuit
from discovery.acquisition.screening import screen
from discovery.latent.representation import Representation
from discovery.polymers import Candidate, RepeatUnit
from discovery.progress import Progress, silent
from discovery.surrogate.feasibility import Feasibility, learn_feasibility
from discovery.surrogate.learned import Learned, NotLearned

NOW = "now"

SCREENED_PER_SHOWN = 4
"""Candidates of the pool that get the full model for each one shown: the cheap model that screens them orders them less well."""


@dataclass(frozen=True, eq=False)
class Moment:
    """What the models of one moment say.

    Args:
        name: ``round 3``, or ``now``.
        record: Of the round; ``None`` for now.
        inputs: What they were fitted to, and what can be proposed.
        seed: That they were fitted with.
        learned: The models of each property, or why there are none.
        pursuit: What is gone after; ``None`` where nothing that is wanted is learned.
        feasibility: What failures have taught, where there are any.
        notes: What is not as it was then, in sentences.
    """

    name: str
    record: RoundRecord | None
    inputs: RoundInputs
    seed: int
    learned: Mapping[str, Learned | NotLearned]
    pursuit: Pursuit | None
    feasibility: Feasibility | None
    notes: tuple[str, ...]

    @property
    def measured(self) -> dict[str, RepeatUnit]:
        """Polymers of which anything was measured, by key."""
        return {o.unit.key: o.unit for found in self.inputs.seen.observations.values() for o in found}

    @property
    def why_no_model(self) -> str:
        """In words; empty where there is one."""
        return "" if self.pursuit is not None else why_not_learned(self.inputs.spec.goal, self.learned)

    def best(
        self, top: int, known: Sequence[RepeatUnit], progress: Progress = silent
    ) -> tuple[Candidate, ...]:
        """The best of the pool by predicted merit, best first.

        Args:
            top: How many.
            known: Polymers that are no candidates.
            progress: Told of every long step.
        """
        if self.pursuit is None:
            return ()
        found = self.inputs.candidates
        taken = frozenset(unit.key for unit in known)
        searched = found.searched(self.inputs.spec.pool.looks)
        stream = CandidateStream(found.pool, searched, self.inputs.spec.goal, taken, progress)
        left_out: Counter[str] = Counter()
        screened = screen(
            stream.chunks(self.pursuit, self.seed),
            self.pursuit,
            by="mean",
            keep=SCREENED_PER_SHOWN * top,
            seed=self.seed,
            left_out=left_out,
            progress=progress,
        )
        seen = self.see(screened, progress)
        return () if seen is None else tuple(seen.candidates[:top])

    def see(self, candidates: Sequence[Candidate], progress: Progress = silent) -> FullySeen | None:
        """What the models say of candidates, in the order of the ranking; those that cannot be encoded are left out."""
        if self.pursuit is None or not candidates:
            return None
        return fully_seen(self.pursuit, list(candidates), self.feasibility, Counter(), progress)


def moment_of(
    folder: Path,
    ledger: Ledger,
    record: RoundRecord | None,
    spec_now: CampaignSpec,
    loaded: Callable[[CampaignSpec], Representation],
    *,
    seed: int,
    workers: int = 1,
    progress: Progress = silent,
) -> Moment:
    """Fit the models of one moment to what was known then.

    Args:
        folder: Of the campaign.
        ledger: Of the campaign.
        record: Of the round; ``None`` for now.
        spec_now: The spec in force.
        loaded: Gives the encoders that a spec names.
        seed: Of the fits.
        workers: Processes that make candidates; the result does not hang on it.
        progress: Told of every long step.

    Raises:
        StateError: The ledger no longer says what the round was for, or adapters that it began with are gone.
        SpecError: Files of the pool are missing.
        SurrogateError, EncodingError, WeightsError: From the floors below.
    """
    rounds = ledger.rounds()
    spec = spec_now if record is None else spec_of_round(ledger, record)
    if spec is None:
        raise StateError(
            f"What round {record.number if record else 0} was made for cannot be read: its spec is not in the ledger, or "
            "no longer one that polyloop reads.",
            "Compare later rounds (--from, --to).",
        )
    notes = []
    if record is not None and (changed := changed_files(folder, spec, record)):
        names = ", ".join(each.name for each in changed)
        notes.append(
            f"Since round {record.number} these files have changed, and are taken as they are now: {names}."
        )
    seen = ledger.snapshot(spec.properties, before_round=None if record is None else record.number)
    representation = loaded(spec)
    adapters = adapters_then(folder, spec, rounds, record)
    if adapters.differences:
        raise StateError(
            f"Adapters are not as they were: {'; '.join(map(str, adapters.differences))}.",
            "Restore them from a copy of the campaign, or compare later rounds (--from, --to).",
        )
    inputs = RoundInputs(
        folder,
        spec,
        seen,
        representation,
        modelling_of(spec.properties, folder, representation.store),
        adapters.beginning(folder, spec, representation),
        campaign_pool(spec.pool, folder, excluded=seen.excluded, workers=workers, progress=progress),
    )
    learned = learn_goal(
        seen.observations,
        spec.goal,
        representation,
        seed=seed,
        members=members_of(spec.refinement),
        modelling=inputs.modelling,
        refining=refining_of(spec.refinement, inputs.beginning),
        progress=progress,
    )
    made = {o.unit.key: o.unit for found in seen.observations.values() for o in found}
    feasibility = None
    if seen.abandoned:
        feasibility = learn_feasibility(
            list(made.values()),
            [p.unit for p in seen.abandoned],
            representation,
            seed=seed,
            progress=progress,
        )
    return Moment(
        NOW if record is None else f"round {record.number}",
        record,
        inputs,
        seed,
        learned,
        Pursuit.of(spec.goal, learned, seen.observations),
        feasibility,
        tuple(notes),
    )
