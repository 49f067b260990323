"""Warnings of our own on the terminal: one sentence each, without the line of code that warned; others stay as they are."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import click

_OURS = ("campaigns", "discovery")


@contextmanager
def calmly() -> Iterator[None]:
    """Until it is left, a warning of ours is told on standard error as a sentence."""
    before = warnings.showwarning

    def shown(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if category.__module__.partition(".")[0] not in _OURS:
            before(message, category, filename, lineno, file, line)
            return
        from campaigns.reports.wording import printable

        click.echo(f"Note: {printable(str(message))}", err=True)

    warnings.showwarning = shown
    try:
        yield
    finally:
        warnings.showwarning = before
