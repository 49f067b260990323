"""``polyloop pretrain``: how the bundled encoders were made, step by step, to make them again or to make your own.

polyloop pretrain corpus   --out corpus.parquet
polyloop pretrain text     --corpus corpus.parquet --out text
polyloop pretrain geometry --corpus corpus.parquet --out geometry
polyloop pretrain fusion   --corpus corpus.parquet --text text --geometry geometry --out fusion
"""

from __future__ import annotations

from pathlib import Path

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.program import LazyGroup, Terminal

pretrain = LazyGroup(
    "pretrain",
    targets={name: f"campaigns.cli.pretrain:{name}" for name in ("corpus", "text", "geometry", "fusion")},
    help="""Make the bundled encoders again, or encoders of your own.

    In order: corpus (polymers from rules and templates), text (a small Llama), geometry (a small Uni-Mol),
    fusion (both in one latent). A run that was interrupted goes on where it stopped.
    """,
)

_corpus = click.option(
    "--corpus", "corpus_file", type=options.READABLE_FILE, required=True, help="What 'pretrain corpus' wrote."
)
_out = click.option(
    "--out", type=options.ANY_FOLDER, required=True, help="Folder of the finished checkpoint."
)
_work = click.option(
    "--work", type=options.ANY_FOLDER, help="Folder for the state of the run; OUT.work by default."
)
_workers = click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Processes that prepare the data.",
)


_steps = click.option(
    "--steps", type=click.IntRange(min=1), help="Training steps; those of the bundled one by default."
)
_polymers = click.option(
    "--polymers",
    type=click.IntRange(min=32),
    help="Drawn from the corpus; as many as for the bundled one by default.",
)


def _given(**options: int | None) -> dict[str, int]:
    """The options that were given; a run's own defaults stand in one place, with its settings."""
    return {name: value for name, value in options.items() if value is not None}


def _done(out: Path) -> Answer:
    return Answer(
        {"out": out}, lambda console: console.print(f"{out} is ready; its MODEL_CARD.md says what it is.")
    )


@options.command("corpus")
@click.option("--size", type=click.IntRange(min=1), default=40_000, show_default=True, help="Polymers.")
@options.seed
@click.option(
    "--out", type=options.WRITABLE_FILE, required=True, callback=options.in_a_folder, help="A Parquet file."
)
@click.pass_obj
def corpus(terminal: Terminal, size: int, seed: int, out: Path) -> Answer:
    """Generate polymers from monomers, polymerisation rules and chain templates."""
    from discovery.pretraining.corpus import generate, write_corpus

    with terminal.progress() as progress:
        classes = write_corpus(out, list(generate(size, seed=seed, progress=progress)))
    lines = [f"{count:7,} {name}" for name, count in classes.most_common()]
    return Answer(
        {"out": out, "polymers": sum(classes.values()), "classes": dict(classes)},
        lambda console: console.print("\n".join([*lines, f"{sum(classes.values()):7,} in all: {out}"])),
    )


@options.command("text")
@_corpus
@_out
@_work
@_steps
@options.seed
@_workers
@click.pass_obj
def text(
    terminal: Terminal,
    corpus_file: Path,
    out: Path,
    work: Path | None,
    steps: int | None,
    seed: int,
    workers: int,
) -> Answer:
    """Train the text encoder: a small Llama on next token and structural labels."""
    from discovery.pretraining.corpus import read_corpus
    from discovery.pretraining.text import TextTraining, train

    settings = TextTraining(**_given(steps=steps, seed=seed, workers=workers))
    command = _command("text", corpus_file, out, steps=settings.steps, seed=seed)
    with terminal.progress() as progress:
        entries = read_corpus(corpus_file, progress)
        train(entries, out, work or _beside(out), settings, command=command, progress=progress)
    return _done(out)


@options.command("geometry")
@_corpus
@_out
@_work
@_steps
@_polymers
@options.seed
@_workers
@click.pass_obj
def geometry(
    terminal: Terminal,
    corpus_file: Path,
    out: Path,
    work: Path | None,
    steps: int | None,
    polymers: int | None,
    seed: int,
    workers: int,
) -> Answer:
    """Train the geometry encoder: a small Uni-Mol on masked atoms, displaced coordinates and structural labels."""
    from discovery.pretraining.corpus import read_corpus
    from discovery.pretraining.geometry import train
    from discovery.pretraining.shape_reader import GeometryTraining

    settings = GeometryTraining(**_given(steps=steps, polymers=polymers, seed=seed, workers=workers))
    command = _command(
        "geometry", corpus_file, out, steps=settings.steps, polymers=settings.polymers, seed=seed
    )
    with terminal.progress() as progress:
        entries = read_corpus(corpus_file, progress)
        train(entries, out, work or _beside(out), settings, command=command, progress=progress)
    return _done(out)


@options.command("fusion")
@_corpus
@click.option(
    "--text", default="bundled", show_default=True, help="Text encoder: bundled, a hub id or a folder."
)
@click.option("--geometry", default="bundled", show_default=True, help="Geometry encoder, likewise.")
@_out
@_steps
@_polymers
@options.seed
@_workers
@click.pass_obj
def fusion(
    terminal: Terminal,
    corpus_file: Path,
    text: str,
    geometry: str,
    out: Path,
    steps: int | None,
    polymers: int | None,
    seed: int,
    workers: int,
) -> Answer:
    """Train the fusion of two encoders: projections and a gate, on structural labels."""
    from discovery.encoders.geometry import GeometryEncoder
    from discovery.encoders.text import TextEncoder
    from discovery.pretraining.corpus import balanced_sample, read_corpus
    from discovery.pretraining.fusion import FusionTraining, train
    from discovery.pretraining.shape_reader import GeometryTraining

    settings = FusionTraining(**_given(steps=steps, seed=seed, workers=workers))
    size = (
        GeometryTraining().polymers if polymers is None else polymers
    )  # their conformers are at hand already
    command = _command(
        "fusion",
        corpus_file,
        out,
        text=_portable(text),
        geometry=_portable(geometry),
        steps=settings.steps,
        polymers=size,
        seed=seed,
    )
    with terminal.progress() as progress:
        entries = read_corpus(corpus_file, progress)
        units = [entries[i].unit for i in balanced_sample(entries, size, seed)]
        encoders = TextEncoder.load(text), GeometryEncoder.load(geometry)
        train(units, *encoders, out, settings, command=command, progress=progress)
    return _done(out)


def _command(kind: str, corpus_file: Path, out: Path, **options: int | str) -> str:
    """The command line that makes the same checkpoint again."""
    told = " ".join(f"--{name} {value}" for name, value in options.items())
    return f"polyloop pretrain {kind} --corpus {corpus_file.name} --out {out.name} {told}"


def _portable(source: str) -> str:
    """A source as a card names it: of a folder its last name, since where it lay tells nobody anything."""
    return Path(source).name if Path(source).is_dir() else source


def _beside(out: Path) -> Path:
    return out.with_name(out.name + ".work")
