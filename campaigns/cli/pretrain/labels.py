"""``polyloop pretrain labels``: what is computed of every polymer of a corpus."""

from __future__ import annotations

from pathlib import Path

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.pretrain import run_options
from campaigns.cli.pretrain.lesson_data import labels_beside
from campaigns.cli.pretrain.stages import stages
from campaigns.cli.program import Terminal


@options.command("labels")
@run_options.corpus
@run_options.labels
@run_options.workers
@click.pass_obj
def labels(terminal: Terminal, corpus_file: Path, labels_folder: Path | None, workers: int) -> Answer:
    """Compute ahead what text, geometry and align are taught of every polymer; what is there already is kept.

    \b
    Example:
      polyloop pretrain labels --corpus corpus.parquet
    """
    from discovery.pretraining.corpus.corpus import read_corpus
    from discovery.pretraining.labels import make_labels

    folder = labels_folder or labels_beside(corpus_file)
    with stages(terminal) as progress:
        entries = read_corpus(corpus_file, progress)
        files = make_labels(entries, folder, workers=workers, progress=progress)
    return Answer(
        {"folder": folder, "polymers": len(entries), "blocks": list(files)},
        lambda console: console.print(f"{' and '.join(files)} of {len(entries):,} polymers are in {folder}."),
    )
