"""The program around all commands: loads them when asked for, prints their answers, and turns every error
into words.

Exit codes: 0 done; 2 something the user can put right; 1 a fault of the program, whose traceback is kept in a
file; 130 stopped from the keyboard. With ``--json`` an error too is exactly one JSON document on standard
output.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from campaigns.cli.answer import Answer, document_text
from campaigns.cli.failure import EXIT_STOPPED, Failure, failure_from

if TYPE_CHECKING:
    from campaigns.cli.progress import Bars


@dataclass(frozen=True)
class Terminal:
    """Where a command runs; every command gets it through ``click.pass_obj``."""

    json: bool
    """Whether the answer is one JSON document, and therefore no bar may be drawn."""

    def progress(self) -> contextlib.AbstractContextManager[Bars]:
        """Bars on standard error that listen to a long computation (see :mod:`campaigns.cli.progress`)."""
        from campaigns.cli.progress import Bars

        return Bars(wanted=not self.json and sys.stderr.isatty())


class AnsweringCommand(click.Command):
    """A command that returns an :class:`Answer`.

    Libraries below us may print while it runs. That goes to standard error: standard output holds the answer
    only.
    """

    def invoke(self, ctx: click.Context) -> object:
        """Run the command with standard output kept clean."""
        with contextlib.redirect_stdout(sys.stderr):
            return super().invoke(ctx)


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for.

    Args:
        targets: For each command's name, ``module:attribute``; listed in ``--help`` in this order.
    """

    command_class = AnsweringCommand

    def __init__(self, name: str, *, targets: Mapping[str, str], help: str) -> None:
        super().__init__(name=name, help=help)
        self.targets = dict(targets)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of use rather than of the alphabet."""
        return list(self.targets)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command; ``None`` for a name that is not ours."""
        target = self.targets.get(cmd_name)
        if target is None:
            return None
        module, attribute = target.split(":")
        command = getattr(importlib.import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{target} is not a click command")
        return command


class Program(LazyGroup):
    """The outermost group, the one place where answers are printed and errors end."""

    def main(  # type: ignore[override]  # click overloads it on standalone_mode; one signature says enough here
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: object,
    ) -> int:
        """Run one command line and end with its exit code.

        Args:
            args: The command line without the program's name; what the shell gave when ``None``.
            prog_name: The program's name in usage lines.
            complete_var: As for :meth:`click.Command.main`.
            standalone_mode: Whether to leave the interpreter with the exit code instead of returning it.
            extra: As for :meth:`click.Command.main`.
        """
        # Read before parsing, because an error in the parsing itself must be told in the right form.
        as_json = "--json" in (sys.argv[1:] if args is None else args)
        try:
            result: object = super().main(
                args, prog_name, complete_var, standalone_mode=False, obj=Terminal(json=as_json), **extra
            )
            code = self._print(result, as_json)
        except (click.Abort, KeyboardInterrupt):
            code = _tell(Failure("Interrupted", "Stopped.", code=EXIT_STOPPED), as_json)
        except BrokenPipeError:
            code = _reader_left()
        except Exception as error:  # noqa: BLE001 - the outermost frame: every kind is told and kept
            code = _tell(failure_from(error), as_json)
        if standalone_mode:
            sys.exit(code)
        return code

    @staticmethod
    def _print(result: object, as_json: bool) -> int:
        if isinstance(result, int):  # click's own exit code, after --help and --version
            return result
        if not isinstance(result, Answer):
            raise TypeError(f"a command returned {type(result).__name__} instead of an Answer")
        if as_json:
            click.echo(document_text(result.document))
        else:
            from campaigns.cli.screen import console

            result.show(console())
        sys.stdout.flush()
        return result.exit_code


def _tell(failure: Failure, as_json: bool) -> int:
    try:
        if as_json:
            click.echo(document_text(failure.document()))
            sys.stdout.flush()
        else:
            failure.show()
    except OSError as error:
        if error.errno != errno.EPIPE:
            raise
        return _reader_left()
    return failure.code


def _reader_left() -> int:
    """End quietly when the reader of our output, say ``head``, has closed it."""
    # Python flushes standard output once more at exit, and would complain about the closed pipe.
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1
