from __future__ import annotations

import random

import numpy as np
import pytest

from discovery.physics.chain_parts import FEATURES, PARTS, ChainParts, parts_of
from discovery.physics.groups import EndlessChain, UncoveredError
from discovery.polymers import RepeatUnit

NAMES = [part.name for part in PARTS]


def read(psmiles: str) -> ChainParts:
    return parts_of(EndlessChain.of(RepeatUnit.parse(psmiles)))


def named(counts: np.ndarray, names: list[str] | tuple[str, ...] = NAMES) -> dict[str, float]:
    return {name: float(count) for name, count in zip(names, counts, strict=True) if count}


def test_poly_methyl_methacrylate() -> None:
    parts = read("*CC(*)(C)C(=O)OC")
    assert named(parts.backbone) == {"CH2": 1, "C": 1}
    assert named(parts.side) == {"CH3": 2, "ester": 1}


def test_a_group_across_the_cut_counts_once() -> None:
    assert named(read("*NCCCCCC(*)=O").backbone) == {"amide": 1, "CH2": 5}


def test_phenylene_in_the_chain_and_phenyl_beside_it_are_told_apart() -> None:
    assert named(read("*Oc1ccc(*)cc1").backbone) == {"ether": 1, "aromatic CH": 4, "aromatic C": 2}
    assert named(read("*CC(*)c1ccccc1").side) == {"aromatic CH": 5, "aromatic C": 1}


@pytest.mark.parametrize(
    ("psmiles", "aromatic"),
    [
        (
            "*c1ccc(Oc2ccc(-n3c(=O)c4cc5c(=O)n(*)c(=O)c5cc4c3=O)cc2)cc1",
            True,
        ),  # pyromellitic: one aromatic system
        ("*c1ccc(N2C(=O)c3ccc(Oc4ccc5c(c4)C(=O)N(*)C5=O)cc3C2=O)cc1", False),
    ],
)
def test_an_imide_is_one_part_whether_its_ring_is_perceived_aromatic_or_not(
    psmiles: str, aromatic: bool
) -> None:
    mol = EndlessChain.of(RepeatUnit.parse(psmiles)).mol
    assert any(atom.GetAtomicNum() == 7 and atom.GetIsAromatic() for atom in mol.GetAtoms()) == aromatic
    assert named(read(psmiles).backbone)["imide"] == 2


@pytest.mark.parametrize(
    ("psmiles", "feature", "count"),
    [
        ("*Oc1cccc(*)c1", "meta link", 1),
        ("*c1ccc(-c2ccc(O*)cc2)cc1", "ring-ring bond", 1),
        ("*C1C2CCC(C2)C1*", "saturated ring-ring bond", 1),
        ("*c1ccc(N2C(=O)CC(*)C2=O)cc1", "ring-ring bond", 2),
        ("*Oc1ccc(*)cc1", "aryl-O", 2),
        ("*Oc1ccc(C(C)(C)c2ccc(OC(*)=O)cc2)cc1", "aryl-C", 2),
        ("*Oc1ccc(C2(c3ccc(OC(*)=O)cc3)c3ccccc3-c3ccccc32)cc1", "cardo", 1),
        ("*Oc1ccc(C2(c3ccc(*)cc3)OC(=O)c3ccccc32)cc1", "cardo", 1),  # phthalide
        ("*Oc1ccc(C2(c3ccc(OC(*)=O)cc3)CCCCC2)cc1", "spiro ring", 1),
        ("*CC1(*)CCOC1=O", "spiro ring", 1),
        ("*CC1(*)CC1", "symmetric C", 1),
        ("*CC(*)(C)C", "symmetric C", 1),
        ("*Oc1ccccc1*", "ortho link", 1),
        ("*CCC1C(=O)OC(=O)C1*", "vicinal link", 1),
        ("*CC(*)c1ccccc1", "aryl beside C", 1),
    ],
)
def test_features_of_the_backbone(psmiles: str, feature: str, count: float) -> None:
    assert named(read(psmiles).features, FEATURES)[feature] == count


@pytest.mark.parametrize(
    ("psmiles", "feature"),
    [
        ("*CC1(*)CC1", "cardo"),
        ("*CC1(*)CCOC1=O", "symmetric C"),
        ("*CC1CCC(*)(C)CC1", "spiro ring"),  # the ring is in the backbone
        ("*Oc1ccc(C2(c3ccc(OC(*)=O)cc3)c3ccccc3-c3ccccc32)cc1", "spiro ring"),
        ("*CCC1C(=O)OC(=O)C1*", "ortho link"),
    ],
)
def test_what_is_no_such_feature(psmiles: str, feature: str) -> None:
    assert feature not in named(read(psmiles).features, FEATURES)


def test_every_atom_knows_its_part() -> None:
    chain = EndlessChain.of(RepeatUnit.parse("*CC(*)(C)C(=O)OC"))
    owners = parts_of(chain).owners
    found = {(owner >= len(PARTS), NAMES[owner % len(PARTS)]) for owner in owners}
    assert found == {(False, "CH2"), (False, "C"), (True, "CH3"), (True, "ester")}


@pytest.mark.parametrize("psmiles", ["*NCCCCCC(*)=O", "*Oc1cccc(C(=O)c2ccc(*)cc2)c1", "*CC(*)(C)C(=O)OCC"])
def test_parts_do_not_depend_on_the_writing(psmiles: str) -> None:
    unit = RepeatUnit.parse(psmiles)
    for text in unit.writings(5, random.Random(0)):
        for field in ChainParts.__slots__:
            np.testing.assert_array_equal(getattr(read(text), field), getattr(read(psmiles), field))


def test_atoms_of_no_part_are_named() -> None:
    with pytest.raises(UncoveredError, match="Sn"):
        read("*CC(*)[Sn](C)(C)C")
