"""Building blocks: every one of them closes its rings, alone and joined to any other."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from discovery.polymers import RepeatUnit
from discovery.pretraining import fragments as fr

DIVALENT = [*fr.ALIPHATIC, *fr.ARYLENES, *fr.bridged_arylenes(), *fr.substituted_arylenes()]
LABEL = re.compile(r"%\d\d|\d")


def test_ring_closures_are_renumbered_so_that_none_clash() -> None:
    assert fr.join("c1ccc({})cc1", "C1CC1{}", "c1ccccc1") == "c1ccc(C2CC2c3ccccc3)cc1"


def test_a_label_that_a_fragment_uses_twice_stays_one_label_in_each_ring() -> None:
    assert fr.join("C1CC1{}", "C1CC1C1CC1") == "C1CC1C2CC2C2CC2"


def test_labels_from_ten_on_are_written_with_a_percent_sign() -> None:
    joined = fr.join(*["C1CC1{}"] * 10, "O")
    assert "%10" in joined
    assert Chem.MolFromSmiles(joined).GetRingInfo().NumRings() == 10


def test_what_was_joined_can_be_joined_again() -> None:
    once = fr.join("c1ccc({})cc1", "O{}", "c1ccc({})cc1")
    assert Chem.MolFromSmiles(fr.join(*[once] * 6, "C")).GetRingInfo().NumRings() == 12


def test_a_single_piece_keeps_its_slot() -> None:
    assert fr.join("c2ccc({})cc2") == "c1ccc({})cc1"


@pytest.mark.parametrize("link", [*DIVALENT, *fr.LINKAGES, *fr.BRIDGES])
def test_a_divalent_fragment_has_one_slot_and_makes_a_repeat_unit(link: str) -> None:
    assert link.count("{}") == 1
    # ether oxygen at one end and a methylene at the other take any valence that a link may have
    assert RepeatUnit.parse(fr.join("*C{}", link, "C*"))


@pytest.mark.parametrize("group", [*fr.SUBSTITUENTS, *fr.VINYL_SUBSTITUENTS, *fr.RING_SUBSTITUENTS])
def test_a_monovalent_group_has_no_slot_and_makes_a_vinyl_polymer(group: str) -> None:
    assert "{}" not in group
    assert RepeatUnit.parse(fr.join("*CC(*){}", group))


@pytest.mark.parametrize("smiles", fr.DIANHYDRIDES)
def test_a_dianhydride_is_a_molecule_with_two_anhydrides(smiles: str) -> None:
    anhydride = Chem.MolFromSmarts("[#6](=O)~[#8]~[#6](=O)")  # RDKit sees PMDA's as aromatic
    assert len(Chem.MolFromSmiles(smiles).GetSubstructMatches(anhydride)) == 2


@pytest.mark.parametrize("unit", fr.INORGANIC_UNITS)
def test_an_inorganic_unit_is_a_repeat_unit(unit: str) -> None:
    assert RepeatUnit.parse(unit)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(DIVALENT), min_size=1, max_size=6))
def test_joining_adds_up_atoms_and_rings(pieces: list[str]) -> None:
    whole = Chem.MolFromSmiles(fr.join(*pieces, "C"), sanitize=False)
    single = [Chem.MolFromSmiles(fr.join(piece, "C"), sanitize=False) for piece in pieces]
    assert whole.GetNumAtoms() == 1 + sum(mol.GetNumAtoms() - 1 for mol in single)
    assert whole.GetNumBonds() == sum(mol.GetNumBonds() for mol in single)
    labels = LABEL.findall(fr.join(*pieces, "C"))
    assert all(labels.count(label) % 2 == 0 for label in set(labels))
