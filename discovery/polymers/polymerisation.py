"""From monomers to polymers: a stream of candidates by polymerisation rules.

Pairs are formed class by class and one at a time, so nothing grows with the product of two lists but the set of keys
already given. Whatever does not end in a linear homopolymer is counted by reason, never passed over. The order and the
content of the stream do not depend on the number of processes. Counts decide what is made, so a busy machine makes the
same polymers as an idle one; only a pair that takes ten thousand times longer than usual is given up by the clock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from itertools import islice

from discovery.polymers.monomers import Candidate, Monomer
from discovery.polymers.reactions import RuleBook, rule_book
from discovery.polymers.space import TIME_LIMIT, Made, MonomerSpace, make_segment, segments
from discovery.progress import Progress, silent

#: Pairs; a smaller space is made before processes that have yet to start would be done with it.
LEAST_FOR_PROCESSES = 4000


def polymerise(
    monomers: Sequence[Monomer],
    *,
    copolymers: bool = False,
    dropped: Counter[str] | None = None,
    workers: int = 1,
    time_limit: float = TIME_LIMIT,
    progress: Progress = silent,
    rules: Callable[[], RuleBook] = rule_book,
) -> Iterator[Candidate]:
    """All linear polymers that the rules make from ``monomers``, each chain once, in a fixed order.

    Args:
        monomers: Molecules; those of no class are counted, not an error.
        copolymers: Also alternating chains of two different vinyl monomers, hydroxy acids or amino acids.
        dropped: Filled with what was left out, by reason, while the stream is read.
        workers: Processes that make the polymers. More than one are started anew, which takes seconds and imports the
            calling script again: it has to guard what it runs by ``if __name__ == "__main__":``.
        time_limit: Seconds for one pair of monomers; one that takes longer is dropped and counted. With several
            processes, the one that takes too long is ended; within one (always for fewer than
            :data:`LEAST_FOR_PROCESSES` pairs) the clock is looked at between steps, none of which can be interrupted;
            :data:`~discovery.polymers.space.MAXIMUM_MONOMER_ATOMS` tells how long steps were seen to take at worst.
        progress: Told the pairs tried, and all pairs.
        rules: Gives the reactions; importable by name where there are several workers.

    Yields:
        Candidates with provenance, and cost where prices are known. A chain that several routes make is given once,
        with the first route.

    Raises:
        WorkersError: The processes cannot start.
        ValueError: ``workers`` is below 1, or ``time_limit`` is not above 0.
    """
    dropped = Counter() if dropped is None else dropped
    space = MonomerSpace(monomers, copolymers=copolymers, dropped=dropped, rules=rules)
    seen: set[bytes] = set()
    for candidate in every_product(
        space, dropped=dropped, workers=workers, time_limit=time_limit, progress=progress
    ):
        key = bytes.fromhex(candidate.unit.key)  # half the memory of the text
        if key in seen:
            dropped["made already by another route"] += 1
            continue
        seen.add(key)
        yield candidate


def every_product(
    space: MonomerSpace,
    *,
    dropped: Counter[str],
    workers: int = 1,
    time_limit: float = TIME_LIMIT,
    progress: Progress = silent,
) -> Iterator[Candidate]:
    """All products of a space in its fixed order; a chain comes once for every route that leads to it.

    Arguments and errors are those of :func:`polymerise`; memory does not grow with what is given.
    """
    with closing(
        made_segments(space, workers=workers, time_limit=time_limit, progress=progress)
    ) as every_segment:
        for made in every_segment:
            for reason, count in made.dropped:
                dropped[reason] += count
            yield from made.candidates


def made_segments(
    space: MonomerSpace,
    *,
    start: int = 0,
    workers: int = 1,
    time_limit: float = TIME_LIMIT,
    progress: Progress = silent,
) -> Generator[Made, None, None]:
    """What comes of the segments of a space, in their order, made in this process or in several.

    Args:
        space: Monomers and rules.
        start: Segments to pass over, which were made before.
        workers: Processes; fewer than :data:`LEAST_FOR_PROCESSES` pairs are made in this one.
        time_limit: Seconds for one pair of monomers, see :func:`polymerise`.
        progress: Told the pairs tried, with those passed over, and all pairs.

    Raises:
        WorkersError: The processes cannot start.
        ValueError: ``workers`` is below 1, or ``time_limit`` is not above 0.
    """
    if workers < 1:
        raise ValueError(f"polymers are made by at least one worker, not {workers}")
    if not time_limit > 0:
        raise ValueError(f"the time limit is above 0 seconds, not {time_limit}")
    work = segments(space)
    tried = sum(segment.stop - segment.start for segment in islice(work, start))
    if workers == 1 or space.size - tried < LEAST_FOR_PROCESSES:
        results = ((segment, make_segment(space, segment, time_limit=time_limit)) for segment in work)
    else:
        from discovery.polymers.workers import made_by_processes

        results = made_by_processes(space, work, workers, time_limit)
    with closing(results):
        for segment, made in results:
            tried += segment.stop - segment.start
            progress(tried, space.size, "making polymers")
            yield made
