"""Numbers in a text about a polymer: the right ones pass, a wrong one is named, one from nowhere is flagged."""

from __future__ import annotations

import pytest

from discovery.polymers import RepeatUnit
from discovery.pretraining.descriptions.facts import QUANTITIES, Facts, Number
from discovery.pretraining.descriptions.number_check import check_numbers
from discovery.pretraining.descriptions.template import described

BY_NAME = {quantity.name: quantity for quantity in QUANTITIES}
FACTS = Facts(
    RepeatUnit.parse("*Oc1ccc(cc1)C(C)(C)c1ccc(cc1)OC(=O)*"),
    "polycarbonates 6,6",
    "a partly aromatic chain of carbon and oxygen",
    tuple(
        Number(BY_NAME[name], value)
        for name, value in {
            "mass": 254.3,
            "rings": 2,
            "acceptors": 3,
            "group methyl group": 2,
            "group carbonate group": 1,
            "density": 1.17,
            "tg": 425,
            "refractive_index": 1.576,
            "decomposition_temperature": 721,
            "char_yield": 0.22,
            "cohesive_energy": 92.3,
        }.items()
    ),
)


@pytest.mark.parametrize(
    "text",
    [
        "Its density is 1.17 g/cm³ and its glass transition temperature 425 K.",
        "The density of about 1.2 g/cm3 goes with a refractive index of 1.58.",  # rounded further
        "A density of 1170 kg/m3; Tg: 152 °C (425 K).",  # in other units
        "With two methyl groups, 1 carbonate group and 2 rings, it weighs 254.3 g/mol per unit.",
        "A 425 K glass transition; decomposition temperature 721 K; a char yield of 22 %.",
        "Made from 1,4-phenylene rings, *Oc1ccc(cc1)C(C)(C)c1ccc(cc1)OC(=O)*, it belongs to polycarbonates 6,6.",
        "It has a cohesive energy of 92.3 kJ/mol, and of 92,300 J/mol in other words.",
        "It holds 0 nitrile groups.",
    ],
)
def test_the_numbers_of_the_polymer_pass(text: str) -> None:
    check = check_numbers(text, FACTS)
    assert check.contradictions == ()
    assert check.unlisted == ()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Its density is 2.10 g/cm³.", "density 2.10 g/cm³, not 1.17 g/cm³"),
        (
            "Its density is 1 g/cm³.",
            "density 1 g/cm³, not 1.17 g/cm³",
        ),  # no rounding of 1.17 but another density
        ("The glass transition at 425 °C is high.", "glass transition temperature 425 °C, not 425 K"),
        ("It has three carbonate groups and 2 rings.", "carbonate groups three, not 1"),
        (
            "Density 1.17 g/cm³, decomposition temperature 425 K.",
            "decomposition temperature 425 K, not 721 K",
        ),
        ("Its refractive index is -1.576.", "refractive index -1.576, not 1.576"),
    ],
)
def test_a_wrong_number_is_named(text: str, named: str) -> None:
    check = check_numbers(text, FACTS)
    assert check.contradictions == (named,)
    assert named in check.reason


@pytest.mark.parametrize(
    ("text", "flagged"),
    [
        ("It was first made 70 years ago.", "70"),
        ("Its heat of combustion is 31.0 kJ/g.", "heat of combustion 31.0 kJ/g"),  # nothing is known of that
    ],
)
def test_a_number_that_is_on_no_list_is_flagged(text: str, flagged: str) -> None:
    check = check_numbers(text, FACTS)
    assert check.contradictions == ()
    assert check.unlisted == (flagged,)


def test_a_text_without_the_numbers_cannot_stand_for_the_polymer() -> None:
    assert check_numbers("A tough and clear plastic with 2 rings.", FACTS).reason == "states 1 of 11 numbers"


def test_bare_digits_state_nothing() -> None:
    assert check_numbers("2 1 3 2 1 3", FACTS).stated == 0


@pytest.mark.parametrize("seed", range(8))
def test_a_template_states_every_number_and_no_other(seed: int) -> None:
    check = check_numbers(described(FACTS, seed), FACTS)
    assert (check.contradictions, check.unlisted, check.stated) == ((), (), check.known)
