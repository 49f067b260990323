"""Catalogues: pools on disk, read once, whole or not at all."""

import gc
import json
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from discovery.polymers.accessibility import sa_score

from discovery.errors import PoolError
from discovery.polymers import Candidate, Monomer, Provenance, RepeatUnit
from discovery.pools import (
    Catalogue,
    FilterPool,
    MonomerPool,
    Pool,
    PoolRules,
    TablePool,
    UnionPool,
    UnitPool,
)
from discovery.pools.contract import PoolContract
from discovery.pools.piece import Made, PiecewisePool
from discovery.pools.segments import PIECES

TEXTS = ("*CC*", "*CCO*", "*CC(*)C", "*CC(*)c1ccccc1", "*CC(*)Br", "*O[Si](*)(C)C", "*OCC*")
UNITS = [RepeatUnit.parse(text) for text in TEXTS]
ROUTE = Provenance(("ethylene",), "chain growth", "polyolefin")
MONOMERS = [Monomer(text) for text in ("C=C", "OCCO", "O=C(O)CC(=O)O", "C=Cc1ccccc1", "CCC")]


def candidates(pool: Pool, size: int = 8192) -> list[Candidate]:
    return [candidate for chunk in pool.chunks(size) for candidate in chunk]


class Source(PiecewisePool):
    """Pieces of one candidate each; may break off, as a process does that is killed."""

    def __init__(
        self, pieces: int = 2 * PIECES + 50, signature: str = "source", stop: int | None = None
    ) -> None:
        self.signature = signature
        self.dropped: Counter[str] = Counter()
        self.made_from: list[int] = []
        self._pieces = pieces
        self._stop = stop

    def made(self, start: int = 0, workers: int = 1, *, scores: bool = False) -> Iterator[Made]:
        self.made_from.append(start)
        for number in range(start, self._pieces):
            if number == self._stop:
                raise KeyboardInterrupt
            yield Made((Candidate(UNITS[number % 6], sa_score=number / 100),), Counter({"odd": number % 2}))


class TestCatalogue(PoolContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def pool(self) -> Pool:
        return Catalogue.prepare(UnitPool(UNITS), self.folder)


class TestViewOfACatalogue(TestCatalogue):
    def pool(self) -> Pool:
        return Catalogue.prepare(UnitPool(UNITS), self.folder).select(PoolRules(elements=("Br",)))


class TestTemporaryCatalogue(TestCatalogue):
    def pool(self) -> Pool:
        return Catalogue.prepare(Source(signature=""), self.folder)


def test_holds_the_candidates_of_its_pool_with_their_scores(tmp_path: Path) -> None:
    given = [Candidate(UNITS[0], ROUTE, "PE", cost=2.0), *map(Candidate, UNITS[1:])]
    catalogue = Catalogue.prepare(UnitPool(given), tmp_path)
    expected = [Candidate(c.unit, c.provenance, c.name, sa_score(c.unit), c.cost) for c in given[:6]]
    assert candidates(catalogue) == expected
    assert len(catalogue) == 6
    assert catalogue.dropped == {"same chain as an earlier one": 1}


def test_is_opened_and_not_read_again(tmp_path: Path) -> None:
    first, second = Source(), Source()
    assert candidates(Catalogue.prepare(first, tmp_path)) == candidates(Catalogue.prepare(second, tmp_path))
    assert (first.made_from, second.made_from) == ([0], [])


def test_keeps_what_the_preparation_left_out(tmp_path: Path) -> None:
    table = tmp_path / "pool.csv"
    table.write_text("psmiles\n*CC*\nCCO\n*C*\n")
    for _ in range(2):
        catalogue = Catalogue.prepare(TablePool(table), tmp_path / "pools")
        assert catalogue.dropped == {"no attachment point": 1, "same chain as an earlier one": 1}


def test_goes_on_where_a_killed_preparation_stopped(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        Catalogue.prepare(Source(stop=2 * PIECES + 10), tmp_path)
    rest = Source()
    catalogue = Catalogue.prepare(rest, tmp_path)
    assert rest.made_from == [2 * PIECES]
    whole = Catalogue.prepare(Source(), tmp_path / "whole")
    assert candidates(catalogue) == candidates(whole)
    assert (
        catalogue.dropped
        == whole.dropped
        == {"odd": PIECES + 25, "same chain as an earlier one": 2 * PIECES + 44}
    )
    assert [entry.name for entry in tmp_path.iterdir() if entry.is_dir() and entry.name != "whole"] == [
        catalogue.signature
    ]


def test_is_whole_or_not_there(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        Catalogue.prepare(Source(stop=10), tmp_path)
    assert not list(tmp_path.glob("*/catalogue.json"))


def test_two_preparations_at_once_give_the_same(tmp_path: Path) -> None:
    prepared: list[Catalogue] = []
    threads = [
        threading.Thread(target=lambda: prepared.append(Catalogue.prepare(Source(), tmp_path)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [candidates(each) for each in prepared] == [candidates(prepared[0])] * 3
    assert len(list(tmp_path.iterdir())) == 1


def test_without_a_signature_it_goes_with_the_object(tmp_path: Path) -> None:
    view = Catalogue.prepare(UnionPool([Source(signature=""), UnitPool(UNITS)]), tmp_path).select(
        PoolRules(elements=("Br",))
    )
    gc.collect()
    assert view.signature == ""
    assert len(candidates(view)) == 5
    del view
    gc.collect()
    assert len(list(tmp_path.glob("temporary-*"))) == 0


def test_processes_change_nothing(tmp_path: Path) -> None:
    table = tmp_path / "pool.csv"
    rows = [f"*CC(*){'C' * (n % 40)}{'(' * (n % 7 == 3)}O" for n in range(600)]
    table.write_text("psmiles\n" + "\n".join(rows))
    pool = UnionPool([TablePool(table), MonomerPool(MONOMERS)])
    rules = PoolRules(smarts=("CCCCCC",))
    one = Catalogue.prepare(pool, tmp_path / "one").select(rules)
    two = Catalogue.prepare(pool, tmp_path / "two", workers=2).select(rules, workers=2)
    assert candidates(one) == candidates(two)
    assert one.dropped == two.dropped


def test_a_union_puts_together_what_its_pools_know(tmp_path: Path) -> None:
    named = UnitPool([Candidate(UNITS[0], name="PE"), UNITS[1]])
    catalogue = Catalogue.prepare(UnionPool([named, MonomerPool(MONOMERS)]), tmp_path)
    first = candidates(catalogue)[0]
    assert first.name == "PE"
    assert first.provenance
    assert first.provenance.monomers == ("C=C",)


def test_a_pool_added_to_a_union_is_all_that_is_read(tmp_path: Path) -> None:
    source, again = Source(), Source()
    Catalogue.prepare(source, tmp_path)
    grown = Catalogue.prepare(UnionPool([again, UnitPool([RepeatUnit.parse("*CCS*")])]), tmp_path)
    assert again.made_from == []
    assert len(grown) == 7


def test_a_pool_of_which_nothing_is_usable_is_an_error(tmp_path: Path) -> None:
    table = tmp_path / "pool.csv"
    table.write_text("psmiles\nCCO\n")
    with pytest.raises(PoolError, match=r"no usable row\. Line 2: 'CCO' has no attachment point"):
        Catalogue.prepare(TablePool(table), tmp_path / "pools")


def test_an_empty_pool_makes_an_empty_catalogue(tmp_path: Path) -> None:
    catalogue = Catalogue.prepare(UnitPool([]), tmp_path)
    assert len(catalogue) == 0
    assert candidates(catalogue.select(PoolRules(smarts=("C",)))) == []


def test_a_damaged_catalogue_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    catalogue = Catalogue.prepare(UnitPool(UNITS), tmp_path)
    (tmp_path / catalogue.signature / "candidates.parquet").write_bytes(b"PAR1")
    with pytest.raises(PoolError, match="damaged") as caught:
        Catalogue.prepare(UnitPool(UNITS), tmp_path)
    assert "Delete" in caught.value.hint


def test_a_folder_that_cannot_be_written_to_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PoolError, match="cannot be kept") as caught:
        Catalogue.prepare(UnitPool(UNITS), tmp_path / "file" / "pools")
    assert "POLYLOOP_CACHE" in caught.value.hint


RULES = [
    PoolRules(),
    PoolRules(elements=("Br", "Si")),
    PoolRules(smarts=("c1ccccc1", "COC"), elements=("Br",)),
    PoolRules(keys=frozenset([UNITS[1].key]), max_sa_score=4.0, max_cost=3.0, smarts=("[Si]",)),
]


@pytest.mark.parametrize("rules", RULES)
def test_a_view_holds_what_a_filter_passes(tmp_path: Path, rules: PoolRules) -> None:
    given = [
        Candidate(unit, cost=cost) for unit, cost in zip(UNITS, (1.0, 2.0, None, 4.0, 0.5, 3.0), strict=False)
    ]
    catalogue = Catalogue.prepare(UnitPool(given), tmp_path)
    view, passed = catalogue.select(rules), FilterPool(UnionPool([catalogue]), rules)
    assert candidates(view) == candidates(passed)
    assert view.dropped == passed.dropped
    assert len(view) == len(candidates(view))


def test_a_filter_of_a_catalogue_uses_what_it_remembers(tmp_path: Path) -> None:
    catalogue = Catalogue.prepare(UnitPool(UNITS), tmp_path)
    passed = FilterPool(catalogue, PoolRules(elements=("Br",)))
    view = catalogue.select(PoolRules(elements=("Br",)))
    assert candidates(passed) == candidates(view)
    assert passed.dropped == view.dropped
    assert len(list((tmp_path / catalogue.signature / "looks").iterdir())) == 1


def test_a_view_of_a_view_keeps_both_rules(tmp_path: Path) -> None:
    catalogue = Catalogue.prepare(UnitPool(UNITS), tmp_path)
    view = catalogue.select(PoolRules(elements=("Br",))).select(
        PoolRules(smarts=("c1ccccc1",), elements=("Br",))
    )
    assert [c.unit.psmiles for c in candidates(view)] == [UNITS[i].psmiles for i in (0, 1, 2, 5)]
    assert view.dropped["excluded: holds Br"] == 1


def test_structures_are_looked_at_once(tmp_path: Path) -> None:
    looks: list[int] = []

    def told(done: int, total: int | None, what: str) -> None:
        looks.append(done)

    catalogue = Catalogue.prepare(UnitPool(UNITS), tmp_path)
    catalogue.select(PoolRules(elements=("Br",), smarts=("c1ccccc1",)), progress=told)
    assert looks.pop() == 6
    again = Catalogue.prepare(UnitPool(UNITS), tmp_path).select(
        PoolRules(elements=("Br",), smarts=("c1ccccc1",)), progress=told
    )
    assert len(again) == 4
    assert looks == []
    again.select(PoolRules(smarts=("c1ccccc1", "[Si]")), progress=told)
    assert looks == [4]


def test_what_tells_no_route_gets_those_of_the_rules(tmp_path: Path) -> None:
    catalogue = Catalogue.prepare(UnitPool([Candidate(UNITS[0], ROUTE), *UNITS[1:6]]), tmp_path)
    view = catalogue.select(PoolRules(makeable=True), known=[Monomer("C=CC", "propylene")])
    told = {c.unit: c.provenance for c in candidates(view)}
    assert told[UNITS[0]] == ROUTE
    assert told[UNITS[2]] is not None
    assert told[UNITS[2]].monomers == ("propylene",)
    assert UNITS[5] not in told
    assert view.dropped["excluded: no rule makes it"] == len(catalogue) - len(view)


def test_what_a_catalogue_says_of_itself_is_json(tmp_path: Path) -> None:
    catalogue = Catalogue.prepare(UnitPool(UNITS), tmp_path)
    about = json.loads((tmp_path / catalogue.signature / "catalogue.json").read_text())
    assert about["rows"] == 6
    assert about["dropped"] == {"same chain as an earlier one": 1}
