"""Families: cores are found wherever they are, and those that are held out are kept away from training as a whole."""

from __future__ import annotations

import random

import numpy as np
import pytest
from rdkit import Chem

from discovery.polymers import RepeatUnit
from discovery.pretraining.corpus.chain_classes import ClosedChain
from discovery.pretraining.corpus.families import (
    COMMON,
    CORES,
    HELD_OUT,
    LARGE,
    MOST_OF_CORPUS,
    choose_held_out,
    cores_of,
    family,
)
from discovery.pretraining.corpus.templates import TEMPLATES

NAMES = list(CORES)


def cores(text: str) -> int:
    return cores_of(ClosedChain.of(RepeatUnit.parse(text)))


def bits(*names: str) -> int:
    return sum(1 << NAMES.index(name) for name in names)


@pytest.mark.parametrize("name", CORES)
def test_a_core_is_a_pattern(name: str) -> None:
    assert Chem.MolFromSmarts(CORES[name]) is not None


def test_what_is_never_held_out_are_cores() -> None:
    assert set(CORES) >= COMMON


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            "*c1ccc(C(c2ccc(N3C(=O)c4ccc(C(c5ccc6c(c5)C(=O)N(*)C6=O)(C(F)(F)F)C(F)(F)F)cc4C3=O)cc2)(C)C)cc1",
            "6FDA",
        ),
        ("*CC(*)n1c2ccccc2c2ccccc12", "carbazole"),
        ("*CC(C)(*)C(=O)OC12CC3CC(CC(C3)C1)C2", "adamantane"),
        ("*c1sc(*)c2OCCOc12", "dioxythiophene"),
        ("*Oc1ccc(C2(c3ccc(OC(*)=O)cc3)CCCCC2)cc1", "cyclohexane cardo"),
    ],
)
def test_a_core_names_the_family(text: str, name: str) -> None:
    assert family("any", cores(text), frozenset()) == (f"any: {name}", False)


def test_a_core_is_found_across_the_cut() -> None:
    unit = RepeatUnit.parse("*c1ccc(C(C)(C)c2ccc(OC(=O)O*)cc2)cc1")
    found = {cores_of(ClosedChain.of(RepeatUnit(text, ""))) for text in unit.writings(8, random.Random(0))}
    assert len(found) == 1
    assert found.pop() & bits("isopropylidene")


def test_the_chain_itself_is_taken_for_no_ring() -> None:
    assert not cores("*CC*") & bits("cyclohexane", "cyclooctane", "cyclopentane", "cyclobutane")


def test_the_search_passes_over_no_core_that_is_there() -> None:
    patterns = [Chem.MolFromSmarts(smarts) for smarts in CORES.values()]
    rng = random.Random(1)
    for name in TEMPLATES:
        for _ in range(3):
            chain = ClosedChain.of(RepeatUnit.parse(TEMPLATES[name](rng)))
            plain = sum(1 << i for i, pattern in enumerate(patterns) if chain.mol.HasSubstructMatch(pattern))
            assert cores_of(chain) == plain


def test_a_polymer_of_no_core_is_plain() -> None:
    assert family("ether", 0, frozenset()) == ("ether: plain", False)


def test_a_core_that_is_held_out_comes_before_all_others() -> None:
    both = bits("spirobifluorene", "pyrene")
    assert family("imide", both, frozenset(["pyrene"])) == ("imide: pyrene", True)
    assert family("imide", both, frozenset()) == ("imide: spirobifluorene", False)


@pytest.fixture(scope="module")
def made_up() -> tuple[list[str], list[int]]:
    rng = np.random.default_rng(0)
    classes = [
        str(name) for name in rng.choice(["imide", "amide", "ester", "rare"], 4000, p=[0.4, 0.3, 0.29, 0.01])
    ]
    shares = rng.uniform(0, 0.02, len(CORES))
    has = rng.random((4000, len(CORES))) < shares
    return classes, [sum(1 << int(place) for place in np.flatnonzero(row)) for row in has]


def test_every_large_class_has_a_family_that_is_held_out(made_up: tuple[list[str], list[int]]) -> None:
    classes, found = made_up
    held_out = choose_held_out(classes, found, seed=0)
    held = [family(name, bits, held_out)[1] for name, bits in zip(classes, found, strict=True)]
    for name in set(classes):
        share = np.mean([held[i] for i in range(len(classes)) if classes[i] == name])
        assert share > 0 or classes.count(name) < LARGE * len(classes)
    assert 0 < np.mean(held) <= HELD_OUT


def test_no_core_takes_more_of_the_corpus_than_its_share(made_up: tuple[list[str], list[int]]) -> None:
    classes, found = made_up
    for name in choose_held_out(classes, found, seed=0):
        assert name not in COMMON
        assert np.mean([bool(each & bits(name)) for each in found]) <= MOST_OF_CORPUS


def test_the_choice_is_that_of_the_seed(made_up: tuple[list[str], list[int]]) -> None:
    assert choose_held_out(*made_up, seed=0) == choose_held_out(*made_up, seed=0)
    assert choose_held_out(*made_up, seed=0) != choose_held_out(*made_up, seed=1)
