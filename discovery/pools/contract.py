"""What every pool promises, as tests: inherit, say how to build one, and pytest does the rest.

Example::

    class TestMyPool(PoolContract):
        def pool(self) -> Pool:
            return MyPool(...)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter

from discovery.polymers import Candidate, RepeatUnit
from discovery.pools.chunk import keys_of, take, units_of
from discovery.pools.pool import Pool


class PoolContract(ABC):
    """Test mixin; ``pool`` gives a fresh pool of at least three candidates."""

    @abstractmethod
    def pool(self) -> Pool:
        """A new pool under test."""

    def test_is_a_pool(self) -> None:
        """It has the attributes of the protocol."""
        assert isinstance(self.pool(), Pool)

    def test_chunks_are_filled_up_to_the_size(self) -> None:
        """All chunks but the last have the size asked for, and none is empty."""
        lengths = [len(chunk) for chunk in self.pool().chunks(2)]
        assert all(length == 2 for length in lengths[:-1])
        assert 1 <= lengths[-1] <= 2

    def test_gives_candidates_with_canonical_units(self) -> None:
        """Units are canonical."""
        for candidate in _all(self.pool()):
            assert isinstance(candidate, Candidate)
            assert RepeatUnit.parse(candidate.unit.psmiles).psmiles == candidate.unit.psmiles

    def test_gives_every_chain_once(self) -> None:
        """Keys do not repeat."""
        keys = [candidate.unit.key for candidate in _all(self.pool())]
        assert len(keys) >= 3
        assert len(keys) == len(set(keys))

    def test_units_and_keys_of_a_chunk_are_those_of_its_candidates(self) -> None:
        """A lazy chunk gives by column what it gives by place."""
        for chunk in self.pool().chunks(2):
            candidates = [chunk[place] for place in range(len(chunk))]
            assert list(chunk) == candidates
            assert [unit.psmiles for unit in units_of(chunk)] == [c.unit.psmiles for c in candidates]
            assert keys_of(chunk) == [c.unit.key for c in candidates]
            assert list(take(chunk, [len(chunk) - 1, 0])) == [candidates[-1], candidates[0]]

    def test_signature_is_the_same_for_the_same_content(self) -> None:
        """Two pools made alike have one signature, which a pass does not change; an empty one is allowed."""
        pool, other = self.pool(), self.pool()
        before = pool.signature
        _all(pool)
        assert isinstance(before, str)
        assert before == pool.signature == other.signature

    def test_order_depends_neither_on_the_pass_nor_on_the_chunk_size(self) -> None:
        """A second pass, and a pass in other chunks, give the same candidates in the same order."""
        pool = self.pool()
        assert _all(pool, 1) == _all(pool, 1) == _all(pool, 1000)

    def test_dropped_counts_the_last_pass_only(self) -> None:
        """Two passes do not add up."""
        pool = self.pool()
        _all(pool)
        once = Counter(pool.dropped)
        _all(pool)
        assert pool.dropped == once

    def test_a_chunk_holds_at_least_one(self) -> None:
        """A size below 1 is an error of the caller."""
        try:
            list(self.pool().chunks(0))
        except ValueError:
            return
        raise AssertionError("chunks(0) was accepted")


def _all(pool: Pool, size: int = 64) -> list[Candidate]:
    return [candidate for chunk in pool.chunks(size) for candidate in chunk]
