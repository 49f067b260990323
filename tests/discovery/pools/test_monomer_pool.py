"""Polymers that rules make from monomers, and which monomers may be bought."""

from collections import Counter

import pytest

from discovery.errors import PoolError
from discovery.polymers import Candidate, Monomer, polymerise
from discovery.pools import MonomerPool, Pool, buyable
from discovery.pools.contract import PoolContract

MONOMERS = [Monomer(text) for text in ("C=C", "OCCO", "O=C(O)CC(=O)O", "C=Cc1ccccc1", "CCC")]


class TestMonomerPool(PoolContract):
    def pool(self) -> Pool:
        return MonomerPool(MONOMERS)


def candidates(pool: Pool) -> list[Candidate]:
    return [candidate for chunk in pool.chunks() for candidate in chunk]


def test_gives_what_the_rules_make_and_counts_the_rest() -> None:
    pool = MonomerPool(MONOMERS)
    assert candidates(pool) == list(polymerise(MONOMERS))
    assert pool.dropped["monomer: no rule for it"] == 1


def test_makes_copolymers_on_request() -> None:
    made = [
        c
        for c in candidates(MonomerPool(MONOMERS, copolymers=True))
        if c not in candidates(MonomerPool(MONOMERS))
    ]
    assert [c.provenance and c.provenance.monomers for c in made] == [("C=C", "C=Cc1ccccc1")]


def test_pieces_that_were_done_before_are_passed_over() -> None:
    pool = MonomerPool(MONOMERS)
    pieces = list(pool.made())
    assert len(pieces) > 2
    assert [list(pool.made(start)) for start in range(len(pieces))] == [
        pieces[n:] for n in range(len(pieces))
    ]


def test_that_nothing_can_be_made_is_an_error_with_the_reasons() -> None:
    with pytest.raises(PoolError, match="no monomers"):
        MonomerPool([])
    with pytest.raises(PoolError, match=r"no rule for it \(1\)"):
        candidates(MonomerPool([Monomer("CCC")]))


SHELF = [
    Monomer("C=C", "cheap", price=0.5, available=True),
    Monomer("CC=C", "dear", price=80.0, available=True),
    Monomer("OCCO", "gone", price=1.0, available=False),
    Monomer("OCCCO", "unknown"),
]


def test_monomers_over_a_price_or_without_one_cannot_be_bought_within_a_limit() -> None:
    dropped: Counter[str] = Counter()
    assert [m.name for m in buyable(SHELF, max_price=80, dropped=dropped)] == ["cheap", "dear", "gone"]
    assert dropped == {"monomer: price unknown": 1}
    assert [m.name for m in buyable(SHELF, max_price=2, dropped=dropped)] == ["cheap", "gone"]
    assert dropped == {"monomer: price unknown": 2, "monomer: price over 2": 1}


def test_only_monomers_that_are_said_to_be_available_are() -> None:
    dropped: Counter[str] = Counter()
    assert [m.name for m in buyable(SHELF, available_only=True, dropped=dropped)] == ["cheap", "dear"]
    assert dropped == {"monomer: not available": 1, "monomer: availability unknown": 1}


def test_without_limits_every_monomer_can_be_bought() -> None:
    assert buyable(SHELF) == SHELF
