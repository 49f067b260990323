"""The example that every command's help ends in.

It stands at the end of the docstring, after a line with ``\\b``, which keeps click from filling it::

    \\b
    Example:
      polyloop status tg
"""

from __future__ import annotations

import inspect
import re
import shlex
from dataclasses import dataclass

import click

PROGRAM = "polyloop"

_EXAMPLE = re.compile(r"\n\s*\n\x08\nExamples?:\n((?:  .*(?:\n|$))+)\s*$")


class MissingExampleError(Exception):
    """A command whose help does not end in an example."""


@dataclass(frozen=True, slots=True)
class HelpText:
    """The help of a command in its two parts."""

    prose: str
    example: str
    """Lines as they are shown, without their indentation."""

    @property
    def command_lines(self) -> list[list[str]]:
        """The command lines of the example as words, each without the name of the program. A line that ends in a backslash goes
        on in the next one, and what follows a # is a remark.
        """
        words = [shlex.split(line, comments=True) for line in re.sub(r"\\\n", " ", self.example).splitlines()]
        return [line[1:] for line in words if line[:1] == [PROGRAM]]


def help_text(path: str, command: click.Command) -> HelpText:
    """The help of a command.

    Args:
        path: Names that lead to the command, such as ``pretrain corpus``.
        command: The command.

    Raises:
        MissingExampleError: Its docstring does not end in an example.
    """
    text = inspect.cleandoc(command.help or "")
    found = _EXAMPLE.search(text)
    if found is None:
        raise MissingExampleError(
            f"The help of polyloop {path} does not end in an example. Write at the end of its docstring, after an empty line: "
            f"a line with \\b, a line 'Example:', and below it, indented by two blanks, '{PROGRAM} {path} ...'."
        )
    lines = [line[2:].rstrip() for line in found.group(1).rstrip().splitlines()]
    return HelpText(text[: found.start()].strip(), "\n".join(lines))
