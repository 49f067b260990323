from __future__ import annotations

import pytest

from discovery.physics import evaluation
from discovery.polymers import RepeatUnit


def tg(psmiles: str) -> float:
    return evaluation(RepeatUnit.parse(psmiles)).value("tg")


@pytest.mark.parametrize(
    ("psmiles", "measured"),
    [  # handbook values, none of them among the reference polymers
        ("*CC(*)C(=O)OCCC", 236.0),
        ("*CC(*)(C)C(=O)OCCC", 308.0),
        ("*CCCCCCOC(=O)c1ccc(C(=O)O*)cc1", 275.0),  # 39 too high
        ("*OCCCCCCCC(*)=O", 208.0),
        ("*CC(*)c1ccc(CC)cc1", 351.0),
        ("*Oc1ccc(Cc2ccc(OC(=O)c3ccc(C(*)=O)cc3)cc2)cc1", 453.0),  # 48 too low
    ],
)
def test_polymers_outside_the_calibration_come_out_within_50_kelvin(psmiles: str, measured: float) -> None:
    assert tg(psmiles) == pytest.approx(measured, abs=50.0)


def test_para_links_are_stiffer_than_meta_links() -> None:
    assert tg("*Nc1ccc(NC(=O)c2ccc(C(*)=O)cc2)cc1") > tg("*Nc1cccc(NC(=O)c2cccc(C(*)=O)c2)c1")


def test_longer_side_chains_plasticise() -> None:
    values = [tg(f"*CC(*)(C)C(=O)O{'C' * n}") for n in (1, 2, 4, 8)]
    assert values == sorted(values, reverse=True)
