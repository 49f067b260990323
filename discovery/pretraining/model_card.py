"""The model card of a checkpoint: what it is, the command that makes it again, and the facts of its run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def write_card(out: Path, title: str, story: str, command: str, facts: Mapping[str, object]) -> None:
    """Write ``MODEL_CARD.md`` into the folder ``out``.

    Args:
        out: Folder of the checkpoint.
        title: First line.
        story: What it is, what it was trained on and for; Markdown.
        command: What makes it again.
        facts: Rows of the table: data, sizes, schedule, seed, losses.
    """
    rows = "\n".join(f"| {name} | {value} |" for name, value in facts.items())
    (out / "MODEL_CARD.md").write_text(
        f"# {title}\n\n{story}\n\nMake it again: `{command}`\n\n| fact | value |\n|---|---|\n{rows}\n",
        encoding="utf-8",
    )
