"""The model card of a checkpoint: what it is, the command that makes it again, the facts of its run and its curves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

CURVES = "curves.png"
"""Name of the picture of the losses beside the card."""


def write_card(out: Path, title: str, story: str, command: str, facts: Mapping[str, object]) -> None:
    """Write ``MODEL_CARD.md`` into the folder ``out``; it shows the curves where they lie beside it.

    Args:
        out: Folder of the checkpoint.
        title: First line.
        story: What it is, what it was trained on and for; Markdown.
        command: What makes it again.
        facts: Rows of the table: data, sizes, schedule, seed, losses.
    """
    rows = "\n".join(f"| {name} | {value} |" for name, value in facts.items())
    picture = (
        f"\n![Losses against steps, training and held out]({CURVES})\n" if (out / CURVES).is_file() else ""
    )
    (out / "MODEL_CARD.md").write_text(
        f"# {title}\n\n{story}\n\nMake it again: `{command}`\n\n| fact | value |\n|---|---|\n{rows}\n{picture}",
        encoding="utf-8",
    )
