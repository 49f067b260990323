"""Monomer classes: which functional groups make a molecule a monomer of which kind.

The classes and their patterns are those of SMiPoly (Ohno et al., J. Chem. Inf. Model. 63, 5539, 2023; BSD-3), read from
the tables of the ``smipoly`` package: sixteen that polymerisation rules use, formaldehyde, and twelve kinds of olefin
by which a chemist chooses the initiator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from rdkit import Chem, rdBase

from discovery.polymers.monomers import Monomer

#: All of SMiPoly's class names, in words.
CLASS_WORDS: Mapping[str, str] = {
    "vinyl": "vinyl monomer",
    "cOle": "cyclic olefin",
    "epo": "epoxide",
    "diepo": "diepoxide",
    "lactone": "lactone",
    "lactam": "lactam",
    "hydCOOH": "hydroxy acid",
    "aminCOOH": "amino acid",
    "hindPhenol": "hindered phenol",
    "cAnhyd": "cyclic anhydride",
    "CO": "carbonyl source",
    "HCHO": "formaldehyde",
    "sfonediX": "dihalodiaryl sulfone",
    "BzodiF": "difluorobenzophenone",
    "diCOOH": "dicarboxylic acid",
    "diol": "diol",
    "diol_b": "diol",  # without thiols, esters and nitriles, as the polyethers by aromatic substitution want it
    "diamin": "diamine",
    "diNCO": "diisocyanate",
    "dicAnhyd": "dianhydride",
    "pridiamin": "primary diamine",
    "acryl": "acrylic monomer",
    "bEWole": "olefin with an electron-withdrawing group",
    "styryl": "styrenic monomer",
    "allyl": "allyl monomer",
    "haloCH": "haloolefin",
    "vinylester": "vinyl ester",
    "malei": "maleimide",
    "conjdiene": "conjugated diene",
    "vinylether": "vinyl ether",
    "tertcatCH": "olefin that forms a tertiary cation",
    "cycCH": "cyclic hydrocarbon olefin",
    "aliphCH": "aliphatic olefin",
}

#: SMiPoly's upper bound on double bonds in a monomer of one of the kinds of olefin.
_MOST_OLEFINIC_GROUPS = 4


@dataclass(frozen=True, slots=True)
class MonomerClass:
    """Patterns that make a molecule a monomer of a class.

    Functional groups are counted over all ``patterns``, and have to be between ``least`` and ``most``; where
    ``counted`` is false any match counts as one. ``excluded``: one match rules the molecule out.
    """

    name: str
    patterns: tuple[Chem.Mol, ...]
    excluded: tuple[Chem.Mol, ...]
    counted: bool
    least: int
    most: int

    def groups(self, mol: Chem.Mol, count: Callable[[Chem.Mol, Chem.Mol], int]) -> int:
        """Functional groups of this class in ``mol``; 0 when ruled out."""
        if self.counted:
            found = sum(count(mol, pattern) for pattern in self.patterns)
        else:
            found = int(any(mol.HasSubstructMatch(pattern) for pattern in self.patterns))
        if found and any(mol.HasSubstructMatch(pattern) for pattern in self.excluded):
            return 0
        return found

    def fits(self, groups: int) -> bool:
        """Whether a molecule with so many groups is a monomer of this class."""
        return self.least <= groups <= self.most


@cache
def monomer_class(name: str) -> MonomerClass:
    """The class of SMiPoly's ``name``, its patterns compiled on first use."""
    from smipoly.smip import polg  # and with it pandas

    number = polg.mon_dic[name]
    _, bifunctional, _, olefinic = polg.mon_vals
    least, most = (1, 1)
    if number in bifunctional:
        least, most = (2, 2)  # SMiPoly allows four: those are networks, and counted as such
    elif number in olefinic:
        least, most = (1, _MOST_OLEFINIC_GROUPS)
    return MonomerClass(
        name,
        _compiled(polg.monLg[number]),
        _compiled(polg.exclLg[number]),
        number in bifunctional or number in olefinic,
        least,
        most,
    )


def group_count() -> Callable[[Chem.Mol, Chem.Mol], int]:
    """SMiPoly's count of a pattern's groups, which takes overlapping matches as one."""
    from smipoly.smip import funclib

    counted: Callable[[Chem.Mol, Chem.Mol], int] = funclib.count_fg
    return counted


def monomer_classes(monomer: Monomer) -> tuple[str, ...]:
    """SMiPoly's names of all classes that ``monomer`` is in, in the order of :data:`CLASS_WORDS`.

    Also of those that no polymerisation rule uses. Empty for a molecule of no class, for one with three or more groups
    that react in pairs, and for a SMILES that cannot be read.
    """
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(monomer.smiles)
    if mol is None:
        return ()
    count = group_count()
    return tuple(
        name
        for name, each in ((name, monomer_class(name)) for name in CLASS_WORDS)
        if each.fits(each.groups(mol, count))
    )


def _compiled(patterns: list[str]) -> tuple[Chem.Mol, ...]:
    return tuple(Chem.MolFromSmarts(pattern) for pattern in patterns)
