"""How a long computation says how far it is, without knowing who listens."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int | None, str], None]
"""Called with the steps done, the steps in all (``None`` where unknown), and what is being done."""


def silent(done: int, total: int | None, what: str) -> None:
    """Listen to nothing."""
