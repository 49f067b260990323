"""Values that can hardly be right, told when they are handed in and not taken in silence: repeats that disagree, limits that
other measurements contradict, and values far from all others; the mark of a slip of the unit or of a digit.

Distances are taken on the scale that a property is modelled on: of one that runs over decades, as factors.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from campaigns.ledger import Observation, pool_replicates
from campaigns.ledger.measurements import Property
from campaigns.ledger.observations import Contradiction, Measured, contradictions
from campaigns.ledger.result_rows import ResultRow
from campaigns.tables import Remark
from campaigns.units import quantity_text, to_base_units
from discovery.polymers import RepeatUnit
from discovery.surrogate.scale import Scale

FEWEST = 5
"""Measured polymers below which the spread of the values says too little to judge a repeat by."""

SPREADS = 1.0
"""A repeat this many standard deviations of all measured values away from another value of its polymer is told: about as far
apart as two polymers taken at random (1.1 of them on average, if values are normally distributed).
"""

FACTORS = {Scale.LINEAR: 10.0, Scale.LOG: 100.0}
"""So is one that differs by this factor, however few values there are: the mark of a wrong unit."""

FEW_FACTOR = 1.5
"""So is one that differs by this factor in base units (kelvins, where the property is in degrees Celsius) from a value of the
same sign, where too few polymers are measured for a spread and the scale is linear.
"""

FEWEST_OTHERS = 8
"""Other polymers below which nothing is said of a value that is far from all of them."""

FAR = 8.0
"""Robust standard deviations from the median up to which nothing is said of a value."""

DECADES = 100.0
"""Ratio of the highest to the lowest of the others from which on a property may be one that runs over decades."""

GAP = 2.0
"""Robust standard deviations between two neighbouring values beyond which they do not hang together."""


def disagreements(
    rows: Sequence[ResultRow], before: Sequence[Measured], of: Property, word: str = "line"
) -> list[Remark]:
    """A sentence for each value that is far from what was known of its polymer, or from another row of the same table.

    Args:
        rows: New results of the property, in the order of the table.
        before: What was measured of it, in its unit.
        of: The property.
        word: What lines count: ``line`` or ``row``.
    """
    known = _values_by_polymer(before, of)
    far_apart = _Apart.among(before, rows, of)
    ends: dict[RepeatUnit, tuple[ResultRow, ...]] = {}
    """The lowest and the highest value above, of each polymer: one of them is the furthest from any other value."""
    told = []
    for row in rows:
        if row.value is None or row.bound:
            continue
        earlier, same_table = known.get(row.unit), ends.get(row.unit, ())
        furthest = max(same_table, key=partial(_distance, row, of), default=None)
        if earlier is not None and far_apart.holds(earlier.value, row.value):
            other = f"{earlier.value:g} before"
        elif (
            furthest is not None and furthest.value is not None and far_apart.holds(furthest.value, row.value)
        ):
            other = f"{furthest.value:g} on {word} {furthest.line}"
        else:
            other = ""
        if other:
            told.append(
                Remark(
                    "far-from-replicate",
                    f"{word.capitalize()} {row.line}: {_called(row)} has {of.name} {quantity_text(row.value, of.unit)} here and "
                    f"{other}; both count. If one is a slip of the unit or of a digit, put it right with polyloop correct, "
                    "or take it back with polyloop retract.",
                    row.line,
                )
            )
        both = (*same_table, row)
        ends[row.unit] = (min(both, key=_value), max(both, key=_value))
    return told


def disputes(
    rows: Sequence[ResultRow], before: Sequence[Measured], of: Property, word: str = "line"
) -> list[Remark]:
    """A sentence for each limit that other measurements of its polymer contradict, old and new ones together, with the first new
    row of the polymer; see :func:`campaigns.ledger.observations.contradictions`.

    Args:
        rows: New results of the property.
        before: What was measured of it, in its unit.
        of: The property.
        word: What lines count: ``line`` or ``row``.
    """
    limited = {m.unit for m in (*before, *rows) if m.bound}
    lines: dict[RepeatUnit, int] = {}
    for row in rows:
        if row.unit in limited:
            lines[row.unit] = min(row.line, lines.get(row.unit, row.line))
    together = [*(m for m in before if m.unit in lines), *(row for row in rows if row.unit in lines)]
    return [
        Remark(
            "contradicted-limit",
            f"{word.capitalize()} {lines[found.unit]}: {_in_words(found, of)}",
            lines[found.unit],
        )
        for found in contradictions(together, of.scale)
    ]


def far_off(
    rows: Sequence[ResultRow], before: Sequence[Measured], of: Property, word: str = "line"
) -> list[Remark]:
    """A sentence for each value or limit that is further from those of all other polymers than a true one would be.

    It lies outside the values that hang together around the median, by more than :data:`GAP` robust standard deviations (the
    median absolute deviation times 1.4826; Hampel, J. Am. Stat. Assoc. 69, 383, 1974), and more than :data:`FAR` of them from
    the median. Several slips of the same kind, such as a whole table in another unit, do not hide one another.

    Args:
        rows: New results of the property.
        before: What was measured of it, in its unit.
        of: The property.
        word: What lines count: ``line`` or ``row``.
    """
    values = [of.scale.on(o.value) for o in _values_by_polymer([*before, *rows], of).values()]
    if len(values) <= FEWEST_OTHERS:
        return []
    bulk = _bulk(np.sort(values))
    told = []
    for row in rows:
        if row.value is None or bulk.holds(of.scale.on(row.value)):
            continue
        sentence = (
            f"{word.capitalize()} {row.line}: {_called(row)} has {quantity_text(row.value, of.unit)}, far from all others "
            f"({of.scale.off(bulk.low):.4g} to {of.scale.off(bulk.high):.4g}). Check: is it a slip of the unit or "
            "of a digit?"
        )
        decades = of.scale is Scale.LINEAR and bulk.high > DECADES * bulk.low > 0
        if decades:
            sentence += f' If {of.name} runs over decades, give it scale = "log".'
        told.append(Remark("far-from-all-others", sentence, row.line))
    return told


@dataclass(frozen=True, slots=True)
class _Apart:
    """When two values of one polymer are told as far apart."""

    of: Property
    spread: float
    """Standard deviation of the polymers' values that hang together, on the scale; infinite where there are too few, or all are
    one number.
    """

    @classmethod
    def among(cls, before: Sequence[Measured], rows: Sequence[ResultRow], of: Property) -> _Apart:
        """Judged by what was measured before, or by that and the new rows where it is too little."""
        for measured in (before, [*before, *rows]):
            values = [of.scale.on(o.value) for o in _values_by_polymer(measured, of).values()]
            if len(values) > FEWEST_OTHERS:  # a slip elsewhere is no reason to let this one pass
                bulk = _bulk(np.sort(values))
                values = [value for value in values if bulk.holds(value)]
            if len(values) >= FEWEST:
                return cls(of, statistics.stdev(values) or float("inf"))
        return cls(of, float("inf"))

    def holds(self, first: float, second: float) -> bool:
        """Whether two values in the property's unit are far apart."""
        small, large = sorted((abs(first), abs(second)))
        apart = abs(self.of.scale.on(second) - self.of.scale.on(first))
        if apart > SPREADS * self.spread or large > FACTORS[self.of.scale] * small > 0:
            return True
        if self.spread < float("inf") or self.of.scale is not Scale.LINEAR:
            return False
        zero, slope = to_base_units(self.of.unit)
        low, high = sorted((zero + slope * first, zero + slope * second), key=abs)
        return low * high > 0 and high / low > FEW_FACTOR


@dataclass(frozen=True, slots=True)
class _Bulk:
    """The values that hang together around the median, on the scale of their property."""

    low: float
    high: float
    median: float
    sigma: float
    """A robust standard deviation; zero where more than half of the values are the same number, which is no yardstick."""

    def holds(self, value: float) -> bool:
        """Whether a value is not remarkably far off."""
        outside = max(self.low - value, value - self.high)
        return (
            self.sigma == 0.0 or outside <= GAP * self.sigma or abs(value - self.median) <= FAR * self.sigma
        )


def _bulk(ordered: NDArray[np.float64]) -> _Bulk:
    """Of values in rising order."""
    median = float(np.median(ordered))
    sigma = 1.4826 * float(np.median(np.abs(ordered - median)))
    breaks = np.flatnonzero(np.diff(ordered) > GAP * sigma)
    centre = len(ordered) // 2
    above, below = breaks[breaks >= centre], breaks[breaks < centre]
    high = ordered[above[0]] if above.size else ordered[-1]
    low = ordered[below[-1] + 1] if below.size else ordered[0]
    return _Bulk(float(low), float(high), median, sigma)


def _values_by_polymer(measurements: Sequence[Measured], of: Property) -> Mapping[RepeatUnit, Observation]:
    """Pooled values; of polymers of which only limits are known there is none."""
    return {o.unit: o for o in pool_replicates((m for m in measurements if not m.bound), of.scale)}


def _in_words(found: Contradiction, of: Property) -> str:
    who = found.name or found.unit.psmiles
    limit = f"{_SIGNS[found.bound]}{quantity_text(found.limit, of.unit)}"
    if found.other_bound:
        other = f"{_SIGNS[found.other_bound]}{quantity_text(found.other, of.unit)}"
        return f"{who}: the limits {limit} and {other} contradict each other; neither is used. Check them."
    return (
        f"{who}: the limit {limit} contradicts the measured {quantity_text(found.other, of.unit)}; the value is used and the "
        "limit is not. Check both."
    )


_SIGNS = {"above": ">", "below": "<"}


def _distance(row: ResultRow, of: Property, other: ResultRow) -> float:
    return abs(of.scale.on(_value(row)) - of.scale.on(_value(other)))


def _value(row: ResultRow) -> float:
    if row.value is None:
        raise ValueError("a row without value among values")
    return row.value


def _called(row: ResultRow) -> str:
    return row.name or row.unit.psmiles
