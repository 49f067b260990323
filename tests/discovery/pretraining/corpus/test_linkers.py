"""Divalent pieces: each has one slot, and makes a repeat unit between two methylenes."""

from __future__ import annotations

import random

import pytest

from discovery.polymers import RepeatUnit
from discovery.pretraining.corpus import linkers
from discovery.pretraining.corpus.fragments import join

LISTS = (
    *(
        "BRIDGES",
        "ARENES",
        "HETEROARENES",
        "BRANCHED_ALKYLENES",
        "CYCLOALKYLENES",
        "HETERO_ALKYLENES",
        "SILOXANE_LINKS",
    ),
    "FLUORO_LINKS",
)
DRAWS = (
    *(
        "substituted_phenylene",
        "bisaryl",
        "long_arylene",
        "decorated_pyridine",
        "xylylene",
        "pendant_arylene",
    ),
    *("polymethylene", "branched_alkylene", "alkylene", "aromatic", "linker"),
)


@pytest.mark.parametrize("name", LISTS)
def test_a_listed_piece_makes_a_repeat_unit(name: str) -> None:
    for piece in getattr(linkers, name):
        assert piece.count("{}") == 1
        assert RepeatUnit.parse(join("*C{}", piece, "C*"))


@pytest.mark.parametrize("name", DRAWS)
def test_a_drawn_piece_makes_a_repeat_unit(name: str) -> None:
    rng = random.Random(0)
    for piece in (getattr(linkers, name)(rng) for _ in range(40)):
        assert piece.count("{}") == 1
        assert RepeatUnit.parse(join("*C{}", piece, "C*"))


def test_the_same_random_numbers_draw_the_same_piece() -> None:
    assert linkers.linker(random.Random(7)) == linkers.linker(random.Random(7))
