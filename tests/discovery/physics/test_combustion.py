from __future__ import annotations

import pytest

from discovery.physics import UncoveredError, evaluation
from discovery.physics.atoms import atoms
from discovery.physics.combustion import oxygen_consumed
from discovery.physics.groups import EndlessChain
from discovery.polymers import RepeatUnit


def value(psmiles: str, name: str) -> float:
    return evaluation(RepeatUnit.parse(psmiles)).value(name)


@pytest.mark.parametrize(
    ("psmiles", "moles"),
    [
        ("*CC*", 1.5),
        ("*CCO*", 2.5),
        ("*CC(*)Cl", 2.5),  # HCl takes a hydrogen
        ("*C(F)(F)C(*)(F)F", 0.5),  # to CO2 and CF4
        ("*CC(*)(F)F", 2.0),
        ("*CC(*)(Cl)Cl", 2.0),
        ("*NCCCCCC(*)=O", 8.25),
        ("*[Si](C)(C)O*", 4.0),
        ("*N=P(*)(OC)OC", 3.75),
    ],
)
def test_oxygen_balance(psmiles: str, moles: float) -> None:
    assert oxygen_consumed(atoms(EndlessChain.of(RepeatUnit.parse(psmiles)))) == pytest.approx(moles)


@pytest.mark.parametrize(
    ("psmiles", "measured"),
    [  # net heats of combustion in bomb calorimeters, kJ/g
        ("*CC*", 43.3),
        ("*CC(*)c1ccccc1", 39.8),
        ("*CC(*)(C)C(=O)OC", 24.9),
        ("*Oc1ccc(C(C)(C)c2ccc(OC(*)=O)cc2)cc1", 29.8),
        ("*OCCOC(=O)c1ccc(C(*)=O)cc1", 21.8),
        ("*CC(*)Cl", 16.4),
    ],
)
def test_heat_of_combustion_is_within_six_per_cent(psmiles: str, measured: float) -> None:
    assert value(psmiles, "heat_of_combustion") == pytest.approx(measured, rel=0.06)


def test_an_element_without_a_known_product_is_refused() -> None:
    with pytest.raises(UncoveredError):
        value("*CC(*)[Sn](C)(C)C", "heat_of_combustion")


@pytest.mark.parametrize(
    ("psmiles", "index", "within"),
    [
        ("*CC*", 17.5, 0.5),
        ("*C(F)(F)C(*)(F)F", 95.0, 1.0),
        ("*Oc1ccc(C(C)(C)c2ccc(OC(*)=O)cc2)cc1", 27.0, 3.0),
    ],
)
def test_limiting_oxygen_index_of_known_polymers(psmiles: str, index: float, within: float) -> None:
    assert value(psmiles, "limiting_oxygen_index") == pytest.approx(index, abs=within)


def test_chains_without_hydrogen_stay_on_the_scale() -> None:
    assert value("*C(F)(F)C(*)(F)Cl", "limiting_oxygen_index") == 95.0
