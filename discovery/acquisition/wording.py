"""How numbers are written in what is said of a proposal or a round."""

from __future__ import annotations

SLIGHT = 0.01
"""Chance below which none is told from another."""


def in_unit(value: float, unit: str) -> str:
    """A value as it is written in a sentence."""
    size = abs(value)
    text = f"{value:.0f}" if 100 <= size < 1e6 else f"{value:.3g}"
    return f"{text} {unit}".strip()


def percent(chance: float) -> str:
    """A chance as it is written in a sentence, and no certainty that a model cannot give: ``under 1%``, ``over 99%``."""
    if chance < SLIGHT:
        return "under 1%"
    return "over 99%" if chance > 1.0 - SLIGHT else f"{chance:.0%}"
