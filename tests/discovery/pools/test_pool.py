"""Pools of candidates at hand, and of several pools: they keep the contract, and say what they left out."""

from collections import Counter
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery.errors import PoolError
from discovery.polymers import Candidate, Provenance, RepeatUnit
from discovery.pools import Pool, UnionPool, UnitPool
from discovery.pools.contract import PoolContract

UNITS = [RepeatUnit.parse(text) for text in ("*CC*", "*CCO*", "*CC(*)C", "*CC(*)c1ccccc1", "*OCC*")]


class TestUnitPool(PoolContract):
    def pool(self) -> Pool:
        return UnitPool(UNITS)


class TestUnionPool(PoolContract):
    def pool(self) -> Pool:
        return UnionPool([UnitPool(UNITS[:2]), UnitPool(UNITS[1:])])


class Nameless(UnitPool):
    """A pool that does not know what its content hangs on."""

    signature = ""  # type: ignore[assignment]


def candidates(pool: Pool, size: int = 8192) -> list[Candidate]:
    return [candidate for chunk in pool.chunks(size) for candidate in chunk]


def test_unit_pool_merges_repeats_keeps_provenance_and_may_be_empty() -> None:
    provenance = Provenance(("ethylene",), "chain growth", "polyolefin")
    pool = UnitPool([Candidate(UNITS[0], provenance), UNITS[0], UNITS[1]])
    assert [candidate.provenance for candidate in candidates(pool)] == [provenance, None]
    assert pool.dropped == {"same chain as an earlier one": 1}
    assert candidates(UnitPool([])) == []


def test_a_union_gives_each_chain_once_and_adds_up_what_its_pools_leave_out() -> None:
    pool = UnionPool([UnitPool([UNITS[0], UNITS[0], UNITS[1]]), UnitPool([UNITS[1], UNITS[2]])])
    assert [c.unit for c in candidates(pool)] == UNITS[:3]
    assert pool.dropped == {"same chain as an earlier one": 2}


def test_a_union_of_no_pools_is_an_error() -> None:
    with pytest.raises(PoolError, match="no pools"):
        UnionPool([])


@pytest.mark.parametrize(
    "other",
    [
        UnitPool(UNITS[:2]),
        UnitPool([*UNITS[1::-1], UNITS[2]]),
        UnitPool([Candidate(UNITS[0], name="PE"), *UNITS[1:3]]),
        UnionPool([UnitPool(UNITS[:3])]),
    ],
)
def test_another_content_has_another_signature(other: Pool) -> None:
    assert UnitPool(UNITS[:3]).signature != other.signature


def test_a_union_with_a_pool_without_signature_has_none() -> None:
    assert UnionPool([UnitPool(UNITS), Nameless(UNITS)]).signature == ""


@settings(max_examples=60, deadline=None)
@given(
    pools=st.lists(st.lists(st.sampled_from(UNITS), max_size=8), min_size=1, max_size=4),
    size=st.integers(1, 10),
)
def test_a_union_in_chunks_of_any_size_is_the_merge_in_memory(
    pools: list[list[RepeatUnit]], size: int
) -> None:
    merged = {unit.key: unit for pool in reversed(pools) for unit in reversed(pool)}
    expected = list(dict.fromkeys(unit.key for pool in pools for unit in pool))
    union = UnionPool(map(UnitPool, pools))
    given_ = candidates(union, size)
    assert [c.unit.key for c in given_] == expected
    assert [c.unit.psmiles for c in given_] == [merged[key].psmiles for key in expected]
    assert +union.dropped == +Counter({"same chain as an earlier one": sum(map(len, pools)) - len(expected)})


def test_a_pool_of_ones_own_needs_no_base_class() -> None:
    class Own:
        signature = ""

        def __init__(self) -> None:
            self.dropped: Counter[str] = Counter()

        def chunks(self, size: int = 8192) -> Iterator[Sequence[Candidate]]:
            yield (Candidate(UNITS[0]),)

    assert isinstance(Own(), Pool)
    assert [c.unit for c in candidates(UnionPool([Own(), UnitPool(UNITS)]))][:2] == UNITS[:2]
