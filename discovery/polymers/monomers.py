"""Monomers, and where a polymer came from."""

from __future__ import annotations

from dataclasses import dataclass

from discovery.polymers.repeat_unit import RepeatUnit


@dataclass(frozen=True, slots=True)
class Monomer:
    """A molecule that can be bought: ``smiles``, and what else is known of it."""

    smiles: str
    name: str = ""
    cas: str = ""
    price: float | None = None
    """Of one gram, in whatever currency the user's table has; ``None``: not told."""
    available: bool | None = None
    """``None``: not told."""

    @property
    def label(self) -> str:
        """The name where there is one, else the SMILES."""
        return self.name or self.smiles


@dataclass(frozen=True, slots=True)
class Provenance:
    """How a polymer can be made."""

    monomers: tuple[str, ...]
    """Names where given, else SMILES."""
    reaction: str
    """In words, such as "step growth: dicarboxylic acid + diol -> polyester"."""
    polymer_class: str
    """Such as "polyester"."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A polymer that a pool offers, with how it can be made where that is known."""

    unit: RepeatUnit
    provenance: Provenance | None = None
    """The first route."""
    name: str = ""
    """As the user's table calls it."""
    sa_score: float | None = None
    """RDKit's synthetic accessibility of the capped unit, from 1 (easy) to 10; ``None``: not computed yet."""
    cost: float | None = None
    """Price of one gram of the monomers in the reaction's ratio (their prices' mean, weighted by mass); ``None``: unknown."""
    other_routes: tuple[Provenance, ...] = ()
    """Further ways that lead to the same chain, known only after duplicates were merged."""
