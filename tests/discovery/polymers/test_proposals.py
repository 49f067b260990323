"""Guesses at the monomers of a chain: none is missed because of where the chain happens to be cut."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import rdBase

from discovery.polymers import RepeatUnit
from discovery.polymers.disconnections import Strand
from discovery.polymers.proposals import proposals

CHAINS = [
    "*C*",
    "*CC(C)(C(=O)OC)CC(*)c1ccccc1",
    "*CC=C(C)C*",
    "*C=CC1CCC(*)C1",
    "*C[C@H](C)O*",
    "*O[C@@H](C)C(*)=O",
    "*OCC(C)OC(=O)/C=C/C(*)=O",
    "*NCCCCCCNC(=O)CCCCC(*)=O",
    "*OCCOC(=O)c1ccc(cc1)C(=O)NCCCNC(=O)CC(*)=O",
    "*c1ccc(cc1)Oc1ccc(cc1)N1C(=O)c2cc3c(cc2C1=O)C(=O)N(*)C3=O",
    "*Oc1ccc(cc1)C(C)(C)c1ccc(cc1)OC(*)=O",
    "*OC[C@H](C)OC(=O)Nc1ccc(Cc2ccc(cc2)NC(*)=O)cc1",
    "*CCCCCCN1CC(OC1=S)COCCOCC1CN(*)C(=O)O1",
    "*Oc1c(C)cc(*)cc1C",
    "*Oc1ccc(cc1)S(=O)(=O)c1ccc(*)cc1",
    "*Oc1ccc(cc1)Oc1ccc(cc1)C(=O)c1ccc(*)cc1",
    "*c1ccc(*)s1",
]


def guesses(text: str) -> set[frozenset[str]]:
    with rdBase.BlockLogs():
        return {frozenset(monomers) for monomers in proposals(Strand.read(text), copolymers=True)}


@settings(max_examples=60, deadline=None)
@given(polymer=st.sampled_from(CHAINS), seed=st.integers(0, 10_000))
def test_guesses_do_not_depend_on_the_cut(polymer: str, seed: int) -> None:
    unit = RepeatUnit.parse(polymer)
    (text,) = unit.writings(1, random.Random(seed))
    assert guesses(text) == guesses(unit.psmiles)


def test_a_chain_that_no_rule_joins_gives_no_guess() -> None:
    assert guesses("*c1ccc(*)s1") == set()


def test_each_set_of_monomers_is_guessed_once() -> None:
    strand = Strand.read(RepeatUnit.parse("*OCCOC(=O)CCC(*)=O").psmiles)
    sets = [frozenset(monomers) for monomers in proposals(strand, copolymers=True)]
    assert len(sets) == len(set(sets))
