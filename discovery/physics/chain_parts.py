"""The parts of an endless chain, each counted apart in the backbone and beside it.

Chain stiffness, thermal stability and char depend on where a group sits: a phenylene ring in the backbone stiffens the
chain and chars, a phenyl ring beside it does less of the one and nearly nothing of the other. So, other than for volumes
or heat capacities, every part is counted twice, once for the backbone and once for the side groups.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from discovery.physics.atoms import rings_along
from discovery.physics.groups import EndlessChain, Group, UncoveredError, in_words

#: Parts in the order in which they claim atoms; an atom belongs to the first part that takes it.
PARTS: tuple[Group, ...] = (
    Group("imide", "[#6;R](=O)[#7;R][#6;R]=O"),
    Group("anhydride", "[#6](=O)[#8X2][#6]=O"),
    Group("carbonate", "[#8X2][#6X3](=O)[#8X2]"),
    Group("urethane", "[#8X2][#6X3](=O)[#7]"),
    Group("urea", "[#7][#6X3](=O)[#7]"),
    Group("carboxyl", "[#6X3](=O)[#8X2H1,#8-]"),
    Group("ester", "[#6X3](=O)[#8X2]"),
    Group("amide", "[#6X3](=O)[#7;H1,H2]"),
    Group("tertiary amide", "[#6X3](=O)[#7]"),
    Group("sulfonamide", "[#16X4](=O)(=O)[#7]"),
    Group("sulfonate", "[#16X4](=O)(=O)[#8]"),
    Group("sulfone", "[#16X4](=O)=O"),
    Group("sulfoxide", "[#16X3]=O"),
    Group("disulfide", "[SX2][SX2]"),
    Group("thioester", "[#6X3](=O)[SX2]"),
    Group("carbonyl", "[#6X3]=O"),
    Group("thiocarbonyl", "[#6X3]=S"),
    Group("nitro", "[#7X3+](=O)[O-]"),
    Group("nitrile", "C#N"),
    Group("azo", "[NX2]=[NX2]"),
    Group("phosphazene", "[#7]=[#15]"),
    Group("phosphoryl", "[#15]=O"),
    Group("imine", "[CX3]=[NX2]"),
    Group("CF3", "[CX4](F)(F)F"),
    Group("CF2", "[CX4](F)F"),
    Group("CHF", "[CX4]F"),
    Group("CCl2", "[CX4](Cl)Cl"),
    Group("CHCl", "[CX4]Cl"),
    Group("F", "F"),
    Group("Cl", "Cl"),
    Group("Br", "Br"),
    Group("I", "I"),
    Group("hydroxyl", "[OX2H1]"),
    Group("siloxane oxygen", "[$([OX2]([Si])[Si])]"),
    Group("ether", "[OX2;!a]"),
    Group("oxide", "[#8;!a]"),
    Group("thioether", "[SX2;!a]"),
    Group("sulfur", "[#16;!a]"),
    Group("primary amine", "[NX3H2;!a]"),
    Group("secondary amine", "[NX3H1;!a]"),
    Group("tertiary amine", "[NX3H0;!a]"),
    Group("nitrogen", "[#7;!a]"),
    Group("silicon", "[Si]"),
    Group("phosphorus", "[#15]"),
    Group("boron", "[#5]"),
    Group("alkyne", "[CX2]#[CX2]"),
    Group("=CH2", "[CX3H2]"),
    Group("=CH-", "[CX3H1]"),
    Group("=C<", "[CX3H0,CX2]"),
    Group("CH3 on aryl", "[$([CX4H3]-[a])]"),
    Group("CH3", "[CX4H3]"),
    Group("ring CH2", "[CX4H2;R]"),
    Group("ring CH", "[CX4H1;R]"),
    Group("ring C", "[CX4H0;R]"),
    Group("CH2", "[CX4H2]"),
    Group("CH", "[CX4H1]"),
    Group("C", "[CX4H0]"),
    Group("aromatic CH", "[cH]"),
    Group("aromatic C", "c"),
    Group("pyrrolic NH", "[nH]"),
    Group("aromatic N", "n"),
    Group("aromatic O", "o"),
    Group("aromatic S", "s"),
)

#: Features of the backbone that stiffen, bend or crowd it, beyond its parts.
FEATURES: tuple[str, ...] = (
    "meta link",  # an unfused ring of six entered and left by atoms one apart
    "ortho link",  # an unfused aromatic ring entered and left by neighbours
    "vicinal link",  # any other unfused ring entered and left by neighbours, as in maleic anhydride copolymers
    "ring-ring bond",  # a backbone bond between two rings, one of them aromatic
    "saturated ring-ring bond",  # a backbone bond between two others, as in addition polynorbornene
    "aryl-O",  # backbone bonds from an aromatic ring to an oxygen
    "aryl-CO",  # ... to a carbonyl or other trigonal carbon
    "aryl-N",  # ... to a nitrogen that is not aromatic
    "aryl-S",  # ... to a sulfur
    "aryl-C",  # ... to a saturated carbon
    "cardo",  # a backbone atom shared with a ring beside it that is fused to an aromatic one: fluorene, phthalide
    "spiro ring",  # a backbone atom shared with any other ring beside the backbone: cyclohexylidene, a lactone
    "symmetric C",  # a backbone carbon with two methyl groups, or the CH2 of a spiro ring, between saturated carbons
    "aryl beside C",  # an aromatic ring beside the backbone on a saturated carbon of it, as in polystyrene
)
_ARYL_ON_CARBON = "[CX4]-[a]"
_SYMMETRIC = (  # what is the same on both sides frees the chain: polyisobutylene against polypropylene
    "[$([CX4]([CH3])([CH3])([CX4;!H3])[CX4;!H3]),$([CX4]([CX4H2R])([CX4H2R])([CX4;!H3])[CX4;!H3])]"
)
_ARYL_TO = {8: "aryl-O", 7: "aryl-N", 16: "aryl-S"}


@dataclass(frozen=True, slots=True, eq=False)
class ChainParts:
    """What a repeat unit consists of; all counts are per repeat unit."""

    backbone: NDArray[np.float64]
    """Parts in the backbone, in the order of :data:`PARTS`: those with an atom on the way along the chain or in a ring
    that the way leads through, rings fused to it included."""
    side: NDArray[np.float64]
    """Parts beside the backbone."""
    features: NDArray[np.float64]
    """In the order of :data:`FEATURES`."""
    owners: tuple[int, ...]
    """For each atom of the chain's ``mol`` the place of its part in ``backbone``, or in ``side`` after all of those."""


def parts_of(chain: EndlessChain) -> ChainParts:
    """Counts the parts of a chain.

    Raises:
        UncoveredError: An atom belongs to no part.
    """
    way = [atom + copy * chain.size for copy in range(chain.copies) for atom in chain.path]
    on_way = set(way)
    inside, beside = rings_along(chain.mol, on_way)
    main = on_way.union(*inside)
    counts = np.zeros((2, len(PARTS)))
    owners = [-1] * chain.mol.GetNumAtoms()
    free = set(range(len(owners)))
    for place, part in enumerate(PARTS):
        for atoms in chain.matches(part.smarts):
            if free.issuperset(atoms):
                free.difference_update(atoms)
                beside_it = int(main.isdisjoint(atoms))
                counts[beside_it, place] += 1
                for atom in atoms:
                    owners[atom] = beside_it * len(PARTS) + place
        if not free:
            break
    if free:
        words = sorted({in_words(chain.mol.GetAtomWithIdx(atom)) for atom in free})
        raise UncoveredError(f"The table of chain parts has nothing for {'; '.join(words)}.")
    counts /= chain.copies
    features = _features(chain, way, main, inside, beside)
    return ChainParts(counts[0], counts[1], features / chain.copies, tuple(owners))


def _features(
    chain: EndlessChain,
    way: list[int],
    main: set[int],
    inside: list[frozenset[int]],
    beside: list[frozenset[int]],
) -> NDArray[np.float64]:
    mol, on_way = chain.mol, set(way)
    counts = dict.fromkeys(FEATURES, 0)
    counts["aryl beside C"] = sum(
        one in on_way and other not in main for one, other in chain.matches(_ARYL_ON_CARBON)
    )
    for ring in inside:
        if any(len(ring & other) > 1 for other in inside if other is not ring):
            continue  # what a fused system does to the direction is not told by one of its rings
        met = len(ring & on_way)
        if met == 2:
            aromatic = all(mol.GetAtomWithIdx(atom).GetIsAromatic() for atom in ring)
            counts["ortho link" if aromatic else "vicinal link"] += 1
        elif met == 3 and len(ring) == 6:
            counts["meta link"] += 1
    spiro: set[int] = set()
    for ring in beside:
        if len(ring & on_way) == 1:
            spiro |= ring & on_way
            fused = any(mol.GetAtomWithIdx(atom).GetIsAromatic() for atom in ring)
            counts["cardo" if fused else "spiro ring"] += 1
    rings = set[int]().union(*inside)
    counts["symmetric C"] = sum(
        atom in on_way and atom not in rings and (atom in spiro or not mol.GetAtomWithIdx(atom).IsInRing())
        for (atom,) in chain.matches(_SYMMETRIC)
    )
    for one, other in zip(way, way[1:] + way[:1], strict=True):
        if mol.GetBondBetweenAtoms(one, other).GetIsAromatic():
            continue
        ends = mol.GetAtomWithIdx(one), mol.GetAtomWithIdx(other)
        aryl = [atom.GetIsAromatic() for atom in ends]
        if one in rings and other in rings and not any(one in ring and other in ring for ring in inside):
            counts["ring-ring bond" if any(aryl) else "saturated ring-ring bond"] += 1
            continue
        if sum(aryl) == 1:
            to = ends[aryl.index(False)]
            name = _ARYL_TO.get(to.GetAtomicNum())
            if to.GetAtomicNum() == 6:
                name = "aryl-C" if to.GetTotalDegree() == 4 else "aryl-CO"
            if name:
                counts[name] += 1
    return np.array([counts[name] for name in FEATURES], dtype=np.float64)
