"""Every way a command can fail, put into words: what is wrong, what to do, and which rows of a table are at
fault.

What the user can put right never shows a traceback. A fault of the program does not show one either, but
keeps it in a file whose place is named, because it is what the developers need.
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from campaigns.cli.exit_codes import DISKS_TO_MEND, FAULT, INPUT, PATHS_TO_MEND, STOPPED, code_of
from campaigns.cli.passwords import without_passwords
from discovery.errors import DiscoveryError

if TYPE_CHECKING:
    from campaigns.errors import RowProblem, SpecProblem

_LESS_MEMORY = "End other programs, ask for fewer --workers, or use a machine with more memory."


@dataclass(frozen=True)
class Failure:
    """An error in the form in which it is told."""

    kind: str
    message: str
    hint: str = ""
    problems: tuple[RowProblem | SpecProblem, ...] = ()
    code: int = INPUT
    usage: str = ""

    def document(self) -> dict[str, object]:
        """The one JSON document that ``--json`` prints for an error."""
        return {
            "error": {
                "kind": self.kind,
                "message": self.message,
                "hint": self.hint,
                "problems": self.problems,
                "exit_code": self.code,
            }
        }

    def show(self) -> None:
        """Tell people, on standard error."""
        from campaigns.reports.wording import printable_lines

        if self.usage:
            click.echo(self.usage, err=True)
        if self.code == STOPPED:
            click.echo(self.message, err=True)
            return
        # click leaves colours out where nobody watches, but knows nothing of https://no-color.org
        colour = False if os.environ.get("NO_COLOR") else None
        click.secho("Error: ", fg="red", bold=True, nl=False, err=True, color=colour)
        click.echo(printable_lines(self.message), err=True)
        if self.problems:
            from campaigns.cli.screen import console, problem_table

            console(stderr=True).print(problem_table(self.problems))
        if self.hint:
            click.echo(printable_lines(self.hint), err=True)


def failure_from(error: Exception) -> Failure:
    """Put an exception into words, keeping the traceback in a file where it is a fault of the program."""
    if isinstance(error, click.ClickException):
        return _from_click(error)
    code = code_of(error)
    if isinstance(error, DiscoveryError):
        return Failure(type(error).__name__, error.message, error.hint, _problems(error), code)
    if isinstance(error, MemoryError):
        return Failure(
            type(error).__name__, "The memory of this machine is used up.", _LESS_MEMORY, code=code
        )
    if isinstance(error, OSError) and code != FAULT:
        named = f"{os.fsdecode(error.filename)}: " if error.filename is not None else ""
        hint = (PATHS_TO_MEND | DISKS_TO_MEND)[error.errno or 0]
        return Failure(type(error).__name__, f"{named}{error.strerror}.", hint, code=code)
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
    report = without_passwords(f"command: {' '.join(sys.argv)}\npython: {sys.version}\n\n{text}")
    name = f"{type(error).__name__}: {error}"
    place = _keep(report)
    if place is None:  # no disk to write on: better a long message than a lost one
        click.echo(report, err=True)
        hint = "Please report it with the traceback above."
    else:
        hint = f"The traceback is in {place}; please report it with that file."
    return Failure("Fault", f"polyloop itself failed ({name}).", hint, code=FAULT)


def _keep(report: str) -> Path | None:
    from platformdirs import user_log_path

    try:
        folder = user_log_path("polyloop", ensure_exists=True)
        handle, name = tempfile.mkstemp(prefix="fault-", suffix=".txt", dir=folder, text=True)
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(report)
    except OSError:
        return None
    return Path(name)
