"""Fragments: slots are filled and pieces are joined without one ring closure taking another's label."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from discovery.pretraining.corpus.fragments import fill, join, mixture
from discovery.pretraining.corpus.linkers import aromatic

LABEL = re.compile(r"%\d\d|\d")


def test_ring_closures_are_renumbered_so_that_none_clash() -> None:
    assert join("c1ccc({})cc1", "C1CC1{}", "c1ccccc1") == "c1ccc(C2CC2c3ccccc3)cc1"


def test_a_label_that_a_fragment_uses_twice_stays_one_label_in_each_ring() -> None:
    assert join("C1CC1{}", "C1CC1C1CC1") == "C1CC1C2CC2C2CC2"


def test_labels_from_ten_on_are_written_with_a_percent_sign() -> None:
    joined = join(*["C1CC1{}"] * 10, "O")
    assert "%10" in joined
    assert Chem.MolFromSmiles(joined).GetRingInfo().NumRings() == 10


def test_what_was_joined_can_be_joined_again() -> None:
    once = join("c1ccc({})cc1", "O{}", "c1ccc({})cc1")
    assert Chem.MolFromSmiles(join(*[once] * 6, "C")).GetRingInfo().NumRings() == 12


def test_every_slot_gets_its_piece_in_order() -> None:
    assert fill("C({})({})O{}", "F", "Cl", "Br") == "C(F)(Cl)OBr"


def test_a_slot_filled_with_a_slot_stays_open() -> None:
    assert fill("c1cc({})c({})cc1", "C", "{}") == "c1cc(C)c({})cc1"


def test_pieces_keep_their_rings_when_they_fill_a_ring() -> None:
    filled = fill("c1c({})cc({})cc1", "c1ccccc1", "C1CC1")
    assert Chem.MolFromSmiles(filled).GetRingInfo().NumRings() == 3


def test_digits_in_brackets_are_no_ring_closures() -> None:
    assert fill("C1CC1{}", "[SiH2]C1CC1") == "C1CC1[SiH2]C2CC2"


@pytest.mark.parametrize("pieces", [(), ("C",), ("C", "C", "C")])
def test_too_few_and_too_many_pieces_are_refused(pieces: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="2 slots"):
        fill("C({}){}", *pieces)


def test_a_mixture_draws_from_its_sources_by_weight() -> None:
    draw = mixture((3, "a"), (0, "never"), (1, ("b", "c")), (1, lambda rng: "d"))
    rng = random.Random(0)
    drawn = [draw(rng) for _ in range(2000)]
    assert set(drawn) == {"a", "b", "c", "d"}
    assert 0.55 < drawn.count("a") / 2000 < 0.65


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 5))
def test_joining_adds_up_atoms_and_rings(seed: int, count: int) -> None:
    rng = random.Random(seed)
    pieces = [aromatic(rng) for _ in range(count)]
    whole = Chem.MolFromSmiles(join(*pieces, "C"), sanitize=False)
    single = [Chem.MolFromSmiles(join(piece, "C"), sanitize=False) for piece in pieces]
    assert whole.GetNumAtoms() == 1 + sum(mol.GetNumAtoms() - 1 for mol in single)
    assert whole.GetNumBonds() == sum(mol.GetNumBonds() for mol in single)
    labels = LABEL.findall(join(*pieces, "C"))
    assert all(labels.count(label) % 2 == 0 for label in set(labels))
