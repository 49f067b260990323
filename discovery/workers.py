"""Work shared out to processes: results in the order of the items, a bounded number of them under way."""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from multiprocessing import get_context
from typing import TypeVar

from discovery.errors import DiscoveryError

Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD = 3
"""Items per process that are sent before their turn: keeps every process busy while one is slow."""


class WorkersLostError(DiscoveryError):
    """A process ended before it answered: killed by the system, most often for want of memory."""


def ordered_map(task: Callable[[Item], Result], items: Iterable[Item], workers: int) -> Iterator[Result]:
    """``task`` of every item, in the items' order, by ``workers`` processes.

    With one worker, or one item, everything happens in this process. Neither items nor results pile up:
    ``AHEAD`` items per process are under way. The processes end with the iterator, also when it is left early.

    Args:
        task: A function of a module (processes are spawned, so it is sent by name).
        items: Read as they are needed; must pickle, as must the results.
        workers: Processes.

    Raises:
        WorkersLostError: A process was killed.
    """
    waiting = iter(items)
    first = list(islice(waiting, 2))
    if workers <= 1 or len(first) < 2:
        yield from map(task, chain(first, waiting))
        return
    executor = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_leave_interrupts)
    under_way: deque[Future[Result]] = deque()
    try:
        for item in chain(first, waiting):
            under_way.append(executor.submit(task, item))
            if len(under_way) >= workers * AHEAD:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    except BrokenProcessPool:
        raise WorkersLostError(
            "One of the processes that shared the work was killed before it answered.",
            "Most often memory ran out: ask for fewer workers. A script must call this under "
            'if __name__ == "__main__":, since every process imports it.',
        ) from None
    finally:
        executor.shutdown(cancel_futures=True)


def _leave_interrupts() -> None:
    """Ctrl-C is for the process that gives out the work; it ends the others in order."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
