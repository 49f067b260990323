"""Whether what a command printed with ``--json`` is what its schema promises; for tests, and for scripts that want to be sure."""

from __future__ import annotations

from collections.abc import Sequence

import click
from pydantic import BaseModel

from campaigns.cli.main import polyloop
from campaigns.cli.program import LazyGroup
from campaigns.cli.schemas import document_of, errors


def validated(arguments: Sequence[object], text: str) -> BaseModel:
    """The answer of a command as its typed document.

    Args:
        arguments: The command line, beginning with the names of the command.
        text: What it printed.

    Raises:
        pydantic.ValidationError: The text is no such document; every difference is named.
        MissingSchemaError: The answer of the command is described nowhere.
    """
    return document_of(_path(arguments)).model_validate_json(text, strict=True)


def validated_error(text: str) -> errors.Document:
    """The same for what a command printed when it failed.

    Raises:
        pydantic.ValidationError: The text is no such document; every difference is named.
    """
    return errors.Document.model_validate_json(text, strict=True)


def _path(arguments: Sequence[object]) -> list[str]:
    path: list[str] = []
    command: click.Command | None = polyloop
    for word in map(str, arguments):
        if not isinstance(command, LazyGroup):
            break
        command = command.get_command(click.Context(command), word)
        path.append(word)
    return path
