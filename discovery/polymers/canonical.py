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
from dataclasses import dataclass

from rdkit import Chem

from discovery.polymers.chain import (
    Link,
    backbone,
    cut_at,
    links,
    recut_at_single,
    reversed_unit,
    shorten,
    splice,
)
from discovery.polymers.reading import OpenUnit, reread, write_smiles

_BOND_PREFERENCE = {Chem.BondType.SINGLE: 0, Chem.BondType.DOUBLE: 1, Chem.BondType.TRIPLE: 2}
#: A branch that holds the rest of the chain reads worse than one that holds a side group: "(" sorts last.
_LAST = str.maketrans("(", "~")


@dataclass(frozen=True, slots=True)
class Period:
    """One period of a chain: open unit, links (the closing one first), symmetry class of each atom."""

    unit: OpenUnit
    cuts: tuple[Link, ...]
    ranks: Sequence[int]


def canonical_cut(unit: OpenUnit) -> tuple[str, OpenUnit]:
    """The canonical PSMILES of the chain that ``unit`` makes, and the unit in that cut.

    Raises:
        Chem.MolSanitizeException: The chain is no possible structure although the unit as written is.
    """
    period = shortest_period(unit)
    written: list[tuple[str, OpenUnit]] = []
    for cut, from_tail in _first_cuts(period):
        candidate = period.unit if cut is period.cuts[0] else cut_at(period.unit, cut)
        if from_tail:
            candidate = reversed_unit(candidate)
        written.append((_plain(labelled_text(candidate)), candidate))
    return min(written, key=lambda pair: (len(pair[0]), pair[0].translate(_LAST)))


def shortest_period(unit: OpenUnit) -> Period:
    """The unit cut down to one period of its chain."""
    period = _measured(unit)
    if len(period.cuts) == 1:
        return period
    best = min(period.cuts, key=_cost)
    if _cost(best) < _cost(period.cuts[0]):
        # A multiple bond at the cut could not carry its E/Z mark, and hides where the chain repeats.
        period = _measured(recut_at_single(unit, best))
    ranks, cuts = period.ranks, period.cuts
    signs = [(ranks[cut.before], ranks[cut.after], cut.order) for cut in cuts]
    whole = ""
    for length in range(1, len(cuts) // 2 + 1):
        if len(cuts) % length or signs != signs[length:] + signs[:length]:
            continue
        # Equal ranks are necessary, not sufficient (they know no stereo): the shifted chain must read the
        # same.
        whole = whole or labelled_text(period.unit)
        if labelled_text(cut_at(period.unit, cuts[length])) == whole:
            return _measured(shorten(period.unit, cuts[length]))
    return period


def labelled_text(unit: OpenUnit) -> str:
    """Canonical SMILES of the unit as it is cut, from its head, with ``[1*]`` and ``[2*]``."""
    if unit.stereo:
        # RDKit's ranking uses perceived priorities: stale after an edit, and perceived in full from a text
        # only.
        unit = reread(write_smiles(unit.mol, unit.head, canonical=False))
    return str(Chem.MolToSmiles(unit.mol, rootedAtAtom=unit.head))


def _measured(unit: OpenUnit) -> Period:
    path = backbone(unit)
    cuts = links(unit, path)
    if len(cuts) == 1:
        return Period(unit, cuts, ())
    # One copy is enough for a ring of three or more atoms; a backbone of two atoms takes two.
    ring = splice(unit, 1 if len(path) >= 3 else 2, closed=True)
    ring.UpdatePropertyCache(strict=False)
    Chem.FastFindRings(ring)
    return Period(unit, cuts, Chem.CanonicalRankAtoms(ring, breakTies=False, includeChirality=False))


def _cost(cut: Link) -> tuple[int, bool]:
    return _BOND_PREFERENCE[cut.order], cut.marked


def _first_cuts(period: Period) -> list[tuple[Link, bool]]:
    """The cuts that come first in the fixed order, all that tie, each with whether to start from the tail."""
    cuts, ranks = period.cuts, period.ranks
    if len(cuts) == 1:
        return [(cuts[0], False), (cuts[0], True)]
    order: dict[tuple[float, ...], list[tuple[Link, bool]]] = {}
    for cut in cuts:
        before, after = (period.unit.mol.GetAtomWithIdx(i).GetAtomicNum() for i in (cut.before, cut.after))
        common = (*_cost(cut), -max(before, after))
        forward = (*common, after, ranks[cut.after], ranks[cut.before])
        backward = (*common, before, ranks[cut.before], ranks[cut.after])
        order.setdefault(forward, []).append((cut, False))
        order.setdefault(backward, []).append((cut, True))
    return order[min(order)]


def _plain(labelled: str) -> str:
    return labelled.replace("[1*]", "*").replace("[2*]", "*")
