"""``polyloop pretrain geometry``: the geometry encoder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.pretrain import run_options, usual
from campaigns.cli.pretrain.command_line import command_line
from campaigns.cli.pretrain.drawn import for_encoder, no_more_than, too_few
from campaigns.cli.pretrain.finished import ready
from campaigns.cli.pretrain.lesson_data import LessonData, read_lesson_data
from campaigns.cli.pretrain.process import training_threads
from campaigns.cli.pretrain.run_folders import work_folder
from campaigns.cli.pretrain.stages import stages
from campaigns.cli.program import Terminal

if TYPE_CHECKING:
    from discovery.pretraining.geometry.network import GeometryTraining
    from discovery.progress import Progress


@options.command("geometry")
@run_options.corpus
@run_options.out
@run_options.work
@run_options.labels
@run_options.steps(usual.GEOMETRY)
@run_options.scheduled(usual.GEOMETRY, run_options.precision)
@run_options.polymers(f"{usual.GEOMETRY.polymers:,}")
@run_options.without(physics="labels estimated from groups", structure="labels by RDKit")
@options.seed
@run_options.workers
@click.pass_obj
def geometry(
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
    polymers: int | None,
    without: tuple[str, ...],
    seed: int,
    workers: int,
) -> Answer:
    """Train the geometry encoder: a small Uni-Mol that reads one 3D structure of a polymer.

    It learns to guess hidden atoms, to put displaced ones back, and to tell the labels of a chain. Each of --polymers gets a 3D
    structure first, with --workers processes.

    \b
    Example:
      polyloop pretrain geometry --corpus corpus.parquet --out geometry --polymers 1000 --steps 500
    """
    from discovery.pretraining.geometry.network import GeometryTraining

    given = run_options.given(
        steps=steps,
        batch=batch,
        learning_rate=learning_rate,
        precision=precision,
        save_every=save_every,
        polymers=polymers,
    )
    settings = GeometryTraining(**given, seed=seed, workers=workers)
    work = work_folder(out, work)
    with stages(terminal) as progress, training_threads(threads):
        data = read_lesson_data(corpus_file, labels_folder, without, workers, progress)
        train_geometry(data, out, work, settings, without, progress)
    return ready(out, lines=too_few("geometry", settings.polymers, for_encoder(data.entries)))


def train_geometry(
    data: LessonData,
    out: Path,
    work: Path,
    settings: GeometryTraining,
    without: Sequence[str],
    progress: Progress,
) -> None:
    """Train the geometry encoder into ``out``; its card names the command that does."""
    from discovery.pretraining.geometry.training import train

    settings = no_more_than(for_encoder(data.entries), settings)
    command = command_line("geometry", data.file, out, settings, without)
    train(data.entries, data.labels, out, work, settings, command=command, progress=progress)
