"""Making polymers in several processes: in order, with bounded look-ahead, and with a clock that can end a process.

A step inside RDKit cannot be interrupted, so a pair that hangs in one is ended together with its process. A segment that
takes too long, or whose process dies, is made again pair by pair: what is wrong with one pair costs no other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import TimeoutError as PairTimeoutError
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from discovery.errors import PolymerError
from discovery.polymers.monomers import Monomer
from discovery.polymers.products import took_longer
from discovery.polymers.reactions import RuleBook
from discovery.polymers.space import Made, MonomerSpace, Segment, make_segment

#: Segments ahead of the one that is being read, for each worker: none waits, and little piles up.
_LOOK_AHEAD = 3
#: Seconds that a segment may take for each of its pairs, beyond the limit of one pair: twenty times the usual.
_SECONDS_PER_PAIR = 0.02
_PROCESS_ENDED = "product: ended the process that made it"


class WorkersError(PolymerError):
    """The processes that make polymers do not start, or all of them were ended from outside."""


@dataclass(frozen=True, slots=True)
class _Description:
    """What a process needs to hold the same space."""

    monomers: tuple[Monomer, ...]
    copolymers: bool
    rules: Callable[[], RuleBook]
    time_limit: float


@dataclass(slots=True)
class _Bench:
    """The space of this process; a worker process has one for as long as it lives."""

    space: MonomerSpace | None = None
    time_limit: float = 0.0


_BENCH = _Bench()


def made_by_processes(
    space: MonomerSpace, work: Iterable[Segment], workers: int, time_limit: float
) -> Generator[tuple[Segment, Made], None, None]:
    """Makes segments in ``workers`` processes and gives them in the order of ``work``.

    Closing the generator ends the processes. At most a few segments for each worker are under way or wait to be read.

    Raises:
        WorkersError: No process could start, or all died.
    """
    description = _Description(space.monomers, space.copolymers, space.rules, time_limit)
    pool = ProcessPool(
        max_workers=workers, initializer=_set_up, initargs=(description,), context=get_context("spawn")
    )
    waiting: deque[tuple[Segment, ProcessFuture[Made]]] = deque()
    work = iter(work)
    try:
        while True:
            while len(waiting) < _LOOK_AHEAD * workers and (segment := next(work, None)) is not None:
                waiting.append((segment, _scheduled(pool, segment, time_limit)))
            if not waiting:
                return
            segment, future = waiting.popleft()
            yield segment, _result(pool, segment, future, time_limit, workers)
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


def _scheduled(pool: ProcessPool, segment: Segment, time_limit: float) -> ProcessFuture[Made]:
    pairs = segment.stop - segment.start
    seconds = time_limit if pairs == 1 else time_limit + pairs * _SECONDS_PER_PAIR
    try:
        return pool.schedule(_make, args=(segment,), timeout=seconds)
    except RuntimeError as error:
        raise _cannot_work() from error


def _result(
    pool: ProcessPool, segment: Segment, future: ProcessFuture[Made], time_limit: float, workers: int
) -> Made:
    try:
        return future.result()
    except PairTimeoutError:
        reason = took_longer(time_limit)
    except BrokenProcessPool as error:
        raise _cannot_work() from error
    except ProcessExpired:
        reason = _PROCESS_ENDED
    if segment.stop - segment.start == 1:
        return Made((), ((reason, 1),))
    return _pair_by_pair(pool, segment, time_limit, workers)


def _pair_by_pair(pool: ProcessPool, segment: Segment, time_limit: float, workers: int) -> Made:
    singles = [Segment(segment.block, number, number + 1) for number in range(segment.start, segment.stop)]
    futures = [(single, _scheduled(pool, single, time_limit)) for single in singles]
    parts = [_result(pool, single, future, time_limit, workers) for single, future in futures]
    return Made(
        tuple(candidate for part in parts for candidate in part.candidates),
        tuple(count for part in parts for count in part.dropped),
    )


def _cannot_work() -> WorkersError:
    return WorkersError(
        "The processes that make polymers ended before they had begun, or were ended from outside.",
        'In a script, call this under if __name__ == "__main__":, give more memory, or make them with workers=1.',
    )


def _set_up(description: _Description) -> None:
    """In a worker: classifies the monomers once."""
    _BENCH.space = MonomerSpace(
        description.monomers, copolymers=description.copolymers, rules=description.rules
    )
    _BENCH.time_limit = description.time_limit


def _make(segment: Segment) -> Made:
    """In a worker: makes a segment."""
    if _BENCH.space is None:
        raise RuntimeError("a worker was asked to work before it was set up")
    return make_segment(_BENCH.space, segment, time_limit=_BENCH.time_limit)
