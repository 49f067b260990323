"""How much may be asked for at once: beyond these a slip of the keyboard would cost hours, or all memory."""

from __future__ import annotations

MAXIMUM_BATCH = 1000
"""Polymers of a round, and rows of a ranking."""

MAXIMUM_SHORTLIST = 5000
"""Candidates that get a conformer and a place in the joint posterior, whose matrix grows with their square."""

SMALLEST_VALUE, LARGEST_VALUE = 1e-100, 1e100
"""Magnitudes between which a value that is not zero and its standard error lie: their squares and quotients are numbers still."""


def is_bearable(number: float) -> bool:
    """Whether a value or standard error can be reckoned with."""
    return number == 0.0 or SMALLEST_VALUE <= abs(number) <= LARGEST_VALUE
