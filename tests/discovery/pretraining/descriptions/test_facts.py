"""What is known of a polymer: counted per repeat unit, rounded as stated, and left out where it is not known."""

from __future__ import annotations

import random

import pytest

from discovery.physics import PROPERTIES
from discovery.polymers import RepeatUnit
from discovery.pretraining.descriptions.facts import Facts, facts_of
from discovery.pretraining.descriptions.quantities import ESTIMATES


def facts(text: str) -> Facts:
    return facts_of([RepeatUnit.parse(text)], ["a class"])[0]


def numbers(text: str) -> dict[str, float]:
    return {number.quantity.name: number.value for number in facts(text).numbers}


def test_pet_has_the_groups_and_the_mass_of_its_repeat_unit() -> None:
    found = numbers("*OCCOC(=O)c1ccc(cc1)C(=O)*")
    assert found["mass"] == 192.2
    assert found["group ester group"] == 2
    assert found["group benzene ring"] == found["rings"] == found["aromatic_rings"] == 1
    assert found["acceptors"] == 4
    assert found["donors"] == 0
    assert "group ether linkage" not in found
    assert "group amide group" not in found


@pytest.mark.parametrize("text", ["*OC(C)C(=O)*", "*CCO*", "*[Si](C)(C)O*", "*CO*"])
def test_a_chain_is_told_without_groups_at_its_ends(text: str) -> None:
    found = numbers(text)
    assert found["donors"] == 0
    assert not {"group carboxylic acid group", "group hydroxyl group"} & found.keys()


def test_of_two_equally_short_ways_around_a_ring_both_are_in_the_backbone() -> None:
    assert facts("*c1ccc(*)nc1").backbone == "a wholly aromatic chain of carbon and nitrogen"


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("*OC(=O)Oc1ccc(cc1)C(C)(C)c1ccc(*)cc1", "carbonate group"),
        ("*CCNC(=O)OCCOC(=O)N*", "urethane group"),
        ("*CCNC(=O)NCC*", "urea group"),
        ("*CCCCCC(=O)N*", "amide group"),
        ("*[Si](C)(C)O*", "siloxane bond"),
        ("*c1ccc(cc1)S(=O)(=O)c1ccc(cc1)O*", "sulfone group"),
        ("*N1C(=O)c2cc3c(cc2C1=O)C(=O)N(C3=O)c1ccc(*)cc1", "imide group"),
    ],
)
def test_groups_are_told_apart(text: str, group: str) -> None:
    found = numbers(text)
    kin = {
        f"group {name}"
        for name in ("ester group", "carbonate group", "urethane group", "urea group", "amide group")
    }
    assert found[f"group {group}"] >= 1
    assert not (kin - {f"group {group}"}) & found.keys()


def test_the_facts_of_a_chain_do_not_depend_on_how_it_is_written() -> None:
    unit = RepeatUnit.parse("*CC(C)OC(=O)c1ccc(cc1)C(=O)NCC*")
    for text in unit.writings(3, random.Random(0)):
        assert facts(text).numbers == facts(unit.psmiles).numbers
    assert facts("*CCOCCO*").numbers == facts("*OCC*").numbers


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("*CCO*", "an open chain of carbon and oxygen"),
        ("*c1ccc(*)cc1", "a wholly aromatic chain of carbon"),
        ("*Oc1ccc(*)cc1", "a partly aromatic chain of carbon and oxygen"),
        ("*C1CCC(*)CC1", "an alicyclic chain of carbon"),
    ],
)
def test_the_backbone_is_told_in_words(text: str, words: str) -> None:
    assert facts(text).backbone == words


def test_an_estimate_that_a_polymer_lacks_is_left_out() -> None:
    assert "tg" in numbers("*CCO*")
    assert "tg" not in numbers("*C([Se]C)C*")  # the table has no group with selenium


def test_every_estimate_of_the_physics_models_has_words_and_digits() -> None:
    assert set(PROPERTIES) == {quantity.name for quantity in ESTIMATES}
