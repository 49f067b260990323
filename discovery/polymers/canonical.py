"""One text per endless chain: the canonical form of a repeat unit.

The writing order, the direction, the place of the cut and the number of repeats in the unit are accidents of
writing. The chain is closed to a ring, the ring's symmetry classes show the period and order the cuts, and
the shortest period is written from the first cut in a fixed order: single bonds before multiple ones, the
bond with the heavier element first (so that poly(ethylene oxide) is ``*CCO*``), then RDKit's canonical ranks,
then the text itself. Whatever the ranks leave open is decided by the text, which carries stereo and isotopes:
the ranks only save work and never merge different chains.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from rdkit import Chem

from discovery.polymers.chain import (
    Link,
    backbone,
    cut_at,
    cuts_at,
    links,
    recut_at_single,
    reversed_unit,
    shorten,
    splice,
    turned,
)
from discovery.polymers.reading import OpenUnit, reread, write_smiles

_BOND_PREFERENCE = {Chem.BondType.SINGLE: 0, Chem.BondType.DOUBLE: 1, Chem.BondType.TRIPLE: 2}
#: A branch that holds the rest of the chain reads worse than one that holds a side group: "(" sorts last.
_LAST = str.maketrans("(", "~")


class Way(NamedTuple):
    """A cut and a direction in which to write the chain from there."""

    cut: Link
    from_tail: bool


@dataclass(frozen=True, slots=True)
class Period:
    """One period of a chain: the open unit, the link where it is cut, and the ways that come first, all that tie."""

    unit: OpenUnit
    closing: Link
    first: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class CanonicalCut:
    """The canonical PSMILES of a chain, one period of the chain, and that period's link where the text cuts it."""

    psmiles: str
    unit: OpenUnit
    link: Link


def canonical_cut(unit: OpenUnit) -> CanonicalCut:
    """Where and how to write the chain that ``unit`` makes.

    Raises:
        Chem.MolSanitizeException: The chain is no possible structure although the unit as written is.
    """
    period = shortest_period(unit)
    directions: dict[Link, list[bool]] = {}
    for cut, from_tail in period.first:
        directions.setdefault(cut, []).append(from_tail)
    elsewhere = [cut for cut in directions if cut is not period.closing]
    candidates = dict(zip(elsewhere, cuts_at(period.unit, elsewhere), strict=True)) if elsewhere else {}
    written: list[tuple[str, Link]] = []
    for cut, ways in directions.items():
        candidate = candidates.get(cut, period.unit)
        for from_tail in ways:
            if from_tail:
                candidate = turned(candidate) if cut in candidates else reversed_unit(candidate)
            written.append((_plain(labelled_text(candidate)), cut))
    psmiles, link = min(written, key=lambda pair: (len(pair[0]), pair[0].translate(_LAST)))
    return CanonicalCut(psmiles, period.unit, link)


def shortest_period(unit: OpenUnit) -> Period:
    """The unit cut down to one period of its chain."""
    path = backbone(unit)
    cuts = links(unit, path)
    if len(cuts) == 1:
        return Period(unit, cuts[0], (Way(cuts[0], False), Way(cuts[0], True)))
    best = min(cuts, key=_cost)
    if _cost(best) < _cost(cuts[0]):
        # A multiple bond at the cut could not carry its E/Z mark, and hides where the chain repeats.
        unit = recut_at_single(unit, best)
        path = backbone(unit)
        cuts = links(unit, path)
    leading = _leading(unit, cuts)
    if len(leading) == 1:  # found once only, so that nothing repeats and no symmetry needs to choose
        return Period(unit, cuts[0], leading)
    ranks = _symmetry(unit, path)
    length = _repeat(unit, cuts, ranks)
    if length:
        return shortest_period(shorten(unit, cuts[length]))
    return Period(unit, cuts[0], _by_symmetry(leading, ranks))


def labelled_text(unit: OpenUnit) -> str:
    """Canonical SMILES of the unit as it is cut, from its head, with ``[1*]`` and ``[2*]``."""
    if unit.stereo:
        # RDKit's ranking uses perceived priorities: stale after an edit, and perceived in full from a text
        # only.
        unit = reread(write_smiles(unit, unit.head, canonical=False))
    return str(Chem.MolToSmiles(unit.mol, rootedAtAtom=unit.head))


def _cost(cut: Link) -> tuple[int, bool]:
    return _BOND_PREFERENCE[cut.order], cut.marked


def _leading(unit: OpenUnit, cuts: Sequence[Link]) -> tuple[Way, ...]:
    """The ways to cut that come first by the bond and its two elements, all that tie."""
    atom = unit.mol.GetAtomWithIdx
    costs = [_cost(cut) for cut in cuts]
    least = min(costs)
    ways: dict[tuple[int, int], list[tuple[Link, bool]]] = {}
    for cut, cost in zip(cuts, costs, strict=True):
        if cost == least:
            before, after = atom(cut.before).GetAtomicNum(), atom(cut.after).GetAtomicNum()
            heavier = -max(before, after)
            ways.setdefault((heavier, after), []).append((cut, False))
            ways.setdefault((heavier, before), []).append((cut, True))
    return tuple(Way(*way) for way in ways[min(ways)])


def _symmetry(unit: OpenUnit, path: Sequence[int]) -> Sequence[int]:
    """The symmetry class of each atom in the closed chain, without regard to stereo."""
    # One copy is enough for a ring of three or more atoms; a backbone of two atoms takes two.
    plain = replace(unit, stereo=False, marked=()) if unit.stereo else unit
    ring = splice(plain, 1 if len(path) >= 3 else 2, closed=True)
    ring.UpdatePropertyCache(strict=False)
    Chem.FastFindRings(ring)
    return Chem.CanonicalRankAtoms(ring, breakTies=False, includeChirality=False)


def _repeat(unit: OpenUnit, cuts: Sequence[Link], ranks: Sequence[int]) -> int:
    """The number of links after which the chain repeats inside the unit; 0 if it does not."""
    rank = {atom: ranks[atom] for cut in cuts for atom in cut[:2]}
    signs = [(rank[cut.before], rank[cut.after], cut.order) for cut in cuts]
    whole = ""
    for length in range(1, len(cuts) // 2 + 1):
        if len(cuts) % length or signs != signs[length:] + signs[:length]:
            continue
        # Equal ranks are necessary, not sufficient (they know no stereo): the shifted chain must read the
        # same.
        whole = whole or labelled_text(unit)
        if labelled_text(cut_at(unit, cuts[length])) == whole:
            return length
    return 0


def _by_symmetry(ways: Sequence[Way], ranks: Sequence[int]) -> tuple[Way, ...]:
    """Of ``ways`` those whose bond has the lowest ranks, the atom where the text starts first."""
    order: dict[tuple[int, int], list[Way]] = {}
    for way in ways:
        pair = ranks[way.cut.before], ranks[way.cut.after]
        order.setdefault(pair if way.from_tail else pair[::-1], []).append(way)
    return tuple(order[min(order)])


def _plain(labelled: str) -> str:
    return labelled.replace("[1*]", "*").replace("[2*]", "*")
