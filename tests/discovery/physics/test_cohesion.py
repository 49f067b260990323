from __future__ import annotations

import pytest

from discovery.physics import evaluation
from discovery.physics.atoms import atoms
from discovery.physics.cohesion import bicerano
from discovery.physics.fedors import fedors
from discovery.physics.groups import EndlessChain, UncoveredError
from discovery.polymers import RepeatUnit


def chain(text: str) -> EndlessChain:
    return EndlessChain.of(RepeatUnit.parse(text))


def test_fedors_phenyl_from_its_atoms_is_the_published_row() -> None:
    found = chain("*CC(*)c1ccccc1")
    assert fedors(found, atoms(found)) == pytest.approx(4.184 * (1180 + 820 + 7630))


def test_fedors_rings_of_three_and_of_six_have_rows_of_their_own() -> None:
    small, large = chain("*CC(*)C1CC1"), chain("*CC(*)C1CCCCC1")
    assert fedors(small, atoms(small)) == pytest.approx(4.184 * (3 * 1180 + 2 * 820 + 750))
    assert fedors(large, atoms(large)) == pytest.approx(4.184 * (6 * 1180 + 2 * 820 + 250))


def test_fedors_has_no_sulfone() -> None:
    found = chain("*CCS(=O)(=O)*")
    with pytest.raises(UncoveredError, match="S bonded to =O, =O, C, C"):
        fedors(found, atoms(found))


@pytest.mark.parametrize(
    "text",
    [
        "*CC(*)C",
        "*CC(*)c1ccccc1",
        "*CC(*)Cl",
        "*CC(*)C#N",
        "*CC(*)C(=O)OC",
        "*CC(*)O",
        "*CC=CC*",
        "*CCO*",
        "*CCCCCCNC(=O)CCCCC(=O)N*",
        "*CCCCNC(=O)OCCCCOC(=O)N*",
        "*CCOC(=O)c1ccc(cc1)C(=O)O*",
        "*Oc1ccc(cc1)C(C)(C)c1ccc(cc1)OC(=O)*",
        "*[Si](C)(C)O*",
        "*CC(*)c1ccncc1",
        "*CCCCS*",
    ],
)
def test_the_two_cohesive_energies_agree(text: str) -> None:
    # The one was fitted to the other by its author: a wrong row or term of either shows up here.
    found = chain(text)
    assert bicerano(found, atoms(found)) == pytest.approx(fedors(found, atoms(found)), rel=0.10)


@pytest.mark.parametrize(
    ("text", "halogen"), [("*CC(Cl)=CC*", 2760), ("*C=C(*)F", 1000), ("*CC(Br)=CC*", 3700)]
)
def test_a_halogen_on_a_double_bond_gives_a_fifth_less(text: str, halogen: int) -> None:
    with_it, without = chain(text), chain(text.replace("(Cl)", "").replace("(Br)", "").replace("(*)F", "*"))
    gained = fedors(with_it, atoms(with_it)) - fedors(without, atoms(without))
    assert gained == pytest.approx(4.184 * 0.8 * halogen)  # =CH- and =C< have the same energy


@pytest.mark.parametrize("text", ["*CCS(=O)*", "*CCOS(=O)(=O)*", "*CCNS(=O)(=O)*", "*CCC(=S)*"])
def test_bicerano_refuses_sulfur_that_it_has_no_term_for(text: str) -> None:
    found = chain(text)
    with pytest.raises(UncoveredError, match="no sulfur but -S- and sulfones"):
        bicerano(found, atoms(found))


def test_a_group_that_fedors_lacks_besides_a_sulfone_is_not_made_up_for() -> None:
    with pytest.raises(UncoveredError, match="Fedors' table"):
        evaluation(RepeatUnit.parse("*CCS(=O)(=O)CC(*)N=O")).value("cohesive_energy")


def test_bicerano_refuses_elements_that_it_was_not_made_for() -> None:
    found = chain("*N=P(*)(C)C")
    with pytest.raises(UncoveredError, match="nothing for P"):
        bicerano(found, atoms(found))
