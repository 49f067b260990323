"""The command line that a model card names: every option that decides the weights, and no path of this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

TOLD = ("steps", "batch", "learning_rate", "vocabulary", "polymers", "precision", "seed")
"""Settings of a run that an option gives, in the order in which a card tells them."""


def command_line(kind: str, corpus_file: Path, out: Path, settings: Any, without: Sequence[str]) -> str:
    """What trains the same weights again.

    Args:
        kind: The command, such as ``text``.
        corpus_file: What was trained on.
        out: Folder of the checkpoint.
        settings: Of the run.
        without: Parts that were left out.
    """
    values = {name.replace("_", "-"): getattr(settings, name) for name in TOLD if hasattr(settings, name)}
    told = " ".join(f"--{name} {value}" for name, value in values.items())
    left_out = "".join(f" --without {name}" for name in dict.fromkeys(without))
    return f"polyloop pretrain {kind} --corpus {corpus_file.name} --out {out.name} {told}{left_out}"


def portable(source: str) -> str:
    """A source as a card names it: of a folder its last name, since where it lay tells nobody anything."""
    return Path(source).name if Path(source).is_dir() else source
