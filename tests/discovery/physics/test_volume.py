from __future__ import annotations

import pytest

from discovery.physics.atoms import atoms
from discovery.physics.groups import EndlessChain, UncoveredError
from discovery.physics.volume import backbone_esters, connectivity_volume, van_der_waals_volume
from discovery.polymers import RepeatUnit


def chain(text: str) -> EndlessChain:
    return EndlessChain.of(RepeatUnit.parse(text))


@pytest.mark.parametrize(
    ("text", "volume"),
    [
        # van Krevelen and te Nijenhuis, Properties of Polymers, table 4.2: Bondi's increments, cm3/mol.
        ("*C*", 10.23),
        ("*CC(*)C", 30.7),
        ("*CC(*)c1ccccc1", 62.9),
        ("*CC(*)Cl", 29.2),
        ("*CC(*)(C)C(=O)OC", 56.1),
        ("*CCOC(=O)c1ccc(cc1)C(=O)O*", 94.2),
        ("*CCCCCCNC(=O)CCCCC(=O)N*", 138.5),
        ("*Oc1ccc(cc1)C(C)(C)c1ccc(cc1)OC(=O)*", 136.2),
        ("*Oc1c(C)cc(*)cc1C", 69.3),
        ("*c1ccc(cc1)S*", 54.1),
        ("*CC(*)C#N", 31.7),
        ("*CC(*)C1CCCCC1", 72.7),
    ],
)
def test_connectivity_gives_the_volume_of_bondis_increments(text: str, volume: float) -> None:
    found = chain(text)
    assert connectivity_volume(found, atoms(found)) == pytest.approx(volume, rel=0.05)


@pytest.mark.parametrize(("text", "volume"), [("*C*", 10.23), ("*CC(*)c1ccccc1", 62.9), ("*CC(*)Cl", 29.2)])
def test_zhaos_volume_agrees_with_bondis_increments_without_carbonyl(text: str, volume: float) -> None:
    assert van_der_waals_volume(atoms(chain(text))) == pytest.approx(volume, rel=0.03)


def test_an_element_without_a_volume_is_named() -> None:
    found = chain("*CC(*)[Sn](C)(C)C")
    with pytest.raises(UncoveredError, match="nothing for Sn"):
        van_der_waals_volume(atoms(found))


@pytest.mark.parametrize(
    ("text", "esters"),
    [("*CC(*)C(=O)OC", 0), ("*CCOC(=O)c1ccc(cc1)C(=O)O*", 2), ("*CCCOC(=O)O*", 0), ("*OCCNC(=O)*", 0)],
)
def test_esters_count_where_they_are_part_of_the_backbone(text: str, esters: int) -> None:
    found = chain(text)
    assert backbone_esters(found, atoms(found)) == esters
