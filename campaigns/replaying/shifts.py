"""What a comparison of two moments tells, as values: what was measured in between, and how the candidates moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from campaigns.ledger.proposals import Predicted
from campaigns.reports.wording import counted, limited, number, prediction
from discovery.acquisition.prediction import Z95

Change = Literal["new", "changed", "taken back"]
"""Of what is measured: a first value, another one (a replicate, or a correction), or none any more."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What became known of one property of one polymer between two moments.

    Args:
        psmiles: Of the polymer.
        name: What people call it.
        of: The property.
        unit: Of its values.
        change: What happened.
        value: As it is known after, replicates pooled; as it was, where it was taken back.
        bound: ``above`` or ``below`` where only a limit is known.
        earlier: The value before; ``None`` where there was none.
        predicted: What was predicted of it before; ``None`` where nothing could be.
        predicted_by: ``R002-01`` where that is what a round said of its proposal, else the model of the first moment by its name.
        deviations: By how many standard deviations of the prediction the value lies above it; ``None`` for limits.
    """

    psmiles: str
    name: str
    of: str
    unit: str
    change: Change
    value: float
    bound: str
    earlier: float | None
    predicted: Predicted | None
    predicted_by: str
    deviations: float | None

    @property
    def called(self) -> str:
        """What people call the polymer, else its PSMILES."""
        return self.name or self.psmiles

    @property
    def expected(self) -> bool | None:
        """Whether it lies within what was expected of 95 % of measurements; ``None`` where nothing was."""
        return None if self.deviations is None else abs(self.deviations) <= Z95


@dataclass(frozen=True, slots=True)
class GateChange:
    """Which model the gate used of one property, ``of``; empty where there was none, and then why."""

    of: str
    before: str
    after: str
    why_before: str
    why_after: str

    @property
    def changed(self) -> bool:
        """Whether it is another one."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Shift:
    """Where one candidate stood, and where it stands.

    Args:
        psmiles: Of the candidate.
        name: What people call it.
        proposals: Ids, where one of the two rounds proposed it.
        measured: Whether anything of it was measured in between.
        rank_before: Among the candidates that are compared, from 1.
        rank_after: The same.
        before: What the models of the first moment predict, by property.
        after: What those of the second do.
    """

    psmiles: str
    name: str
    proposals: tuple[str, ...]
    measured: bool
    rank_before: int
    rank_after: int
    before: Mapping[str, Predicted]
    after: Mapping[str, Predicted]

    @property
    def moved(self) -> int:
        """Ranks that it rose; negative where it fell."""
        return self.rank_before - self.rank_after


def deviation(told: Predicted) -> float:
    """Standard deviation of the next measurement, in the property's unit: that of the normal with the same 95 % interval."""
    return (told.upper - told.lower) / (2 * Z95)


@dataclass(frozen=True)
class RankingDiff:
    """Two moments of a campaign, one held against the other.

    Args:
        before: Name of the first, such as ``round 2``.
        after: Name of the second, such as ``round 3`` or ``now``.
        arrivals: What became known in between, the most unexpected first.
        gates: Which model was used of each property.
        shifts: The candidates that are compared, those that moved most first.
        correlation: Of the ranks before and after (Spearman); ``None`` for fewer than two candidates.
        notes: What to know besides, in sentences.
    """

    before: str
    after: str
    arrivals: tuple[Arrival, ...]
    gates: tuple[GateChange, ...]
    shifts: tuple[Shift, ...]
    correlation: float | None
    notes: tuple[str, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """The whole in words."""
        return (*self._of_measurements(), *self._of_gates(), *self._of_candidates(), *self.notes)

    def _of_measurements(self) -> list[str]:
        between = f"between {self.before} and {self.after}" if self.after != "now" else f"since {self.before}"
        if not self.arrivals:
            return [f"Nothing was measured, corrected or taken back {between}."]
        kinds: dict[Change, str] = {
            "new": "became known",
            "changed": "changed",
            "taken back": "were taken back",
        }
        changes = []
        for change, verb in kinds.items():
            count = sum(each.change == change for each in self.arrivals)
            if count:
                verb = verb.replace("were", "was") if count == 1 else verb
                changes.append(f"{counted(count, 'value')} {verb}")
        told_in_words = f"{', '.join(changes)} {between}"
        judged = [each for each in self.arrivals if each.expected is not None and each.change != "taken back"]
        if not judged:
            return [f"{told_in_words}."]
        within = sum(bool(each.expected) for each in judged)
        lines = [
            f"{told_in_words}; {within} of {len(judged)} lie within the 95 % interval that was predicted."
        ]
        farthest = max(judged, key=lambda each: abs(each.deviations or 0.0))
        if farthest.predicted is not None and farthest.deviations is not None:
            told, off = farthest.predicted, farthest.deviations
            value = f"{limited(farthest.value, farthest.bound)} {farthest.unit}".rstrip()
            lines.append(
                f"Farthest from its prediction is {farthest.called}: {farthest.of} {value}, predicted "
                f"{prediction(told.mean, told.lower, told.upper)} ({number(abs(off), 2)} standard deviations "
                f"{'above' if off > 0 else 'below'})."
            )
        return lines

    def _of_gates(self) -> list[str]:
        lines = []
        for gate in self.gates:
            if not gate.after:
                lines.append(f"There is no model of {gate.of}: {gate.why_after}.")
            elif not gate.before:
                lines.append(f"{gate.of} has a model since, {gate.after}; before: {gate.why_before}.")
            elif gate.changed:
                lines.append(
                    f"{gate.of}: the gate used {gate.before} in {self.before} and uses {gate.after} in {self.after}."
                )
            else:
                lines.append(f"{gate.of}: the gate uses {gate.after} in both.")
        return lines

    def _of_candidates(self) -> list[str]:
        if not self.shifts:
            return []
        moved = sum(each.moved != 0 for each in self.shifts)
        line = f"{moved} of {counted(len(self.shifts), 'candidate')} changed places"
        if self.correlation is not None:
            line += f"; the correlation of the ranks is {number(self.correlation, 2)}"
        first = min(self.shifts, key=lambda each: each.rank_after)
        was = "as before" if first.moved == 0 else f"number {first.rank_before} before"
        return [f"{line}.", f"The best of them is {first.name or first.psmiles}, {was}."]


def correlation_of(shifts: Sequence[Shift]) -> float | None:
    """Spearman's correlation of the ranks; no two candidates share one."""
    n = len(shifts)
    if n < 2:
        return None
    squares = sum(each.moved**2 for each in shifts)
    return 1.0 - 6.0 * squares / (n * (n * n - 1))
