"""Finite molecules and texts made from a repeat unit: capped rows, the closed ring, random writings."""

from __future__ import annotations

import random
from collections.abc import Sequence

from rdkit import Chem, rdBase

from discovery.polymers.chain import (
    Link,
    backbone,
    cut_at,
    drop_lone_stars,
    links,
    reversed_unit,
    rewire,
    splice,
)
from discovery.polymers.reading import HEAD, TAIL, OpenUnit, write_smiles

_ELEMENTS = Chem.GetPeriodicTable()


def without_labels(mol: Chem.Mol) -> Chem.Mol:
    """The molecule with plain ``*`` as attachment points; stereo stays as it was perceived in the chain."""
    plain = Chem.Mol(mol)
    for atom in plain.GetAtoms():
        if not atom.GetAtomicNum():
            atom.SetIsotope(0)
    return plain


def uncappable_end(unit: OpenUnit) -> str:
    """The element that :func:`capped_row` could not put on an end with that bond; empty if both can be capped.

    A cap has no charge, so that an element which holds a multiple bond, or any, only as an ion is none.
    """
    order = unit.mol.GetBondBetweenAtoms(unit.head, unit.first).GetBondTypeAsDouble()
    for end in (unit.last, unit.first):
        atom = unit.mol.GetAtomWithIdx(end)
        valences = _ELEMENTS.GetValenceList(atom.GetAtomicNum())
        if -1 not in valences and max(valences) < order:
            return str(atom.GetSymbol())
    return ""


def capped_row(unit: OpenUnit, copies: int) -> Chem.Mol:
    """``copies`` units in a row, each end capped with the element that the chain has there."""
    elements = {
        HEAD: unit.mol.GetAtomWithIdx(unit.last).GetAtomicNum(),
        TAIL: unit.mol.GetAtomWithIdx(unit.first).GetAtomicNum(),
    }
    mol = splice(unit, copies, closed=False)
    drop_lone_stars(mol)
    for atom in mol.GetAtoms():
        if not atom.GetAtomicNum():
            atom.SetAtomicNum(elements[atom.GetIsotope()])
            atom.SetIsotope(0)
            atom.SetNoImplicit(False)
    row = mol.GetMol()
    # Through a text, because double-bond marks are perceived from a text only. Marks that a symmetric cap
    # makes meaningless are dropped on purpose, so RDKit's remarks on them are not passed on.
    with rdBase.BlockLogs():
        Chem.SanitizeMol(row)
        return Chem.MolFromSmiles(write_smiles(row))


def closed_ring(unit: OpenUnit, copies: int) -> Chem.Mol:
    """``copies`` units closed to a ring, whose ring information leaves the big ring out."""
    mol = splice(unit, copies, closed=True)
    path = backbone(unit)
    first, last = path[0], path[-1] + (copies - 1) * unit.mol.GetNumAtoms()
    order = mol.GetBondBetweenAtoms(last, first).GetBondType()
    shift: dict[int, int] = {}
    for atom in mol.GetAtoms():
        if atom.GetAtomicNum():
            shift[atom.GetIdx()] = len(shift)
    drop_lone_stars(mol)
    first, last = shift[first], shift[last]
    # Rings are perceived while one bond is open; adding a bond leaves RDKit's ring information as it is.
    swaps = {(first, last): last, (last, first): first}
    rewire(mol, [(last, first)], [(last, first, order)], swaps, perceive_rings=True)
    mol.UpdatePropertyCache(strict=False)
    return mol.GetMol()


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
    text = write_smiles(shuffled, start, canonical=False)
    return text.replace("[1*]", "*").replace("[2*]", "*")


def free_cuts(unit: OpenUnit) -> tuple[Link, ...]:
    """The links where a cut loses no double-bond mark."""
    return tuple(link for link in links(unit, backbone(unit)) if not link.marked)
