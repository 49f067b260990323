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
    help="Folder that keeps the labels of polymers, so that they are computed once; for corpus.parquet it is corpus.labels "
    "beside it by default.",
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
_PRECISION = (
    "Number format in which a step multiplies; weights and their updates are in fp32 always. By default "
)


def _precision(usual: str) -> Callable[[Callback], Callback]:
    return click.option("--precision", type=click.Choice(["bf16", "fp32"]), help=_PRECISION + usual)


precision = _precision("bf16 where the GPU or the processor has it, else fp32.")
precision_of_align = _precision("fp32.")
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
batch = click.option("--batch", type=click.IntRange(min=2), help="Polymers of a step.")
learning_rate = click.option(
    "--learning-rate",
    type=click.FloatRange(min=0, min_open=True),
    help="The highest: it is reached after a tenth of the steps, and falls to zero until the last one.",
)


def scheduled(precision: Callable[[Callback], Callback]) -> Callable[[Callback], Callback]:
    """The options that every training loop has."""

    def decorate(function: Callback) -> Callback:
        for option in reversed((batch, learning_rate, precision, save_every, threads)):
            function = option(function)
        return function

    return decorate


def without(**parts: str) -> Callable[[Callback], Callback]:
    """The option that leaves parts of a run out, given by name with what they are."""
    told = "; ".join(f"{name}: {words}" for name, words in parts.items())
    return click.option(
        "--without",
        type=click.Choice(list(parts)),
        multiple=True,
        help=f"Leave a part out, to see what it is worth; may be given again. {told}.",
    )


def given(**values: object) -> dict[str, Any]:
    """The options that were given; a run's own defaults stand in one place, with its settings."""
    return {name: value for name, value in values.items() if value is not None}
