"""The polymerisation rules: which molecules are monomers of which class, and which classes react to what.

The rules are those of SMiPoly (Ohno et al., J. Chem. Inf. Model. 63, 5539, 2023; BSD-3), read from the tables
that the ``smipoly`` package loads on import; this module gives them names in words and compiles their
patterns once. SMiPoly's own drivers build the cross product of all monomers in a data frame and contain loops
that may not end, so they are not used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from rdkit import Chem
from rdkit.Chem import rdChemReactions

from discovery.polymers.symmetry import skip_symmetric_products

#: SMiPoly's class names in words; classes that no rule here uses are left out.
CLASS_WORDS: Mapping[str, str] = {
    "vinyl": "vinyl monomer",
    "cOle": "cyclic olefin",
    "conjdiene": "conjugated diene",
    "epo": "epoxide",
    "diepo": "diepoxide",
    "lactone": "lactone",
    "lactam": "lactam",
    "hydCOOH": "hydroxy acid",
    "aminCOOH": "amino acid",
    "hindPhenol": "hindered phenol",
    "cAnhyd": "cyclic anhydride",
    "CO": "carbonyl source",
    "sfonediX": "dihalodiaryl sulfone",
    "BzodiF": "difluorobenzophenone",
    "diCOOH": "dicarboxylic acid",
    "diol": "diol",
    "diol_b": "diol",
    "diamin": "diamine",
    "diNCO": "diisocyanate",
    "dicAnhyd": "dianhydride",
    "pridiamin": "primary diamine",
}

_MECHANISMS = {
    "vinyl": "chain growth",
    "cOle": "chain growth",
    "epo": "ring opening",
    "lactone": "ring opening",
    "lactam": "ring opening",
    "hindPhenol": "oxidative coupling",
    "cAnhyd": "ring opening",
}

#: Two different monomers of the AB kind, or two vinyl monomers, in one chain: made only on request.
_COPOLYMERS = {("vinyl", "vinyl"), ("vinyl", "cOle"), ("hydCOOH", "hydCOOH"), ("aminCOOH", "aminCOOH")}

#: What SMiPoly lets go on reacting after the first bond, as (number of the group's pattern, number of the
#: reaction). It turns further groups of a monomer into further attachment points, by which networks are
#: recognised.
_CONDENSATION = ((201, 201), (202, 202), (203, 203), (204, 204), (205, 205))
_FURTHER = {
    "polyester": (*_CONDENSATION, (206, 206)),
    "polyimide": (*_CONDENSATION, (206, 207)),
    "polyoxazolidone": ((201, 201), (205, 208)),
    "polyolefin": ((200, 200),),
}
_FURTHER_CHAIN = ((202, 202), (203, 203), (204, 204))


@dataclass(frozen=True, slots=True)
class MonomerClass:
    """Patterns that make a molecule a monomer of a class.

    ``groups``: functional groups counted over all ``patterns``, from the least to the most; ``None`` means
    that any match will do. ``excluded``: one match rules the molecule out.
    """

    name: str
    patterns: tuple[Chem.Mol, ...]
    excluded: tuple[Chem.Mol, ...]
    bifunctional: bool

    def groups(self, mol: Chem.Mol, count: Callable[[Chem.Mol, Chem.Mol], int]) -> int:
        """Functional groups of this class in ``mol``: 0 when ruled out, 1 for any match of an AB class."""
        if self.bifunctional:
            found = sum(count(mol, pattern) for pattern in self.patterns)
        else:
            found = int(any(mol.HasSubstructMatch(pattern) for pattern in self.patterns))
        if found and any(mol.HasSubstructMatch(pattern) for pattern in self.excluded):
            return 0
        return found


@dataclass(frozen=True, slots=True)
class FurtherReaction:
    """What happens to a group that is left in the product."""

    group: Chem.Mol
    reaction: rdChemReactions.ChemicalReaction


@dataclass(frozen=True, slots=True)
class Reaction:
    """One polymerisation rule."""

    name: str
    first: str
    second: str | None
    polymer_class: str
    copolymer: bool
    reaction: rdChemReactions.ChemicalReaction
    further: tuple[FurtherReaction, ...]


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All monomer classes and reactions, and two of SMiPoly's functions: its count, and 1,2- to 1,4-units."""

    classes: Mapping[str, MonomerClass]
    reactions: tuple[Reaction, ...]
    count: Callable[[Chem.Mol, Chem.Mol], int]
    to_one_four: Callable[[str], str]


@cache
def rule_book() -> RuleBook:
    """The rules, compiled on first use (``smipoly`` and with it pandas are imported here, not before)."""
    from smipoly.smip import funclib, polg

    names = {number: name for name, number in polg.mon_dic.items()}
    bifunctional = set(polg.mon_vals[1])
    classes = {}
    for number, patterns in polg.monLg.items():
        name = names.get(number, "")
        if name in CLASS_WORDS:
            classes[name] = MonomerClass(
                name, _compiled(patterns), _compiled(polg.exclLg[number]), number in bifunctional
            )
    reactions = [
        _reaction(polymer_class, first, None if second == "none" else second, rule, polg)
        for polymer_class in polg.Ps_classL
        for first, second, rule in polg.Ps_GenL[polymer_class]
    ]
    diene = Reaction(
        "chain growth, 1,4-addition: conjugated diene -> polyolefin",
        "conjdiene",
        None,
        "polyolefin",
        False,
        polg.Ps_rxnL[1],
        (),
    )
    for each in (*reactions, diene):
        skip_symmetric_products(each.reaction)
    return RuleBook(
        classes,
        (*reactions, diene),
        funclib.count_fg,
        lambda smiles: str(funclib.diene_12to14(smiles, polg.Ps_rxnL[209])),
    )


def _reaction(
    polymer_class: str,
    first: str,
    second: str | None,
    rule: rdChemReactions.ChemicalReaction,
    polg: object,
) -> Reaction:
    if second == "CO":
        polymer_class = "polycarbonate"  # SMiPoly files it under polyesters
    groups, reactions = vars(polg)["monLg"], vars(polg)["Ps_rxnL"]
    partners = CLASS_WORDS[first] if second is None else f"{CLASS_WORDS[first]} + {CLASS_WORDS[second]}"
    steps: tuple[tuple[int, int], ...]
    if second is None:
        steps = () if first in ("vinyl", "cOle") else _FURTHER_CHAIN
    else:
        steps = _FURTHER.get(polymer_class, _CONDENSATION)
    return Reaction(
        f"{_MECHANISMS.get(first, 'step growth')}: {partners} -> {polymer_class}",
        first,
        second,
        polymer_class,
        (first, second) in _COPOLYMERS,
        rule,
        tuple(
            FurtherReaction(Chem.MolFromSmarts(groups[group]), reactions[number]) for group, number in steps
        ),
    )


def _compiled(patterns: list[str]) -> tuple[Chem.Mol, ...]:
    return tuple(Chem.MolFromSmarts(pattern) for pattern in patterns)
