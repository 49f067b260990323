"""What a replay finds: whether a round comes out as it was recorded, and if not, what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

from campaigns.ledger.proposals import Predicted, Proposal

Kind = Literal["spec", "file", "facts", "encoder", "adapter", "version", "machine"]
"""What a round was made from: its spec, its files, facts of the ledger, encoders, adapters, libraries, and the machine."""

GONE = "not there"
NOT_RECORDED = "not recorded"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that a round was made from, and that is not the same now."""

    kind: Kind
    name: str
    """Such as ``pool.csv``, ``torch``, ``text encoder``."""
    recorded: str
    now: str

    def __str__(self) -> str:
        return f"{self.name}: {self.recorded} when the round was made, {self.now} now"


@dataclass(frozen=True, slots=True)
class Departure:
    """One thing of a round that came out otherwise."""

    place: str
    """Id of the proposal; ``gate of tg``, ``adapter tg/projection`` for what the proposals were chosen with."""
    field: str
    """Such as ``polymer``, ``mean of tg``, ``reason``."""
    recorded: str
    now: str


@dataclass(frozen=True)
class Replay:
    """A round derived again, held against what was recorded of it.

    Args:
        round: Its number.
        proposals: How many it has.
        differences: What of its inputs differs.
        derived: Whether it was derived; it is not where an input is not the recorded one.
        departures: What came out otherwise.
        largest: Of the numbers of polymers that came out the same, the largest difference as a part of the recorded number; 0
            where they agree to the bit.
        notes: What to know besides, in sentences.
    """

    round: int
    proposals: int
    differences: tuple[Difference, ...]
    derived: bool
    departures: tuple[Departure, ...] = ()
    largest: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether the proposals are the same to the bit: polymer, predictions, acquisition value, reason and all else."""
        return self.derived and not self.departures

    @property
    def verdict(self) -> str:
        """What came of it, in a sentence."""
        if self.same:
            return f"Round {self.round} comes out as it was recorded: {self.proposals} proposals, the same to the bit."
        if not self.derived:
            return (
                f"Round {self.round} cannot be derived again: what it was made from is not there as it was."
            )
        if self.differences:
            return f"Round {self.round} comes out otherwise, and what it was made from differs."
        return (
            f"Round {self.round} comes out otherwise, and nothing that was recorded of its inputs differs: vectors may have been "
            "computed in other batches, or on another device."
        )


def departures_of(recorded: Sequence[Proposal], now: Sequence[Proposal]) -> tuple[list[Departure], float]:
    """Where proposals differ, in the order of their ranks, and by how much the numbers of the same polymers do."""
    found: list[Departure] = []
    largest = 0.0
    for rank in range(max(len(recorded), len(now))):
        was = recorded[rank] if rank < len(recorded) else None
        became = now[rank] if rank < len(now) else None
        place = (was or became or recorded[0]).id
        if was is None or became is None or was.unit != became.unit:
            told = [GONE if each is None else each.unit.psmiles for each in (was, became)]
            found.append(Departure(place, "polymer", *told))
            continue
        before, after = _values(was), _values(became)
        for title in dict.fromkeys((*before, *after)):
            old, new = before.get(title), after.get(title)
            if old != new:
                found.append(Departure(place, title, _text(old), _text(new)))
                largest = max(largest, _apart(old, new))
    return found, largest


def _values(proposal: Proposal) -> Mapping[str, object]:
    """Everything that a proposal says, by what people call it."""
    values: dict[str, object] = {}
    for field in fields(proposal):
        value = getattr(proposal, field.name)
        if field.name in ("predictions", "fulfils"):
            for name, told in value.items():
                values |= (
                    _bounds(name, told) if isinstance(told, Predicted) else {f"chance that {name}": told}
                )
        elif field.name not in ("id", "round", "rank"):
            values["polymer" if field.name == "unit" else field.name] = value
    return values


def _bounds(name: str, told: Predicted) -> dict[str, object]:
    return {f"{title} of {name}": getattr(told, title) for title in ("mean", "lower", "upper")}


def _apart(old: object, new: object) -> float:
    if not (isinstance(old, float) and isinstance(new, float)):
        return 0.0
    return abs(new - old) / max(abs(old), abs(new))


def _text(value: Any) -> str:
    if value is None:
        return GONE
    if isinstance(value, tuple):
        return " + ".join(map(str, value))
    return repr(value) if isinstance(value, float) else str(value)
