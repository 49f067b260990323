"""Pools of candidates: from objects at hand, from several pools at once.

A pool can be walked through any number of times, in chunks and in the same order, and gives every chain once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Protocol, runtime_checkable

from discovery.errors import PoolError
from discovery.polymers import Candidate, RepeatUnit
from discovery.pools.piece import CHUNK, Made, PiecewisePool, Ready, chunked, distinct, done, in_pieces
from discovery.pools.signature import joint_signature, signature_by_kind, signature_of


@runtime_checkable
class Pool(Protocol):
    """Anything that gives candidates in chunks; ``PoolContract`` in this room has the promises as tests."""

    dropped: Counter[str]
    """What the last pass left out, by reason; complete once the pass has ended."""

    @property
    def signature(self) -> str:
        """Hash of everything that decides the content; empty where that is unknown, so that nothing may be cached.

        The pool's class need not be in it, nor, for a plug-in, its package and version: they are added where pools are
        told apart.

        Raises:
            PoolError: The source cannot be read.
        """
        ...

    def chunks(self, size: int = CHUNK) -> Iterator[Sequence[Candidate]]:
        """Sequences of at most ``size`` candidates, none empty, lists or lazy (:mod:`discovery.pools.chunk`).

        Raises:
            PoolError: The source cannot be read, or nothing in it is usable.
            ValueError: ``size`` is below 1.
        """
        ...


class UnitPool(PiecewisePool):
    """Candidates that are already at hand; may be empty."""

    def __init__(self, candidates: Iterable[Candidate | RepeatUnit]) -> None:
        self._candidates_given = tuple(c if isinstance(c, Candidate) else Candidate(c) for c in candidates)
        self.dropped: Counter[str] = Counter()

    @property
    def signature(self) -> str:
        """See :attr:`Pool.signature`."""
        return signature_of("units", *map(repr, self._candidates_given))

    def made(self, start: int = 0, workers: int = 1, *, scores: bool = False) -> Iterator[Made]:
        """See :meth:`discovery.pools.piece.PiecewisePool.made`."""
        return done(map(Ready, in_pieces(self._candidates_given)), start, workers, scores)


class UnionPool:
    """The candidates of several pools, one pool after the other; a chain in several of them is given once.

    What later pools know of a chain that an earlier one gave (a name, another route) is lost on the way of a
    stream; :class:`~discovery.pools.catalogue.Catalogue` puts it together.

    Raises:
        PoolError: There are no pools.
    """

    def __init__(self, pools: Iterable[Pool]) -> None:
        self.pools = tuple(pools)
        if not self.pools:
            raise PoolError("A union of no pools has no candidates.", "Give at least one pool.")
        self.dropped: Counter[str] = Counter()

    @property
    def signature(self) -> str:
        """See :attr:`Pool.signature`."""
        return joint_signature("union", *map(signature_by_kind, self.pools))

    def chunks(self, size: int = CHUNK) -> Iterator[Sequence[Candidate]]:
        """See :meth:`Pool.chunks`."""
        self.dropped = Counter()
        return chunked(distinct(self._candidates(size, self.dropped), self.dropped), size)

    def _candidates(self, size: int, dropped: Counter[str]) -> Iterator[Candidate]:
        for pool in self.pools:
            yield from chain.from_iterable(pool.chunks(size))
            dropped.update(pool.dropped)
