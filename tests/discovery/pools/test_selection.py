"""Views on a catalogue: what a filter passes, found out once."""

import json
from pathlib import Path

import pytest

from discovery.polymers import Candidate, Monomer, Provenance, RepeatUnit
from discovery.pools import Catalogue, FilterPool, Pool, PoolRules, UnionPool, UnitPool

TEXTS = ("*CC*", "*CCO*", "*CC(*)C", "*CC(*)c1ccccc1", "*CC(*)Br", "*O[Si](*)(C)C", "*OCC*")
UNITS = [RepeatUnit.parse(text) for text in TEXTS]
ROUTE = Provenance(("ethylene",), "chain growth", "polyolefin")


def candidates(pool: Pool) -> list[Candidate]:
    return [candidate for chunk in pool.chunks() for candidate in chunk]


def folders(path: Path) -> set[str]:
    return {entry.name for entry in path.iterdir()}


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


def test_ways_to_make_are_looked_for_only_where_the_other_rules_are_kept(tmp_path: Path) -> None:
    catalogue = Catalogue.prepare(UnitPool(UNITS), tmp_path)
    rules = PoolRules(
        elements=("Br",), keys=frozenset([UNITS[1].key, UNITS[4].key]), makeable=True, max_sa_score=6.0
    )
    view, passed = catalogue.select(rules), FilterPool(UnionPool([catalogue]), rules)
    assert [c.unit for c in candidates(view)] == [c.unit for c in candidates(passed)]
    assert view.dropped == passed.dropped
    (about,) = (tmp_path / each / "catalogue.json" for each in folders(tmp_path) - {catalogue.signature})
    assert json.loads(about.read_text())["rows"] < len(catalogue)


def test_neither_prices_nor_listed_polymers_make_routes_be_looked_for_again(tmp_path: Path) -> None:
    catalogue = Catalogue.prepare(UnitPool(UNITS), tmp_path)
    catalogue.select(PoolRules(makeable=True), known=[Monomer("C=CC", "propylene", price=1.0)])
    before = folders(tmp_path)
    dearer = [Monomer("C=CC", "propylene", price=2.0)]
    catalogue.select(PoolRules(makeable=True, keys=frozenset([UNITS[2].key])), known=dearer)
    assert folders(tmp_path) == before
    catalogue.select(PoolRules(makeable=True), known=[Monomer("C=CC", "propene")])
    assert len(folders(tmp_path)) == len(before) + 1
