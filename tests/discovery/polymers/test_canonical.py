"""Properties of the canonical form: one key for every writing of a chain, another for every other chain.

The chains are generated, and drawn from real tables where the environment variable POLYLOOP_TABLES names a folder of
them. The writings come from RDKit and from cutting and joining texts, so that they share no code with what they test.
"""

import csv
import gzip
import os
import random
import re
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from discovery.errors import PolymerError
from discovery.polymers import RepeatUnit

#: Pieces of a backbone: each is entered at its first atom and left at its last, or at the atom after its branches.
ACYCLIC = [
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
    "C=C=C",
    "C(c2ccccc2)",
    "C([2H])",
    "[13CH2]",
    "[N+](C)(C)",
    "[N-]",
    "N=P(C)(C)",
    "P(=O)(C)",
    "[B-](C)(C)",
    "C([N+](=O)[O-])",
]
RINGS = [
    "c1ccc(cc1)",
    "c1cccc(c1)",
    "C1CCC(CC1)",
    "c1ccc(s1)",
    "c1ccc([nH]1)",
    "c1cnc(nc1)",
    "C1=CC=C(C=C1)",
    "C12CC(C1)C2",
    "C1CC2(C1)CC(C2)",
    "C1CCCCCCCCCC(CC1)",
    "N1C(=O)c2ccc(cc2C1=O)",
    "n3c(=O)c4cc5c(cc4c3=O)c(=O)n(c5=O)",
]
CENTRES = [
    "[C@H](C)",
    "[C@@H](C)",
    "[C@](F)(Cl)",
    "[C@H](O)",
    "[C@H]([C@H](F)Cl)",
    "[C@H]([C@@H](F)Cl)",
    "[Si@](C)(CC)",
    "[P@](=O)(C)",
    "[S@](=O)",
    "[C@H]1CC[C@@H](CC1)",
    "[C@H]1CC[C@H](CC1)",
    "[C@H]1CCC[C@@H](C1)",
    "[C@@H]1C[C@H]1",
    "[C@H]1[C@@H]2C=C[C@@H](O2)[C@@H]1",
    "C(O[C@@H]1CCCC[C@H]1C)",
]
DOUBLE_BONDS = ["/C=C/C", "/C=C\\C", "/C(C)=C(/CC)C", "/N=N/C", "/C=C/c1ccc(cc1)", "C(/C=C\\C)"]


def rows_of(pieces: list[str], most: int = 6) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(pieces), min_size=1, max_size=most)


@st.composite
def symmetric_rows(draw: st.DrawFn) -> list[str]:
    half = draw(rows_of(ACYCLIC + RINGS + CENTRES, 3))
    return half + half[::-1]


plain_rows = rows_of(ACYCLIC + RINGS)
rows = st.one_of(rows_of(ACYCLIC + RINGS + CENTRES + DOUBLE_BONDS), symmetric_rows())
#: Units that RDKit can read, a few of them with multiple bonds at the cut.
texts = st.one_of(
    rows.map(lambda pieces: f"*{''.join(pieces)}*"), plain_rows.map(lambda p: f"*=CC{''.join(p)}C=*")
).filter(lambda text: Chem.MolFromSmiles(text) is not None)
#: One chain, one key: six properties. With those of another chain, another key, more than 2,000 units, the same in every run.
thorough = settings(max_examples=270, deadline=None, derandomize=True)
quick = settings(max_examples=150, deadline=None, derandomize=True)


def unit_of(pieces: list[str]) -> RepeatUnit:
    return RepeatUnit.parse("*" + "".join(pieces) + "*")


# Writings of a chain that share no code with the product ------------------------------------------------------------

_STAR = re.compile(r"\[\d*\*(?::\d+)?\]|\*")
_RING = re.compile(r"(\[[^]]*\])|%(\d\d)|(\d)")
_OTHER_WAY = str.maketrans("/\\", "\\/")


def with_ends(text: str, head: str, tail: str) -> str:
    ends = iter((head, tail))
    return _STAR.sub(lambda _: next(ends), text)


def random_writings(text: str, rng: random.Random) -> Iterator[str]:
    """The unit in another order of atoms, and read from its other end."""
    mol = Chem.MolFromSmiles(with_ends(text, "[1*]", "[2*]"))
    order = list(range(mol.GetNumAtoms()))
    rng.shuffle(order)
    written = Chem.MolToSmiles(Chem.RenumberAtoms(mol, order), canonical=False)
    # RDKit itself now and then writes another stereoisomer than it was given
    if Chem.CanonSmiles(written) == Chem.CanonSmiles(Chem.MolToSmiles(mol)):
        yield written
        yield written.replace("[1*]", "[3*]").replace("[2*]", "[1*]").replace("[3*]", "[2*]")


def repeated(text: str, times: int) -> str | None:
    """The unit ``times`` in a row, by joining texts; None if there are not enough ring numbers."""
    mol = Chem.MolFromSmiles(with_ends(text, "[1*]", "[2*]"))
    head = next(
        atom.GetIdx() for atom in mol.GetAtoms() if atom.GetIsotope() == 1 and not atom.GetAtomicNum()
    )
    row = str(Chem.MolToSmiles(mol, rootedAtAtom=head, canonical=False))
    body = row.removeprefix("[1*]")
    numbers = max([10, *(int(two or one) for _, two, one in _RING.findall(row) if two or one)])
    if numbers * times > 99:
        return None
    for copy in range(1, times):
        shift = numbers * copy
        following = _RING.sub(lambda m, s=shift: m[1] or f"%{int(m[2] or m[3]) + s:02d}", body)
        before, after = row.split("[2*]")
        entering = re.match(r"[-=#/\\]?", following)[0]
        leaving = re.search(r"[-=#/\\]?$", before)[0]
        following = following[len(entering) :]
        if {entering, leaving} == {"/", "\\"}:
            following = following.translate(_OTHER_WAY)
        before = before[: len(before) - len(leaving)]
        row = before + (leaving or entering or "-") + following + after
    return row


def assert_one_key(text: str, rng: random.Random, times: int) -> None:
    unit = RepeatUnit.parse(text)
    assert RepeatUnit.parse(unit.psmiles).psmiles == unit.psmiles
    others = [*random_writings(text, rng), *unit.writings(1, rng), repeated(text, times)]
    others.append(with_ends(text, *rng.choice([("[*]", "[*]"), ("[1*]", "[2*]"), ("[*:1]", "[*:2]")])))
    for other in others:
        assert other is None or RepeatUnit.parse(other).psmiles == unit.psmiles, other


# One chain, one key -------------------------------------------------------------------------------------------------


@thorough
@given(texts)
def test_canonical_form_is_a_fixed_point(text: str) -> None:
    try:
        unit = RepeatUnit.parse(text)
    except PolymerError:
        return
    assert RepeatUnit.parse(unit.psmiles).psmiles == unit.psmiles


@thorough
@given(rows, st.integers(0, 2**32))
def test_any_writing_has_the_same_key(pieces: list[str], seed: int) -> None:
    unit = unit_of(pieces)
    for text in unit.writings(4, random.Random(seed)):
        assert RepeatUnit.parse(text) == unit


@thorough
@given(texts, st.randoms(use_true_random=False))
def test_order_of_atoms_and_direction_do_not_matter(text: str, rng: random.Random) -> None:
    try:
        unit = RepeatUnit.parse(text)
    except PolymerError:
        return
    for other in random_writings(text, rng):
        assert RepeatUnit.parse(other) == unit


@thorough
@given(rows, st.integers(0, 5))
def test_moving_the_cut_keeps_the_key(pieces: list[str], places: int) -> None:
    places %= len(pieces)
    assert unit_of(pieces[places:] + pieces[:places]) == unit_of(pieces)


@thorough
@given(rows, st.sampled_from([2, 3]))
def test_repeating_the_unit_keeps_the_key(pieces: list[str], times: int) -> None:
    assert unit_of(pieces * times) == unit_of(pieces)


@thorough
@given(rows, st.sampled_from(["[*]", "[1*]", "[*:1]", "[7*:3]"]), st.sampled_from(["*", "[2*]", "[*:2]"]))
def test_the_style_of_attachment_points_does_not_matter(pieces: list[str], first: str, last: str) -> None:
    assert RepeatUnit.parse(first + "".join(pieces) + last) == unit_of(pieces)


def drawn_from_tables(folder: Path, wanted: int, seed: int) -> list[str]:
    """``wanted`` units over all tables of a folder, as many from each as it can give."""
    rng = random.Random(seed)
    found: list[list[str]] = []
    for path in sorted(folder.iterdir()):
        if path.name.endswith((".csv", ".csv.gz")):
            with gzip.open(path, "rt") if path.suffix == ".gz" else path.open(newline="") as file:
                table = csv.DictReader(file)
                name = next(
                    (name for name in ("psmiles", "smiles") if name in (table.fieldnames or ())), None
                )
                column = (row[name] or "" for row in table) if name else ()
                units = [text for text in islice(column, 100_000) if text.count("*") == 2]
            if units:
                found.append(rng.sample(units, len(units)))
    found.sort(key=len)  # what a short table cannot give, longer ones do
    drawn: list[str] = []
    for place, units in enumerate(found):
        drawn += units[: (wanted - len(drawn)) // (len(found) - place)]
    return drawn


def test_units_of_real_tables_have_one_key_in_every_writing() -> None:
    folder = os.environ.get("POLYLOOP_TABLES", "")
    if not folder:
        pytest.skip("POLYLOOP_TABLES names no folder of tables")
    rng = random.Random(5)
    read = 0
    for text in drawn_from_tables(Path(folder), 2100, seed=5):
        try:
            RepeatUnit.parse(text)
        except PolymerError:
            continue
        assert_one_key(text, rng, times=rng.choice([2, 2, 3]))
        read += 1
    assert read >= 2000, f"only {read} units found in {folder}"


# Another chain, another key -----------------------------------------------------------------------------------------


@quick
@given(plain_rows)
def test_e_and_z_and_unmarked_differ(pieces: list[str]) -> None:
    keys = {unit_of([*pieces, double]).key for double in ("/C=C/C", "/C=C\\C", "C=CC")}
    assert len(keys) == 3


@quick
@given(plain_rows)
def test_r_and_s_and_unmarked_differ(pieces: list[str]) -> None:
    keys = {unit_of([*pieces, f"O{centre}(C)C(=O)"]).key for centre in ("[C@H]", "[C@@H]", "C")}
    assert len(keys) == 3


@quick
@given(plain_rows)
def test_isotopes_differ(pieces: list[str]) -> None:
    assert len({unit_of([*pieces, atom]).key for atom in ("C", "[13CH2]", "[14CH2]", "C([2H])")}) == 4


@quick
@given(plain_rows, st.sampled_from(["F", "C", "c2ccccc2", "C#N", "C(=O)OC", "[2H]", "C[N+](C)(C)C"]))
def test_head_to_tail_and_head_to_head_differ(linker: list[str], side: str) -> None:
    head_to_tail = [*linker, f"CC({side})", *linker, f"CC({side})"]
    head_to_head = [*linker, f"CC({side})", *linker, f"C({side})C"]
    if (
        len({unit_of(linker), unit_of(linker[::-1])}) == 1
    ):  # else the linker's direction tells them apart anyway
        assert unit_of(head_to_tail) != unit_of(head_to_head)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(rows_of(ACYCLIC, 5), st.one_of(st.none(), st.sampled_from(RINGS)), st.randoms(use_true_random=False))
def test_keys_are_equal_exactly_when_the_closed_rings_are(
    pieces: list[str], ring: str | None, rng: random.Random
) -> None:
    if ring:
        pieces = [*pieces, ring]
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


# Faults that were found, and speed ----------------------------------------------------------------------------------


def test_phosphorus_that_leaves_an_aromatic_ring_is_normalised_at_once() -> None:
    unit = RepeatUnit.parse("*N1[n+]p(=O)c2cc3c(cc2C1=O)C(=O)N(*)C3=O")
    assert RepeatUnit.parse(unit.psmiles).psmiles == unit.psmiles


@pytest.mark.parametrize(
    "text",
    [
        "*[C@H]1CCC[C@@H](C1)/C=C\\C[C@H]1C[C@@]2(C1)C[C@H](C2)*",
        "*[Ge](C)(C)/N=N/C[C@H]1C[C@]2(C1)C[C@H](C2)[C@@H]1CC2(CC1)C[C@H](C2)*",
        "*c1ccc(cc1)/C=C/C[C@H]1C[C@]2(C1)C[C@H](C2)[C@H]1C[C@]2(C1)C[C@H](C2)/C=C/Cc1ccc(cc1)*",
    ],
)
def test_marked_spiro_rings_are_read_back_as_they_were_written(text: str) -> None:
    unit = RepeatUnit.parse(text)
    assert RepeatUnit.parse(unit.psmiles).psmiles == unit.psmiles


def test_cis_and_trans_rings_stay_what_they_are_when_the_cut_moves() -> None:
    rings = ["[C@H]1CC[C@H](CC1)", "[C@H]1CC[C@@H](CC1)"]
    units = [unit_of(["N(C)", ring]) for ring in rings]
    assert units[0] != units[1]
    assert units == [unit_of([ring, "N(C)"]) for ring in rings]
    assert units == [RepeatUnit.parse(unit.psmiles) for unit in units]


def test_time_grows_in_proportion_to_the_size_of_the_unit() -> None:
    """Eight times the atoms in 32 times the time at most: a little more than in proportion, far from its square (64)."""
    small, large = (chain_of(blocks) for blocks in (4, 32))
    best = {small: float("inf"), large: float("inf")}
    for _ in range(7):  # in turns, so that a busy machine slows both; the quickest of each was slowed least
        for text in best:
            begun = time.process_time()
            RepeatUnit.parse(text)
            best[text] = min(best[text], time.process_time() - begun)
    assert best[large] < 32 * best[small]


def chain_of(blocks: int) -> str:
    return "*S" + "CC(C)OC(=O)c1ccc(cc1)N" * blocks + "*"
