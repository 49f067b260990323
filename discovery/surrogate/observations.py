"""What is known of one polymer's property: the unit of what a surrogate learns from."""

from __future__ import annotations

from dataclasses import dataclass

from discovery.polymers import RepeatUnit

MINIMUM_POLYMERS = 5
"""Measured polymers below which no surrogate is fitted: leaving one of four out says nothing that could be trusted."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One polymer's property, replicates pooled.

    Args:
        unit: The polymer.
        value: Mean of the measurements, in the objective's unit.
        sem: Its standard error in the same unit; ``None`` if not known, never zero.
        n: Specimens in all.
        names: Every name that the polymer was given, in order of appearance.
    """

    unit: RepeatUnit
    value: float
    sem: float | None = None
    n: int = 1
    names: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What people call the polymer; may be empty."""
        return self.names[0] if self.names else ""
