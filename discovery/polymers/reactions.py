"""The polymerisation rules: which classes of monomers react, to what, and what goes on reacting.

The rules are those of SMiPoly (Ohno et al., J. Chem. Inf. Model. 63, 5539, 2023; BSD-3), read from the tables
that the ``smipoly`` package loads on import; this module gives them names in words and compiles their
patterns once. SMiPoly's own drivers build the cross product of all monomers in a data frame and contain loops
that may not end, so they are not used. Its rule for cyclic olefin copolymers only puts the units of two monomers side
by side: the alternating chain comes from its rule for a vinyl monomer and a cyclic olefin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain

from rdkit import Chem
from rdkit.Chem import rdChemReactions

from discovery.polymers.classification import CLASS_WORDS, MonomerClass, group_count, monomer_class
from discovery.polymers.symmetry import skip_symmetric_products

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

#: By the classes of the monomers: numbers of the rule's atoms at which the chain is joined, and the orders in which
#: the same atoms make the same chain: read from its other end, or with the equal ends of a group exchanged.
_SAME_CHAIN: Mapping[tuple[str, str], tuple[tuple[int, ...], ...]] = {
    ("vinyl", "none"): ((1, 2), (2, 1)),
    ("cOle", "none"): ((1, 2), (2, 1)),
    ("epo", "none"): ((1, 2), (2, 1)),
    ("vinyl", "vinyl"): ((1, 2, 3, 4), (2, 1, 4, 3)),
    ("vinyl", "cOle"): ((1, 2, 3, 4), (2, 1, 4, 3)),
    ("diol", "CO"): ((1, 2), (2, 1)),
    ("diCOOH", "diol"): ((1, 2, 3, 4), (2, 1, 4, 3)),
    ("diCOOH", "diamin"): ((1, 2, 3, 4), (2, 1, 4, 3)),
    ("cAnhyd", "epo"): ((1, 2, 3, 5), (2, 1, 5, 3)),
    ("diNCO", "diol"): ((1, 3, 6, 7), (3, 1, 7, 6)),
    ("sfonediX", "diol_b"): ((3, 10, 13, 14), (10, 3, 14, 13)),
    ("BzodiF", "diol_b"): ((3, 10, 13, 14), (10, 3, 14, 13)),
    ("diepo", "diNCO"): ((1, 3, 4, 6, 9, 12), (4, 6, 1, 3, 12, 9)),
    ("dicAnhyd", "diamin"): (
        *((a, b, c, d, 5, 6) for a, b in ((1, 2), (2, 1)) for c, d in ((3, 4), (4, 3))),
        *((c, d, a, b, 6, 5) for a, b in ((1, 2), (2, 1)) for c, d in ((3, 4), (4, 3))),
    ),
}


@dataclass(frozen=True, slots=True)
class FurtherReaction:
    """What happens to a group that is left in the product."""

    number: int
    """SMiPoly's number of the group."""
    group: Chem.Mol
    reaction: rdChemReactions.ChemicalReaction


@dataclass(frozen=True, slots=True)
class Sites:
    """Where a rule's product holds the atoms of its monomers, and which of its products are the same chain."""

    mapped: tuple[tuple[int, ...], ...]
    """For each monomer, the numbers in the product of those of its atoms that the rule names."""
    orders: tuple[tuple[tuple[int, ...], ...], ...]
    """Atoms of the product at which the chain is joined, monomer by monomer, in all orders that give the same chain; may
    be empty."""


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
    sites: Sites


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All reactions and the monomer classes they need, and two of SMiPoly's functions: its count, and 1,2- to 1,4-units."""

    classes: Mapping[str, MonomerClass]
    reactions: tuple[Reaction, ...]
    groups: tuple[FurtherReaction, ...]
    """Every group that may go on reacting in some product, each once."""
    count: Callable[[Chem.Mol, Chem.Mol], int]
    to_one_four: Callable[[str], str]


@cache
def rule_book() -> RuleBook:
    """The rules, compiled on first use (``smipoly`` and with it pandas are imported here, not before)."""
    from smipoly.smip import funclib, polg

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
        Sites((), ()),
    )
    ((olefin, _, metathesis),) = polg.Ps_GenL["ROMP"]
    opened = Reaction(
        "ring-opening metathesis: cyclic olefin -> polyolefin",
        olefin,
        None,
        "polyolefin",
        False,
        metathesis,
        (),
        Sites((), ()),
    )
    every = (*reactions, diene, opened)
    for each in every:
        skip_symmetric_products(each.reaction)
    names = chain.from_iterable((each.first, each.second) for each in every)
    groups = {step.number: step for each in every for step in each.further}
    return RuleBook(
        {name: monomer_class(name) for name in dict.fromkeys(names) if name is not None},
        every,
        tuple(groups.values()),
        group_count(),
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
            FurtherReaction(group, Chem.MolFromSmarts(groups[group]), reactions[number])
            for group, number in steps
        ),
        _sites(rule, _SAME_CHAIN.get((first, second or "none"), ())),
    )


def _sites(rule: rdChemReactions.ChemicalReaction, same_chain: tuple[tuple[int, ...], ...]) -> Sites:
    # RDKit puts the atoms of the rule's product first, in the rule's order.
    product = {atom.GetAtomMapNum(): atom.GetIdx() for atom in rule.GetProductTemplate(0).GetAtoms()}
    mapped = tuple(
        tuple(product[atom.GetAtomMapNum()] for atom in template.GetAtoms() if atom.GetAtomMapNum())
        for template in rule.GetReactants()
    )
    orders = (tuple(product[number] for number in order) for order in same_chain)
    return Sites(
        mapped, tuple(tuple(tuple(n for n in order if n in own) for own in mapped) for order in orders)
    )
