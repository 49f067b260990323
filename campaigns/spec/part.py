"""What every part of a spec is: frozen, typed as TOML is, and without keys that nobody reads."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """One table of ``campaign.toml``."""

    # Strict: TOML has types, and a size of "8" or true is a slip worth telling.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def listed(value: object) -> object:
    """One text stands for a list of one; TOML has lists, the spec has tuples."""
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


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
