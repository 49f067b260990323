"""The class of a polymer: by what holds its chain together, however the chain is written."""

from __future__ import annotations

import random

import pytest

from discovery.polymers import RepeatUnit
from discovery.pretraining.corpus.chain_classes import CLASSES, ClosedChain, polymer_class
from discovery.pretraining.corpus.common_polymers import COMMON_POLYMERS


def class_of(text: str) -> str:
    return polymer_class(ClosedChain.of(RepeatUnit.parse(text)))


KNOWN = {
    "*c1ccc(Oc2ccc(N3C(=O)c4cc5c(cc4C3=O)C(=O)N(*)C5=O)cc2)cc1": "imide",
    "*CCN1C(=O)c2ccc3C(=O)N(*)C(=O)c4ccc(C1=O)c2c34": "imide",
    "*NCCCCCC(*)=O": "amide",
    "*NNC(=O)c1ccc(C(*)=O)cc1": "amide",
    "*OCCOC(=O)c1ccc(C(*)=O)cc1": "ester",
    "*CCO*": "ether",
    "*Oc1ccc(C(C)(C)c2ccc(OC(*)=O)cc2)cc1": "carbonate",
    "*OCCCCOC(=O)Nc1ccc(Cc2ccc(NC(*)=O)cc2)cc1": "urethane",
    "*NCCCCCCNC(*)=O": "urea",
    "*C(=O)CCCCC(=O)O*": "anhydride",
    "*Oc1ccc(S(=O)(=O)c2ccc(*)cc2)cc1": "sulfone",
    "*Oc1ccc(C(=O)c2ccc(*)cc2)cc1": "ketone",
    "*Sc1ccc(*)cc1": "sulfide",
    "*O[Si](*)(C)C": "siloxane",
    "*[Si](*)(C)c1ccccc1": "silane",
    "*N=P(*)(OCC)OCC": "phosphazene",
    "*OP(=O)(OCC)OCC*": "phosphorus",
    "*OB(c1ccccc1)OCC*": "boron",
    "*c1sc(*)cc1CCCCCC": "conjugated",
    "*C=Cc1ccc(*)cc1": "conjugated",
    "*c1ccc2c(c1)C(C)(C)c1cc(*)ccc1-2": "conjugated",
    "*c1ccc(*)c2nsnc12": "conjugated",
    "*Nc1ccc(*)cc1": "conjugated",
    "*c1nc2ccc(-c3ccc4[nH]c(-c5cccc(*)c5)nc4c3)cc2[nH]1": "heteroaromatic",
    "*c1nnc(CCCC*)o1": "heteroaromatic",
    "*OC1C(CO)OC(*)C(O)C1O": "saccharide",
    "*CCN*": "amine",
    "*C=NCCN=Cc1ccc(*)cc1": "imine",
    "*C(F)(F)C(*)(F)F": "fluorinated",
    "*CC(C)(*)C(=O)OC": "acrylic",
    "*CC(*)C#N": "acrylic",
    "*CC(*)c1ccccc1": "styrenic",
    "*CC(*)Cl": "vinyl",
    "*CC=CC*": "diene",
    "*C=CC1CCC(*)C1": "alicyclic",
    "*Cc1ccc(C*)cc1": "arylene",
    "*CC(*)C": "olefin",
}


@pytest.mark.parametrize(("text", "name"), KNOWN.items())
def test_a_known_polymer_is_of_its_class(text: str, name: str) -> None:
    assert class_of(text) == name


def test_every_class_has_an_example() -> None:
    assert set(KNOWN.values()) == set(CLASSES)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("*CC(*)OC(C)=O", "vinyl"),
        ("*CC(*)N1C(=O)c2ccccc2C1=O", "vinyl"),
        ("*C1C(=O)N(c2ccccc2)C(=O)C1*", "alicyclic"),
        ("*CC(*)c1ccc(S(C)(=O)=O)cc1", "styrenic"),
        ("*CCO[Si](C)(C)C(*)C", "siloxane"),
    ],
)
def test_a_linkage_in_a_side_group_or_beside_the_chain_does_not_count(text: str, name: str) -> None:
    assert class_of(text) == name


@pytest.mark.parametrize("text", COMMON_POLYMERS[::6])
def test_the_class_does_not_depend_on_the_cut_or_on_repeats(text: str) -> None:
    unit = RepeatUnit.parse(text)
    expected = polymer_class(ClosedChain.of(unit))
    for writing in unit.writings(3, random.Random(0)):  # not read to its canonical form again
        assert polymer_class(ClosedChain.of(RepeatUnit(writing, ""))) == expected


def test_heavy_atoms_are_those_of_one_unit() -> None:
    assert ClosedChain.of(RepeatUnit.parse("*CC(*)c1ccccc1")).heavy_atoms == 8
