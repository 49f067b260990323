"""The class of a polymer by the structure of its chain: which linkages hold it together, in a fixed order of precedence.

What a side group holds does not count: a polyacrylate is no polyester. So each pattern tells which of its bonds have to be
links of the chain, bonds whose cut would part it. The first class whose pattern is found decides; a poly(ester imide)
is an imide.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from rdkit import Chem

from discovery.polymers import RepeatUnit
from discovery.polymers.chain import backbone, splice
from discovery.polymers.reading import reopen

_LEAST_BACKBONE = 10
"""Backbone atoms of the closed chain: more than the largest ring of any pattern, so that none takes the chain for a ring."""

_PATTERNS: tuple[tuple[str, str, tuple[tuple[int, int], ...]], ...] = (
    ("imide", "[#6]-[#7]1[#6](=O)[#6]~[#6,#7][#6]1=O", ((0, 1),)),
    ("imide", "[#6]-[#7]1[#6](=O)c2cccc3c2c(ccc3)[#6]1=O", ((0, 1),)),
    ("imide", "[#6]-[#7]1[#6](=O)[#6][#6,#7][#6][#6]1=O", ((0, 1),)),
    ("imide", "[#6]-[#7]1[#6](=O)[#6][#6][#6][#6]1=O", ((0, 1),)),
    ("urethane", "[#7]-[#6;!R](=[O,S])-[O,S]", ((0, 1), (1, 3))),
    ("urea", "[#7]-[#6;!R](=[O,S])-[#7]", ((0, 1), (1, 3))),
    ("anhydride", "[#6]C(=O)OC(=O)[#6]", ((1, 3), (3, 4))),
    ("carbonate", "[O,S]-[#6;!R](=[O,S])-[O,S]", ((0, 1), (1, 3))),
    ("amide", "[#7]-[#6;!R](=[O,S])", ((0, 1),)),
    ("ester", "[O,S]-[#6;!R]=[O,S]", ((0, 1),)),
    ("boron", "[#5]-[*]", ((0, 1),)),
    ("phosphazene", "P=N", ((0, 1),)),
    ("phosphorus", "P-[*]", ((0, 1),)),
    ("siloxane", "[Si]-O", ((0, 1),)),
    ("sulfone", "[#6,#7,#8]-S(=O)=O", ((0, 1),)),
)
_LATER: tuple[tuple[str, str, tuple[tuple[int, int], ...]], ...] = (
    ("silane", "[Si,Ge]-[*]", ((0, 1),)),
    ("saccharide", "O-C1OCCCC1", ((0, 1),)),
    ("saccharide", "O-CC1OCCCC1", ((0, 1), (1, 2))),
    ("imine", "C=N", ((0, 1),)),
    ("imine", "N=N", ((0, 1),)),
    ("ketone", "[#6]-C(=O)-[#6]", ((0, 1), (1, 3))),
    ("ether", "[#6]-O-[#6]", ((0, 1), (1, 2))),
    ("ether", "O-O", ((0, 1),)),
    ("sulfide", "[#6,S,Se]-[S,Se]", ((0, 1),)),
    ("amine", "[#6]-[#7]", ((0, 1),)),
)


@dataclass(frozen=True, slots=True)
class ClosedChain:
    """The endless chain as one molecule: atoms see what they see in the chain, rings are those of the polymer only."""

    mol: Chem.Mol
    path: frozenset[int]
    """Backbone atoms."""
    heavy_atoms: int
    """In one repeat unit."""
    links: frozenset[tuple[int, int]]
    """Bonds that hold the chain together, in both directions."""

    @classmethod
    def of(cls, unit: RepeatUnit) -> ClosedChain:
        """Closes as many units as give a backbone of ten atoms."""
        opened = reopen(unit.psmiles)
        path = backbone(opened)
        copies = max(1, -(-_LEAST_BACKBONE // len(path)))
        size = opened.mol.GetNumAtoms()
        mol = splice(opened, copies, closed=True)
        whole = [atom + copy * size for copy in range(copies) for atom in path]
        order = mol.GetBondBetweenAtoms(whole[-1], whole[0]).GetBondType()
        mol.RemoveBond(whole[-1], whole[0])
        Chem.GetSymmSSSR(mol)  # without the ring that closes the chain, which no polymer has
        links = {(whole[-1], whole[0])}
        for one, other in pairwise(whole):
            if not mol.GetBondBetweenAtoms(one, other).IsInRing():
                links.add((one, other))
        mol.AddBond(whole[-1], whole[0], order)
        mol.UpdatePropertyCache(strict=False)
        return cls(mol, frozenset(whole), size - 2, frozenset(links | {(b, a) for a, b in links}))

    def has(self, pattern: Chem.Mol, bonds: tuple[tuple[int, int], ...]) -> bool:
        """Whether a match of ``pattern`` has all of ``bonds``, pairs of its atoms, among the chain's links."""
        return any(
            all((match[a], match[b]) in self.links for a, b in bonds)
            for match in self.mol.GetSubstructMatches(pattern, uniquify=False, maxMatches=400)
        )


@cache
def _compiled() -> tuple[list[tuple[str, Chem.Mol, tuple[tuple[int, int], ...]]], ...]:
    return tuple(
        [(name, Chem.MolFromSmarts(smarts), bonds) for name, smarts, bonds in table]
        for table in (_PATTERNS, _LATER)
    )


CLASSES = (
    *(
        "imide",
        "amide",
        "ester",
        "ether",
        "carbonate",
        "urethane",
        "sulfone",
        "siloxane",
        "conjugated",
        "heteroaromatic",
    ),
    *(
        "urea",
        "anhydride",
        "ketone",
        "sulfide",
        "imine",
        "amine",
        "phosphazene",
        "phosphorus",
        "silane",
        "boron",
        "saccharide",
    ),
    *("arylene", "fluorinated", "acrylic", "styrenic", "vinyl", "diene", "alicyclic", "olefin"),
)
"""All classes; the first ten are those that campaigns use most, and have the largest shares of the corpus."""


def polymer_class(chain: ClosedChain) -> str:
    """One of :data:`CLASSES`, by the chain's structure alone."""
    first, later = _compiled()
    for name, pattern, bonds in first:
        if chain.has(pattern, bonds):
            return name
    rings = _rings_of_the_chain(chain)
    azine = any(_AZINE & ring for ring in rings)
    if all(_conjugates(chain.mol.GetAtomWithIdx(atom)) for atom in chain.path):
        donor = any(ring == _DONOR for ring in rings) or any(
            not chain.mol.GetAtomWithIdx(atom).GetIsAromatic() for atom in chain.path
        )
        return "heteroaromatic" if azine and not donor else "conjugated"
    if any(rings):
        return "heteroaromatic"
    for name, pattern, bonds in later:
        if chain.has(pattern, bonds):
            return name
    return _addition_class(chain)


_AZINE, _DONOR = 1, 2


def _rings_of_the_chain(chain: ClosedChain) -> list[int]:
    """For each aromatic ring that the backbone runs through: 1 with a nitrogen as in pyridine, 2 with other hetero atoms, 0."""
    kinds = []
    for ring in chain.mol.GetRingInfo().AtomRings():
        if len(chain.path.intersection(ring)) < 2:
            continue
        atoms = [chain.mol.GetAtomWithIdx(index) for index in ring]
        if not all(atom.GetIsAromatic() for atom in atoms):
            continue
        hetero = [atom for atom in atoms if atom.GetAtomicNum() != 6]
        pyridinic = any(atom.GetAtomicNum() == 7 and atom.GetTotalDegree() == 2 for atom in hetero)
        kinds.append(_AZINE if pyridinic else _DONOR if hetero else 0)
    return kinds


def _conjugates(atom: Chem.Atom) -> bool:
    """Whether conjugation runs through an atom of the backbone: aromatic, doubly bonded to C or N, or an amine's nitrogen."""
    if atom.GetIsAromatic():
        return True
    if atom.GetAtomicNum() == 7 or _bridges_arenes(atom):
        return True
    multiple = [bond.GetOtherAtom(atom) for bond in atom.GetBonds() if bond.GetBondTypeAsDouble() >= 2]
    return (
        atom.GetAtomicNum() == 6
        and bool(multiple)
        and all(other.GetAtomicNum() in (6, 7) for other in multiple)
    )


def _bridges_arenes(atom: Chem.Atom) -> bool:
    """Whether an atom closes a ring over a bond between two arenes, as in fluorene, or is a phenothiazine's sulfur."""
    rings = atom.GetOwningMol().GetRingInfo()
    for ring in rings.AtomRings():
        if atom.GetIdx() in ring and len(ring) == (6 if atom.GetAtomicNum() in (8, 16) else 5):
            others = (atom.GetOwningMol().GetAtomWithIdx(index) for index in ring)
            if sum(other.GetIsAromatic() for other in others) == 4:
                return True
    return False


def _addition_class(chain: ClosedChain) -> str:
    """Chains of carbon only, by what stands on them."""
    mol, path = chain.mol, chain.path
    fluorine = acrylic = styrenic = double = ring = hetero = arylene = False
    for index in path:
        atom = mol.GetAtomWithIdx(index)
        arylene |= atom.GetIsAromatic()
        ring |= atom.IsInRing() and not atom.GetIsAromatic()
        for bond in atom.GetBonds():
            other = bond.GetOtherAtom(atom)
            if other.GetIdx() in path:
                double |= bond.GetBondType() == Chem.BondType.DOUBLE
                continue
            number = other.GetAtomicNum()
            fluorine |= number == 9
            styrenic |= other.GetIsAromatic() and number == 6
            hetero |= number not in (1, 6, 9)
            if number == 6 and not other.GetIsAromatic():
                acrylic |= any(
                    b.GetBondTypeAsDouble() >= 2 and b.GetOtherAtom(other).GetAtomicNum() in (7, 8)
                    for b in other.GetBonds()
                )
    for name, found in (
        ("arylene", arylene),
        ("fluorinated", fluorine),
        ("alicyclic", ring),
        ("diene", double),
        ("acrylic", acrylic),
        ("styrenic", styrenic),
        ("vinyl", hetero),
    ):
        if found:
            return name
    return "olefin"
