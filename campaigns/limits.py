"""How much may be asked for at once: beyond these a slip of the keyboard would cost hours, or all memory."""

from __future__ import annotations

MAXIMUM_BATCH = 1000
"""Polymers of a round, and rows of a ranking."""

MAXIMUM_SHORTLIST = 5000
"""Candidates that get a conformer and a place in the joint posterior, whose matrix grows with their square."""
