"""The measured table behind a replay: it owns the values and gives one out when its polymer is measured, never before.

In a process that replays, the oracle is all there is of the table. A strategy gets a :class:`Question`: the polymers measured so
far with their values, and the others as bare repeat units in the order of their keys, so that neither names nor order nor
anything else about a candidate can tell its value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from campaigns.errors import CampaignError, StrategyError
from discovery.polymers import RepeatUnit
from discovery.surrogate.observations import Observation

Values = dict[str, Observation]
"""Observations by the key of their polymer."""

Disguise = Callable[[Values], Values]
"""Other values for the same polymers."""


class OracleError(StrategyError):
    """A polymer that cannot be measured: it is not in the table, or it is measured already."""


@dataclass(frozen=True)
class Question:
    """All that a strategy is told when it is asked for a batch.

    Args:
        measured: With their values, in the order of measuring.
        candidates: Polymers that may be proposed, in the order of their keys.
        batch: How many are asked for, at least one and no more than there are candidates.
        seed: Same question, same answer.
    """

    measured: tuple[Observation, ...]
    candidates: tuple[RepeatUnit, ...]
    batch: int
    seed: int


class Oracle:
    """A measured table whose values are revealed by :meth:`measure`.

    Args:
        table: One observation per polymer.
        goodness: How good a value is; higher is better.

    Raises:
        CampaignError: a polymer stands in the table twice.
    """

    def __init__(self, table: Sequence[Observation], goodness: Callable[[float], float]) -> None:
        ordered = sorted(table, key=lambda o: o.unit.key)
        self._goodness = goodness
        # a name may say what its polymer is known for
        self._hidden = {o.unit.key: replace(o, names=()) for o in ordered}
        if len(self._hidden) < len(ordered):
            raise CampaignError("A polymer stands in the table twice.", "Pool its values first.")
        self._measured: list[Observation] = []

    @property
    def measured(self) -> tuple[Observation, ...]:
        """What has been revealed, in the order of measuring."""
        return tuple(self._measured)

    @property
    def candidates(self) -> tuple[RepeatUnit, ...]:
        """The polymers that are not measured yet, in the order of their keys."""
        return tuple(o.unit for o in self._hidden.values())

    def question(self, batch: int, seed: int) -> Question:
        """What a strategy may know now; asks for fewer than ``batch`` where fewer are left."""
        return Question(self.measured, self.candidates, min(batch, len(self._hidden)), seed)

    def start(self, count: int, rng: np.random.Generator) -> tuple[Observation, ...]:
        """Measure ``count`` polymers drawn from the lower three quarters of the table.

        Raises:
            OracleError: that holds fewer, or something is measured already.
        """
        lower = startable(len(self._hidden))
        if self._measured or count > lower:
            raise OracleError(
                f"{count} polymers cannot be drawn for the start, {lower} may be.", "Draw fewer, and first."
            )
        worst_first = sorted(self._hidden.values(), key=self._rank)
        return self.measure([worst_first[i].unit for i in rng.permutation(lower)[:count]])

    def measure(self, units: Sequence[RepeatUnit]) -> tuple[Observation, ...]:
        """Reveal the values of ``units``, in their order.

        Raises:
            OracleError: one of them is not in the table, measured already, or named twice; nothing is measured then.
        """
        keys = [unit.key for unit in units]
        wrong = [unit.psmiles for unit in units if unit.key not in self._hidden]
        if wrong or len(set(keys)) < len(keys):
            raise OracleError(
                f"{wrong[0] if wrong else 'A polymer of the batch'} is not there to be measured, or not twice.",
                "Propose candidates of the question, each once.",
            )
        found = tuple(self._hidden.pop(key) for key in keys)
        self._measured += found
        return found

    @contextmanager
    def disguised(self, disguise: Disguise) -> Iterator[None]:
        """Within this context every value that is not revealed is another one.

        They are changed in place: what holds on to this oracle, or asks it anything, meets the other values. Nothing may be
        measured meanwhile.
        """
        true = self._hidden
        other = disguise(dict(true))
        self._hidden = {key: replace(other[key], unit=o.unit) for key, o in true.items()}
        try:
            yield
        finally:
            self._hidden = true

    def reversed_ranks(self, values: Values) -> Values:
        """A :data:`Disguise`: the best polymer gets the value of the worst, and so on."""
        order = sorted(values, key=lambda key: self._rank(values[key]))
        return {key: values[twin] for key, twin in zip(order, reversed(order), strict=True)}

    def upper_half_cut(self, values: Values) -> Values:
        """A :data:`Disguise`: no polymer is better than the median, so that mean, spread and extremes change as well."""
        order = sorted(values, key=lambda key: self._rank(values[key]))
        middle = len(order) // 2
        return {key: values[order[min(place, middle)]] for place, key in enumerate(order)}

    def _rank(self, observation: Observation) -> tuple[float, str]:
        return self._goodness(observation.value), observation.unit.key


def startable(size: int) -> int:
    """How many of ``size`` polymers may be given at the start: three quarters, so that the best are there to be found."""
    return max(1, 3 * size // 4)
