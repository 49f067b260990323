"""``polyloop replay``: a round derived again from what was recorded, and held against it. It records nothing.

Inputs that are not as they were are told before anything costly runs: the spec of that version, its files by their SHA-256, the
observations by their hash, the adapters that refinement began with, and the revisions of the encoders. Other libraries
and another machine stop nothing: a round may come out the same with them, and where it does not, they are named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from campaigns.candidates.pool import campaign_pool
from campaigns.errors import SpecError
from campaigns.ledger import Ledger, observations_hash
from campaigns.ledger.proposals import Proposal
from campaigns.ledger.rounds import RoundRecord, Snapshot
from campaigns.replaying.adapters import AdaptersThen, adapters_then
from campaigns.replaying.files import changed_files
from campaigns.replaying.outcome import GONE, NOT_RECORDED, Departure, Difference, Replay, departures_of
from campaigns.replaying.rounds import asked_for
from campaigns.rounds.inputs import RoundInputs
from campaigns.rounds.modelling import modelling_of
from campaigns.rounds.record import proposals_of, record_of
from campaigns.spec import CampaignSpec
from campaigns.versions import MACHINE, THREADS, machine, versions
from discovery.acquisition.plan import Plan
from discovery.errors import DiscoveryError, WeightsError
from discovery.latent.representation import Representation
from discovery.progress import Progress, silent

MOST_THREADS = 1024
"""More than any machine has: what a record says beyond that is not asked of this one."""

Loaded = Callable[[CampaignSpec], Representation]
"""Gives the encoders that a spec names."""

_ENCODERS = {"text": "text encoder", "geometry": "geometry encoder", "physics": "physics axes"}


@dataclass(frozen=True)
class _Then:
    """A round as it was recorded, with what it was made from as far as that is still known."""

    folder: Path
    record: RoundRecord
    proposals: tuple[Proposal, ...]
    spec: CampaignSpec
    seen: Snapshot
    adapters: AdaptersThen

    @property
    def asked_for(self) -> int:
        """Size of the batch; that of the proposals in rounds of before it was recorded."""
        told = self.record.pool.get("asked_for")
        return told if isinstance(told, int) else len(self.proposals)


def replay_round(
    folder: Path,
    ledger: Ledger,
    number: int | None,
    loaded: Loaded,
    *,
    workers: int = 1,
    progress: Progress = silent,
) -> Replay:
    """Derive a round again and hold it against what was recorded.

    Args:
        folder: Of the campaign.
        ledger: Of the campaign.
        number: Of the round; the last one where not given.
        loaded: Gives the encoders that a spec names.
        workers: Processes that make candidates; the result does not hang on it.
        progress: Told of every long step.

    Raises:
        StateError: There is no round yet.
        UnknownNameError: There is no such round.
        SurrogateError, EncodingError: From the floors below.
    """
    rounds = ledger.rounds()
    record = asked_for(rounds, number)
    proposals = ledger.proposals(record.number)
    differing = [*_other_spec(ledger, record), *_other_versions(record)]

    def underivable(*found: Difference, note: str = "") -> Replay:
        notes = (note,) if note else ()
        return Replay(record.number, len(proposals), (*found, *differing), derived=False, notes=notes)

    spec = spec_of_round(ledger, record)
    if spec is None:
        return underivable()
    seen = ledger.snapshot(spec.properties, before_round=record.number)
    then = _Then(folder, record, proposals, spec, seen, adapters_then(folder, spec, rounds, record))
    if found := [*changed_files(folder, spec, record), *_other_facts(then), *then.adapters.differences]:
        return underivable(*found)
    try:
        representation = loaded(spec)
    except WeightsError as error:
        return underivable(Difference("encoder", "encoders", _revisions_in_words(record), error.message))
    if found := _other_encoders(record, representation):
        return underivable(*found)
    try:
        beginning = then.adapters.beginning(folder, spec, representation)
    except WeightsError as error:
        return underivable(Difference("adapter", "adapters", "as they were saved", error.message))
    try:
        with _threads_of(record):
            inputs = RoundInputs(
                folder,
                spec,
                seen,
                representation,
                modelling_of(spec.properties, folder, representation.store),
                beginning,
                campaign_pool(spec.pool, folder, excluded=seen.excluded, workers=workers, progress=progress),
            )
            plan = inputs.plan(then.asked_for, seed=record.seed, progress=progress)
    except DiscoveryError as error:
        if not differing:
            raise
        return underivable(note=f"Deriving it ended with an error: {error.message}")
    return _held_against(then, inputs, plan, differing)


@contextmanager
def _threads_of(record: RoundRecord) -> Iterator[None]:
    """As many threads as the round had: how a sum is divided among them decides its last digits."""
    told, own = record.versions.get(THREADS, ""), torch.get_num_threads()
    if told.isdecimal() and 1 <= int(told) <= MOST_THREADS:
        torch.set_num_threads(int(told))
    try:
        yield
    finally:
        torch.set_num_threads(own)


def spec_of_round(ledger: Ledger, record: RoundRecord) -> CampaignSpec | None:
    """The spec of a round as this polyloop reads it; ``None`` where the ledger does not hold it or it can no longer be read."""
    text = next((toml for version, toml in ledger.specs() if version == record.spec_version), None)
    if text is None:
        return None
    try:
        return CampaignSpec.loads(text, source=f"the spec of round {record.number}")
    except SpecError:
        return None


def _other_spec(ledger: Ledger, record: RoundRecord) -> list[Difference]:
    spec = spec_of_round(ledger, record)
    if spec is None:
        return [
            Difference(
                "spec", "spec", record.spec_version, "not in the ledger, or no longer read by polyloop"
            )
        ]
    if spec.version != record.spec_version:
        return [Difference("spec", "spec, as polyloop reads it", record.spec_version, spec.version)]
    return []


def _other_versions(record: RoundRecord) -> list[Difference]:
    """Libraries, interpreter and machine; what was not recorded is not known to differ. Threads are as many as there were."""
    now = versions() | machine()
    return [
        Difference("machine" if name == MACHINE else "version", name, was, now.get(name, NOT_RECORDED))
        for name, was in record.versions.items()
        if was != now.get(name, NOT_RECORDED) and name != THREADS
    ]


def _other_facts(then: _Then) -> list[Difference]:
    """What the ledger held then: observations by their hash, proposals by their ids."""
    found = []
    now = observations_hash(then.seen.observations, then.spec.properties)
    if now != then.record.observations_hash:
        found.append(Difference("facts", "observations", then.record.observations_hash, now))
    for title, proposals in (("pending", then.seen.pending), ("abandoned", then.seen.abandoned)):
        recorded, ids = then.record.pool.get(title), [p.id for p in proposals]
        if isinstance(recorded, list) and recorded != ids:
            told = [", ".join(map(str, each)) or "none" for each in (recorded, ids)]
            found.append(Difference("facts", f"{title} proposals", *told))
    return found


def _other_encoders(record: RoundRecord, representation: Representation) -> list[Difference]:
    """Weights by their revisions. An untrained fusion is made anew in every round, and its revision with it."""
    now = representation.revisions
    if not representation.trained:
        del now["fusion"]
    return [
        Difference("encoder", _ENCODERS.get(name, name), record.encoder_revisions[name], revision)
        for name, revision in now.items()
        if record.encoder_revisions.get(name, revision) != revision
    ]


def _revisions_in_words(record: RoundRecord) -> str:
    return ", ".join(f"{name} {revision}" for name, revision in record.encoder_revisions.items())


def _held_against(then: _Then, inputs: RoundInputs, plan: Plan, differing: Sequence[Difference]) -> Replay:
    record = then.record
    now = proposals_of(plan, record.number, inputs.candidates.monomers)
    departures, largest = departures_of(then.proposals, now)
    made = record_of(
        plan,
        record.number,
        seed=record.seed,
        q=then.asked_for,
        spec=then.spec,
        seen=then.seen,
        pool_sha256={},
        representation=inputs.representation,
        notes=(),
        starts=inputs.beginning.starts,
    )
    behind = _behind(record, made)
    notes = []
    if behind and not departures:
        told = ", ".join(f"{each.place} ({each.field})" for each in behind)
        notes.append(f"No proposal hangs on it, but this came out otherwise: {told}.")
        behind = []
    if departures and then.spec.pool.plugins:
        named = ", ".join(plugin.name for plugin in then.spec.pool.plugins)
        notes.append(f"Candidates also came from {named}; which version made them is not on record.")
    return Replay(
        record.number,
        len(then.proposals),
        tuple(differing),
        derived=True,
        departures=(*departures, *behind),
        largest=largest,
        notes=tuple(notes),
    )


def _behind(record: RoundRecord, made: RoundRecord) -> list[Departure]:
    """What the proposals were chosen with, where it came out otherwise."""
    found = []
    for name, gate in record.gates.items():
        was, now = (str(each.get("chosen", "")) or "no model" for each in (gate, made.gates.get(name, {})))
        if was != now:
            found.append(Departure(f"gate of {name}", "chosen", was, now))
    for title, was_of, now_of in (
        ("revision", record.encoder_revisions, made.encoder_revisions),
        ("hash", record.adapters, made.adapters),
    ):
        for name in dict.fromkeys((*was_of, *now_of)):
            was, now = was_of.get(name, GONE), now_of.get(name, GONE)
            if was != now:
                found.append(Departure(f"adapter {name}" if title == "hash" else name, title, was, now))
    return found
