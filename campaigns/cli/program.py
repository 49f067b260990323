"""The program around all commands: loads them when asked for, prints their answers, and turns every error
into words.

Exit codes are those of :mod:`campaigns.cli.exit_codes`. With ``--json`` an error too is exactly one JSON document on
standard output. With ``--quiet`` nothing but the answer and errors is told.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import keyword
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from campaigns.cli.answer import Answer, document_text, plain
from campaigns.cli.exit_codes import EXIT_CODES, STOPPED
from campaigns.cli.failure import Failure, failure_from
from campaigns.cli.warned import calmly

if TYPE_CHECKING:
    from campaigns.cli.log_file import LogFile
    from campaigns.cli.progress import Bars


COMPLETE = "_POLYLOOP_COMPLETE"
"""Environment variable by which the script of a shell asks the program for what fits."""


def importable(name: str) -> str:
    """What a command is called in Python, which keeps some words, such as ``import``, for itself."""
    return f"{name}_" if keyword.iskeyword(name) else name


class Terminal:
    """Where a command runs; every command gets it through ``click.pass_obj``.

    Args:
        arguments: The command line, without the name of the program.
        json: Whether the answer is one JSON document, and therefore no bar may be drawn.
        running: Left when the program has said everything.
    """

    def __init__(self, arguments: list[str], *, json: bool, running: contextlib.ExitStack) -> None:
        self.json = json
        self.quiet = False
        """Whether nothing but the answer and errors is told; ``--quiet`` sets it."""
        self.log: LogFile | None = None
        """Where ``--log-file`` asks for it."""
        self._arguments = arguments
        self._running = running
        self._stderr = sys.stderr

    def keep_log(self, path: Path) -> None:
        """Append to the file ``path`` what is done from here on, until the program ends.

        Raises:
            OSError: The file cannot be opened for writing.
        """
        from campaigns.cli.log_file import LogFile

        self.log = self._running.enter_context(LogFile(path))
        self.log.began(self._arguments)

    @property
    def watched(self) -> bool:
        """Whether somebody sees what moves on standard error."""
        return not (self.json or self.quiet) and self._stderr.isatty() and os.environ.get("TERM") != "dumb"

    def progress(self) -> Bars:
        """Bars on standard error that listen to a long computation (see :mod:`campaigns.cli.progress`)."""
        from campaigns.cli.progress import Bars

        return Bars(wanted=self.watched, stream=self._stderr, begun=self.log.stage if self.log else None)

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """While a command runs, whatever prints does so on standard error: standard output holds the answer only."""
        from campaigns.cli.log_file import Overheard, unheard

        heard: TextIO | Overheard = sys.stderr
        if self.quiet or self.log is not None:
            heard = Overheard(sys.stderr, self.log.printed if self.log else unheard, quiet=self.quiet)
        with contextlib.redirect_stdout(heard), contextlib.redirect_stderr(heard):
            yield


class AnsweringCommand(click.Command):
    """A command that returns an :class:`Answer`, and has ``--json``, ``--quiet`` and ``--log-file``."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command with standard output kept clean."""
        terminal = ctx.find_object(Terminal)
        with terminal.listening() if terminal is not None else contextlib.nullcontext():
            return super().invoke(ctx)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Where the rest is told."""
        formatter.write_paragraph()
        formatter.write_text("Exit codes: see 'polyloop --help'.")


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for.

    Args:
        targets: For each command's name, ``module:attribute``; listed in ``--help`` in this order.
        sections: For each heading of the list in ``--help``, the names under it; all under one by default.
    """

    command_class = AnsweringCommand

    def __init__(
        self,
        name: str,
        *,
        targets: Mapping[str, str],
        help: str,
        sections: Mapping[str, Sequence[str]] | None = None,
        params: list[click.Parameter] | None = None,
    ) -> None:
        super().__init__(name=name, help=help, params=params)
        self.targets = dict(targets)
        self.sections = dict(sections or {"Commands": list(self.targets)})

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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is named first; for a slip the nearest is told, which click does for commands that it has loaded."""
        name = args[0]
        # what begins like an option is one that is not known, and click says so
        if name not in self.targets and not ctx.resilient_parsing and not name.startswith("-"):
            raise click.NoSuchCommand(name, possibilities=self.list_commands(ctx), ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands with what they do, section by section."""
        limit = formatter.width - 6 - max(map(len, self.targets))
        for heading, names in self.sections.items():
            commands = [(name, self.get_command(ctx, name)) for name in names]
            rows = [(name, found.get_short_help_str(limit)) for name, found in commands if found is not None]
            with formatter.section(heading):
                formatter.write_dl(rows, col_max=20)


class Program(LazyGroup):
    """The outermost group, the one place where answers are printed and errors end."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What the exit codes mean."""
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), said) for code, said in EXIT_CODES.items()])

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
            complete_var: Name of the environment variable by which a shell asks what fits.
            standalone_mode: Whether to leave the interpreter with the exit code instead of returning it.
            extra: As for :meth:`click.Command.main`.
        """
        given = list(sys.argv[1:] if args is None else args)
        # Read before parsing, because an error in the parsing itself must be told in the right form.
        as_json = "--json" in takewhile(lambda word: word != "--", given)
        with contextlib.ExitStack() as running:
            running.enter_context(calmly())
            terminal = Terminal(given, json=as_json, running=running)
            code = self._run(
                lambda: super(Program, self).main(
                    given, prog_name, complete_var or COMPLETE, standalone_mode=False, obj=terminal, **extra
                ),
                terminal,
            )
            if terminal.log is not None:
                terminal.log.ended(code)
        if standalone_mode:
            sys.exit(code)
        return code

    def _run(self, command: Callable[[], object], terminal: Terminal) -> int:
        try:
            return self._print(command(), terminal)
        except (click.Abort, KeyboardInterrupt):
            return _tell(Failure("Interrupted", "Stopped.", code=STOPPED), terminal)
        except Exception as error:  # noqa: BLE001 - the outermost frame: every kind is told and kept
            return _tell(failure_from(error), terminal, error)

    @staticmethod
    def _print(result: object, terminal: Terminal) -> int:
        if isinstance(result, int):  # click's own exit code, after --help and --version
            return result
        if not isinstance(result, Answer):
            raise TypeError(f"a command returned {type(result).__name__} instead of an Answer")
        if terminal.log is not None:
            document = plain(result.document)
            assert isinstance(document, dict)
            terminal.log.answered(document)
        with _reader_may_leave():
            if terminal.json:
                click.echo(document_text(result.document))
            else:
                from campaigns.cli.screen import console

                result.show(console())
            sys.stdout.flush()
        return result.exit_code


def _tell(failure: Failure, terminal: Terminal, error: Exception | None = None) -> int:
    if terminal.log is not None:
        terminal.log.failed(failure, error)
    with _reader_may_leave():
        if terminal.json:
            click.echo(document_text(failure.document()))
            sys.stdout.flush()
        else:
            failure.show()
    return failure.code


@contextlib.contextmanager
def _reader_may_leave() -> Iterator[None]:
    """Go on quietly when the reader of our output, say ``head``, has had enough and closed it."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.EPIPE:
            raise
        # Python flushes standard output once more at exit, and would complain about the closed pipe.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
