"""``polyloop pretrain align``: the fusion of a text and a geometry encoder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.encoders import encoders_of
from campaigns.cli.pretrain import run_options, usual
from campaigns.cli.pretrain.command_line import command_line, portable
from campaigns.cli.pretrain.describe import described, what_came_of_it
from campaigns.cli.pretrain.drawn import no_more_than, too_few
from campaigns.cli.pretrain.finished import ready
from campaigns.cli.pretrain.lesson_data import LessonData, read_lesson_data
from campaigns.cli.pretrain.process import training_threads
from campaigns.cli.pretrain.run_folders import work_folder
from campaigns.cli.pretrain.stages import stages
from campaigns.cli.program import Terminal
from discovery.encoders.source import BUNDLED

if TYPE_CHECKING:
    from campaigns.spec import EncodersSpec
    from discovery.pretraining.alignment.network import Alignment
    from discovery.pretraining.descriptions.description import Description
    from discovery.progress import Progress

MODEL_DESCRIPTIONS = "model-descriptions.parquet"
"""Name of the file of what a model wrote, in the folder of the run's state."""


@options.command("align")
@run_options.corpus
@click.option(
    "--text",
    show_default="bundled",
    help="Text encoder: bundled, a folder, or a model on the hub as org/name.",
)
@click.option(
    "--geometry",
    show_default="bundled",
    help="Geometry encoder: bundled, a folder that 'pretrain geometry' wrote, or a released Uni-Mol such as unimolv2-84m.",
)
@click.option(
    "--campaign",
    metavar="DIR",
    type=click.Path(exists=True, readable=True, path_type=Path),
    help="Both encoders as the campaign.toml there names them, with its dtype, device_map and quantization; in place of "
    "--text and --geometry. May be the file itself.",
)
@run_options.out
@run_options.work
@run_options.labels
@run_options.steps(usual.ALIGN)
@run_options.scheduled(usual.ALIGN, run_options.precision_of_align)
@run_options.polymers(f"{usual.ALIGN.polymers:,}")
@click.option(
    "--descriptions",
    "descriptions_file",
    type=options.READABLE_FILE,
    help="Descriptions of the polymers that 'pretrain describe' wrote; they are made by template by default.",
)
@click.option(
    "--describe-with",
    help="Instruction-tuned model that writes the descriptions now: a folder, or a model on the hub as org/name.",
)
@run_options.without(
    physics="labels estimated from groups",
    structure="labels by RDKit",
    alignment="the term between text and geometry",
    descriptions="the term between a polymer and its description",
)
@options.seed
@run_options.workers
@click.pass_obj
def align(
    terminal: Terminal,
    corpus_file: Path,
    text: str | None,
    geometry: str | None,
    campaign: Path | None,
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
    """Train what joins a text and a geometry encoder: projections and a gate.

    Both encoders stay as they are. The fused vector is taught labels, both vectors of its polymer, and which description in
    words is its own. The folder that is written is named as 'fusion' in campaign.toml.

    \b
    Example:
      polyloop pretrain align --corpus corpus.parquet --text text --geometry geometry --out fusion --polymers 1000
    """
    from campaigns.spec import EncodersSpec
    from discovery.pretraining.alignment.network import Alignment

    if campaign and (text or geometry):
        raise click.UsageError("--campaign names both encoders; leave --text and --geometry out.")
    if descriptions_file and describe_with:
        raise click.UsageError("--descriptions and --describe-with exclude each other.")
    if "descriptions" in without and (descriptions_file or describe_with):
        raise click.UsageError(
            "--without descriptions leaves no use for --descriptions or --describe-with; give one or the other."
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
    work = work_folder(out, work)
    if campaign:
        encoders, named = encoders_of(campaign), ["--campaign", portable(str(campaign.resolve()))]
    else:
        encoders = EncodersSpec(text=text or BUNDLED, geometry=geometry or BUNDLED)
        named = by_source(encoders)
    with stages(terminal) as progress, training_threads(threads):
        data = read_lesson_data(corpus_file, labels_folder, without, workers, progress)
        made = train_fusion(
            data, encoders, named, out, work, settings, without, progress, descriptions_file, describe_with
        )
    told, lines = what_it_was_drawn_from(data, settings, descriptions_file)
    if describe_with:
        of_model, more = what_came_of_it(made)
        told, lines = told | of_model, [*lines, *more]
    return ready(out, told, lines)


def by_source(encoders: EncodersSpec) -> list[str]:
    """The options that name encoders by their sources, as a card tells them."""
    return ["--text", portable(encoders.text), "--geometry", portable(encoders.geometry)]


def train_fusion(
    data: LessonData,
    encoders: EncodersSpec,
    named: Sequence[str],
    out: Path,
    work: Path,
    settings: Alignment,
    without: Sequence[str],
    progress: Progress,
    descriptions_file: Path | None = None,
    describe_with: str | None = None,
) -> list[Description]:
    """Train the fusion of a text and a geometry encoder into ``out``; its card names the command that does.

    Args:
        data: Corpus and labels.
        encoders: The two, and how the text encoder is loaded.
        named: The options that name them.
        out: Folder of the checkpoint.
        work: Folder of the run's state.
        settings: Size and schedule.
        without: Parts that are left out.
        progress: Told of every step.
        descriptions_file: What ``polyloop pretrain describe`` wrote.
        describe_with: A model that is asked for descriptions now.

    Returns:
        The descriptions that a model was asked for now; none where there is no such model.
    """
    from discovery.encoders.geometry import GeometryEncoder
    from discovery.encoders.text import TextEncoder
    from discovery.pretraining.alignment.training import train
    from discovery.pretraining.descriptions.description import write_descriptions
    from discovery.pretraining.loop.one_at_a_time import held

    settings = no_more_than(len(data.entries), settings)
    more = list(named)
    more += ["--descriptions", descriptions_file.name] if descriptions_file else []
    more += ["--describe-with", portable(describe_with)] if describe_with else []
    command = command_line("align", data.file, out, settings, without, more)
    text = TextEncoder.load(encoders.text, loading=encoders.loading)
    geometry = GeometryEncoder.load(encoders.geometry)
    made: list[Description] = []
    with held(work):
        if describe_with:
            made = described(data.entries, settings, describe_with, progress)
            descriptions_file = work / MODEL_DESCRIPTIONS
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


def what_it_was_drawn_from(
    data: LessonData, settings: Alignment, descriptions_file: Path | None = None
) -> tuple[dict[str, object], list[str]]:
    """How many polymers were drawn, how many of them encoders may have seen, and how many a given file describes.

    Returns:
        The counts by name, and what is worth saying of them in lines.
    """
    from discovery.pretraining.corpus.sampling import alignment_sample, not_set_apart
    from discovery.pretraining.descriptions.description import read_descriptions

    sample = alignment_sample(data.entries, settings.polymers, settings.seed)
    seen = not_set_apart(data.entries, sample)
    told: dict[str, object] = {"polymers": len(sample), "not_set_apart": seen}
    lines = too_few("align", settings.polymers, len(sample))
    if seen:
        lines.append(
            f"{seen:,} of the {len(sample):,} polymers are not among those set apart for align: encoders that were trained on "
            "this corpus have seen them. A larger corpus or fewer --polymers would do without."
        )
    if descriptions_file:
        known = {each.unit.key for each in read_descriptions(descriptions_file)}
        told["described"] = matching = sum(data.entries[i].unit.key in known for i in sample)
        lines.append(f"{descriptions_file} describes {matching:,} of the {len(sample):,} polymers.")
    return told, lines
