"""Structural terms of a correlation: counts of patterns, each times its weight."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

from discovery.physics.atoms import Atoms, symbols
from discovery.physics.groups import EndlessChain, UncoveredError


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a sum such as Bicerano's N_MV; matches may overlap."""

    name: str
    smarts: str
    weight: float


def total(chain: EndlessChain, terms: Sequence[Term]) -> float:
    """The sum of the terms for one repeat unit."""
    return sum(term.weight * chain.count(term.smarts) for term in terms)


def require(found: Atoms, elements: Set[int], method: str) -> None:
    """Refuses a chain with other elements than a method knows.

    Raises:
        UncoveredError: There are some.
    """
    others = found.heavy.keys() - elements
    if others:
        raise UncoveredError(f"{method} has nothing for {symbols(sorted(others))}.")
