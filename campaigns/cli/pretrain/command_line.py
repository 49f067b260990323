"""The command line that a model card names: every option that decides the weights, and no path of this machine."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from discovery.pretraining.alignment.network import Alignment
    from discovery.pretraining.geometry.network import GeometryTraining
    from discovery.pretraining.text.network import TextTraining

    Settings = TextTraining | GeometryTraining | Alignment

TOLD = ("steps", "batch", "learning_rate", "vocabulary", "polymers", "precision", "seed")
"""Settings of a run that an option gives, in the order in which a card tells them."""


def command_line(
    kind: str,
    corpus_file: Path,
    out: Path,
    settings: Settings,
    without: Sequence[str],
    more: Sequence[str] = (),
) -> str:
    """What trains the same weights again, quoted for a shell; the threads are those of this process.

    Args:
        kind: The command, such as ``text``.
        corpus_file: What was trained on.
        out: Folder of the checkpoint.
        settings: Of the run.
        without: Parts that were left out.
        more: Options that this command alone has, with their values.
    """
    import torch

    words = ["polyloop", "pretrain", kind, "--corpus", corpus_file.name, "--out", out.name]
    for name in TOLD:
        if hasattr(settings, name):
            words += [f"--{name.replace('_', '-')}", str(getattr(settings, name))]
    words += ["--threads", str(torch.get_num_threads())]
    for name in dict.fromkeys(without):
        words += ["--without", name]
    return shlex.join([*words, *more])


def portable(source: str) -> str:
    """A source as a card names it: of a folder or file its last name, since where it lay tells nobody anything."""
    return Path(source).name if Path(source).exists() else source
