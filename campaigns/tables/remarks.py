"""What the user should know of a table although it is no fault: a sentence, and a name that programs can go by."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Remark:
    """Something worth knowing."""

    name: str
    """Such as ``withdrawn-proposal``; the same for all remarks of a kind."""
    text: str
    line: int | None = None
    """Of the table, where it is about one row."""
