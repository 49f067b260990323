"""The arguments and options that several commands share, written once.

``command`` is ``click.command`` for a function that returns an :class:`~campaigns.cli.answer.Answer`; it adds what every command
has.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import click

from campaigns.cli.program import AnsweringCommand, Terminal
from campaigns.limits import MAXIMUM_BATCH

Callback = Callable[..., object]


def command(name: str) -> Callable[[Callback], click.Command]:
    """Make a function a command that has the options of every command.

    Its docstring is its help, and ends in an example under the line ``Example:``, which is shown as it is written.
    """

    def decorate(function: Callback) -> click.Command:
        made = click.command(name, cls=AnsweringCommand)(function)
        made.params += of_every_command()
        return made

    return decorate


def of_every_command() -> list[click.Parameter]:
    """``--json``, ``--quiet`` and ``--log-file``: the program acts on them, so that no command has to."""
    return [
        click.Option(
            ["--json"], is_flag=True, expose_value=False, help="Print one JSON document and nothing else."
        ),
        click.Option(
            ["-q", "--quiet"],
            is_flag=True,
            expose_value=False,
            is_eager=True,
            callback=_quiet,
            help="Tell nothing but the answer and errors.",
        ),
        click.Option(
            ["--log-file"],
            metavar="FILE",
            type=click.Path(dir_okay=False, path_type=Path),
            expose_value=False,
            is_eager=True,
            callback=_log_file,
            help="Append to FILE what is done, with times and the warnings of libraries.",
        ),
    ]


def _quiet(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    terminal = context.find_object(Terminal)
    if value and terminal is not None:
        terminal.quiet = True


def _log_file(context: click.Context, parameter: click.Parameter, value: Path | None) -> None:
    terminal = context.find_object(Terminal)
    if value is None or terminal is None or context.resilient_parsing:
        return
    if terminal.log is not None:
        raise click.BadParameter("a run has one log", context, parameter)
    in_a_folder(context, parameter, value)
    terminal.keep_log(value)


class Target(click.ParamType["str"]):
    """A property and its direction, as in ``tg:max``."""

    name = "name:direction"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check the form and drop stray blanks, or tell how it is written."""
        name, colon, direction = str(value).rpartition(":")
        if not colon or not name.strip() or direction not in ("max", "min"):
            self.fail(
                f"{value!r}: write the property and its direction, such as tg:max or loss:min", param, ctx
            )
        return f"{name.strip()}:{direction}"


TARGET = Target()
READABLE_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
WRITABLE_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)
ANY_FOLDER = click.Path(file_okay=False, path_type=Path)


def in_a_folder(context: click.Context, parameter: click.Parameter, value: Path | None) -> Path | None:
    """Make sure, before any work, that there is a folder to write the file ``value`` into, where one is asked for."""
    if value is not None and not value.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no folder {value.parent}; make it first", context, parameter)
    return value


campaign_folder = click.argument("folder", metavar="DIR", type=ANY_FOLDER, help="Folder of the campaign.")
"""The folder of an existing campaign; where there is none, ``Campaign.open`` says so."""

reason = click.option(
    "--reason",
    metavar="TEXT",
    required=True,
    help="Why, in a few words; the ledger keeps it beside the fact.",
)

seed = click.option(
    "--seed",
    type=click.IntRange(min=0, max=2**32 - 1),
    default=0,
    show_default=True,
    help="The same seed on the same machine gives the same answer.",
)

workers = click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=lambda: os.cpu_count() or 1,
    show_default="one for each core",
    help="Processes that make and read candidates; the answer does not hang on it.",
)

top = click.option(
    "--top",
    type=click.IntRange(min=1, max=MAXIMUM_BATCH),
    default=20,
    show_default=True,
    help="How many of the best to show; each gets a 3D structure the first time, some ten a second.",
)
