"""Values that can hardly be right, told when they are handed in and not taken in silence: repeats that disagree, limits that
other measurements contradict, and values far from all others; the mark of a slip of the unit or of a digit.

Distances are taken on the scale that a property is modelled on: of one that runs over decades, as factors.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from campaigns.ledger import Observation, pool_replicates
from campaigns.ledger.observations import Contradiction, Measured, contradictions
from campaigns.ledger.records import Property, ResultRow
from campaigns.units import quantity_text
from discovery.polymers import RepeatUnit
from discovery.surrogate.scale import Scale

FEWEST = 5
"""Measured polymers below which the spread of the values says too little to judge a repeat by."""

SPREADS = 2.0
"""A repeat this many standard deviations of all measured values away from the value before is told."""

FACTORS = {Scale.LINEAR: 10.0, Scale.LOG: 100.0}
"""So is one that differs by this factor, however few values there are: the mark of a wrong unit."""

FEWEST_OTHERS = 8
"""Other polymers below which nothing is said of a value that is far from all of them."""

FAR = 8.0
"""Robust standard deviations from the median up to which nothing is said of a value."""

DECADES = 100.0
"""Ratio of the highest to the lowest of the others from which on a property may be one that runs over decades."""

GAP = 2.0
"""Robust standard deviations between two neighbouring values beyond which they do not hang together."""


def disagreements(rows: Sequence[ResultRow], before: Sequence[Measured], of: Property) -> list[str]:
    """A sentence for each value that is far from what was known of its polymer.

    Args:
        rows: New results of the property.
        before: What was measured of it, in its unit.
        of: The property.
    """
    known = _values_by_polymer(before, of)
    on_scale = [of.scale.on(o.value) for o in known.values()]
    spread = statistics.stdev(on_scale) if len(on_scale) >= FEWEST else float("inf")
    factor = FACTORS[of.scale]
    told = []
    for row in rows:
        earlier = known.get(row.unit)
        if earlier is None or row.value is None or row.bound:
            continue
        small, large = sorted((abs(earlier.value), abs(row.value)))
        apart = abs(of.scale.on(row.value) - of.scale.on(earlier.value))
        if apart > SPREADS * spread or large > factor * small > 0:
            told.append(
                f"Line {row.line}: {_called(row)} has {quantity_text(row.value, of.unit)} here and "
                f"{earlier.value:g} before; both now count. If one is a slip of the unit or of a digit, start the "
                "campaign again without it."
            )
    return told


def disputes(rows: Sequence[ResultRow], before: Sequence[Measured], of: Property) -> list[str]:
    """A sentence for each limit that other measurements of its polymer contradict, old and new ones together; see
    :func:`campaigns.ledger.observations.contradictions`.

    Args:
        rows: New results of the property.
        before: What was measured of it, in its unit.
        of: The property.
    """
    touched = {row.unit for row in rows}
    together = [*(m for m in before if m.unit in touched), *rows]
    return [_in_words(found, of) for found in contradictions(together, of.scale)]


def far_off(rows: Sequence[ResultRow], before: Sequence[Measured], of: Property) -> list[str]:
    """A sentence for each value or limit that is further from those of all other polymers than a true one would be.

    It lies outside the values that hang together around the median, by more than :data:`GAP` robust standard deviations (the
    median absolute deviation times 1.4826; Hampel, J. Am. Stat. Assoc. 69, 383, 1974), and more than :data:`FAR` of them from
    the median. Several slips of the same kind, such as a whole table in another unit, do not hide one another.

    Args:
        rows: New results of the property.
        before: What was measured of it, in its unit.
        of: The property.
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
            f"Line {row.line}: {_called(row)} has {quantity_text(row.value, of.unit)}, far from all others "
            f"({of.scale.off(bulk.low):.4g} to {of.scale.off(bulk.high):.4g}). Taken, but check: is it a slip of the unit or "
            "of a digit?"
        )
        decades = of.scale is Scale.LINEAR and bulk.high > DECADES * bulk.low > 0
        told.append(
            f'{sentence} If {of.name} runs over decades, give it scale = "log".' if decades else sentence
        )
    return told


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


def _called(row: ResultRow) -> str:
    return row.name or row.unit.psmiles
