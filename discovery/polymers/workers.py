"""Making polymers in several processes: in order, with bounded look-ahead, and with a clock that can end a process.

A step inside RDKit cannot be interrupted, so a pair that hangs in one is ended together with its process. A segment that
takes too long, or whose process dies, is made again pair by pair: what is wrong with one pair costs no other.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass

from discovery.polymers.monomers import Monomer
from discovery.polymers.products import took_longer
from discovery.polymers.reactions import RuleBook
from discovery.polymers.space import Made, MonomerSpace, Segment, make_segment
from discovery.workers import Processes, Unanswered

#: Seconds that a segment may take for each of its pairs, beyond the limit of one pair: twenty times the usual.
_SECONDS_PER_PAIR = 0.02
_PROCESS_ENDED = "product: ended the process that made it"


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

    def seconds(segment: Segment) -> float:
        pairs = segment.stop - segment.start
        return time_limit if pairs == 1 else time_limit + pairs * _SECONDS_PER_PAIR

    description = _Description(space.monomers, space.copolymers, space.rules, time_limit)
    with Processes(_make, workers, initializer=_set_up, initargs=(description,)) as processes:
        for segment, made in processes.answers(work, seconds):
            if isinstance(made, Unanswered) and segment.stop - segment.start > 1:
                pairs = processes.answers(_pairs(segment), seconds)
                yield segment, _together([_or_nothing(part, time_limit) for _, part in pairs])
            else:
                yield segment, _or_nothing(made, time_limit)


def _pairs(segment: Segment) -> Iterable[Segment]:
    return (Segment(segment.block, number, number + 1) for number in range(segment.start, segment.stop))


def _or_nothing(made: Made | Unanswered, time_limit: float) -> Made:
    """What comes of a pair; without an answer, a count."""
    if not isinstance(made, Unanswered):
        return made
    return Made((), ((took_longer(time_limit) if made is Unanswered.TOOK_LONGER else _PROCESS_ENDED, 1),))


def _together(parts: Sequence[Made]) -> Made:
    return Made(
        tuple(candidate for part in parts for candidate in part.candidates),
        tuple(count for part in parts for count in part.dropped),
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
