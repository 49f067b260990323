"""What is known of one polymer's property: the unit of what a surrogate learns from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from discovery.polymers import RepeatUnit

Bound = Literal["", "above", "below"]
"""What a value says: the property itself, or only that the property lies above it (``>350``) or below it (``<0.01``)."""

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
        bound: Empty where ``value`` is the property; ``"above"`` or ``"below"`` where the property is only known to lie there.
    """

    unit: RepeatUnit
    value: float
    sem: float | None = None
    n: int = 1
    names: tuple[str, ...] = ()
    bound: Bound = ""

    @property
    def name(self) -> str:
        """What people call the polymer; may be empty."""
        return self.names[0] if self.names else ""
