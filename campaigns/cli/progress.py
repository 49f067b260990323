"""Bars for long computations: on standard error, after two seconds, and only where somebody watches.

A computation reports ``(done, total, what)`` and knows nothing of bars (:mod:`discovery.progress`). Before
its first report, say while libraries load, a pulse shows that the program is alive.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

PATIENCE = 2.0
"""Seconds for which a command may stay silent."""


class Bars:
    """A context manager that is itself the ``Progress`` callback.

    Args:
        wanted: Whether to draw at all; without it every report is heard and dropped.
        console: Where to draw; made for ``stream`` by default.
        stream: Standard error by default.
        begun: Told of each stage when it begins, whether bars are drawn or not.
        patience: Seconds before the first bar.
    """

    def __init__(
        self,
        *,
        wanted: bool,
        console: Console | None = None,
        stream: TextIO | None = None,
        begun: Callable[[str], None] | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self._wanted = wanted
        self._console = console
        self._stream = stream
        self._begun = begun
        self._patience = patience
        self._lock = threading.Lock()
        self._state: dict[str, tuple[int, int | None]] = {}
        self._tasks: dict[str, TaskID] = {}
        self._live: RichProgress | None = None
        self._over = False
        self._timer: threading.Timer | None = None

    def __enter__(self) -> Bars:
        if self._wanted:
            self._timer = threading.Timer(self._patience, self._begin)
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            self._over = True
            if self._live is not None:
                self._live.stop()

    def __call__(self, done: int, total: int | None, what: str) -> None:
        """Hear that ``done`` of ``total`` steps of ``what`` are finished."""
        with self._lock:
            if self._begun is not None and what not in self._state:
                self._begun(what)
            self._state[what] = (done, total)
            if self._live is not None:
                self._draw(what)

    @property
    def visible(self) -> bool:
        """Whether bars have been drawn."""
        return self._live is not None

    def _begin(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        with self._lock:
            if self._over:
                return
            self._live = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=24),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TimeRemainingColumn(),
                console=self._console or Console(file=self._stream, stderr=True),
                transient=True,
            )
            if not self._state:
                self._tasks[""] = self._live.add_task("getting ready", total=None)
            for what in self._state:
                self._draw(what)
            self._live.start()

    def _draw(self, what: str) -> None:
        live = self._live
        if live is None:
            return
        waiting = self._tasks.pop("", None)
        if waiting is not None:
            live.remove_task(waiting)
        done, total = self._state[what]
        if what not in self._tasks:
            self._tasks[what] = live.add_task(what, total=total)
        live.update(self._tasks[what], completed=done, total=total)
