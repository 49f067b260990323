"""The options that several steps of the pre-training share, written once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from campaigns.cli import options

Callback = Callable[..., object]


def _named(context: click.Context, parameter: click.Parameter, value: Path) -> Path:
    """A folder that has a name of its own: its neighbours are called after it, and it is put in place by renaming."""
    if value.name in ("", ".."):
        raise click.BadParameter(
            f"{value} is no name of a folder; give one, which may be new", context, parameter
        )
    return value


corpus = click.option(
    "--corpus", "corpus_file", type=options.READABLE_FILE, required=True, help="What 'pretrain corpus' wrote."
)
out = click.option(
    "--out",
    type=options.ANY_FOLDER,
    required=True,
    callback=_named,
    help="Folder of the finished checkpoint.",
)
out_file = click.option(
    "--out", type=options.WRITABLE_FILE, required=True, callback=options.in_a_folder, help="A Parquet file."
)
work = click.option(
    "--work", type=options.ANY_FOLDER, help="Folder for the state of the run; OUT.work by default."
)
labels = click.option(
    "--labels",
    "labels_folder",
    type=options.ANY_FOLDER,
    help="Folder where labels are kept; beside the corpus by default.",
)
size = click.option(
    "--size", type=click.IntRange(min=1), default=260_000, show_default=True, help="Polymers of the corpus."
)
steps = click.option(
    "--steps", type=click.IntRange(min=1), help="Training steps; those of the bundled one by default."
)
polymers = click.option(
    "--polymers",
    type=click.IntRange(min=32),
    help="Drawn from the corpus; as many as for the bundled one by default.",
)
precision = click.option(
    "--precision",
    type=click.Choice(["bf16", "fp32"]),
    help="Of the products; weights are in single precision always. fp32 by default for align; "
    "for text and geometry bf16 on a GPU and on a processor that multiplies in it, else fp32.",
)
save_every = click.option("--save-every", type=click.IntRange(min=1), help="Steps between two checkpoints.")
threads = click.option(
    "--threads", type=click.IntRange(min=1), help="Threads of the processor; all by default."
)
workers = click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Processes that prepare the data.",
)
_schedule = (
    click.option("--batch", type=click.IntRange(min=2), help="Polymers of a step."),
    click.option(
        "--learning-rate", type=click.FloatRange(min=0, min_open=True), help="At the top of the one cycle."
    ),
    precision,
    save_every,
    threads,
)


def scheduled(function: Callback) -> Callback:
    """The options that every training loop has."""
    for option in reversed(_schedule):
        function = option(function)
    return function


def without(*parts: str) -> Callable[[Callback], Callback]:
    """The option that leaves parts of a run out."""
    return click.option(
        "--without",
        type=click.Choice(parts),
        multiple=True,
        help="What is left out, to see what it is worth; may be given again.",
    )


def given(**values: object) -> dict[str, Any]:
    """The options that were given; a run's own defaults stand in one place, with its settings."""
    return {name: value for name, value in values.items() if value is not None}


def beside(out: Path) -> Path:
    """Where the state of a run is kept unless the user names another folder."""
    return out.with_name(out.name + ".work")
