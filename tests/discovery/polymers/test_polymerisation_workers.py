"""Polymers made by several processes: the same stream, no pile of results, and pairs that hang or kill."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module

import pytest

from discovery.polymers.monomers import Monomer
from discovery.polymers.reactions import RuleBook
from discovery.polymers.space import Made, MonomerSpace, Segment, make_segment, segments
from discovery.polymers.workers import made_by_processes

#: Rules of a user's own: processes import them by name, as they would a user's module.
RULES = '''
import os, time
from dataclasses import replace

from rdkit import Chem

from discovery.polymers.reactions import rule_book


class Treacherous:
    """Hangs for a bromide, ends its process for an iodide."""

    def __init__(self, rule):
        self._rule = rule

    def RunReactants(self, mols, most):
        text = Chem.MolToSmiles(mols[0])
        while "Br" in text:
            time.sleep(0.1)
        if "I" in text:
            os._exit(3)
        return self._rule.RunReactants(mols, most)


def treacherous():
    book = rule_book()
    return replace(
        book, reactions=tuple(replace(each, reaction=Treacherous(each.reaction)) for each in book.reactions)
    )
'''

DIOLS = [Monomer(f"O{'C' * n}O") for n in range(2, 12)]
ACIDS = [Monomer(f"O=C(O){'C' * n}C(C)C(=O)O") for n in range(1, 11)]
VINYLS = [Monomer(text) for text in ("C=C", "C=CBr", "C=CC", "C=CI", "C=CF")]


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Callable[[], RuleBook]]]:
    folder = tmp_path_factory.mktemp("rules")
    (folder / "own_rules.py").write_text(RULES, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield lambda name: getattr(import_module("own_rules"), name)


@pytest.fixture(scope="module")
def treacherous(rules: Callable[[str], Callable[[], RuleBook]]) -> list[tuple[Segment, Made]]:
    """What is made of five vinyl monomers, one of which hangs and one of which ends the process."""
    space = MonomerSpace(VINYLS, rules=rules("treacherous"))
    return list(made_by_processes(space, segments(space), 2, 0.3))


def test_a_pair_that_hangs_or_kills_costs_no_other(treacherous: list[tuple[Segment, Made]]) -> None:
    assert [c.unit.psmiles for _, made in treacherous for c in made.candidates] == [
        "*C*",
        "*CC(*)C",
        "*CC(*)F",
    ]


def test_pairs_that_hang_or_kill_are_counted(treacherous: list[tuple[Segment, Made]]) -> None:
    assert Counter(dict(entry for _, made in treacherous for entry in made.dropped)) == {
        "product: took longer than 0.3 s": 1,
        "product: ended the process that made it": 1,
    }


@dataclass(frozen=True)
class Reading:
    """What was seen of ordinary work, closed long before its end."""

    space: MonomerSpace
    got: list[tuple[Segment, Made]]
    taken: list[Segment]
    children: list[str]


@pytest.fixture(scope="module")
def reading() -> Reading:
    space = MonomerSpace([*DIOLS, *ACIDS])
    taken: list[Segment] = []

    def work() -> Iterator[Segment]:
        for segment in segments(space, 5):
            taken.append(segment)
            yield segment

    results = made_by_processes(space, work(), 2, 20.0)
    got = [next(results) for _ in range(6)]
    results.close()
    return Reading(space, got, taken, [process.name for process in multiprocessing.active_children()])


def test_processes_give_what_one_gives_in_the_same_order(reading: Reading) -> None:
    first = list(segments(reading.space, 5))[:6]
    assert reading.got == [(segment, make_segment(reading.space, segment)) for segment in first]


def test_processes_look_ahead_a_little_only(reading: Reading) -> None:
    assert len(reading.taken) <= len(reading.got) + 6 < len(list(segments(reading.space, 5)))


def test_processes_end_with_the_stream(reading: Reading) -> None:
    assert not [name for name in reading.children if "pebble" in name]
