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


def test_an_imide_is_one_part_in_either_drawing() -> None:
    aromatic = "*c1ccc(Oc2ccc(-n3c(=O)c4cc5c(=O)n(*)c(=O)c5cc4c3=O)cc2)cc1"
    kekulised = "*c1ccc(N2C(=O)c3ccc(Oc4ccc5c(c4)C(=O)N(*)C5=O)cc3C2=O)cc1"
    assert named(read(aromatic).backbone)["imide"] == 2
    assert named(read(kekulised).backbone)["imide"] == 2


@pytest.mark.parametrize(
    ("psmiles", "feature", "count"),
    [
        ("*Oc1cccc(*)c1", "meta link", 1),
        ("*Oc1ccccc1*", "ortho link", 1),
        ("*c1ccc(-c2ccc(O*)cc2)cc1", "ring-ring bond", 1),
        ("*Oc1ccc(*)cc1", "aryl-O", 2),
        ("*Oc1ccc(C(C)(C)c2ccc(OC(*)=O)cc2)cc1", "aryl-C", 2),
        ("*Oc1ccc(C2(c3ccc(OC(*)=O)cc3)c3ccccc3-c3ccccc32)cc1", "cardo", 1),
        ("*CC(*)(C)C", "dimethyl", 1),
        ("*CC(*)c1ccccc1", "aryl beside C", 1),
    ],
)
def test_features_of_the_backbone(psmiles: str, feature: str, count: float) -> None:
    assert named(read(psmiles).features, FEATURES)[feature] == count


@pytest.mark.parametrize("psmiles", ["*NCCCCCC(*)=O", "*Oc1cccc(C(=O)c2ccc(*)cc2)c1", "*CC(*)(C)C(=O)OCC"])
def test_parts_do_not_depend_on_the_writing(psmiles: str) -> None:
    unit = RepeatUnit.parse(psmiles)
    for text in unit.writings(5, random.Random(0)):
        for field in ChainParts.__slots__:
            np.testing.assert_array_equal(getattr(read(text), field), getattr(read(psmiles), field))


def test_atoms_of_no_part_are_named() -> None:
    with pytest.raises(UncoveredError, match="Sn"):
        read("*CC(*)[Sn](C)(C)C")
