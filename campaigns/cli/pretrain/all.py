"""``polyloop pretrain all``: every step of the pre-training, one after the other, in one folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.pretrain import run_options
from campaigns.cli.pretrain.align import train_fusion
from campaigns.cli.pretrain.corpus import make_corpus
from campaigns.cli.pretrain.geometry import train_geometry
from campaigns.cli.pretrain.lesson_data import read_lesson_data
from campaigns.cli.pretrain.process import training_process
from campaigns.cli.pretrain.text import train_text
from campaigns.cli.program import Terminal

if TYPE_CHECKING:
    from discovery.pretraining.alignment.network import Alignment
    from discovery.pretraining.geometry.network import GeometryTraining
    from discovery.pretraining.text.network import TextTraining

    Settings = TextTraining | GeometryTraining | Alignment

PLAN = "plan.json"
"""Name of the file that says with which settings a folder was begun."""

CORPUS = "corpus.parquet"


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
    "--text-steps", type=click.IntRange(min=1), help="Steps of text; those of the bundled one by default."
)
@click.option("--geometry-steps", type=click.IntRange(min=1), help="Steps of geometry, likewise.")
@click.option("--align-steps", type=click.IntRange(min=1), help="Steps of align, likewise.")
@run_options.polymers
@run_options.precision
@run_options.save_every
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
    --polymers are those of geometry and of align; --precision is that of text and geometry.
    """
    from discovery.pretraining.alignment.network import Alignment
    from discovery.pretraining.geometry.network import GeometryTraining
    from discovery.pretraining.text.network import TextTraining

    every = run_options.given(save_every=save_every, seed=seed, workers=workers)
    precise = run_options.given(precision=precision)
    drawn = run_options.given(polymers=polymers)
    text = TextTraining(**every, **precise, **run_options.given(steps=text_steps))
    geometry = GeometryTraining(**every, **precise, **drawn, **run_options.given(steps=geometry_steps))
    fusion = Alignment(**every, **drawn, **run_options.given(steps=align_steps))
    folder.mkdir(parents=True, exist_ok=True)
    _keep_to_the_plan(folder, size, seed, {"text": text, "geometry": geometry, "align": fusion})
    corpus_file = folder / CORPUS
    with terminal.progress() as progress, training_process(threads):
        if not corpus_file.is_file():
            make_corpus(corpus_file, size, seed, workers, progress)
        data = read_lesson_data(corpus_file, None, (), workers, progress)
        train_text(data, folder / "text", None, text, (), progress)
        train_geometry(data, folder / "geometry", None, geometry, (), progress)
        encoders = str(folder / "text"), str(folder / "geometry")
        train_fusion(data, encoders, folder / "fusion", None, fusion, (), progress)
    return _answer(folder, len(data.entries))


def _keep_to_the_plan(folder: Path, size: int, seed: int, settings: Mapping[str, Settings]) -> None:
    """Write down with what a folder is begun, or see that it goes on with the same.

    Raises:
        PretrainingError: When it was begun with something else.
    """
    from discovery.errors import PretrainingError
    from discovery.pretraining.labels.scaling import WITHOUT_EFFECT

    plan: dict[str, object] = {"corpus size": size, "corpus seed": seed}
    for name, each in settings.items():
        matters = {key: value for key, value in asdict(each).items() if key not in WITHOUT_EFFECT}
        plan |= {f"{name} {key}": value for key, value in matters.items()}
    file = folder / PLAN
    if not file.is_file():
        if (folder / CORPUS).exists():
            raise PretrainingError(
                f"{folder} holds a {CORPUS} that was not begun with 'pretrain all'.",
                "Name another --out folder, or train on that corpus step by step: polyloop pretrain --help",
            )
        file.write_text(json.dumps(plan, indent=2) + "\n", encoding="utf-8")
        return
    try:
        begun = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise PretrainingError(
            f"{file} cannot be read: {error}", "Name another --out folder, or remove this one."
        ) from error
    changed = [
        f"{name} {begun.get(name)}, not {value}" for name, value in plan.items() if begun.get(name) != value
    ]
    if changed:
        raise PretrainingError(
            f"{folder} was begun with {'; '.join(changed)}.",
            "Give the options that it was begun with, name another --out folder, or remove this one.",
        )


def _answer(folder: Path, polymers: int) -> Answer:
    parts = {name: (folder / name).resolve() for name in ("text", "geometry", "fusion")}
    table = "\n".join(["[encoders]", *(f"{name} = {json.dumps(str(path))}" for name, path in parts.items())])
    text = f"Trained on {polymers:,} polymers; each folder has a MODEL_CARD.md. For a campaign, in campaign.toml:\n\n{table}"
    return Answer(
        {"out": folder, "polymers": polymers, **parts},
        lambda console: console.print(text, markup=False, highlight=False, soft_wrap=True),
    )
