"""Work shared out to processes: answers in the order of the items, a bounded number under way, and a clock that can end one.

A step inside compiled code cannot be interrupted, so an item that hangs in one is ended together with its process;
another process takes the place of that one, and the other items are none the worse for it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import wait
from concurrent.futures.process import BrokenProcessPool
from enum import Enum
from itertools import chain, islice
from multiprocessing import get_context
from multiprocessing.reduction import ForkingPickler
from types import TracebackType
from typing import Any, Generic, TypeVar

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from discovery.errors import StateError

Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD = 3
"""Items per process that are sent before their turn: keeps every process busy while one is slow."""

_LOOK = 1.0
"""Seconds between two looks at whether there still is somebody who can answer."""

_GUARD = 'A script must call this under if __name__ == "__main__":, since every process imports it.'


class WorkersError(StateError):
    """Processes that share the work do not start, or one ended or had to be ended before it answered."""


class Unanswered(Enum):
    """Why there is no answer for an item."""

    TOOK_LONGER = "took longer than it was given"
    ENDED = "ended the process that worked on it"


class Processes(Generic[Item, Result]):
    """Processes that do one task; as a context, they end with it.

    They are spawned, so what they need is sent to them by name or pickled, and leave Ctrl-C to the process that started
    them.

    Args:
        task: A function of a module.
        workers: Processes.
        initializer: Called in each process before its first item; a function of a module.
        initargs: What it is called with.
    """

    def __init__(
        self,
        task: Callable[[Item], Result],
        workers: int,
        *,
        initializer: Callable[..., None] | None = None,
        initargs: tuple[object, ...] = (),
    ) -> None:
        self._task = task
        self._ahead = workers * AHEAD
        self._pool = ProcessPool(
            max_workers=workers, initializer=initializer, initargs=initargs, context=get_context("spawn")
        )

    def __enter__(self) -> Processes[Item, Result]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()

    def answers(
        self, items: Iterable[Item], seconds: Callable[[Item], float | None]
    ) -> Iterator[tuple[Item, Result | Unanswered]]:
        """Every item with what the task gives for it, in the items' order.

        Neither items nor answers pile up: :data:`AHEAD` items per process are under way. May be called again, for items
        that are to be tried in another way, while an earlier call is read.

        Args:
            items: Read as they are needed; must pickle, as must the results.
            seconds: What an item may take, from when a process begins with it; ``None`` for any time.

        Raises:
            WorkersError: No process could start, or all were ended.
        """
        under_way: deque[tuple[Item, ProcessFuture[Result]]] = deque()
        for item in items:
            under_way.append((item, self._begun(item, seconds(item))))
            if len(under_way) >= self._ahead:
                yield self._answer(*under_way.popleft())
        while under_way:
            yield self._answer(*under_way.popleft())

    def _begun(self, item: Item, seconds: float | None) -> ProcessFuture[Result]:
        # Unpickled by the task's caller there: a process that fails at it while it receives would die unnoticed.
        work = bytes(ForkingPickler.dumps((self._task, item)))
        try:
            return self._pool.schedule(_called, args=(work,), timeout=seconds)
        except RuntimeError as error:
            raise _nobody_works() from error

    def _answer(self, item: Item, future: ProcessFuture[Result]) -> tuple[Item, Result | Unanswered]:
        while not future.done():
            wait((future,), _LOOK)
            if not (future.done() or self._pool.active):
                raise _nobody_works()
        error = future.exception()
        if isinstance(error, BrokenProcessPool):
            raise _nobody_works() from error
        if isinstance(error, ProcessExpired):
            return item, Unanswered.ENDED
        # One that the task itself raised comes with the traceback of its process.
        if isinstance(error, TimeoutError) and error.__cause__ is None:
            return item, Unanswered.TOOK_LONGER
        return item, future.result()


def ordered_map(
    task: Callable[[Item], Result],
    items: Iterable[Item],
    workers: int,
    *,
    seconds: float | None = None,
    initializer: Callable[..., None] | None = None,
    initargs: tuple[object, ...] = (),
) -> Generator[Result, None, None]:
    """``task`` of every item, in the items' order, by ``workers`` processes.

    Neither items nor results pile up: :data:`AHEAD` items per process are under way. The processes end with the
    generator, also when it is closed early.

    Args:
        task: A function of a module (processes are spawned, so it is sent by name).
        items: Read as they are needed; must pickle, as must the results.
        workers: Processes. With one, everything happens in this process, and so does a single item without ``seconds``.
        seconds: What one item may take; the process of one that takes longer is ended, and an error names the item.
            Nothing can be ended within this process: the limit holds for two workers or more.
        initializer: Called before the first item, once in every process that works; a function of a module.
        initargs: What it is called with.

    Raises:
        WorkersError: An item took longer than ``seconds``, a process was killed, or none could start.
    """
    waiting = iter(items)
    first = list(islice(waiting, 2))
    if workers <= 1 or len(first) < (2 if seconds is None else 1):
        if initializer is not None and first:
            initializer(*initargs)
        yield from map(task, chain(first, waiting))
        return
    with Processes(task, workers, initializer=initializer, initargs=initargs) as processes:
        for item, answer in processes.answers(chain(first, waiting), lambda _: seconds):
            if isinstance(answer, Unanswered):
                raise _no_answer(item, answer, seconds)
            yield answer


def _called(work: bytes) -> Any:
    """In a process: does the task for an item."""
    task, item = ForkingPickler.loads(work)
    return task(item)


def _no_answer(item: object, answer: Unanswered, seconds: float | None) -> WorkersError:
    shown = repr(item)
    if len(shown) > 120:
        shown = f"{shown[:100]}...{shown[-10:]}"
    if answer is Unanswered.TOOK_LONGER:
        return WorkersError(
            f"One piece of the work took longer than {seconds:g} s and was given up: {shown}.",
            "Leave out what it holds, most often one very large or highly symmetric structure, or allow more time.",
        )
    return WorkersError(
        f"The process that worked on this was killed before it answered: {shown}.",
        f"Most often memory ran out: ask for fewer workers. {_GUARD}",
    )


def _nobody_works() -> WorkersError:
    return WorkersError(
        "The processes that share the work ended before they had begun, or were ended from outside.",
        f"{_GUARD} Otherwise memory may have run out: ask for fewer workers, or for one.",
    )
