"""Side groups: none has a slot, each makes a vinyl polymer."""

from __future__ import annotations

import random

import pytest

from discovery.polymers import RepeatUnit
from discovery.pretraining.corpus import pendants
from discovery.pretraining.corpus.fragments import fill

LISTS = (
    *(
        "BRANCHED",
        "CYCLIC",
        "FLUOROALKYL",
        "POLAR",
        "HALOALKYL",
        "SILYL",
        "PHOSPHORUS",
        "BORON",
        "FUSED_ARYL",
        "HETEROARYL",
    ),
    "VINYL_ONLY",
)


@pytest.mark.parametrize("name", LISTS)
def test_a_listed_group_makes_a_vinyl_polymer(name: str) -> None:
    for group in getattr(pendants, name):
        assert RepeatUnit.parse(fill("*CC(*){}", group))


@pytest.mark.parametrize(
    "name", ["side_group", "carbon_group", "on_ring", "phenyl", "benzyl", "mesogen", "aryl"]
)
def test_a_drawn_group_makes_a_vinyl_polymer(name: str) -> None:
    rng = random.Random(0)
    for _ in range(60):
        assert RepeatUnit.parse(fill("*CC(*){}", getattr(pendants, name)(rng)))
