"""The shape of a chain, as it is drawn on paper."""

from __future__ import annotations

import random

import numpy as np
import pytest

from discovery.polymers import RepeatUnit
from discovery.pretraining.labels.chain_shape import NAMES, chain_shape


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("*CC(*)c1ccccc1", "log backbone atoms", np.log(2)),
        ("*CC(*)c1ccccc1", "side chain share", 6 / 8),
        ("*CC(*)c1ccccc1", "aromatic share", 6 / 8),
        ("*CC(*)c1ccccc1", "backbone branch share", 1 / 2),
        ("*CC(*)c1ccccc1", "rotations per backbone atom", 1.0),
        ("*CC(*)(C)C", "backbone quaternary share", 1 / 2),
        ("*CCO*", "backbone hetero share", 1 / 3),
        ("*CCO*", "rotations per backbone atom", 1.0),
        ("*c1ccc(*)cc1", "backbone ring atom share", 1.0),
        ("*c1ccc(*)cc1", "side chain share", 0.0),
        ("*c1ccc(*)cc1", "rotations per backbone atom", 1 / 4),
        ("*Oc1ccc(*)cc1", "rotations per backbone atom", 2 / 5),
        ("*CC=CC*", "rotations per backbone atom", 3 / 4),
        ("*C#Cc1ccc(*)cc1", "rotations per backbone atom", 0.0),
        ("*c1ccc(*)nc1", "backbone hetero share", 1 / 8),  # nitrogen is on one of the two ways around
        ("*CC*", "mass per backbone atom", 1.0),
        ("*CC(*)c1ccccc1", "mass per backbone atom", 104.15 / 2 / 14.027),
    ],
)
def test_the_shape_of_a_chain_is_told_as_drawn(text: str, name: str, value: float) -> None:
    shape = dict(zip(NAMES, chain_shape(RepeatUnit.parse(text)), strict=True))
    assert shape[name] == pytest.approx(value, rel=1e-4)


@pytest.mark.parametrize(
    "text", ["*OC(=O)c1ccc(*)nc1", "*C#Cc1ccc(*)cc1", "*CC(C)OC(=O)NC1CCC(*)CC1", "*CC(*)c1ccccc1"]
)
def test_the_shape_does_not_depend_on_the_cut_the_direction_or_the_order_of_atoms(text: str) -> None:
    unit = RepeatUnit.parse(text)
    for written in unit.writings(5, random.Random(0)):
        assert chain_shape(RepeatUnit(written, "as written")) == pytest.approx(chain_shape(unit))
