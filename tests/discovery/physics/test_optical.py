from __future__ import annotations

import pytest
from rdkit import Chem
from rdkit.Chem.Crippen import MolMR

from discovery.physics import estimate
from discovery.physics.groups import EndlessChain
from discovery.physics.optical import molar_refraction
from discovery.polymers import RepeatUnit


@pytest.mark.parametrize(
    "text",
    [
        "*CC(*)c1ccccc1",
        "*CCCCCC(=O)N*",
        "*CC(*)(O)C(=O)OC",
        "*CC(*)C(=O)O",
        "*CC(*)C(C)=NO",
        "*CC(*)S",
        "*[SiH](C)O*",
    ],
)
def test_molar_refraction_grows_by_one_unit_per_unit(text: str) -> None:
    # RDKit's own sum over whole molecules, hydrogens included, of which one is three units longer.
    unit = RepeatUnit.parse(text)
    four, seven = (MolMR(Chem.AddHs(unit.oligomer(n))) for n in (4, 7))
    assert molar_refraction(EndlessChain.of(unit)) == pytest.approx((seven - four) / 3, abs=0.01)


def test_fluorine_lowers_the_refractive_index_and_bromine_raises_it() -> None:
    texts = ["*CC(*)C(=O)OCC(F)(F)F", "*CC(*)C(=O)OCC", "*CC(*)C(=O)OCCBr"]
    low, middle, high = estimate(
        [RepeatUnit.parse(text) for text in texts], ["refractive_index"]
    ).values.ravel()
    assert low < middle < high


def test_chlorines_on_one_carbon_cancel_in_the_dielectric_constant() -> None:
    texts = ["*CC(*)Cl", "*CC(*)(Cl)Cl"]
    one, two = estimate([RepeatUnit.parse(text) for text in texts], ["dielectric_constant"]).values.ravel()
    assert two < one
