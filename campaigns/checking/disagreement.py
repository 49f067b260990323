"""How far the values of one chain are apart, and how far is too far: judged by the column itself.

No error of measurement is known for a table from anywhere, so the yardstick is the column's own spread: duplicates that are
further apart than a quarter of its interquartile range would blur what a model has to learn from it. Where ten or more chains
have differing values, three times their typical distance is asked for as well: in a noisy column a common distance is no news.
"""

from __future__ import annotations

import math
import statistics
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from campaigns.checking.columns import Tally
from campaigns.reports.wording import number

PART = 0.25
"""Of the interquartile range."""

TIMES = 3.0
"""The typical distance between duplicates."""

ENOUGH_CHAINS = 10
"""With differing values, for a typical distance to be one."""

ENOUGH_VALUES = 8
"""In the column, for its quartiles to say something."""

TENTH = 0.1
"""Of the median: the yardstick of a column that has none of its own."""

DECADE = 10.0
"""Ratio of the upper to the lower quartile beyond which positive values are compared by their ratio."""


class Measure(StrEnum):
    """What is measured between the largest and the smallest value of a chain."""

    DISTANCE = "largest minus smallest"
    RATIO = "largest divided by smallest"
    PART = "largest minus smallest, divided by the median"


@dataclass(frozen=True, slots=True)
class Rule:
    """When the values of a chain are flagged."""

    limit: float
    """Beyond which they are, in terms of the measure."""
    words: str
    """The rule as a sentence."""


@dataclass(frozen=True, slots=True)
class Yardstick:
    """How distances are measured in one column.

    Args:
        measure: What a distance is.
        width: Interquartile range, of the decimal logarithm for ratios; not used for parts.
    """

    measure: Measure
    width: float

    @classmethod
    def of(cls, tally: Tally) -> Yardstick:
        """The one that fits the numbers of a column, of which there is at least one."""
        lower, upper = tally.quartiles()
        if tally.numbers < ENOUGH_VALUES or upper <= lower:
            return cls(Measure.PART, math.nan)
        if tally.positive and upper > DECADE * lower:
            return cls(Measure.RATIO, math.log10(upper / lower))
        return cls(Measure.DISTANCE, upper - lower)

    def distance(self, values: Sequence[float]) -> float:
        """Between the largest and the smallest value, in terms of the measure; positive where values differ."""
        smallest, largest = min(values), max(values)
        if self.measure is Measure.RATIO:
            return largest / smallest
        if self.measure is Measure.DISTANCE:
            return largest - smallest
        middle = abs(statistics.median(values))
        return (largest - smallest) / middle if middle else math.inf

    def rule(self, distances: array[float]) -> Rule:
        """When to flag, given the distances of all chains whose values differ."""
        if self.measure is Measure.PART:
            words = "is flagged where the values are further apart than a tenth of their median"
            return Rule(
                TENTH, f"{words}: the column has too few different values for a yardstick of its own."
            )
        ratio = self.measure is Measure.RATIO
        own = 10 ** (PART * self.width) if ratio else PART * self.width
        typical = statistics.median(distances) if len(distances) >= ENOUGH_CHAINS else None
        common = None if typical is None else typical**TIMES if ratio else TIMES * typical
        limit = own if common is None else max(own, common)
        if ratio:
            words = f"is flagged where the largest value is more than {number(limit)} times the smallest"
            reason = (
                "a quarter of the width of the middle half of the logarithms, since the values span decades"
            )
            usual = f"the cube of the factor that is typical of duplicates here ({number(typical)})"
        else:
            words = f"is flagged where the values are more than {number(limit)} apart"
            reason = f"a quarter of the width of the middle half of the column ({number(self.width)})"
            usual = f"three times the distance that is typical of duplicates here ({number(typical)})"
        return Rule(limit, f"{words}: {reason if common is None or own >= common else usual}.")
