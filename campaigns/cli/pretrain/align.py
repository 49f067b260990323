"""``polyloop pretrain align``: the fusion of a text and a geometry encoder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.pretrain import run_options
from campaigns.cli.pretrain.command_line import command_line, portable
from campaigns.cli.pretrain.describe import described, what_came_of_it
from campaigns.cli.pretrain.finished import ready
from campaigns.cli.pretrain.lesson_data import LessonData, read_lesson_data
from campaigns.cli.pretrain.process import training_process
from campaigns.cli.program import Terminal

if TYPE_CHECKING:
    from discovery.pretraining.alignment.network import Alignment
    from discovery.pretraining.descriptions.description import Description
    from discovery.progress import Progress

MODEL_DESCRIPTIONS = "model-descriptions.parquet"
"""Name of the file of what a model wrote, in the folder of the run's state."""


@options.command("align")
@run_options.corpus
@click.option(
    "--text", default="bundled", show_default=True, help="Text encoder: bundled, a hub id or a folder."
)
@click.option("--geometry", default="bundled", show_default=True, help="Geometry encoder, likewise.")
@run_options.out
@run_options.work
@run_options.labels
@run_options.steps
@run_options.scheduled
@run_options.polymers
@click.option(
    "--descriptions",
    "descriptions_file",
    type=options.READABLE_FILE,
    help="What 'pretrain describe' wrote; by template where neither this nor a model is given.",
)
@click.option("--describe-with", help="Instruction-tuned model that writes them now, a folder or a hub id.")
@run_options.without("physics", "structure", "alignment", "descriptions")
@options.seed
@run_options.workers
@click.pass_obj
def align(
    terminal: Terminal,
    corpus_file: Path,
    text: str,
    geometry: str,
    out: Path,
    work: Path | None,
    labels_folder: Path | None,
    descriptions_file: Path | None,
    describe_with: str | None,
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
    """Align two encoders and described text in one latent: projections and a gate."""
    from discovery.pretraining.alignment.network import Alignment

    if descriptions_file and describe_with:
        raise click.UsageError("--descriptions and --describe-with exclude each other.")
    if "descriptions" in without and (descriptions_file or describe_with):
        raise click.UsageError(
            "--without descriptions leaves no use for descriptions; give one or the other."
        )
    given = run_options.given(
        steps=steps,
        polymers=polymers,
        batch=batch,
        learning_rate=learning_rate,
        precision=precision,
        save_every=save_every,
        alignment=0.0 if "alignment" in without else None,
        descriptions=0.0 if "descriptions" in without else None,
    )
    settings = Alignment(**given, seed=seed, workers=workers)
    with terminal.progress() as progress, training_process(threads):
        data = read_lesson_data(corpus_file, labels_folder, without, workers, progress)
        made = train_fusion(
            data, (text, geometry), out, work, settings, without, progress, descriptions_file, describe_with
        )
    return ready(out, *what_came_of_it(made)) if describe_with else ready(out)


def train_fusion(
    data: LessonData,
    encoders: tuple[str, str],
    out: Path,
    work: Path | None,
    settings: Alignment,
    without: Sequence[str],
    progress: Progress,
    descriptions_file: Path | None = None,
    describe_with: str | None = None,
) -> list[Description]:
    """Train the fusion of a text and a geometry encoder into ``out``; its card names the command that does.

    Returns:
        The descriptions that a model was asked for now; none where there is no such model.
    """
    from discovery.encoders.geometry import GeometryEncoder
    from discovery.encoders.text import TextEncoder
    from discovery.pretraining.alignment.training import train
    from discovery.pretraining.descriptions.description import write_descriptions

    command = command_line("align", data.file, out, settings, without)
    command += f" --text {portable(encoders[0])} --geometry {portable(encoders[1])}"
    command += f" --descriptions {descriptions_file.name}" if descriptions_file else ""
    command += f" --describe-with {portable(describe_with)}" if describe_with else ""
    text, geometry = TextEncoder.load(encoders[0]), GeometryEncoder.load(encoders[1])
    work = work or run_options.beside(out)
    made: list[Description] = []
    if describe_with:
        made = described(data.entries, settings, describe_with, progress)
        descriptions_file = work / MODEL_DESCRIPTIONS
        work.mkdir(parents=True, exist_ok=True)
        write_descriptions(descriptions_file, made)
    train(
        data.entries,
        data.labels,
        text,
        geometry,
        out,
        work,
        settings,
        descriptions=descriptions_file,
        command=command,
        progress=progress,
    )
    return made
