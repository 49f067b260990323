"""The options that several steps of the pre-training share, written once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from campaigns.cli import options
from campaigns.cli.pretrain.usual import Usual

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


def steps(usual: Usual) -> Callable[[Callback], Callback]:
    """How long a run takes."""
    return click.option(
        "--steps", type=click.IntRange(min=1), help=f"Training steps; {usual.steps:,} by default."
    )


def polymers(usual: str) -> Callable[[Callback], Callback]:
    """How many polymers a run draws; ``usual`` are the defaults in words."""
    return click.option(
        "--polymers",
        type=click.IntRange(min=32),
        help=f"Drawn from the corpus; {usual} by default, or all that the corpus has where it has fewer.",
    )


_PRECISION = (
    "Number format in which a step multiplies; weights and their updates are in fp32 always. By default "
)


def _precision(usual: str) -> Callable[[Callback], Callback]:
    return click.option("--precision", type=click.Choice(["bf16", "fp32"]), help=_PRECISION + usual)


precision = _precision("bf16 where the GPU or the processor has it, else fp32.")
precision_of_align = _precision("fp32.")


def save_every(usual: str) -> Callable[[Callback], Callback]:
    """How often the state is kept; ``usual`` are the defaults in words."""
    return click.option(
        "--save-every",
        type=click.IntRange(min=1),
        help=f"Steps between two checkpoints; {usual} by default.",
    )


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


def scheduled(usual: Usual, precision: Callable[[Callback], Callback]) -> Callable[[Callback], Callback]:
    """The options that every training loop has."""
    batch = click.option(
        "--batch", type=click.IntRange(min=2), help=f"Polymers of a step; {usual.batch} by default."
    )
    learning_rate = click.option(
        "--learning-rate",
        type=click.FloatRange(min=0, min_open=True),
        help="The highest: it is reached after a tenth of the steps, and falls to zero until the last one; "
        f"{usual.learning_rate:g} by default.",
    )
    kept = save_every(str(usual.save_every))

    def decorate(function: Callback) -> Callback:
        for option in reversed((batch, learning_rate, precision, kept, threads)):
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
