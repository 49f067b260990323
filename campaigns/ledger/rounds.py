"""Rounds as recorded: all that made one, so that it can be derived again, and what the next one starts from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime

from campaigns.ledger.proposals import Proposal, Status
from discovery.acquisition.pareto import Front
from discovery.surrogate.observations import Observation

ADAPTED_MEMBERS = ("projection", "encoder", "both", "adopted")
"""Members of the gate that have an adapter, from the cheapest on; the last is one that another campaign trained."""


UNNAMED_MEMBER = "refined"
"""What the only such member was called before there were several."""


def adapter_key(property_name: str, member: str) -> str:
    """What a round calls the adapter of a property's member, such as ``tg/projection``."""
    return f"{property_name}/{member}"


@dataclass(frozen=True, slots=True)
class RoundRecord:
    """Everything that made a round, so that it can be derived again. ``gates`` and ``pool`` hold JSON values only."""

    number: int
    """From 1."""
    seed: int
    spec_version: str
    observations_hash: str
    encoder_revisions: Mapping[str, str]
    adapters: Mapping[str, str]
    """Hash of each adapter that was trained, by :func:`adapter_key`. Older polyloops trained one for a property, and the key is
    its name alone; see :meth:`adapters_of`.
    """
    gates: Mapping[str, Mapping[str, object]]
    """What the gate decided for each property, by its name."""
    versions: Mapping[str, str]
    pool: Mapping[str, object]
    """Counts: how many candidates were seen, and dropped for which reason."""
    note: str = ""
    at: datetime | None = None
    """When it was recorded, UTC; None before."""
    front: Front | None = None
    """The measured polymers that none beat, where several properties were to be improved."""
    advice: str = ""
    """Whether another batch was likely to pay, in a sentence; empty where no model could say."""
    adapter_files: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """SHA-256 of each file of an adapter's folder, by its hash; none of the adapters of before this was recorded."""
    as_of: int | None = None
    """Number of the last command whose facts it knew; of rounds of before this was recorded, of the one before their own."""
    command: int | None = None
    """As for :class:`Measurement`; None before it is recorded."""

    def __post_init__(self) -> None:
        # A number that is not finite has no place in JSON: whoever made the record says None or a word
        # instead.
        gates = {name: dict(gate) for name, gate in self.gates.items()}
        front = None if self.front is None else asdict(self.front)
        json.dumps([gates, dict(self.pool), front], allow_nan=False)

    @property
    def models(self) -> dict[str, str]:
        """The gate's member that predicted each property, by its name; empty where nothing could be learned of it."""
        return {name: str(gate.get("chosen", "")) for name, gate in self.gates.items()}

    def adapters_of(self, property_name: str) -> dict[str, str]:
        """Hashes of the adapters of one property, by the gate's member that used them."""
        named = {member: self.adapters.get(adapter_key(property_name, member)) for member in ADAPTED_MEMBERS}
        named[UNNAMED_MEMBER] = self.adapters.get(property_name)
        return {member: hash_ for member, hash_ in named.items() if hash_ is not None}

    def older_than(self, seen: Snapshot) -> bool:
        """Whether any of the measurements that are seen was recorded after what the round knew."""
        return self.as_of is not None and seen.last_measured > self.as_of


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A substructure that nothing proposed may hold."""

    smarts: str
    reason: str
    author: str
    at: datetime
    """When it was recorded; UTC."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a round starts from, all of one state of the ledger."""

    observations: Mapping[str, tuple[Observation, ...]]
    """Of each property asked for, by its name: one per measured polymer, in the property's unit, ordered by the polymer's key."""
    pending: tuple[Proposal, ...]
    """Proposals whose result may still come in."""
    withdrawn: tuple[Proposal, ...]
    """Proposals that the scientist took back: not to be made again, and nothing is learned from that."""
    abandoned: tuple[Proposal, ...]
    """Proposals that could not be made: not to be made again, and learned from. A polymer of which any property has been
    measured is not among them: whoever has a value has made it.
    """
    statuses: Mapping[str, Status] = field(default_factory=dict)
    """Of every proposal, by its id."""
    excluded: tuple[str, ...] = ()
    """SMARTS of the substructures that nothing proposed may hold."""
    as_of: int = 0
    """Number of the last command whose facts are in it; 0 of an empty ledger."""
    last_measured: int = 0
    """Number of the last command that recorded any of its measurements; 0 where there are none."""
