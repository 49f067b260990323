"""The identity of a chain: which texts are one polymer, and which are not."""

import random
from collections import Counter

import pytest
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator

from discovery.polymers import RepeatUnit

ONE_CHAIN = {
    "poly(ethylene oxide)": ["*CCO*", "*OCC*", "*COC*", "*CCOCCO*", "*COCCOCCOC*"],
    "ways to write an attachment point": [
        "*CCO*",
        "[*]CCO[*]",
        "[1*]CCO[2*]",
        "[2*]CCO[1*]",
        "[*:1]CCO[*:2]",
        " *CCO*\n",
    ],
    "polymethylene": ["*C*", "*CC*", "*CCC*", "*CCCCCCC*"],
    "polystyrene": ["*CC(*)c1ccccc1", "*C(C*)c1ccccc1", "C(*)C(*)C1=CC=CC=C1", "*CC(CC(*)c1ccccc1)c1ccccc1"],
    "polyacetylene": ["*C=C*", "*=CC=*", "*C=CC=C*"],
    "trans-polyacetylene": ["*/C=C/*", "*\\C=C\\*", "*/C=C/C=C/*"],
    "polyyne": ["*C#C*", "*#CC#*"],
    "polycumulene": ["*=C=*", "*=C=C=*"],
    "trans-1,4-polybutadiene": ["*/C=C/CC*", "*C/C=C/C*", "*C/C=C/CC/C=C/C*"],
    "poly(p-phenylene)": ["*c1ccc(*)cc1", "*c1ccc(cc1)-c1ccc(*)cc1"],
    "isotactic polypropylene, which is not chiral": ["*C[C@H](C)*", "*C[C@@H](C)*", "*[C@H](C)C*"],
    "syndiotactic polypropylene": ["*C[C@H](C)C[C@@H](C)*", "*C[C@@H](C)C[C@H](C)*"],
    "one marked centre is its own mirror image read backwards": [
        "*[C@H](C)*",
        "*[C@@H](C)*",
        "*[C@H](C)[C@H](C)*",
    ],
    "poly(L-lactic acid)": ["*O[C@@H](C)C(*)=O", "*C(=O)[C@H](C)O*", "*OC(=O)[C@H](C)*"],
    "azine across a multiple bond": ["*=C1C=CC(=NN=*)C=C1", "*N=C1C=CC(=N*)C=C1"],
    "poly(ethylene terephthalate)": ["*OCCOC(=O)c1ccc(cc1)C(*)=O", "*CCOC(=O)c1ccc(C(=O)O*)cc1"],
    "explicit hydrogens": ["*C([H])([H])C(*)C", "*CC(*)C"],
    "deuterated": ["*CC([2H])*", "*C([2H])C*"],
    "polyphosphazene": ["*N=P(*)(C)C", "*=NP(=*)(C)C"],
}

DIFFERENT_CHAINS = {
    "head to tail, head to head": ["*CC(*)C", "*CC(C)C(C)C*"],
    "E, Z and unmarked": ["*/C=C/CC*", "*/C=C\\CC*", "*C=CCC*"],
    "E, Z and unmarked across the cut": ["*/C=C/*", "*/C=C\\*", "*C=C*"],
    "R, S and unmarked": ["*O[C@@H](C)C(*)=O", "*O[C@H](C)C(*)=O", "*OC(C)C(*)=O"],
    "isotactic, syndiotactic, atactic": ["*C[C@H](C)*", "*C[C@H](C)C[C@@H](C)*", "*CC(*)C"],
    "tacticity of a symmetric unit": ["*C[C@H](C)C*", "*C[C@H](C)CC[C@@H](C)C*", "*CC(C)C*"],
    "cis and trans rings": ["*[C@H]1CC[C@@H](*)CC1", "*[C@H]1CC[C@H](*)CC1", "*C1CCC(*)CC1"],
    "isotopes": ["*CC*", "*CC([2H])*", "*[13CH2]C*"],
    "meta and para": ["*c1ccc(*)cc1", "*c1cccc(*)c1"],
    "pendant and in the backbone": ["*CC(*)CO", "*CCCO*"],
    "nylon 6 and nylon 6,6": ["*NCCCCCC(*)=O", "*NCCCCCCNC(=O)CCCCC(*)=O"],
}


@pytest.mark.parametrize("texts", ONE_CHAIN.values(), ids=ONE_CHAIN.keys())
def test_writings_of_one_chain_have_one_key(texts: list[str]) -> None:
    assert len({RepeatUnit.parse(text) for text in texts}) == 1
    assert len({RepeatUnit.parse(text).psmiles for text in texts}) == 1


@pytest.mark.parametrize("texts", DIFFERENT_CHAINS.values(), ids=DIFFERENT_CHAINS.keys())
def test_different_chains_have_different_keys(texts: list[str]) -> None:
    assert len({RepeatUnit.parse(text) for text in texts}) == len(texts)


@pytest.mark.parametrize(
    "text", [text for texts in (ONE_CHAIN | DIFFERENT_CHAINS).values() for text in texts]
)
def test_canonical_form_is_a_fixed_point(text: str) -> None:
    unit = RepeatUnit.parse(text)
    assert RepeatUnit.parse(unit.psmiles).psmiles == unit.psmiles


def test_canonical_form_reads_as_a_chemist_writes_it() -> None:
    assert RepeatUnit.parse("*OCC*").psmiles == "*CCO*"
    assert RepeatUnit.parse("*C(C*)c1ccccc1").psmiles == "*CC(*)c1ccccc1"
    assert RepeatUnit.parse("*=CC=*").psmiles == "*C=C*"


def test_key_is_32_hexadecimal_digits_and_decides_equality() -> None:
    unit = RepeatUnit.parse("*CCO*")
    assert len(unit.key) == 32
    assert int(unit.key, 16) >= 0
    assert unit == RepeatUnit("another text", unit.key)
    assert hash(unit) == hash(RepeatUnit("another text", unit.key))


def test_mol_has_two_plain_attachment_points_and_keeps_the_stereo() -> None:
    mol = RepeatUnit.parse("*[C@H](C)*").mol()
    stars = [atom for atom in mol.GetAtoms() if atom.GetAtomicNum() == 0]
    assert [atom.GetIsotope() for atom in stars] == [0, 0]
    assert "@" in Chem.MolToSmiles(mol)


@pytest.mark.parametrize(
    ("text", "capped"),
    [
        ("*CCO*", "COCCO"),
        ("*CC(*)c1ccccc1", "CCC(C)c1ccccc1"),
        ("*C*", "CCC"),
        ("*c1ccc(*)cc1", "Cc1ccc(C)cc1"),
        ("*[Si](C)(C)O*", "C[Si](C)(O)O[SiH3]"),
        ("*=C=*", "C=C=C"),
        ("*/C=C/*", "C/C=C/C"),
    ],
)
def test_capped_ends_in_the_atoms_that_the_chain_has_there(text: str, capped: str) -> None:
    mol = RepeatUnit.parse(text).capped()
    assert Chem.MolToSmiles(mol) == Chem.CanonSmiles(capped)


def test_oligomer_joins_units_head_to_tail() -> None:
    assert Chem.MolToSmiles(RepeatUnit.parse("*CCO*").oligomer(3)) == "COCCOCCOCCO"
    assert Chem.MolToSmiles(RepeatUnit.parse("*C*").oligomer(5)) == "CCCCCCC"


def test_oligomer_keeps_stereo_in_every_unit() -> None:
    lactide = Chem.MolToSmiles(RepeatUnit.parse("*O[C@@H](C)C(*)=O").oligomer(3))
    assert lactide == Chem.CanonSmiles("CO[C@@H](C)C(=O)O[C@@H](C)C(=O)O[C@@H](C)C(=O)O")
    diene = Chem.MolToSmiles(RepeatUnit.parse("*/C=C/*").oligomer(3))
    assert diene == Chem.CanonSmiles("C/C=C/C=C/C=C/C")


def test_oligomer_of_no_units_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        RepeatUnit.parse("*C*").oligomer(0)


def test_periodic_graph_is_large_enough_and_says_how_many_units_it_has() -> None:
    ring = RepeatUnit.parse("*CCO*").periodic(minimum_atoms=10)
    assert ring.GetIntProp("repeat_units") == 4
    assert ring.GetNumAtoms() == 12
    assert all(atom.GetAtomicNum() for atom in ring.GetAtoms())
    assert all(atom.GetDegree() == 2 for atom in ring.GetAtoms())


def test_periodic_graph_does_not_take_the_chain_for_a_ring() -> None:
    ring = RepeatUnit.parse("*CC(*)c1ccccc1").periodic()
    in_ring = {atom.GetIsAromatic() for atom in ring.GetAtoms() if atom.IsInRing()}
    assert in_ring == {True}
    assert not any(atom.IsInRing() for atom in RepeatUnit.parse("*CCO*").periodic().GetAtoms())


@pytest.mark.parametrize(
    "text", ["*C(C)(C)C(C)(*)C", "*c1ccc(*)[nH]1", "*=C1C=CC(=*)C=C1", "*C[N+](C)(*)CC#N"]
)
def test_periodic_graph_has_the_hydrogens_and_aromatic_atoms_of_a_long_chain(text: str) -> None:
    unit = RepeatUnit.parse(text)
    ring = unit.periodic()

    def atoms(mol: Chem.Mol) -> Counter[tuple[str, int, bool, bool]]:
        return Counter(
            (a.GetSymbol(), a.GetTotalNumHs(), a.GetIsAromatic(), a.IsInRing()) for a in mol.GetAtoms()
        )

    assert atoms(ring) == {
        atom: count * ring.GetIntProp("repeat_units")
        for atom, count in (atoms(unit.oligomer(9)) - atoms(unit.oligomer(8))).items()
    }


@pytest.mark.parametrize("text", ["*CCO*", "*CC(*)c1ccccc1", "*OCCOC(=O)c1ccc(cc1)C(*)=O", "*N=P(*)(C)C"])
def test_periodic_environments_are_those_of_a_long_chain(text: str) -> None:
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=3)
    unit = RepeatUnit.parse(text)
    ring = unit.periodic()
    counts = generator.GetSparseCountFingerprint(ring).GetNonzeroElements()
    per_unit = {bit: count / ring.GetIntProp("repeat_units") for bit, count in counts.items()}
    longer, long = (
        generator.GetSparseCountFingerprint(unit.oligomer(n)).GetNonzeroElements() for n in (12, 11)
    )
    growth = {bit: longer[bit] - long.get(bit, 0) for bit in longer if longer[bit] != long.get(bit, 0)}
    assert per_unit == growth


def test_writings_vary_cut_direction_and_order_and_depend_on_the_generator_only() -> None:
    unit = RepeatUnit.parse("*OCCOC(=O)c1ccc(cc1)C(*)=O")
    writings = unit.writings(200, random.Random(5))
    assert writings == unit.writings(200, random.Random(5))
    assert len(set(writings)) > 50
    # seven bonds can be cut; the mirror symmetry of the chain makes four kinds of them
    assert len({Chem.CanonSmiles(text) for text in writings}) == 4
    assert {RepeatUnit.parse(text) for text in writings} == {unit}


def test_writings_do_not_add_a_mark_to_an_open_double_bond() -> None:
    unit = RepeatUnit.parse("*/C=C/CCCCC/C=C/C=C(*)CCCC")
    assert {RepeatUnit.parse(text) for text in unit.writings(40, random.Random(1))} == {unit}
