"""The endless chain behind a repeat unit: where it can be cut, cutting it elsewhere, shortening, closing it.

A *link* is a bond of the backbone that is in no ring: cutting it opens the chain, so a unit with k links can
be written in k ways (and two directions each). Link 0 is the bond from the unit's last atom to the next
unit's first. All edits keep tetrahedral and double-bond stereo by following each neighbour to the atom that
takes its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from rdkit import Chem

from discovery.polymers.molecule import bonds_of
from discovery.polymers.reading import HEAD, TAIL, OpenUnit, labelled_ends

_LONE_STAR = Chem.MolFromSmarts("[#0D0]")
_UNTAGGED = Chem.ChiralType.CHI_UNSPECIFIED
_NO_STEREO = Chem.BondStereo.STEREONONE


class Link(NamedTuple):  # made by the dozen for every unit: several times as fast as a frozen dataclass
    """A bond where the chain can be cut: from atom ``before`` to atom ``after`` in the unit's direction."""

    before: int
    after: int
    order: Chem.BondType
    marked: bool  # carries E/Z, which a cut here would lose


def backbone(unit: OpenUnit) -> tuple[int, ...]:
    """Atoms of one shortest way from first to last, both included."""
    return tuple(Chem.GetShortestPath(unit.mol, unit.head, unit.tail))[1:-1]


def links(unit: OpenUnit, path: Sequence[int]) -> tuple[Link, ...]:
    """All links in chain order, the closing one first; ``path`` is the unit's :func:`backbone`."""
    between, stereo = unit.mol.GetBondBetweenAtoms, unit.stereo
    found = [Link(path[-1], path[0], between(unit.head, path[0]).GetBondType(), False)]
    for before, after in pairwise(path):
        bond = between(before, after)
        if not bond.IsInRing():
            marked = stereo and bond.GetStereo() != _NO_STEREO
            found.append(Link(before, after, bond.GetBondType(), marked))
    return tuple(found)


def cut_at(unit: OpenUnit, link: Link) -> OpenUnit:
    """The same chain, cut at ``link`` (one of ``unit``'s own, not the closing one)."""
    (other,) = cuts_at(unit, [link])
    return other


def cuts_at(unit: OpenUnit, chosen: Sequence[Link]) -> list[OpenUnit]:
    """The same chain, cut at each of the links ``chosen`` (of ``unit``'s own, not the closing one)."""
    first, last, head, tail = unit.first, unit.last, unit.head, unit.tail
    closing = (last, first, unit.mol.GetBondBetweenAtoms(head, first).GetBondType())
    stars = [(head, first), (tail, last)]
    if not unit.stereo:
        # Rings are perceived once, with every link in question open: bonds added later leave them as they are.
        base = Chem.RWMol(unit.mol)
        for begin, end in stars + [link[:2] for link in chosen]:
            base.RemoveBond(begin, end)
        Chem.GetSymmSSSR(base)
    found: list[OpenUnit] = []
    for link in chosen:
        before, after, order, _ = link
        new = [closing, (before, tail, order), (head, after, order)]
        if unit.stereo:
            mol = Chem.RWMol(unit.mol)
            swaps = {(first, head): last, (last, tail): first, (before, after): tail, (after, before): head}
            rewire(mol, [*stars, (before, after)], new, swaps, unit.marked)
        else:
            mol = Chem.RWMol(base) if len(chosen) > 1 else base
            for begin, end, kind in new + [other[:3] for other in chosen if other is not link]:
                mol.AddBond(begin, end, kind)
        found.append(OpenUnit(mol, head, tail, unit.stereo, _without(unit.marked, before, after)))
    return found


def recut_at_single(unit: OpenUnit, link: Link) -> OpenUnit:
    """:func:`cut_at` for a unit whose attachment points have multiple bonds.

    A ring next to such an attachment point may have been taken for aromatic, or not, because of the dummy
    atom: bonds are made explicit first and aromaticity is perceived again in the new cut.
    """
    mol = Chem.Mol(unit.mol)
    Chem.Kekulize(mol, clearAromaticFlags=True)
    other = cut_at(replace(unit, mol=mol), link)
    Chem.SanitizeMol(other.mol)
    return other


def reversed_unit(unit: OpenUnit) -> OpenUnit:
    """The same unit read from its other end."""
    return turned(replace(unit, mol=Chem.Mol(unit.mol)))


def turned(unit: OpenUnit) -> OpenUnit:
    """:func:`reversed_unit` without a copy: ``unit`` itself is of no more use."""
    unit.mol.GetAtomWithIdx(unit.head).SetIsotope(TAIL)
    unit.mol.GetAtomWithIdx(unit.tail).SetIsotope(HEAD)
    return OpenUnit(unit.mol, unit.tail, unit.head, unit.stereo, unit.marked)


def shorten(unit: OpenUnit, end: Link) -> OpenUnit:
    """Keeps what lies before ``end``: the atom after it becomes the tail, all beyond goes."""
    mol = Chem.RWMol(unit.mol)
    beyond = _side(mol, end.after, end.before)
    star = Chem.Atom(0)
    star.SetIsotope(TAIL)
    mol.ReplaceAtom(end.after, star)
    for index in sorted(beyond - {end.after}, reverse=True):
        mol.RemoveAtom(index)
    plain = mol.GetMol()
    Chem.SanitizeMol(plain)
    return OpenUnit(plain, *labelled_ends(plain), unit.stereo, marked_bonds(plain) if unit.marked else ())


def splice(unit: OpenUnit, copies: int, closed: bool) -> Chem.RWMol:
    """``copies`` units in a row, head to tail, and back to the start if ``closed``.

    Atom i of copy c has index c * size + i: the attachment points used up stay as lone atoms. Not sanitised.
    A closed ring needs a backbone of at least three atoms in all.
    """
    size = unit.mol.GetNumAtoms()
    first, last, head, tail = unit.first, unit.last, unit.head, unit.tail
    order = unit.mol.GetBondBetweenAtoms(head, first).GetBondType()
    mol = Chem.RWMol(unit.mol)
    for _ in range(copies - 1):
        mol.InsertMol(unit.mol)
    old: list[tuple[int, int]] = []
    new: list[tuple[int, int, Chem.BondType]] = []
    swaps: dict[tuple[int, int], int] = {}
    for copy in range(copies if closed else copies - 1):
        here, there = copy * size, (copy + 1) % copies * size
        old += [(last + here, tail + here), (head + there, first + there)]
        new.append((last + here, first + there, order))
        swaps[last + here, tail + here] = first + there
        swaps[first + there, head + there] = last + here
    if not unit.stereo:
        rewire(mol, old, new)
        return mol
    marked = [(a + copy * size, b + copy * size) for copy in range(copies) for a, b in unit.marked]
    rewire(mol, old, new, swaps, marked)
    return mol


def drop_lone_stars(mol: Chem.RWMol) -> None:
    """Removes the attachment points that :func:`splice` left over."""
    mol.BeginBatchEdit()  # one by one, each removal would number all later atoms anew
    for (index,) in mol.GetSubstructMatches(_LONE_STAR, maxMatches=mol.GetNumAtoms()):
        mol.RemoveAtom(index)
    mol.CommitBatchEdit()


def rewire(
    mol: Chem.RWMol,
    old: Sequence[tuple[int, int]],
    new: Sequence[tuple[int, int, Chem.BondType]],
    swaps: Mapping[tuple[int, int], int] | None = None,
    marked: Sequence[tuple[int, int]] = (),
    perceive_rings: bool = False,
) -> None:
    """Exchanges bonds in place and keeps the stereo marks.

    RDKit's chiral tags are relative to the order of an atom's bonds, and double-bond marks to two named
    neighbours; both would silently change meaning when a bond is removed and another added.

    Args:
        mol: Changed in place.
        old: Bonds to remove, as pairs of atoms.
        new: Bonds to add.
        swaps: ``(atom, neighbour that goes) -> neighbour that takes its place``; none if there are no marks.
        marked: Double bonds with a mark.
        perceive_rings: Find the rings of what is left before the new bonds are added.
    """
    swaps = swaps or {}
    orders: dict[int, list[int]] = {}
    for index in {atom for atom, _ in swaps}:
        atom = mol.GetAtomWithIdx(index)
        if atom.GetChiralTag() != _UNTAGGED:
            around = [bond.GetOtherAtomIdx(index) for bond in atom.GetBonds()]
            orders[index] = [swaps.get((index, other), other) for other in around]
    marks = []
    for pair in marked:
        if pair not in old and pair[::-1] not in old:
            bond = mol.GetBondBetweenAtoms(*pair)
            begin, end = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
            near, far = bond.GetStereoAtoms()
            near, far = swaps.get((begin, near), near), swaps.get((end, far), far)
            marks.append((begin, end, near, far, bond.GetStereo()))
    for one, other in old:
        mol.RemoveBond(one, other)
    if perceive_rings:
        Chem.GetSymmSSSR(mol)
    for one, other, order in new:
        mol.AddBond(one, other, order)
    for index, wanted in orders.items():
        atom = mol.GetAtomWithIdx(index)
        if _odd(wanted, [bond.GetOtherAtomIdx(index) for bond in atom.GetBonds()]):
            atom.InvertChirality()
    for begin, end, near, far, stereo in marks:
        bond = mol.GetBondBetweenAtoms(begin, end)
        bond.SetStereoAtoms(near, far)
        bond.SetStereo(stereo)


def marked_bonds(mol: Chem.Mol) -> tuple[tuple[int, int], ...]:
    """The double bonds with a mark, as pairs of atoms."""
    marked = (bond for bond in bonds_of(mol) if bond.GetStereo() != _NO_STEREO)
    return tuple((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in marked)


def _without(marked: tuple[tuple[int, int], ...], one: int, other: int) -> tuple[tuple[int, int], ...]:
    return tuple(pair for pair in marked if set(pair) != {one, other}) if marked else marked


def _odd(wanted: Sequence[int], found: Sequence[int]) -> bool:
    """Whether it takes an odd number of swaps to bring ``wanted`` into the order of ``found``."""
    places = [found.index(item) for item in wanted]
    return bool(sum(a > b for i, a in enumerate(places) for b in places[i + 1 :]) % 2)


def _side(mol: Chem.Mol, start: int, without: int) -> set[int]:
    """Atoms that can be reached from ``start`` without passing ``without``."""
    seen, waiting = {start}, [start]
    while waiting:
        for neighbour in mol.GetAtomWithIdx(waiting.pop()).GetNeighbors():
            index = neighbour.GetIdx()
            if index != without and index not in seen:
                seen.add(index)
                waiting.append(index)
    return seen
