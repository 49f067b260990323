"""What every part of a spec is: frozen, typed as TOML is, and without keys that nobody reads."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator

from campaigns.spec.faults import spec_fault


class Part(BaseModel):
    """One table of ``campaign.toml``."""

    # Strict: TOML has types, and a size of "8" or true is a slip worth telling.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    @field_validator("*", mode="before")
    @classmethod
    def _no_control_characters(cls, value: object) -> object:
        if odd := next(_control_characters(value), None):
            raise spec_fault(f"holds the control character {odd!r}.", "Write it without.")
        return value


def listed(value: object) -> object:
    """One text stands for a list of one; TOML has lists, the spec has tuples."""
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


def _control_characters(value: object) -> Iterator[str]:
    """Those in a text, or in the texts of a list; lines may be broken. Tables are parts of their own."""
    if isinstance(value, str):
        yield from (
            letter for letter in value if unicodedata.category(letter) == "Cc" and letter not in "\t\r\n"
        )
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _control_characters(one)


def without_defaults(part: Part, content: dict[str, Any], *, always: Collection[str]) -> dict[str, Any]:
    """What of a part is written down: the keys of ``always``, and those that say something else than their default does. So a
    spec that does not ask for what a later polyloop can do keeps its text and its version.
    """
    fields = type(part).model_fields
    return {
        name: value
        for name, value in content.items()
        if name in always or getattr(part, name) != fields[name].default
    }
