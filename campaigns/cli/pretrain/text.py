"""``polyloop pretrain text``: the text encoder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.pretrain import run_options, usual
from campaigns.cli.pretrain.command_line import command_line
from campaigns.cli.pretrain.finished import ready
from campaigns.cli.pretrain.lesson_data import LessonData, read_lesson_data
from campaigns.cli.pretrain.process import training_threads
from campaigns.cli.pretrain.run_folders import work_folder
from campaigns.cli.pretrain.stages import stages
from campaigns.cli.program import Terminal

if TYPE_CHECKING:
    from discovery.pretraining.text.network import TextTraining
    from discovery.progress import Progress


@options.command("text")
@run_options.corpus
@run_options.out
@run_options.work
@run_options.labels
@run_options.steps(usual.TEXT)
@run_options.scheduled(usual.TEXT, run_options.precision)
@click.option(
    "--vocabulary",
    type=click.IntRange(min=0),
    help="Tokens of a byte-pair vocabulary trained on the corpus; 0 reads symbol by symbol. By default "
    f"{usual.TEXT.vocabulary}.",
)
@run_options.without(
    physics="labels estimated from groups",
    structure="labels by RDKit",
    consistency="the term that brings two writings of a chain together",
)
@options.seed
@run_options.workers
@click.pass_obj
def text(
    terminal: Terminal,
    corpus_file: Path,
    out: Path,
    work: Path | None,
    labels_folder: Path | None,
    steps: int | None,
    batch: int | None,
    learning_rate: float | None,
    precision: str | None,
    save_every: int | None,
    threads: int | None,
    vocabulary: int | None,
    without: tuple[str, ...],
    seed: int,
    workers: int,
) -> Answer:
    """Train the text encoder: a small Llama that reads PSMILES.

    It learns to write them, to tell the labels of a chain, and that two writings of one chain are the same.

    \b
    Example:
      polyloop pretrain text --corpus corpus.parquet --out text --steps 500
    """
    from discovery.pretraining.text.network import TextTraining

    given = run_options.given(
        steps=steps,
        batch=batch,
        learning_rate=learning_rate,
        precision=precision,
        save_every=save_every,
        vocabulary=vocabulary,
        consistency=0.0 if "consistency" in without else None,
    )
    settings = TextTraining(**given, seed=seed, workers=workers)
    work = work_folder(out, work)
    with stages(terminal) as progress, training_threads(threads):
        data = read_lesson_data(corpus_file, labels_folder, without, workers, progress)
        train_text(data, out, work, settings, without, progress)
    return ready(out)


def train_text(
    data: LessonData,
    out: Path,
    work: Path,
    settings: TextTraining,
    without: Sequence[str],
    progress: Progress,
) -> None:
    """Train the text encoder into ``out``; its card names the command that does."""
    from discovery.pretraining.text.training import train

    command = command_line("text", data.file, out, settings, without)
    train(data.entries, data.labels, out, work, settings, command=command, progress=progress)
