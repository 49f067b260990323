"""Every way a command can fail, put into words: what is wrong, what to do, and which rows of a table are at
fault.

What the user can put right never shows a traceback. A fault of the program does not show one either, but
keeps it in a file whose place is named, because it is what the developers need.
"""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from discovery.errors import DiscoveryError

if TYPE_CHECKING:
    from campaigns.errors import RowProblem, SpecProblem

EXIT_FAULT = 1
EXIT_USER = 2
EXIT_STOPPED = 130  # 128 + SIGINT, as shells count it

# Errors of the operating system that name the user's disk, not our code.
_OF_THE_DISK = {
    errno.ENOENT: "Check the path: every folder of it must be there.",
    errno.EACCES: "Check the permissions, or choose another folder.",
    errno.EPERM: "Check the permissions, or choose another folder.",
    errno.EROFS: "It is on a read-only disk; choose another folder.",
    errno.ENOSPC: "Make room on the disk and run the command again.",
    errno.ENOTDIR: "A part of this path is a file, not a folder; choose another path.",
    errno.EISDIR: "This is a folder; name a file.",
    errno.ENAMETOOLONG: "Choose a shorter name.",
}


@dataclass(frozen=True)
class Failure:
    """An error in the form in which it is told."""

    kind: str
    message: str
    hint: str = ""
    problems: tuple[RowProblem | SpecProblem, ...] = ()
    code: int = EXIT_USER
    usage: str = ""

    def document(self) -> dict[str, object]:
        """The one JSON document that ``--json`` prints for an error."""
        return {
            "error": {
                "kind": self.kind,
                "message": self.message,
                "hint": self.hint,
                "problems": self.problems,
            }
        }

    def show(self) -> None:
        """Tell people, on standard error."""
        if self.usage:
            click.echo(self.usage, err=True)
        if self.code == EXIT_STOPPED:
            click.echo(self.message, err=True)
            return
        click.secho("Error: ", fg="red", bold=True, nl=False, err=True)
        click.echo(self.message, err=True)
        if self.problems:
            from campaigns.cli.screen import console, problem_table

            console(stderr=True).print(problem_table(self.problems))
        if self.hint:
            click.echo(self.hint, err=True)


def failure_from(error: Exception) -> Failure:
    """Put an exception into words, keeping the traceback in a file where it is a fault of the program."""
    if isinstance(error, click.ClickException):
        return _from_click(error)
    if isinstance(error, DiscoveryError):
        return Failure(type(error).__name__, error.message, error.hint, _problems(error))
    if isinstance(error, OSError) and error.filename is not None and error.errno in _OF_THE_DISK:
        message = f"{os.fsdecode(error.filename)}: {error.strerror}."
        return Failure(type(error).__name__, message, _OF_THE_DISK[error.errno])
    return _fault(error)


def _from_click(error: click.ClickException) -> Failure:
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":  # click's message is then the whole help page
        return Failure("UsageError", "Which command?", usage=error.format_message())
    usage = context.get_usage() if isinstance(context, click.Context) else ""
    hint = f"Run '{context.command_path} --help' to see how." if isinstance(context, click.Context) else ""
    return Failure(type(error).__name__, error.format_message(), hint, usage=usage)


def _problems(error: DiscoveryError) -> tuple[RowProblem | SpecProblem, ...]:
    """Every fault of a table or a spec; nothing for any other error."""
    from campaigns.errors import SpecError, TableError

    return error.problems if isinstance(error, TableError | SpecError) else ()


def _fault(error: Exception) -> Failure:
    text = "".join(traceback.format_exception(error))
    report = f"command: {' '.join(sys.argv)}\npython: {sys.version}\n\n{text}"
    name = f"{type(error).__name__}: {error}"
    place = _keep(report)
    if place is None:  # no disk to write on: better a long message than a lost one
        click.echo(report, err=True)
        hint = "Please report it with the traceback above."
    else:
        hint = f"The traceback is in {place}; please report it with that file."
    return Failure("Fault", f"polyloop itself failed ({name}).", hint, code=EXIT_FAULT)


def _keep(report: str) -> Path | None:
    from platformdirs import user_log_path

    try:
        folder = user_log_path("polyloop", ensure_exists=True)
        handle, name = tempfile.mkstemp(prefix="fault-", suffix=".txt", dir=folder, text=True)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(report)
    except OSError:
        return None
    return Path(name)
