"""Catalogues: pools on disk, read once, whole or not at all."""

import gc
import json
import os
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from discovery.errors import PoolError
from discovery.polymers import Candidate, Monomer, Provenance, RepeatUnit, polymerisation
from discovery.polymers.accessibility import sa_score
from discovery.pools import (
    Catalogue,
    MonomerPool,
    Pool,
    PoolRules,
    TablePool,
    UnionPool,
    UnitPool,
    monomer_pool,
)
from discovery.pools.catalogue_files import forget
from discovery.pools.contract import PoolContract
from discovery.pools.piece import Made, PiecewisePool
from discovery.pools.segments import PIECES

TEXTS = ("*CC*", "*CCO*", "*CC(*)C", "*CC(*)c1ccccc1", "*CC(*)Br", "*O[Si](*)(C)C", "*OCC*")
UNITS = [RepeatUnit.parse(text) for text in TEXTS]
ROUTE = Provenance(("ethylene",), "chain growth", "polyolefin")
MONOMERS = [Monomer(text) for text in ("C=C", "OCCO", "O=C(O)CC(=O)O", "C=Cc1ccccc1", "CCC")]


def candidates(pool: Pool, size: int = 8192) -> list[Candidate]:
    return [candidate for chunk in pool.chunks(size) for candidate in chunk]


def folders(path: Path) -> set[str]:
    return {entry.name for entry in path.iterdir()}


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


def test_another_kind_of_pool_with_the_same_signature_is_another_catalogue(tmp_path: Path) -> None:
    class Other(Source):
        pass

    other, joint = Other(), Other()
    Catalogue.prepare(Source(), tmp_path)
    Catalogue.prepare(other, tmp_path)
    assert other.made_from == [0]
    assert UnionPool([Source()]).signature != UnionPool([joint]).signature


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


@pytest.fixture(scope="module")
def by_one_and_by_two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Catalogue, Catalogue]:
    """The same union prepared by this process and by two others, which make the polymers too."""
    folder = tmp_path_factory.mktemp("processes")
    table = folder / "pool.csv"
    rows = [f"*CC(*){'C' * (n % 40)}{'(' * (n % 7 == 3)}O" for n in range(600)]
    table.write_text("psmiles\n" + "\n".join(rows))
    pool = UnionPool([TablePool(table), MonomerPool(MONOMERS)])
    one = Catalogue.prepare(pool, folder / "one")
    with pytest.MonkeyPatch.context() as patch:  # without waiting for thousands of pairs
        for module in (polymerisation, monomer_pool):
            patch.setattr(module, "LEAST_FOR_PROCESSES", 1)
        return one, Catalogue.prepare(pool, folder / "two", workers=2)


def test_processes_change_nothing(by_one_and_by_two: tuple[Catalogue, Catalogue]) -> None:
    one, two = by_one_and_by_two
    assert candidates(one) == candidates(two)
    assert one.dropped == two.dropped


def test_processes_look_alike(by_one_and_by_two: tuple[Catalogue, Catalogue]) -> None:
    rules = PoolRules(smarts=("CCCCCC",))
    one, two = by_one_and_by_two[0].select(rules), by_one_and_by_two[1].select(rules, workers=2)
    assert candidates(one) == candidates(two)
    assert one.dropped == two.dropped


def test_what_nobody_opens_is_taken_away_in_the_end(tmp_path: Path) -> None:
    old, opened, walked = (Catalogue.prepare(UnitPool(UNITS[: n + 1]), tmp_path) for n in range(3))
    live = Catalogue.prepare(Source(signature=""), tmp_path)
    other = tmp_path / "notes"
    other.mkdir()
    (tmp_path / "temporary-elsewhere.1.0").mkdir()
    for entry in (*tmp_path.iterdir(), *tmp_path.glob("*/catalogue.json")):
        os.utime(entry, (0, 0))
    Catalogue.prepare(UnitPool(UNITS[:2]), tmp_path)
    candidates(walked)
    forget(tmp_path)
    assert old.signature not in folders(tmp_path)
    assert {opened.signature, walked.signature, "notes"} <= folders(tmp_path)
    assert len(candidates(live)) == 6
    assert len(folders(tmp_path)) == 4


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


def test_what_a_catalogue_says_of_itself_is_json(tmp_path: Path) -> None:
    catalogue = Catalogue.prepare(UnitPool(UNITS), tmp_path)
    about = json.loads((tmp_path / catalogue.signature / "catalogue.json").read_text())
    assert about["rows"] == 6
    assert about["dropped"] == {"same chain as an earlier one": 1}
