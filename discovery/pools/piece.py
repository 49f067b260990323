"""A pool in pieces: work that can be sent to a process, done again alike, and skipped when it was done before.

A pool of a million is read by several processes and may be killed half-way. So a pool that is told in pieces says
*what there is to do* cheaply (which rows of a table, which pairs of monomers), in a fixed order; doing a piece is
what takes time. Repeats are not merged within pieces: whoever puts them together does that.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Protocol, TypeVar

from discovery.errors import PoolError
from discovery.polymers import Candidate
from discovery.workers import ordered_map

CHUNK = 8192
"""Candidates in a chunk, where nobody asks for another number."""

PIECE = 256
"""Rows or candidates in a piece: some tenths of a second of work, so that sending it costs little."""

PIECE_SECONDS = 600.0
"""Limit for one piece, some thousand times what it takes: beyond it something hangs."""

MERGED = "same chain as an earlier one"
"""Reason under which repeats are counted."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Made:
    """What a piece gave."""

    candidates: tuple[Candidate, ...]
    dropped: Counter[str] = field(default_factory=Counter)
    """What was left out, by reason."""
    fault: str = ""
    """The first thing that was left out, with its place and what is wrong, where there are places."""


class Piece(Protocol):
    """Some of a pool's work; pickles, and gives the same wherever and whenever it is done."""

    def make(self) -> Made:
        """Do it."""
        ...


@dataclass(frozen=True, slots=True)
class Ready:
    """A piece whose candidates are there already."""

    candidates: tuple[Candidate, ...]

    def make(self) -> Made:
        """See :meth:`Piece.make`."""
        return Made(self.candidates)


class PiecewisePool(ABC):
    """A pool that is told in pieces; its chunks are those pieces done one after the other in this process.

    Walking it holds the keys of what has been given in memory, about 100 bytes each: for a pool of millions
    prepare a :class:`~discovery.pools.catalogue.Catalogue`, which merges repeats on disk.
    """

    dropped: Counter[str]

    @abstractmethod
    def made(self, start: int = 0, workers: int = 1, *, scores: bool = False) -> Iterator[Made]:
        """What the pool's pieces give, in a fixed order.

        Args:
            start: Pieces to pass over, which were done before.
            workers: Processes that do the rest.
            scores: Whether the candidates get their SA scores where they are made.

        Raises:
            PoolError: The source cannot be read (also while the pieces are asked for).
        """

    def nothing(self, dropped: Counter[str], fault: str) -> PoolError | None:
        """The error for a pool whose pieces gave no candidate at all; ``None`` where that is no fault.

        Args:
            dropped: What was left out.
            fault: The first thing that was.
        """
        return None

    def chunks(self, size: int = CHUNK) -> Iterator[Sequence[Candidate]]:
        """See :meth:`discovery.pools.pool.Pool.chunks`."""
        self.dropped = Counter()
        return chunked(distinct(self._candidates(self.dropped), self.dropped), size)

    def _candidates(self, dropped: Counter[str]) -> Iterator[Candidate]:
        given, fault = False, ""
        for made in self.made():
            dropped.update(made.dropped)
            fault = fault or made.fault
            given = given or bool(made.candidates)
            yield from made.candidates
        error = None if given else self.nothing(dropped, fault)
        if error:
            raise error


def done(pieces: Iterable[Piece], start: int, workers: int, scores: bool) -> Iterator[Made]:
    """What ``pieces`` from number ``start`` on give, done by ``workers`` processes; see :meth:`PiecewisePool.made`."""
    return ordered_map(
        _make_scored if scores else _make, islice(pieces, start, None), workers, seconds=PIECE_SECONDS
    )


def done_and_told(
    pieces: Iterable[Piece], start: int, workers: int, scores: bool, dropped: Callable[[], Counter[str]]
) -> Iterator[Made]:
    """:func:`done`, and one piece more that tells what the source of ``pieces`` left out; it too may have been done before.

    Args:
        pieces: All, those before ``start`` included.
        start: Pieces to pass over.
        workers: Processes.
        scores: Whether candidates get their SA scores.
        dropped: What was left out, asked for when ``pieces`` has ended.
    """
    given = 0

    def counted() -> Iterator[Piece]:
        nonlocal given
        for piece in pieces:
            given += 1
            yield piece

    yield from done(counted(), start, workers, scores)
    if start <= given:
        yield Made((), Counter(dropped()))


def with_scores(made: Made) -> Made:
    """What a piece gave, each candidate with its SA score."""
    from discovery.polymers.accessibility import sa_score

    return replace(
        made,
        candidates=tuple(
            replace(c, sa_score=sa_score(c.unit)) if c.sa_score is None else c for c in made.candidates
        ),
    )


def _make(piece: Piece) -> Made:
    return piece.make()


def _make_scored(piece: Piece) -> Made:
    return with_scores(piece.make())


def distinct(candidates: Iterable[Candidate], dropped: Counter[str]) -> Iterator[Candidate]:
    """Every chain once, as it came first; the others are counted."""
    seen: set[bytes] = set()
    for candidate in candidates:
        key = bytes.fromhex(candidate.unit.key)  # half the memory of the text
        if key in seen:
            dropped[MERGED] += 1
        else:
            seen.add(key)
            yield candidate


def chunked(candidates: Iterator[Candidate], size: int) -> Iterator[Sequence[Candidate]]:
    """Lists of ``size``, the last one shorter.

    Raises:
        ValueError: ``size`` is below 1.
    """
    checked_size(size)
    return iter(lambda: list(islice(candidates, size)), [])


def checked_size(size: int) -> None:
    """A chunk holds something.

    Raises:
        ValueError: ``size`` is below 1.
    """
    if size < 1:
        raise ValueError(f"a chunk holds at least one candidate, not {size}")


def in_pieces(items: Iterable[Item], size: int = PIECE) -> Iterator[tuple[Item, ...]]:
    """Tuples of ``size``, the last one shorter."""
    waiting = iter(items)
    return iter(lambda: tuple(islice(waiting, size)), ())
