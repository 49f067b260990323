from __future__ import annotations

import pytest

from discovery.physics import estimate, evaluation
from discovery.polymers import RepeatUnit

KAPTON = "*c1ccc(Oc2ccc(-n3c(=O)c4cc5c(=O)n(*)c(=O)c5cc4c3=O)cc2)cc1"


def value(psmiles: str, name: str) -> float:
    return evaluation(RepeatUnit.parse(psmiles)).value(name)


@pytest.mark.parametrize(
    ("psmiles", "char"),
    [("*CC*", 0.0), ("*CC(*)(C)C(=O)OC", 0.0), ("*Sc1ccc(*)cc1", 0.42), (KAPTON, 0.58)],
)
def test_char_of_known_polymers(psmiles: str, char: float) -> None:
    assert value(psmiles, "char_yield") == pytest.approx(char, abs=0.1)


def test_aromatic_imides_outlast_vinyl_chlorides() -> None:
    stability = [value(text, "decomposition_temperature") for text in ("*CC(*)Cl", "*CC*", KAPTON)]
    assert stability == sorted(stability)


def test_char_is_never_negative_nor_more_than_a_carbonised_ring_leaves() -> None:
    texts = ["*CC(*)(C)c1ccccc1", "*c1ccc(*)cc1", "*CC(*)(c1ccccc1)c1ccccc1", "*c1nc2cc3nc(*)oc3cc2o1"]
    char = estimate([RepeatUnit.parse(text) for text in texts], ["char_yield"]).values
    assert (char >= 0.0).all()
    assert (char <= 0.8).all()
