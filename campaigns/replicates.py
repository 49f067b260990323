"""Repeats that cannot both be right: a slip of the unit or of a digit is told when it is handed in, not pooled in silence."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from campaigns.ledger.records import Property, ResultRow
from discovery.polymers import RepeatUnit
from discovery.surrogate.observations import Observation

FEWEST = 5
"""Measured polymers below which the spread of the values says too little to judge a repeat by."""

SPREADS = 2.0
"""A repeat this many standard deviations of all measured values away from the value before is told."""

FACTOR = 10.0
"""So is one that differs by this factor, however few values there are: the mark of a wrong unit."""


def disagreements(
    rows: Sequence[ResultRow], before: Mapping[RepeatUnit, Observation], objective: Property
) -> list[str]:
    """A sentence for each row whose value is far from what was known of its polymer.

    Args:
        rows: New results.
        before: What was known, by polymer.
        objective: Gives the unit.
    """
    values = [o.value for o in before.values()]
    spread = statistics.stdev(values) if len(values) >= FEWEST else float("inf")
    told = []
    for row in rows:
        known = before.get(row.unit)
        if known is None or row.value is None:
            continue
        small, large = sorted((abs(known.value), abs(row.value)))
        if abs(row.value - known.value) > SPREADS * spread or large > FACTOR * small > 0:
            told.append(
                f"Line {row.line}: {row.name or row.unit.psmiles} has {row.value:g} {objective.unit} here and "
                f"{known.value:g} before; both now count. If one is a slip of the unit or of a digit, start the "
                "campaign again without it."
            )
    return told
