"""Properties of the canonical form over generated chains."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from discovery.polymers import RepeatUnit

#: Pieces of a backbone: each is entered at its first atom and left at its last, or at the atom after its branches.
PLAIN = [
    "C",
    "O",
    "C(C)",
    "C(C)(C)",
    "C(=O)",
    "N(C)",
    "S(=O)(=O)",
    "[Si](C)(C)",
    "C#C",
    "C=C",
    "c1ccc(cc1)",
    "c1cccc(c1)",
    "C1CCC(CC1)",
    "c1ccc(s1)",
    "C(c2ccccc2)",
    "C([2H])",
    "[N+](C)(C)",
    "n3c(=O)c4cc5c(cc4c3=O)c(=O)n(c5=O)",
]
MARKED = ["[C@H](C)", "[C@@H](C)", "[C@](F)(Cl)", "[C@H](O)", "/C=C/C", "/C=C\\C", "/C(C)=C(/CC)C"]

plain_chains = st.lists(st.sampled_from(PLAIN), min_size=1, max_size=6)
chains = st.lists(st.sampled_from(PLAIN + MARKED), min_size=1, max_size=6)
quick = settings(max_examples=200, deadline=None)


def unit_of(pieces: list[str]) -> RepeatUnit:
    return RepeatUnit.parse("*" + "".join(pieces) + "*")


@quick
@given(chains)
def test_canonical_form_is_a_fixed_point(pieces: list[str]) -> None:
    unit = unit_of(pieces)
    assert RepeatUnit.parse(unit.psmiles).psmiles == unit.psmiles


@quick
@given(chains, st.integers(0, 2**32))
def test_any_writing_has_the_same_key(pieces: list[str], seed: int) -> None:
    unit = unit_of(pieces)
    for text in unit.writings(4, random.Random(seed)):
        assert RepeatUnit.parse(text) == unit


@quick
@given(chains, st.integers(0, 5))
def test_moving_the_cut_keeps_the_key(pieces: list[str], places: int) -> None:
    places %= len(pieces)
    assert unit_of(pieces[places:] + pieces[:places]) == unit_of(pieces)


@quick
@given(chains, st.sampled_from([2, 3]))
def test_repeating_the_unit_keeps_the_key(pieces: list[str], times: int) -> None:
    assert unit_of(pieces * times) == unit_of(pieces)


@quick
@given(chains, st.sampled_from(["[*]", "[1*]", "[*:1]", "[7*:3]"]), st.sampled_from(["*", "[2*]", "[*:2]"]))
def test_the_style_of_attachment_points_does_not_matter(pieces: list[str], first: str, last: str) -> None:
    assert RepeatUnit.parse(first + "".join(pieces) + last) == unit_of(pieces)


@settings(max_examples=60, deadline=None)  # the oracle is slow
@given(plain_chains, st.randoms(use_true_random=False))
def test_keys_are_equal_exactly_when_the_closed_rings_are(pieces: list[str], rng: random.Random) -> None:
    other = list(pieces)
    rng.shuffle(other)
    assert (unit_of(pieces) == unit_of(other)) == (ring_of(pieces) == ring_of(other))


def ring_of(pieces: list[str]) -> str:
    """Canonical SMILES of three units closed to a ring: chains with as many atoms per unit are equal if their rings are."""
    mol = Chem.RWMol(Chem.MolFromSmiles("*" + "".join(pieces * 3) + "*"))
    stars = [atom for atom in mol.GetAtoms() if atom.GetAtomicNum() == 0]
    ends = [star.GetNeighbors()[0].GetIdx() for star in stars]
    mol.AddBond(*ends, Chem.BondType.SINGLE)
    for index in sorted((star.GetIdx() for star in stars), reverse=True):
        mol.RemoveAtom(index)
    # The smallest rings of a big ring through many phenylenes are as many as there are ways around: do not look for them.
    Chem.FastFindRings(mol)
    return str(Chem.MolToSmiles(mol))


def test_phosphorus_that_leaves_an_aromatic_ring_is_normalised_at_once() -> None:
    unit = RepeatUnit.parse("*N1[n+]p(=O)c2cc3c(cc2C1=O)C(=O)N(*)C3=O")
    assert RepeatUnit.parse(unit.psmiles).psmiles == unit.psmiles
