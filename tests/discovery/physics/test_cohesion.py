from __future__ import annotations

import pytest

from discovery.physics import evaluation
from discovery.physics.atoms import atoms
from discovery.physics.cohesion import bicerano
from discovery.physics.fedors import ROWS, fedors, groups_of
from discovery.physics.groups import EndlessChain, UncoveredError
from discovery.polymers import RepeatUnit

KAPTON = "*c1ccc(Oc2ccc(-n3c(=O)c4cc5c(=O)n(*)c(=O)c5cc4c3=O)cc2)cc1"


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
    ("text", "lower"),
    [
        (KAPTON, 0.14),
        ("*c1ccc(N2C(=O)c3ccc(Oc4ccc5c(c4)C(=O)N(*)C5=O)cc3C2=O)cc1", 0.14),
        ("*c1ccc(-n2c(=O)c3ccc4c(=O)n(*)c(=O)c5ccc(c2=O)c3c45)cc1", 0.16),
        ("*c1cccc(-c2nc3ccc(-c4ccc5[nH]c(*)nc5c4)cc3[nH]2)c1", 0.17),
    ],
    ids=["Kapton", "ODPA-PPD", "naphthalene diimide", "polybenzimidazole"],
)
def test_of_fused_rings_with_nitrogen_connectivity_gives_a_sixth_less(text: str, lower: float) -> None:
    found = chain(text)
    assert bicerano(found, atoms(found)) / fedors(found, atoms(found)) == pytest.approx(1 - lower, abs=0.01)


def test_an_imide_is_the_same_whether_its_ring_is_perceived_aromatic_or_not() -> None:
    # Two isomers, the one of pyromellitic dianhydride and oxydianiline, the other of oxydiphthalic dianhydride and phenylene
    # diamine: the same groups.
    aromatic, plain = chain(KAPTON), chain("*c1ccc(N2C(=O)c3ccc(Oc4ccc5c(c4)C(=O)N(*)C5=O)cc3C2=O)cc1")
    assert fedors(aromatic, atoms(aromatic)) == pytest.approx(fedors(plain, atoms(plain)))
    rows = {row.group.name: count for row, count in zip(ROWS, groups_of(aromatic).counts, strict=True)}
    assert (rows["CON"], rows["CO"], rows["N"]) == (2, 2, 0)


def test_the_lactone_of_coumarin_is_an_ester() -> None:
    rows = {
        row.group.name: count
        for row, count in zip(ROWS, groups_of(chain("*CC(*)c1ccc2ccc(=O)oc2c1")).counts, strict=True)
    }
    assert (rows["CO2"], rows["CO"], rows["O"]) == (1, 0, 0)


@pytest.mark.parametrize(
    "text",
    [
        "*CC(*)C(=O)Cl",
        "*CC(*)C(=O)F",
        "*CC(*)OC(=O)Cl",
        "*CCSSS*",
        "*CCSSSS*",
        "*CC(*)C(C)=NO",
        "*CCN(*)O",
        "*CC(*)OO",
        "*CCN(*)[N+](=O)[O-]",
        "*CC(*)ON=O",
        "*CCN(*)F",
        "*CCN(*)Cl",
        "*CC(*)SCl",
        "*CCOS(=O)O*",
        "*CCOS(=O)(=O)O*",
    ],
)
def test_what_is_left_out_of_fedors_table_is_refused(text: str) -> None:
    found = chain(text)
    with pytest.raises(UncoveredError, match="Fedors' table"):
        fedors(found, atoms(found))


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
