"""Finite molecules and texts made from a repeat unit: capped rows, the closed ring, random writings."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from math import inf

from rdkit import Chem, rdBase

from discovery.polymers.chain import (
    Link,
    backbone,
    cut_at,
    drop_lone_stars,
    links,
    marked_bonds,
    reversed_unit,
    rewire,
    splice,
)
from discovery.polymers.molecule import STAR, atoms_of
from discovery.polymers.reading import HEAD, TAIL, OpenUnit, write_smiles

_ORDERS = {Chem.BondType.SINGLE: 1, Chem.BondType.DOUBLE: 2, Chem.BondType.TRIPLE: 3}


def without_labels(mol: Chem.Mol) -> Chem.Mol:
    """The molecule with plain ``*`` as attachment points; stereo stays as it was perceived in the chain."""
    plain = Chem.Mol(mol)
    for atom in atoms_of(plain):
        if not atom.GetAtomicNum():
            atom.SetIsotope(0)
    return plain


def uncappable_end(unit: OpenUnit, cut: Link) -> str:
    """The element that :func:`capped_row` could not put on an end if the chain is cut at ``cut``, a link of ``unit``;
    empty if both ends can be capped.

    A cap has no charge, so that an element which holds a multiple bond, or any, only as an ion is none.
    """
    order = _ORDERS[cut.order]
    for end in (cut.before, cut.after):
        atom = unit.mol.GetAtomWithIdx(end)
        if _highest_valence(atom.GetAtomicNum()) < order:
            return str(atom.GetSymbol())
    return ""


@cache
def _highest_valence(number: int) -> float:
    valences = Chem.GetPeriodicTable().GetValenceList(number)
    return inf if -1 in valences else max(valences)  # -1: RDKit sets no limit


def capped_row(unit: OpenUnit, copies: int, in_order: bool = True) -> Chem.Mol:
    """``copies`` units in a row, each end capped with the element that the chain has there.

    Args:
        unit: A unit.
        copies: Number of units.
        in_order: Put the atoms in the order of the molecule's canonical SMILES, which conformers depend on; without
            it, and without stereo marks, they stay as they are in ``unit``, which is faster.
    """
    elements = {
        HEAD: unit.mol.GetAtomWithIdx(unit.last).GetAtomicNum(),
        TAIL: unit.mol.GetAtomWithIdx(unit.first).GetAtomicNum(),
    }
    mol = splice(unit, copies, closed=False)
    if copies > 1:
        drop_lone_stars(mol)
    for (star,) in mol.GetSubstructMatches(STAR):
        atom = mol.GetAtomWithIdx(star)
        atom.SetAtomicNum(elements[atom.GetIsotope()])
        atom.SetIsotope(0)
        atom.SetNoImplicit(False)
    # Through a text, because double-bond marks are perceived from a text only. Marks that a symmetric cap
    # makes meaningless are dropped on purpose, so RDKit's remarks on them are not passed on.
    with rdBase.BlockLogs():
        if not in_order and not unit.stereo:
            Chem.SanitizeMol(mol)
            return mol
        if unit.stereo:
            Chem.SanitizeMol(mol)
        else:
            mol.UpdatePropertyCache(strict=False)
        return Chem.MolFromSmiles(write_smiles(replace(unit, mol=mol)))


def closed_ring(unit: OpenUnit, path: Sequence[int], copies: int) -> Chem.Mol:
    """``copies`` units closed to a ring, whose ring information leaves the big ring out.

    Args:
        unit: A unit.
        path: Its :func:`backbone`; ``copies`` of it must have three atoms or more.
        copies: Number of units.
    """
    mol = splice(unit, copies, closed=True)
    size = unit.mol.GetNumAtoms()
    first, last = path[0], path[-1] + (copies - 1) * size
    order = mol.GetBondBetweenAtoms(last, first).GetBondType()
    drop_lone_stars(mol)
    stars = [star + copy * size for copy in range(copies) for star in (unit.head, unit.tail)]
    first, last = (atom - sum(star < atom for star in stars) for atom in (first, last))
    # Rings are perceived while one bond is open; adding a bond leaves RDKit's ring information as it is.
    same = {(first, last): last, (last, first): first} if unit.stereo else None
    marked = marked_bonds(mol) if unit.marked else ()
    rewire(mol, [(last, first)], [(last, first, order)], same, marked, perceive_rings=True)
    mol.UpdatePropertyCache(strict=False)
    return mol


def random_writing(unit: OpenUnit, cuts: Sequence[Link], rng: random.Random) -> str:
    """A PSMILES of the chain with a random one of ``cuts`` (links of ``unit``), direction and atom order."""
    cut = rng.choice(list(cuts))
    if cut.before != unit.last or cut.after != unit.first:
        unit = cut_at(unit, cut)
    if rng.random() < 0.5:
        unit = reversed_unit(unit)
    order = list(range(unit.mol.GetNumAtoms()))
    rng.shuffle(order)
    shuffled = Chem.RenumberAtoms(unit.mol, order)
    start = order.index(unit.head) if rng.random() < 0.5 else -1
    text = write_smiles(replace(unit, mol=shuffled), start, canonical=False)
    return text.replace("[1*]", "*").replace("[2*]", "*")


def free_cuts(unit: OpenUnit) -> tuple[Link, ...]:
    """The links where a cut loses no double-bond mark."""
    return tuple(link for link in links(unit, backbone(unit)) if not link.marked)
