"""The model of an answer as tables for people: each key with its type and its meaning."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

_PLAIN = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "null": "null",
}


def tables(document: type[BaseModel]) -> Iterator[str]:
    """The keys of the document, or which documents there can be; then those of each object in it under a heading of its name."""
    schema = document.model_json_schema(mode="serialization")
    yield _said(schema)
    yield _table(schema) if "properties" in schema else f"The document is {_type(schema)}."
    for name, part in schema.get("$defs", {}).items():
        if "properties" not in part:  # a value of any kind
            continue
        yield f"### {name}"
        yield _said(part)
        yield _table(part)


def _said(part: Mapping[str, Any]) -> str:
    return escaped(" ".join(str(part.get("description", "")).split()))


def _table(part: Mapping[str, Any]) -> str:
    required = part.get("required", [])
    rows = [
        f"| `{key}` | {_type(of)}{'' if key in required else ', may be left out'} | {_said(of)} |"
        for key, of in part["properties"].items()
    ]
    more = part.get("additionalProperties")
    if isinstance(more, Mapping):
        rows.append(f"| others | {_type(more)} | As told above. |")
    return "\n".join(["| key | type | meaning |", "|---|---|---|", *rows])


def _type(of: Mapping[str, Any]) -> str:
    """In words, with a link to what has a heading of its own."""
    if "$ref" in of:
        name = str(of["$ref"]).rpartition("/")[2]
        return "any value" if name == "JsonValue" else f"[{name}](#{name.lower()})"
    if "anyOf" in of:
        return " or ".join(_type(each) for each in of["anyOf"])
    if "const" in of:
        return f"`{json.dumps(of['const'])}`"
    if "enum" in of:
        return " or ".join(f"`{json.dumps(each)}`" for each in of["enum"])
    match of.get("type"):
        case "array":
            return f"list of {_type(of.get('items', {}))}"
        case "object":
            more = of.get("additionalProperties")
            return f"object: name to {_type(more)}" if isinstance(more, Mapping) else "object"
        case str(kind):
            return _PLAIN[kind]
        case _:
            return "any value"


def escaped(text: str) -> str:
    """Text in which Markdown reads no marks."""
    for sign in "|*<":
        text = text.replace(sign, f"\\{sign}")
    return text
