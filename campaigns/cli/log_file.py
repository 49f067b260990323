"""``--log-file``: what one run did, line by line with its time, appended to a file.

Everything that is attached to ``logging`` and ``warnings`` for it is taken off again when the run is over.
"""

from __future__ import annotations

import io
import json
import logging
import platform
import sys
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

import click

from campaigns.cli.passwords import without_passwords

if TYPE_CHECKING:
    from campaigns.cli.failure import Failure

NAME = "polyloop"
FORMAT = "%(asctime)s.%(msecs)03dZ %(process)d %(levelname)s %(name)s: %(message)s"
TIMES = "%Y-%m-%dT%H:%M:%S"

_FEW = 10
"""Entries of a list up to which it is written out, where they are texts, such as notes."""


class LogFile:
    """A context manager that writes what happens until it is left: stages, library warnings, how it ended.

    Args:
        path: The file to append to; it is made where it is not there.

    Raises:
        OSError: The file cannot be opened for writing.
    """

    def __init__(self, path: Path) -> None:
        self._handler = _Appending(path, mode="a", encoding="utf-8", errors="backslashreplace")
        self._handler.setFormatter(_OneLine(FORMAT, TIMES))
        # Loggers of its own that logging does not know: what is told here goes into the file and nowhere else.
        self._logger, self._printed, self._warnings = (
            logging.Logger(name, logging.INFO) for name in (NAME, f"{NAME}.printed", f"{NAME}.warnings")
        )
        for logger in (self._logger, self._printed, self._warnings):
            logger.addHandler(self._handler)
        self._shown_before: Callable[..., None] = warnings.showwarning
        self._began = time.monotonic()

    def __enter__(self) -> LogFile:
        logging.getLogger().addHandler(self._handler)
        self._shown_before = warnings.showwarning
        warnings.showwarning = self._warned
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        warnings.showwarning = self._shown_before
        logging.getLogger().removeHandler(self._handler)
        self._handler.close()
        if self._handler.lost is not None:
            click.echo(f"The log {self._handler.baseFilename} is not whole: {self._handler.lost}.", err=True)

    def began(self, arguments: list[str]) -> None:
        """Which command runs where."""
        from shlex import join

        from campaigns.versions import versions

        self._logger.info("%s", join(["polyloop", *arguments]))
        told = versions(["polyloop"])
        place = (told["polyloop"], told["python"], platform.platform(), Path.cwd())
        self._logger.info("polyloop %s, Python %s, %s, in %s", *place)

    def stage(self, what: str) -> None:
        """A stage of a long computation begins."""
        self._logger.info("%s", what)

    def printed(self, line: str) -> None:
        """A library has printed a line."""
        self._printed.info("%s", line)

    def answered(self, document: Mapping[str, object]) -> None:
        """What the command answers; of long lists how many entries they have."""
        told = {
            key: f"{len(value)} entries" if isinstance(value, list) and _long(value) else value
            for key, value in document.items()
        }
        self._logger.info("answer: %s", json.dumps(told, allow_nan=False))

    def failed(self, failure: Failure, error: BaseException | None) -> None:
        """What went wrong; of a fault of the program with its traceback."""
        from campaigns.cli.exit_codes import FAULT

        told = f"{failure.kind}: {failure.message} {failure.hint}".strip()
        self._logger.error("%s", told, exc_info=error if failure.code == FAULT else None)
        for problem in failure.problems:
            self._logger.error("%s", problem)

    def ended(self, code: int) -> None:
        """With which exit code."""
        self._logger.info("exit code %d after %.1f s", code, time.monotonic() - self._began)

    def _warned(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        self._warnings.warning("%s: %s (%s:%d)", category.__name__, message, filename, lineno)
        self._shown_before(message, category, filename, lineno, file, line)


class _Appending(logging.FileHandler):
    """A file that a run goes on without when it cannot be written any more: the first reason is kept."""

    lost: OSError | None = None

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is that of logging
        """Keep why a line is lost."""
        error = sys.exception()
        if not isinstance(error, OSError):
            super().handleError(record)
        elif self.lost is None:
            self.lost = error

    def close(self) -> None:
        """Close the file, whatever becomes of what it holds back."""
        try:
            super().close()
        except OSError as error:
            self.lost = self.lost or error


class _OneLine(logging.Formatter):
    """Times in UTC, as in the ledger, since a laptop travels; and no text from a file that begins a line or steers a terminal."""

    def converter(self, seconds: float | None) -> time.struct_time:
        """The time of a line."""
        return time.gmtime(seconds)

    def format(self, record: logging.LogRecord) -> str:
        """The line with its traceback; no password of a database stands in either."""
        return without_passwords(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is that of logging
        """The line without a traceback, its control characters written out."""
        line = super().formatMessage(record)
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in line)


def _long(value: list[object]) -> bool:
    return len(value) > _FEW or not all(isinstance(each, str) for each in value)


class Overheard(io.TextIOBase):
    """A text stream that tells whole lines to the log, and passes everything on unless it is to be quiet.

    Args:
        stream: Where the text would go.
        tell: Called with each line, without its end.
        quiet: Whether nothing is passed on.
    """

    def __init__(self, stream: TextIO, tell: Callable[[str], None], *, quiet: bool) -> None:
        self._stream = stream
        self._tell = tell
        self._quiet = quiet
        self._line = ""
        self._lock = threading.RLock()
        self._telling = False

    @property
    def encoding(self) -> str:  # type: ignore[override]  # typeshed has an attribute
        """That of the stream."""
        return self._stream.encoding

    def write(self, text: str) -> int:
        """Hear ``text``, and pass it on."""
        with self._lock:
            if not self._telling:  # else the log itself prints, say that its disk is full
                self._hear(text)
            if not self._quiet:
                self._stream.write(text)
        return len(text)

    def _hear(self, text: str) -> None:
        *whole, self._line = (self._line + text).split("\n")
        self._telling = True
        try:
            for line in whole:
                if shown := line.rpartition("\r")[2].strip():  # a bar that moved leaves its last state
                    self._tell(shown)
        finally:
            self._telling = False

    def writable(self) -> bool:
        """It is."""
        return True

    def flush(self) -> None:
        """Pass on what the stream holds back."""
        if not self._quiet:
            self._stream.flush()

    def fileno(self) -> int:
        """That of the stream, for processes that are started with it."""
        return self._stream.fileno()

    def isatty(self) -> bool:
        """Whether somebody watches: not where it is to be quiet."""
        return not self._quiet and self._stream.isatty()


def unheard(line: str) -> None:
    """Tell nobody."""
    del line
