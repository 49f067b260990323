from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from discovery.acquisition.searched_space import SearchedSpace
from discovery.polymers import Candidate, Monomer, MonomerSpace

DIOLS = [Monomer("O" + "C" * n + "O", f"diol {n}") for n in range(2, 12)]
ACIDS = [Monomer("OC(=O)" + "C" * n + "C(=O)O", f"acid {n}") for n in range(2, 12)]


@pytest.fixture(scope="module")
def space() -> MonomerSpace:
    return MonomerSpace([*DIOLS, *ACIDS])


def found(searched: SearchedSpace, taken: frozenset[str], left_out: Counter[str]) -> Iterator[Candidate]:
    for chunk in searched.chunks(None, taken=taken, left_out=left_out, seed=0):
        yield from chunk


def test_it_looks_at_no_more_than_it_may_and_gives_each_chain_once(space: MonomerSpace) -> None:
    searched = SearchedSpace(space, 30)
    keys = [c.unit.key for c in found(searched, frozenset(), Counter())]
    assert len(keys) == len(set(keys)) == 30
    assert "too many to build them all" in searched.note(30)


def test_what_is_taken_or_at_fault_is_counted_and_not_given(space: MonomerSpace) -> None:
    everything = [c.unit for c in found(SearchedSpace(space, 1000), frozenset(), Counter())]
    taken = frozenset(unit.key for unit in everything[:3])

    def fault(candidate: Candidate) -> str:
        return "excluded: too long" if len(candidate.unit.psmiles) > 25 else ""

    left_out: Counter[str] = Counter()
    searched = SearchedSpace(space, 1000, fault)
    given = [c.unit for c in found(searched, taken, left_out)]
    assert {unit.key for unit in given} == {
        unit.key for unit in everything[3:] if len(unit.psmiles) <= 25
    } - taken
    assert left_out["excluded: too long"] == sum(len(unit.psmiles) > 25 for unit in everything[3:])
    assert f"{len(given)} gave a polymer" in searched.note(len(given))


def test_the_same_seed_gives_the_same(space: MonomerSpace) -> None:
    first, second = (
        [c.unit for c in found(SearchedSpace(space, 40), frozenset(), Counter())] for _ in range(2)
    )
    assert first == second
