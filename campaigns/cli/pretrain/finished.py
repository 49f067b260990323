"""What a training step answers when it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from campaigns.cli.answer import Answer


def ready(out: Path, told: Mapping[str, object] | None = None, lines: Sequence[str] = ()) -> Answer:
    """That the checkpoint in ``out`` is finished, with what else is to be told."""
    text = "\n".join([f"{out} is ready; its MODEL_CARD.md says what it is.", *lines])
    return Answer({"out": out, **(told or {})}, lambda console: console.print(text, markup=False))
