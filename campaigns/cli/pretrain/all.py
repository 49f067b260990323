"""``polyloop pretrain all``: every step of the pre-training, one after the other, in one folder."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.pretrain import run_options, usual
from campaigns.cli.pretrain.align import by_source, train_fusion, what_it_was_drawn_from
from campaigns.cli.pretrain.corpus import make_corpus
from campaigns.cli.pretrain.drawn import for_encoder, too_few, trained_on
from campaigns.cli.pretrain.geometry import train_geometry
from campaigns.cli.pretrain.lesson_data import read_lesson_data
from campaigns.cli.pretrain.process import training_threads
from campaigns.cli.pretrain.run_folders import work_folder
from campaigns.cli.pretrain.stages import stages
from campaigns.cli.pretrain.text import train_text
from campaigns.cli.program import Terminal
from discovery.bundled import CHECKPOINTS

if TYPE_CHECKING:
    from discovery.pretraining.alignment.network import Alignment
    from discovery.pretraining.geometry.network import GeometryTraining
    from discovery.pretraining.text.network import TextTraining

    Settings = TextTraining | GeometryTraining | Alignment

PLAN = "plan.json"
"""Name of the file that says with which settings a folder was begun."""

CORPUS = "corpus.parquet"
MADE = (CORPUS, "corpus.labels", *CHECKPOINTS)
"""What stands in the folder in the end, beside the states of the runs."""


@options.command("all")
@click.option(
    "--out",
    "folder",
    type=options.ANY_FOLDER,
    required=True,
    help="Folder for corpus, labels, text, geometry and fusion; what is there is gone on with.",
)
@run_options.size
@click.option(
    "--text-steps", type=click.IntRange(min=1), help=f"Steps of text; {usual.TEXT.steps:,} by default."
)
@click.option(
    "--geometry-steps",
    type=click.IntRange(min=1),
    help=f"Steps of geometry; {usual.GEOMETRY.steps:,} by default.",
)
@click.option(
    "--align-steps", type=click.IntRange(min=1), help=f"Steps of align; {usual.ALIGN.steps:,} by default."
)
@run_options.polymers(f"{usual.GEOMETRY.polymers:,} for geometry and {usual.ALIGN.polymers:,} for align")
@run_options.precision
@run_options.save_every(f"{usual.TEXT.save_every} of text and geometry and {usual.ALIGN.save_every} of align")
@run_options.threads
@options.seed
@run_options.workers
@click.pass_obj
def all_in_turn(
    terminal: Terminal,
    folder: Path,
    size: int,
    text_steps: int | None,
    geometry_steps: int | None,
    align_steps: int | None,
    polymers: int | None,
    precision: str | None,
    save_every: int | None,
    threads: int | None,
    seed: int,
    workers: int,
) -> Answer:
    """Make corpus, labels, text, geometry and fusion in one folder, as the bundled ones were made.

    With fewer steps and polymers it is done sooner, and worse. The same command goes on where it was interrupted.
    --polymers are those of geometry and of align; --precision is that of text and geometry, align is in fp32.

    \b
    Example:
      polyloop pretrain all --out weights --size 2000 --polymers 500 \\
        --text-steps 50 --geometry-steps 50 --align-steps 50
    """
    from campaigns.spec import EncodersSpec
    from discovery.pretraining.alignment.network import Alignment
    from discovery.pretraining.geometry.network import GeometryTraining
    from discovery.pretraining.loop.one_at_a_time import held
    from discovery.pretraining.text.network import TextTraining

    every = run_options.given(save_every=save_every, seed=seed, workers=workers)
    precise = run_options.given(precision=precision)
    drawn = run_options.given(polymers=polymers)
    text = TextTraining(**every, **precise, **run_options.given(steps=text_steps))
    geometry = GeometryTraining(**every, **precise, **drawn, **run_options.given(steps=geometry_steps))
    fusion = Alignment(**every, **drawn, **run_options.given(steps=align_steps))
    _refuse_what_was_not_begun_here(folder)
    with held(folder), stages(terminal) as progress, training_threads(threads):
        _keep_to_the_plan(folder, size, seed, {"text": text, "geometry": geometry, "align": fusion})
        outs = {name: folder / name for name in CHECKPOINTS}
        works = {name: work_folder(out, None) for name, out in outs.items()}
        corpus_file = folder / CORPUS
        if not corpus_file.is_file():
            make_corpus(corpus_file, size, seed, workers, progress)
        data = read_lesson_data(corpus_file, None, (), workers, progress)
        train_text(data, outs["text"], works["text"], text, (), progress)
        train_geometry(data, outs["geometry"], works["geometry"], geometry, (), progress)
        pair = EncodersSpec(text=str(outs["text"]), geometry=str(outs["geometry"]))
        train_fusion(data, pair, by_source(pair), outs["fusion"], works["fusion"], fusion, (), progress)
    drawn, lines = what_it_was_drawn_from(data, fusion)
    lines = too_few("geometry", geometry.polymers, for_encoder(data.entries)) + lines
    used = {name: trained_on(out) for name, out in outs.items()}
    return _answer(
        outs, {"out": folder, **drawn, "polymers": len(data.entries), "trained_on": used}, used, lines
    )


def _refuse_what_was_not_begun_here(folder: Path) -> None:
    """See that nothing of what is to be made is there already, unless this command has begun it.

    Raises:
        PretrainingStateError: When something is there that was begun with something else.
    """
    from discovery.errors import PretrainingStateError

    there = [name for name in MADE if (folder / name).exists()]
    if there and not (folder / PLAN).is_file():
        raise PretrainingStateError(
            f"{folder} holds {' and '.join(there)} already, not begun with 'pretrain all'.",
            "Name another --out folder, or go on with what is there step by step: polyloop pretrain --help",
        )


def _keep_to_the_plan(folder: Path, size: int, seed: int, settings: Mapping[str, Settings]) -> None:
    """Write down with what a folder is begun, or see that it goes on with the same.

    Raises:
        PretrainingStateError: When it was begun with something else.
    """
    from discovery.errors import PretrainingStateError
    from discovery.pretraining.labels.scaling import WITHOUT_EFFECT

    plan: dict[str, object] = {"corpus size": size, "corpus seed": seed}
    for name, each in settings.items():
        matters = {key: value for key, value in asdict(each).items() if key not in WITHOUT_EFFECT}
        plan |= {f"{name} {key}": value for key, value in matters.items()}
    file = folder / PLAN
    if not file.is_file():
        part = folder / f"{PLAN}.part"
        part.write_text(json.dumps(plan, indent=2) + "\n", encoding="utf-8")
        os.replace(part, file)
        return
    try:
        begun = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(begun, dict):
            raise ValueError("it holds no table of settings")
    except ValueError as error:
        raise PretrainingStateError(
            f"{file} cannot be read: {error}", "Name another --out folder, or remove this one."
        ) from error
    changed = [
        f"{name} {begun.get(name)}, not {value}" for name, value in plan.items() if begun.get(name) != value
    ]
    if changed:
        raise PretrainingStateError(
            f"{folder} was begun with {'; '.join(changed)}.",
            "Give the options that it was begun with, name another --out folder, or remove this one.",
        )


def _answer(
    outs: Mapping[str, Path], told: Mapping[str, object], used: Mapping[str, int], lines: Sequence[str]
) -> Answer:
    parts = {name: out.resolve() for name, out in outs.items()}
    table = ["[encoders]", *(f"{name} = {json.dumps(str(path))}" for name, path in parts.items())]
    said = (
        f"The corpus has {told['polymers']:,} polymers. Trained were "
        f"{', '.join(f'{name} on {count:,}' for name, count in used.items())} of them; the others were "
        "held out or not drawn. Each folder has a MODEL_CARD.md. For a campaign, in campaign.toml:"
    )
    text = "\n".join([*lines, said, "", *table])
    return Answer(
        {**told, **parts}, lambda console: console.print(text, markup=False, highlight=False, soft_wrap=True)
    )
