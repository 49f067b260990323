from __future__ import annotations

from math import sqrt

import pytest

from discovery.physics.atoms import Atoms, atoms
from discovery.physics.groups import EndlessChain
from discovery.polymers import RepeatUnit


def read(text: str) -> Atoms:
    return atoms(EndlessChain.of(RepeatUnit.parse(text)))


def test_polystyrenes_connectivity_indices_are_those_of_the_textbook() -> None:
    found = read("*CC(*)c1ccccc1")
    assert found.chi0 == pytest.approx(6 / sqrt(2) + 2 / sqrt(3))
    assert found.chi0v == pytest.approx(1 / sqrt(2) + 1 / sqrt(3) + 1 / 2 + 5 / sqrt(3))
    assert found.chi1 == pytest.approx(2 / sqrt(6) + 1 / 3 + 2 / sqrt(6) + 4 / 2)
    assert found.chi1v == pytest.approx(2 / sqrt(6) + 1 / sqrt(12) + 2 / sqrt(12) + 4 / 3)


def test_silicon_counts_as_carbon_and_a_sulfone_is_raised_by_two() -> None:
    assert read("*[Si](C)(C)O*").chi0v == pytest.approx(1 / 2 + 2 + 1 / sqrt(6))
    assert read("*CCS(=O)(=O)*").chi0v == pytest.approx(2 / sqrt(2) + 1 / sqrt(6 / 9 + 2) + 2 / sqrt(6))


def test_composition_is_per_repeat_unit() -> None:
    found = read("*CCO*")
    assert found.heavy == {6: 2, 8: 1}
    assert found.hydrogens == 4
    assert found.bonds == 3
    assert found.size == 3
    assert found.mass == pytest.approx(44.053, abs=0.002)


@pytest.mark.parametrize(
    ("text", "backbone"),
    [
        ("*CC(*)c1ccccc1", 2),
        ("*Oc1ccc(*)cc1", 7),
        ("*Oc1cc(C)cc(*)c1", 7),
        ("*CCN1C(=O)c2ccc(*)cc2C1=O", 11),  # both rings of the imide, without its oxygens
        ("*CC1CC2CCC1C2*", 8),
    ],
)
def test_rings_in_the_chain_belong_to_the_backbone(text: str, backbone: int) -> None:
    unit = RepeatUnit.parse(text)
    chain = EndlessChain.of(unit)
    assert len(atoms(chain).backbone) == backbone * chain.copies


@pytest.mark.parametrize(
    ("text", "aromatic", "other", "saturated", "fusions"),
    [
        ("*CC(*)C1CCCCC1", 0, 1, 1, 0),
        ("*CC(*)c1ccc2ccccc2c1", 2, 0, 0, 1),
        ("*CCN1C(=O)c2ccc(*)cc2C1=O", 1, 1, 0, 1),
        ("*c1ccc(-c2ccc(*)cc2)cc1", 1, 0, 0, 0),  # one ring is the smallest repeat
    ],
)
def test_rings_are_told_by_kind(text: str, aromatic: int, other: int, saturated: int, fusions: int) -> None:
    found = read(text)
    assert (found.aromatic_rings, found.other_rings) == (aromatic, other)
    assert (found.saturated_rings, found.fusions) == (saturated, fusions)
