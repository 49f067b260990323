"""What a training step answers when it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from campaigns.cli.answer import Answer
from campaigns.cli.pretrain.drawn import trained_on


def ready(out: Path, told: Mapping[str, object] | None = None, lines: Sequence[str] = ()) -> Answer:
    """That the checkpoint in ``out`` is finished and on how many polymers it was trained, with what else is to be told."""
    polymers = trained_on(out)
    first = f"{out} is ready, trained on {polymers:,} polymers; its MODEL_CARD.md says what it is."
    text = "\n".join([first, *lines])
    return Answer(
        {"out": out, "trained_on": polymers, **(told or {})},
        lambda console: console.print(text, markup=False),
    )
