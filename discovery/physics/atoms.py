"""What connectivity methods read from a chain: composition, connectivity indices, the backbone, its rings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from math import sqrt

from rdkit import Chem

from discovery.physics.groups import EndlessChain, UncoveredError, in_words
from discovery.polymers.molecule import atoms_of, bonds_of

_TABLE = Chem.GetPeriodicTable()
_WEIGHT = _TABLE.GetAtomicWeight
_OUTER = _TABLE.GetNOuterElecs
_HYDROGEN = _WEIGHT(1)

# Carbon, nitrogen, oxygen, fluorine, silicon, sulfur, chlorine, bromine: what Bicerano's correlations are made for.
BICERANO = frozenset({6, 7, 8, 9, 14, 16, 17, 35})

HALOGENS = (9, 17, 35, 53)
# Those and boron, phosphorus, arsenic, selenium, tellurium, iodine: beyond them no method knows anything.
KNOWN = BICERANO | {5, 15, 33, 34, 52, 53}


@dataclass(frozen=True, slots=True, eq=False)
class Atoms:
    """Sums over the atoms and bonds of one repeat unit."""

    mass: float
    """g/mol."""
    heavy: dict[int, float]
    """Atoms of each element but hydrogen, by atomic number."""
    hydrogens: float
    ions: float
    """Charged atoms with no opposite charge next to them (as a nitro group's nitrogen has)."""
    bonds: float
    """Bonds between heavy atoms; the one to the next unit counts once."""
    aromatic_rings: float
    other_rings: float
    saturated_rings: float
    """Rings all of whose bonds are single."""
    fusions: float
    """Rings beyond the first in each fused system, summed over the systems."""
    fused_rings: float
    """Rings that share a bond with another."""
    chi0: float
    """Connectivity index of order zero: the sum of 1/sqrt(delta), delta the number of heavy neighbours."""
    chi0v: float
    """The same with valence connectivities: delta_v = (valence electrons - hydrogens) / (inner electrons + 1)."""
    chi1: float
    """Connectivity index of order one: the sum over bonds of 1/sqrt(delta_i delta_j)."""
    chi1v: float
    chi0_backbone: float
    """The share of atoms on the backbone in ``chi0``."""
    backbone: frozenset[int]
    """Indices, in the chain's ``mol``, of atoms on any way along the chain, rings in it included."""

    @property
    def size(self) -> float:
        """Heavy atoms."""
        return sum(self.heavy.values())

    @property
    def halogen_share(self) -> float:
        """Of the mass."""
        return sum(_WEIGHT(number) * self.heavy.get(number, 0.0) for number in HALOGENS) / self.mass


def atoms(chain: EndlessChain) -> Atoms:
    """Reads a chain.

    Connectivities are Kier and Hall's as Bicerano uses them (Prediction of Polymer Properties, 3rd ed., 2002, table
    2.1): silicon counts as carbon; sulfur in its higher states of oxidation has its delta_v raised by one or two.

    Raises:
        UncoveredError: An isotope of hydrogen, or an atom with as many hydrogens as outer electrons, which no chain is made
            of.
    """
    mol, copies = chain.mol, chain.copies
    heavy: dict[int, int] = {}
    hydrogens = ions = 0
    roots, valence_roots = [], []
    for atom in atoms_of(mol):
        number, attached = atom.GetAtomicNum(), atom.GetTotalNumHs()
        heavy[number] = heavy.get(number, 0) + 1
        hydrogens += attached
        ions += _is_ion(atom)
        roots.append(1 / sqrt(atom.GetDegree()))
        valence_roots.append(1 / sqrt(_valence_connectivity(atom, number, attached)))
    chi1 = chi1v = 0.0
    for bond in bonds_of(mol):
        one, other = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        chi1 += roots[one] * roots[other]
        chi1v += valence_roots[one] * valence_roots[other]
    rings = mol.GetRingInfo()
    ways = [frozenset(ring) for ring in rings.BondRings()]
    kinds = [{mol.GetBondWithIdx(bond).GetBondType() for bond in way} for way in ways]
    aromatic = sum(kind == {Chem.BondType.AROMATIC} for kind in kinds)
    systems = _systems(ways)
    way = {atom + copy * chain.size for atom in chain.path for copy in range(chain.copies)}
    on_backbone = frozenset(way).union(*rings_along(mol, way)[0])
    mass = hydrogens * _HYDROGEN + sum(count * _WEIGHT(number) for number, count in heavy.items())
    return Atoms(
        mass=mass / copies,
        heavy={number: count / copies for number, count in heavy.items()},
        hydrogens=hydrogens / copies,
        ions=ions / copies,
        bonds=mol.GetNumBonds() / copies,
        aromatic_rings=aromatic / copies,
        other_rings=(len(ways) - aromatic) / copies,
        saturated_rings=sum(kind == {Chem.BondType.SINGLE} for kind in kinds) / copies,
        fusions=sum(size - 1 for size in systems) / copies,
        fused_rings=sum(size for size in systems if size > 1) / copies,
        chi0=sum(roots) / copies,
        chi0v=sum(valence_roots) / copies,
        chi1=chi1 / copies,
        chi1v=chi1v / copies,
        chi0_backbone=sum(roots[atom] for atom in on_backbone) / copies,
        backbone=on_backbone,
    )


def refuse_unknown(elements: Iterable[int]) -> None:
    """Refuses a chain with elements that no method knows: once for all, as ions are.

    Raises:
        UncoveredError: There are some; metals, above all.
    """
    others = sorted(set(elements) - KNOWN)
    if others:
        raise UncoveredError(f"No method here knows chains with {symbols(others)}.")


def symbols(elements: Sequence[int]) -> str:
    """Symbols of elements, by their atomic numbers."""
    return ", ".join(_TABLE.GetElementSymbol(number) for number in elements)


def _is_ion(atom: Chem.Atom) -> bool:
    charge = atom.GetFormalCharge()
    return charge != 0 and all(other.GetFormalCharge() * charge >= 0 for other in atom.GetNeighbors())


def _valence_connectivity(atom: Chem.Atom, number: int, hydrogens: int) -> float:
    if number == 14:
        return 4.0 - hydrogens if hydrogens < 4 else 1.0
    if number == 1:
        raise UncoveredError(
            "No method here knows isotopes of hydrogen: write deuterium as ordinary hydrogen."
        )
    outer = _OUTER(number)
    value = (outer - hydrogens) / (number - outer - 1)
    if number == 16:
        value += max(0, atom.GetDegree() - 2)
    elif number == 7 and atom.GetFormalCharge() == 1:
        value += 1
    if value <= 0:
        raise UncoveredError(f"There is no valence connectivity of {in_words(atom)}.")
    return value


def rings_along(mol: Chem.Mol, way: Set[int]) -> tuple[list[frozenset[int]], list[frozenset[int]]]:
    """The rings that a way along the chain leads through, with all rings fused to those, and the rings beside it.

    Args:
        mol: Of an endless chain.
        way: Indices of the atoms of one shortest way, in all copies.
    """
    inside: list[frozenset[int]] = []
    beside = [frozenset(ring) for ring in mol.GetRingInfo().AtomRings()]
    main = frozenset(way)
    while True:
        more = [ring for ring in beside if len(ring & main) > 1]
        if not more:
            return inside, beside
        beside = [ring for ring in beside if len(ring & main) <= 1]
        inside += more
        main = main.union(*more)


def _systems(rings: Iterable[frozenset[int]]) -> list[int]:
    """The number of rings in each group of rings that hang together by shared bonds."""
    systems: list[tuple[frozenset[int], int]] = []
    for ring in rings:
        near = [system for system in systems if system[0] & ring]
        apart = [system for system in systems if not system[0] & ring]
        merged = ring.union(*(bonds for bonds, _ in near))
        systems = [*apart, (merged, 1 + sum(size for _, size in near))]
    return [size for _, size in systems]
