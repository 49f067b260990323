from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.physics.groups import EndlessChain, Group, UncoveredError, in_words, partition
from discovery.polymers import RepeatUnit

TABLE = (
    Group("-COO-", "[CX3](=O)[OX2]"),
    Group("p-phenylene", "c1[cH][cH]c[cH][cH]1"),
    Group("-CH2-", "[CX4H2]"),
    Group("-O-", "[OX2]"),
    Group("any C", "[#6]"),
)
PET = "*CCOC(=O)c1ccc(cc1)C(=O)O*"
UNITS = (PET, "*CC(*)C(=O)OCC", "*OCC*", "*C*", "*OC(=O)CCCCC*", "*Oc1ccc(cc1)C(=O)*")


def chain(text: str) -> EndlessChain:
    return EndlessChain.of(RepeatUnit.parse(text))


def counts(text: str) -> dict[str, float]:
    found = partition(chain(text), TABLE).covered("the table")
    return {group.name: count for group, count in zip(TABLE, found, strict=True) if count}


def test_groups_are_counted_per_repeat_unit() -> None:
    assert counts(PET) == {"-COO-": 2, "p-phenylene": 1, "-CH2-": 2}


def test_a_group_across_the_cut_counts_once() -> None:
    assert counts("*C(=O)CCCCCO*") == counts("*OC(=O)CCCCC*") == {"-COO-": 1, "-CH2-": 5}


@given(text=st.sampled_from(UNITS), seed=st.integers(0, 1000))
def test_counts_do_not_depend_on_the_writing(text: str, seed: int) -> None:
    (other,) = RepeatUnit.parse(text).writings(1, random.Random(seed))
    assert counts(other) == counts(text)


def test_counts_are_those_of_one_repeat_when_two_are_written() -> None:
    assert counts("*CCOCCO*") == counts("*CCO*") == {"-CH2-": 2, "-O-": 1}


@pytest.mark.parametrize("text", UNITS)
def test_every_atom_is_in_one_group(text: str) -> None:
    found = chain(text)
    shared = partition(found, TABLE)
    assert len(shared.owners) == found.copies * found.size
    assert min(shared.owners) >= 0


def test_an_earlier_row_takes_the_atoms() -> None:
    assert counts("*CC(*)C") == {"-CH2-": 1, "any C": 2}
    late = partition(chain("*CC(*)C"), TABLE[::-1])
    assert list(late.counts) == [3, 0, 0, 0, 0]


def test_ring_patterns_see_the_polymers_rings_and_not_the_closed_chain() -> None:
    found = chain("*CCC1CCC(*)CC1")
    assert found.count("[CR]") == 6
    assert found.count("[C;!R]") == 2


def test_atoms_without_a_group_are_named() -> None:
    shared = partition(chain("*CC(*)P(C)C"), TABLE)
    assert shared.uncovered == ("P bonded to C, C, C",)
    with pytest.raises(UncoveredError, match="the table has no group for P bonded to C, C, C"):
        shared.covered("the table")


def test_a_pattern_of_an_element_that_is_not_there_has_no_matches() -> None:
    assert chain(PET).count("[Si]") == 0


def test_a_pattern_with_alternatives_is_not_passed_over() -> None:
    assert chain(PET).count("[Si,O]") == 4
    assert chain(PET).count("[!#6]") == 4


def test_overlapping_matches_are_all_counted() -> None:
    assert chain("*CCO*").count("[#6]~[#8]") == 2


def test_an_atom_in_words_tells_charge_and_bonds() -> None:
    atom = next(a for a in chain("*CC(*)[N+](=O)[O-]").mol.GetAtoms() if a.GetSymbol() == "N")
    assert in_words(atom) == "N(+1) bonded to =O, C, O"


def test_a_table_that_is_no_smarts_is_a_fault_of_the_table() -> None:
    with pytest.raises(ValueError, match="not a SMARTS"):
        chain(PET).count("c1cc")
