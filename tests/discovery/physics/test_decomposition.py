from __future__ import annotations

import pytest

from discovery.physics import evaluation
from discovery.physics.atoms import atoms
from discovery.physics.calibration import CHAR
from discovery.physics.chain_parts import parts_of
from discovery.physics.groups import EndlessChain, UncoveredError
from discovery.polymers import RepeatUnit


def value(psmiles: str, name: str) -> float:
    return evaluation(RepeatUnit.parse(psmiles)).value(name)


@pytest.mark.parametrize(
    ("psmiles", "char"),
    [  # values of handbooks and reviews, none of them among the reference polymers
        ("*CC(*)CC", 0.0),
        ("*CC(*)(C)C(=O)OCCCCCC", 0.0),
        ("*NCCCCCCNC(=O)CCCCCCCCC(*)=O", 0.01),
        ("*Oc1ccc(C(C)(C)c2ccc(OC(=O)c3cccc(C(*)=O)c3)cc2)cc1", 0.27),
        ("*c1ccc(N2C(=O)c3ccc(Oc4ccc5c(c4)C(=O)N(*)C5=O)cc3C2=O)cc1", 0.6),
    ],
)
def test_char_of_polymers_outside_the_calibration(psmiles: str, char: float) -> None:
    assert value(psmiles, "char_yield") == pytest.approx(char, abs=0.06)


def test_terephthalates_char_less_than_is_estimated() -> None:
    assert value("*OCCCOC(=O)c1ccc(C(*)=O)cc1", "char_yield") - 0.08 == pytest.approx(0.12, abs=0.02)


@pytest.mark.parametrize(
    ("psmiles", "measured"),
    [  # handbook values, none of them among the reference polymers
        ("*NCCCCCCNC(=O)CCCCCCCCC(*)=O", 700.0),
        ("*CCCCCCOC(=O)c1ccc(C(=O)O*)cc1", 690.0),
        ("*CC(*)(C)C(=O)OCCC", 600.0),
    ],
)
def test_stability_of_polymers_outside_the_calibration(psmiles: str, measured: float) -> None:
    assert value(psmiles, "decomposition_temperature") == pytest.approx(measured, abs=20.0)


def test_a_negative_sum_is_no_char() -> None:
    text = "*CC(*)(C)c1ccccc1"
    chain = EndlessChain.of(RepeatUnit.parse(text))
    assert CHAR.value(parts_of(chain), atoms(chain).mass) < 0
    assert value(text, "char_yield") == 0


def test_a_saturated_spiro_ring_leaves_no_char_and_stiffens_less_than_a_cardo_ring() -> None:
    spiro, cardo = "*CC1(*)CCCCC1", "*CC1(*)c2ccccc2-c2ccccc21"
    assert value(spiro, "char_yield") < 0.1 < 0.2 < value(cardo, "char_yield")
    assert 300 < value("*CC1(*)CC1", "tg") < 450
    assert 300 < value(spiro, "tg") < 450 < value(cardo, "tg")


@pytest.mark.parametrize("psmiles", ["*[Si](C)(C)O*", "*N=P(*)(OC)OC", "*CCB(C)*"])
def test_a_mineral_residue_is_no_char(psmiles: str) -> None:
    with pytest.raises(UncoveredError, match="whose residue is mineral"):
        value(psmiles, "char_yield")


def test_a_trace_of_silicon_leaves_the_char_yield_nearly_as_it_is() -> None:
    imide = "*c1ccc(C(c2ccc(N3C(=O)c4ccc(C(c5ccc6c(c5)C(=O)N(*)C6=O)(C(F)(F)F)C(F)(F)F)cc4C3=O)cc2)(C(F)(F)F)C(F)(F)F)cc1"
    silylated = imide.replace("*c1ccc(C(c2", "*c1c([Si](C)(C)C)cc(C(c2")
    assert 0.8 * value(imide, "char_yield") < value(silylated, "char_yield") < value(imide, "char_yield")
