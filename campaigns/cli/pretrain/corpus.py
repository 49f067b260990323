"""``polyloop pretrain corpus``: the polymers to learn from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.pretrain import run_options
from campaigns.cli.pretrain.stages import stages
from campaigns.cli.program import Terminal

if TYPE_CHECKING:
    from collections import Counter

    from discovery.progress import Progress


@options.command("corpus")
@run_options.size
@options.seed
@run_options.workers
@run_options.out_file
@click.pass_obj
def corpus(terminal: Terminal, size: int, seed: int, workers: int, out: Path) -> Answer:
    """Generate polymers from monomers, polymerisation rules and chain templates.

    \b
    Example:
      polyloop pretrain corpus --size 2000 --out corpus.parquet
    """
    with stages(terminal) as progress:
        classes = make_corpus(out, size, seed, workers, progress)
    lines = [f"{count:7,} {name}" for name, count in classes.most_common()]
    return Answer(
        {"out": out, "polymers": sum(classes.values()), "classes": dict(classes)},
        lambda console: console.print("\n".join([*lines, f"{sum(classes.values()):7,} in all: {out}"])),
    )


def make_corpus(out: Path, size: int, seed: int, workers: int, progress: Progress) -> Counter[str]:
    """Write a corpus to ``out`` and count its classes."""
    from discovery.pretraining.corpus.corpus import generate, write_corpus

    return write_corpus(out, list(generate(size, seed=seed, workers=workers, progress=progress)))
