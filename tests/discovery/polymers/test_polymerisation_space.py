"""The space of polymers: its blocks and sizes without products, one pair at a time, and costs."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdkit import Chem

from discovery.polymers import Monomer, RepeatUnit, polymerise
from discovery.polymers.reactions import rule_book
from discovery.polymers.space import Block, MonomerSpace, make_segment, segments

MONOMERS = [
    Monomer(text)
    for text in ("OCCO", "OCCCO", "CC(O)CO", "O=C(O)CC(=O)O", "O=C(O)CC(C)C(=O)O", "C=C", "C=CC", "NCC(=O)O")
]


def test_sizes_are_known_without_products() -> None:
    diols = [Monomer(f"O{'C' * n}O") for n in range(2, 62)]
    acids = [Monomer(f"O=C(O){'C' * n}C(=O)O") for n in range(1, 51)]
    space = MonomerSpace([*diols, *acids])
    assert {(block.polymer_class, block.size) for block in space.blocks} == {
        ("polycarbonate", 60),
        ("polyester", 3000),
    }
    assert space.size == 3060


def test_a_block_lists_its_monomers() -> None:
    space = MonomerSpace([Monomer("OCCO", "glycol"), Monomer("O=C(O)CC(=O)O", "malonic acid")])
    (block,) = [block for block in space.blocks if block.polymer_class == "polyester"]
    assert [monomer.name for monomer in block.firsts] == ["malonic acid"]
    assert [monomer.name for monomer in block.seconds] == ["glycol"]
    assert not block.symmetric
    assert space.blocks[block.number] is block


@given(st.integers(2, 40))
def test_a_symmetric_block_counts_each_unordered_pair_once(n: int) -> None:
    monomers = (Monomer("C=C"),) * n
    block = Block(0, "", "", monomers, monomers, True, n * (n - 1) // 2)
    assert [block.pair(number) for number in range(block.size)] == [
        (i, j) for i in range(n) for j in range(i + 1, n)
    ]


@given(st.integers(1, 20), st.integers(1, 20))
def test_another_block_counts_row_by_row(n: int, m: int) -> None:
    block = Block(0, "", "", (Monomer("C"),) * n, (Monomer("N"),) * m, False, n * m)
    assert [block.pair(number) for number in range(block.size)] == [
        (i, j) for i in range(n) for j in range(m)
    ]


@pytest.mark.parametrize("number", [-1, 6])
def test_a_pair_outside_the_block_is_an_error(number: int) -> None:
    block = Block(0, "", "", (Monomer("C"),) * 2, (Monomer("N"),) * 3, False, 6)
    with pytest.raises(IndexError, match="6 pairs"):
        block.pair(number)


@pytest.mark.parametrize("size", [1, 3, 512])
def test_segments_of_any_size_make_the_whole_stream(size: int) -> None:
    space = MonomerSpace(MONOMERS, copolymers=True)
    made = [c for segment in segments(space, size) for c in make_segment(space, segment).candidates]
    assert {c.unit for c in made} == {c.unit for c in polymerise(MONOMERS, copolymers=True)}
    assert made == [c for segment in segments(space, 2) for c in make_segment(space, segment).candidates]


def test_a_segment_holds_at_least_one_pair() -> None:
    with pytest.raises(ValueError, match="at least one pair"):
        list(segments(MonomerSpace(MONOMERS), 0))


def test_one_pair_is_made_on_request() -> None:
    space = MonomerSpace(MONOMERS)
    (block,) = [block for block in space.blocks if "dicarboxylic acid + diol" in block.reaction]
    made = space.make(block, 1, 2)
    assert {candidate.unit for candidate in made} == {
        RepeatUnit.parse("*OC(C)COC(=O)CC(C)C(*)=O"),
        RepeatUnit.parse("*OCC(C)OC(=O)CC(C)C(*)=O"),
    }


def test_what_a_pair_does_not_give_is_counted() -> None:
    space = MonomerSpace([Monomer("C=Cc1ccc(C=C)cc1")])
    (block,) = [block for block in space.blocks if block.firsts]
    dropped: Counter[str] = Counter()
    assert space.make(block, 0, None, dropped) == ()
    assert dropped == {"product: branched or a network": 1}


def test_monomers_left_out_are_counted() -> None:
    dropped: Counter[str] = Counter()
    MonomerSpace([Monomer("CCCC"), Monomer("C1CC"), Monomer("C=C"), Monomer("C=C")], dropped=dropped)
    assert dropped == {
        "monomer: no rule for it": 1,
        "monomer: unreadable SMILES": 1,
        "monomer: given twice": 1,
    }


def test_a_monomer_of_a_class_without_rules_only_is_counted() -> None:
    dropped: Counter[str] = Counter()
    MonomerSpace([Monomer("C=O"), Monomer("NCCNCCNCCN")], dropped=dropped)
    assert dropped == {
        "monomer: no rule for it": 1,
        "monomer: three or more functional groups (network)": 1,
    }


class TestCost:
    """Price of a gram of monomers."""

    def test_of_one_monomer_is_its_price(self) -> None:
        (candidate,) = polymerise([Monomer("C=C", price=0.5)])
        assert candidate.cost == pytest.approx(0.5)

    def test_of_two_is_weighted_by_mass_at_equal_numbers(self) -> None:
        """Glycol, 62.07 g/mol, and terephthalic acid, 166.13 g/mol."""
        made = polymerise([Monomer("OCCO", price=2.0), Monomer("O=C(O)c1ccc(C(=O)O)cc1", price=5.0)])
        (pet,) = [c for c in made if c.provenance is not None and c.provenance.polymer_class == "polyester"]
        assert pet.cost == pytest.approx((2.0 * 62.07 + 5.0 * 166.13) / (62.07 + 166.13), rel=1e-4)

    def test_leaves_out_the_carbonyl_source(self) -> None:
        made = polymerise([Monomer("Oc1ccc(C(C)(C)c2ccc(O)cc2)cc1", price=3.0)])
        assert [candidate.cost for candidate in made] == [pytest.approx(3.0)]

    def test_is_unknown_where_one_price_is(self) -> None:
        made = polymerise([Monomer("OCCO", price=2.0), Monomer("O=C(O)CC(=O)O")])
        costs = {c.provenance.polymer_class: c.cost for c in made if c.provenance is not None}
        assert costs == {"polycarbonate": 2.0, "polyester": None}


def branched(leaf: str, levels: int) -> str:
    return leaf if not levels else "C" + 2 * f"({branched(leaf, levels - 1)})" + branched(leaf, levels - 1)


def grid(side: int) -> str:
    """A diol of four-membered rings, ``side`` by ``side`` atoms."""
    mol = Chem.RWMol()
    for _ in range(side * side + 2):
        mol.AddAtom(Chem.Atom(6))
    for number in range(side * side):
        if (number + 1) % side:
            mol.AddBond(number, number + 1, Chem.BondType.SINGLE)
        if number + side < side * side:
            mol.AddBond(number, number + side, Chem.BondType.SINGLE)
    for corner, arm in ((0, side * side), (side * side - 1, side * side + 1)):
        mol.AddBond(corner, arm, Chem.BondType.SINGLE)
        mol.AddBond(arm, mol.AddAtom(Chem.Atom(8)), Chem.BondType.SINGLE)
    return str(Chem.MolToSmiles(mol))


#: Where a search that goes back and forth in a molecule could get lost: rings upon rings, and equal branches.
LARGE = {
    "grid": grid(12),
    "dendrimer": f"OCC({branched('C', 3)})C({branched('C', 3)})CO",
    "oligophenyl": "O" + "c1ccc(cc1)" * 24 + "O",
}


@pytest.mark.parametrize("kind", LARGE)
def test_no_large_monomer_takes_long(kind: str) -> None:
    partners = [Monomer("O=C(O)CC(C)C(=O)O"), Monomer("O=C=NCC(C)N=C=O")]
    rule_book()
    begun = time.process_time()
    space = MonomerSpace([Monomer(LARGE[kind]), *partners])
    made = [candidate for segment in segments(space) for candidate in make_segment(space, segment).candidates]
    assert len(made) >= 3
    assert time.process_time() - begun < 3
