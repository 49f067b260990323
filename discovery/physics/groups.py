"""The group engine: an endless chain, and its heavy atoms shared out among the groups of a published table.

A table is a tuple of :class:`Group` in order of precedence. Every atom of a group's SMARTS is claimed by it; what only
has to be around it stands inside ``$(...)``. The first group that matches free atoms takes them, so larger and more
special groups come first. Patterns are matched on the chain closed to a ring (its ring information holds the polymer's
own rings only, so ``R``, ``r6`` and ``@`` mean what they mean in the polymer), and counts are per repeat unit: a group
across the cut counts once. A :class:`~discovery.polymers.RepeatUnit` is canonical, hence so are the counts.

Patterns see aromaticity, charges, hydrogens and rings; hybridisation (``^2``) is not perceived.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from math import ceil

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from discovery.errors import DiscoveryError
from discovery.polymers import RepeatUnit
from discovery.polymers.chain import backbone
from discovery.polymers.molecule import atoms_of
from discovery.polymers.reading import reopen
from discovery.polymers.repeat_unit import MINIMUM_RING
from discovery.polymers.shapes import closed_ring

_ANY_NUMBER = 100_000  # RDKit stops at 1,000 matches without being told


class UncoveredError(DiscoveryError):
    """A unit has atoms or groups for which a method has no contribution."""

    def __init__(self, message: str, hint: str = "Leave the property out for this polymer.") -> None:
        super().__init__(message, hint)


@dataclass(frozen=True, slots=True)
class Group:
    """One row of a published table of groups."""

    name: str
    """As in the table: ``-CH2-``, ``p-phenylene``, ``-COO-``."""
    smarts: str
    """Its atoms, all of which it claims; surroundings inside ``$(...)``."""


@dataclass(frozen=True, slots=True, eq=False)
class EndlessChain:
    """A repeat unit's chain closed to a ring, read once for all methods."""

    psmiles: str
    mol: Chem.Mol
    """``copies`` units in a ring: atom ``i`` of copy ``c`` has index ``c * size + i``. Hydrogens are implicit."""
    copies: int
    size: int
    """Heavy atoms per repeat unit."""
    path: tuple[int, ...]
    """Atoms of the first copy on one shortest way along the chain."""
    elements: frozenset[int]
    """Atomic numbers, hydrogen's left out."""
    _matches: dict[str, tuple[tuple[int, ...], ...]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, unit: RepeatUnit, minimum_atoms: int = MINIMUM_RING) -> EndlessChain:
        """The chain of ``unit``; a way around the ring has ``minimum_atoms`` or more, like in ``unit.periodic``."""
        opened = reopen(unit.psmiles)
        way = backbone(opened)
        copies = max(1, ceil(minimum_atoms / len(way)))
        ring = closed_ring(opened, way, copies)
        stars = (opened.head, opened.tail)
        path = tuple(atom - sum(star < atom for star in stars) for atom in way)
        elements = frozenset(atom.GetAtomicNum() for atom in atoms_of(ring))
        return cls(unit.psmiles, ring, copies, ring.GetNumAtoms() // copies, path, elements)

    def matches(self, smarts: str) -> tuple[tuple[int, ...], ...]:
        """Matches of a pattern in the whole ring, one for each set of atoms; kept, so a second table asks for free."""
        found = self._matches.get(smarts)
        if found is None:
            query, needed = _compiled(smarts)
            found = ()
            if needed <= self.elements:
                found = self.mol.GetSubstructMatches(query, maxMatches=_ANY_NUMBER)
            self._matches[smarts] = found
        return found

    def count(self, smarts: str) -> float:
        """Matches of a pattern per repeat unit; unlike the groups of a partition they may overlap."""
        return len(self.matches(smarts)) / self.copies


@dataclass(frozen=True, slots=True, eq=False)
class Partition:
    """A chain's atoms shared out among the groups of a table."""

    counts: NDArray[np.float64]
    """Groups per repeat unit, in the order of the table."""
    uncovered: tuple[str, ...]
    """Atoms that no group claims, in words, each kind once; empty if the table covers the chain."""
    owners: tuple[int, ...]
    """For each atom of the chain's ``mol`` the place of its group in the table, or -1."""

    def covered(self, table: str) -> NDArray[np.float64]:
        """``counts``.

        Args:
            table: The table's name, for the error.

        Raises:
            UncoveredError: An atom is in no group.
        """
        if self.uncovered:
            raise UncoveredError(f"{table} has no group for {'; '.join(self.uncovered)}.")
        return self.counts


def partition(chain: EndlessChain, table: Sequence[Group]) -> Partition:
    """Shares the chain's heavy atoms out among the groups of ``table``, each atom to at most one group."""
    owners = [-1] * chain.mol.GetNumAtoms()
    left = len(owners)
    counts = np.zeros(len(table))
    for place, group in enumerate(table):
        for atoms in chain.matches(group.smarts):
            if all(owners[atom] < 0 for atom in atoms):
                for atom in atoms:
                    owners[atom] = place
                counts[place] += 1
                left -= len(atoms)
        if not left:
            break
    uncovered: tuple[str, ...] = ()
    if left:
        nobody = (chain.mol.GetAtomWithIdx(atom) for atom, owner in enumerate(owners) if owner < 0)
        uncovered = tuple(sorted({in_words(atom) for atom in nobody}))
    return Partition(counts / chain.copies, uncovered, tuple(owners))


def in_words(atom: Chem.Atom) -> str:
    """An atom and its neighbours: ``PH0 bonded to C, C, =O``."""
    charge = atom.GetFormalCharge()
    signs = {Chem.BondType.DOUBLE: "=", Chem.BondType.TRIPLE: "#", Chem.BondType.AROMATIC: ":"}
    around = sorted(
        signs.get(bond.GetBondType(), "") + bond.GetOtherAtom(atom).GetSymbol() for bond in atom.GetBonds()
    )
    name = atom.GetSymbol() + (f"H{atom.GetTotalNumHs()}" if atom.GetTotalNumHs() else "")
    return f"{name}{f'({charge:+d})' if charge else ''} bonded to {', '.join(around)}"


@cache
def _compiled(smarts: str) -> tuple[Chem.Mol, frozenset[int]]:
    """The query, and elements without which it matches nothing.

    Raises:
        ValueError: The table is wrong.
    """
    query = Chem.MolFromSmarts(smarts)
    if query is None:
        raise ValueError(f"not a SMARTS: {smarts}")
    claimed = _without_surroundings(smarts)
    if "," in claimed or "!#" in claimed:  # an atom's number may then be one of several
        return query, frozenset()
    return query, frozenset(atom.GetAtomicNum() for atom in atoms_of(query)) - {0, 1}


def _without_surroundings(smarts: str) -> str:
    """The pattern less what stands in ``$(...)`` and is not claimed."""
    kept, depth, surrounding = [], 0, 0
    for before, sign in zip(" " + smarts, smarts, strict=False):
        depth += (sign == "(") - (sign == ")")
        if sign == "(" and before == "$" and not surrounding:
            surrounding = depth
        if not surrounding:
            kept.append(sign)
        elif depth < surrounding:
            surrounding = 0
    return "".join(kept)
