"""What ``--json`` answers, as typed models: one module per command, each with a class ``Document``.

A model says what a command promises. The command itself builds its document without, so that nobody waits for pydantic;
the tests hold real answers to the models. The pages under ``docs/commands`` show them; their JSON Schema lies beside the pages.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from campaigns.cli.program import importable

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class JsonObject(BaseModel):
    """An object whose keys are all known; each is described by the text below it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)


class MissingSchemaError(Exception):
    """A command whose answer nobody has described."""


def document_of(path: Sequence[str]) -> type[BaseModel]:
    """The model of a command's answer.

    Args:
        path: Names that lead to the command, such as ``("pretrain", "corpus")``.

    Raises:
        MissingSchemaError: There is none; the message says what to write where.
    """
    module = ".".join([__name__, *map(importable, path)])
    wanted = (
        f"polyloop {' '.join(path)} has no schema of its answer: write {module.replace('.', '/')}.py with a class "
        "Document(JsonObject) that describes every key of its --json document"
    )
    try:
        found: Any = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not module.startswith(error.name):
            raise
        raise MissingSchemaError(wanted) from None
    document = getattr(found, "Document", None)
    if not (isinstance(document, type) and issubclass(document, BaseModel)):
        raise MissingSchemaError(wanted)
    return document


def json_schema(document: type[BaseModel], title: str) -> dict[str, Any]:
    """The JSON Schema of a model, under a title of its own."""
    schema = document.model_json_schema(mode="serialization")
    return {"$schema": DIALECT, **schema, "title": title}
