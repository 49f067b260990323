"""What a command has to say, once for machines and once for people.

A command returns an :class:`Answer` and prints nothing itself. The program prints either the document, as one
JSON text on standard output, or the screen, so that ``--json`` can never be mixed with anything else.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True)
class Answer:
    """The outcome of one command.

    Args:
        document: What ``--json`` prints. Data frames become lists of records; numbers that are not finite
            become ``null``.
        show: Prints the same for people on a rich console; called only without ``--json``.
        exit_code: 0, unless the command found something wrong that is not an error of its own, as ``doctor``
            can.
    """

    document: Mapping[str, object]
    show: Callable[[Console], None]
    exit_code: int = 0


def document_text(document: Mapping[str, object]) -> str:
    """The document as one strict JSON text in ASCII, which every pipe and every code page can carry."""
    return json.dumps(plain(document), indent=2, allow_nan=False)


def plain(value: object) -> object:
    """A value made of nothing but what JSON knows.

    Raises:
        TypeError: The value is of a kind that has no place in a document.
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, date):
        return None if value != value else value.isoformat()  # pandas' NaT is a date that differs from itself
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    # Frames, series' cells and NumPy scalars are recognised by what they can do: importing pandas here would
    # cost half a second.
    if hasattr(value, "to_dict") and hasattr(value, "columns"):
        return [plain(record) for record in value.to_dict(orient="records")]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if type(value).__name__ in {"NAType", "NaTType"}:
        return None
    raise TypeError(f"{type(value).__name__} has no place in a JSON document")
