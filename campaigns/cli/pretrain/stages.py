"""What a long training run tells where nobody watches bars: one line when a stage begins, as for the log of a queue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from campaigns.cli.program import Terminal
    from discovery.progress import Progress


@contextmanager
def stages(terminal: Terminal) -> Iterator[Progress]:
    """Bars on a terminal; elsewhere one plain line a stage on standard error, and nothing with ``--json`` or ``--quiet``."""
    with terminal.progress() as bars:
        if terminal.json or terminal.quiet or terminal.watched:
            yield bars
            return
        begun: set[str] = set()

        def told(done: int, total: int | None, what: str) -> None:
            bars(done, total, what)
            if what not in begun:
                begun.add(what)
                click.echo(what if total is None else f"{what}: {total:,} to do", err=True)

        yield told
