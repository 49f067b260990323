"""Monomers, and where a polymer came from."""

from __future__ import annotations

from dataclasses import dataclass

from discovery.polymers.repeat_unit import RepeatUnit


@dataclass(frozen=True, slots=True)
class Monomer:
    """A molecule that can be bought: ``smiles``, and ``name`` and ``cas`` number where known."""

    smiles: str
    name: str = ""
    cas: str = ""

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
