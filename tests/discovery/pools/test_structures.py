"""Looking for structures: what is ruled out by a glance at the text is not there."""

import pytest

from discovery.polymers import RepeatUnit
from discovery.pools import structures
from discovery.pools.structures import HELD, NOT_HELD, UNKNOWN, Element, Pattern, answers, elements_of, query

POLYMERS = [
    RepeatUnit.parse(text)
    for text in (
        "*CC*",
        "*CC(*)Br",
        "*CC(*)c1ccc(Cl)cc1",
        "*CC(*)c1cc[nH]c1",
        "*O[Si](*)(C)C",
        "*NCCCCCC(=O)*",
        "*CC(*)C(=O)[O-]",
        "*c1ccc(*)[se]1",
        "*Cc1ccc(C*)[n+](C)c1",
        "*CC(*)C(F)(F)[2H]",
    )
]
PATTERNS = (
    *(
        "Cl",
        "[Cl]",
        "[#17]",
        "c",
        "[c]",
        "n",
        "[nH]",
        "[#7]",
        "[N,O]",
        "[!#6]",
        "[N+]",
        "[n+]",
        "[O-]",
        "C=O",
        "[NH]",
    ),
    *(
        "[$(C=O)]",
        "[$([#6]Br)]",
        "[A]",
        "a",
        "[R]",
        "[r5]",
        "[D3]",
        "[X4]",
        "[H]",
        "[2H]",
        "[CH3]",
        "[se]",
        "[Si;X4]",
    ),
    *("[#6;!R]", "[C&H2]", "*", "[B,Br]", "[F]", "[13C]", "[C@H](F)Cl"),
)


def test_an_answer_is_not_remembered_by_what_looks_in_another_way(monkeypatch: pytest.MonkeyPatch) -> None:
    features = (Element("Br"), Pattern("Br"))
    before = [feature.digest for feature in features]
    assert len(set(before)) == 2
    monkeypatch.setattr(structures, "matching_revision", lambda: "another")
    assert not set(before) & {feature.digest for feature in features}


@pytest.mark.parametrize("smarts", PATTERNS)
def test_an_answer_is_what_a_search_of_the_whole_chain_finds(smarts: str) -> None:
    compiled = query(smarts)
    for unit in POLYMERS:
        found = unit.periodic(60).HasSubstructMatch(compiled.mol, useChirality=True)
        assert answers(unit.psmiles, [Pattern(smarts)]) == [HELD if found else NOT_HELD], unit


@pytest.mark.parametrize("unit", POLYMERS, ids=str)
def test_elements_are_those_of_the_atoms(unit: RepeatUnit) -> None:
    assert elements_of(unit.psmiles) == {atom.GetSymbol() for atom in unit.mol().GetAtoms()} - {"*"}


def test_nothing_is_looked_for_after_the_first_that_is_held() -> None:
    features = [Element("Br"), Pattern("C=O"), Element("N"), Pattern("CCC")]
    assert answers(POLYMERS[5].psmiles, features) == [NOT_HELD, HELD, UNKNOWN, UNKNOWN]
