"""``polyloop pretrain``: how the bundled encoders were made, step by step, to make them again or to make your own.

polyloop pretrain corpus   --out corpus.parquet
polyloop pretrain labels   --corpus corpus.parquet
polyloop pretrain text     --corpus corpus.parquet --out text
polyloop pretrain geometry --corpus corpus.parquet --out geometry
polyloop pretrain align    --corpus corpus.parquet --text text --geometry geometry --out fusion
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.program import LazyGroup, Terminal

if TYPE_CHECKING:
    from discovery.polymers import RepeatUnit
    from discovery.pretraining.descriptions.descriptions import Description
    from discovery.progress import Progress

pretrain = LazyGroup(
    "pretrain",
    targets={
        name: f"campaigns.cli.pretrain:{name}"
        for name in ("corpus", "labels", "text", "geometry", "describe", "align")
    },
    help="""Make the bundled encoders again, or encoders of your own.

    In order: corpus (polymers from rules and templates), labels (what is computed of each), text (a small
    Llama), geometry (a small Uni-Mol), align (both, and described text, in one latent). A run that was
    interrupted goes on where it stopped.
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
_labels = click.option(
    "--labels",
    "labels_folder",
    type=options.ANY_FOLDER,
    help="Folder where labels are kept; beside the corpus by default.",
)
_schedule = (
    click.option("--batch", type=click.IntRange(min=2), help="Polymers of a step."),
    click.option(
        "--learning-rate", type=click.FloatRange(min=0, min_open=True), help="At the top of the one cycle."
    ),
    click.option(
        "--precision",
        type=click.Choice(["bf16", "fp32"]),
        help="Of the products; weights are in single precision always. bf16 by default, fp32 for align.",
    ),
    click.option("--save-every", type=click.IntRange(min=1), help="Steps between two checkpoints."),
    click.option("--threads", type=click.IntRange(min=1), help="Threads of the processor; all by default."),
)


def _scheduled(function: Callable[..., object]) -> Callable[..., object]:
    """The options that every training loop has."""
    for option in reversed(_schedule):
        function = option(function)
    return function


def _given(**options: object) -> dict[str, Any]:
    """The options that were given; a run's own defaults stand in one place, with its settings."""
    return {name: value for name, value in options.items() if value is not None}


def _done(out: Path) -> Answer:
    return Answer(
        {"out": out}, lambda console: console.print(f"{out} is ready; its MODEL_CARD.md says what it is.")
    )


@options.command("corpus")
@click.option("--size", type=click.IntRange(min=1), default=260_000, show_default=True, help="Polymers.")
@options.seed
@_workers
@click.option(
    "--out", type=options.WRITABLE_FILE, required=True, callback=options.in_a_folder, help="A Parquet file."
)
@click.pass_obj
def corpus(terminal: Terminal, size: int, seed: int, workers: int, out: Path) -> Answer:
    """Generate polymers from monomers, polymerisation rules and chain templates."""
    from discovery.pretraining.corpus.corpus import generate, write_corpus

    with terminal.progress() as progress:
        classes = write_corpus(out, list(generate(size, seed=seed, workers=workers, progress=progress)))
    lines = [f"{count:7,} {name}" for name, count in classes.most_common()]
    return Answer(
        {"out": out, "polymers": sum(classes.values()), "classes": dict(classes)},
        lambda console: console.print("\n".join([*lines, f"{sum(classes.values()):7,} in all: {out}"])),
    )


@options.command("labels")
@_corpus
@_labels
@_workers
@click.pass_obj
def labels(terminal: Terminal, corpus_file: Path, labels_folder: Path | None, workers: int) -> Answer:
    """Compute ahead what text and geometry are taught; what is there already is kept."""
    from discovery.pretraining.corpus.corpus import read_corpus
    from discovery.pretraining.labels import make_labels

    folder = labels_folder or _labels_beside(corpus_file)
    with terminal.progress() as progress:
        entries = read_corpus(corpus_file, progress)
        files = make_labels(entries, folder, workers=workers, progress=progress)
    return Answer(
        {"folder": folder, "polymers": len(entries), "blocks": list(files)},
        lambda console: console.print(f"{' and '.join(files)} of {len(entries):,} polymers are in {folder}."),
    )


@options.command("text")
@_corpus
@_out
@_work
@_labels
@_steps
@_scheduled
@click.option(
    "--vocabulary",
    type=click.IntRange(min=0),
    help="Tokens of a byte-pair vocabulary trained on the corpus; 0 reads symbol by symbol.",
)
@click.option(
    "--without",
    type=click.Choice(["physics", "structure", "consistency"]),
    multiple=True,
    help="What is left out, to see what it is worth; may be given again.",
)
@options.seed
@_workers
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
    """Train the text encoder: a small Llama on next token, labels and the consistency of writings."""
    from discovery.pretraining.corpus.corpus import read_corpus
    from discovery.pretraining.labels import read_labels
    from discovery.pretraining.text.network import TextTraining
    from discovery.pretraining.text.training import train

    given = _given(
        steps=steps,
        batch=batch,
        learning_rate=learning_rate,
        precision=precision,
        save_every=save_every,
        vocabulary=vocabulary,
        consistency=0.0 if "consistency" in without else None,
    )
    settings = TextTraining(**given, seed=seed, workers=workers)
    command = _training("text", corpus_file, out, settings, without)
    with terminal.progress() as progress, _threads(threads):
        entries = read_corpus(corpus_file, progress)
        blocks = [name for name in without if name != "consistency"]
        folder = labels_folder or _labels_beside(corpus_file)
        known = read_labels(entries, folder, without=blocks, workers=workers, progress=progress)
        train(entries, known, out, work or _beside(out), settings, command=command, progress=progress)
    return _done(out)


@options.command("geometry")
@_corpus
@_out
@_work
@_labels
@_steps
@_scheduled
@_polymers
@click.option(
    "--without",
    type=click.Choice(["physics", "structure"]),
    multiple=True,
    help="Labels that are left out, to see what they are worth.",
)
@options.seed
@_workers
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
    """Train the geometry encoder: a small Uni-Mol on masked atoms, displaced coordinates and labels."""
    from discovery.pretraining.corpus.corpus import read_corpus
    from discovery.pretraining.geometry.network import GeometryTraining
    from discovery.pretraining.geometry.training import train
    from discovery.pretraining.labels import read_labels

    given = _given(
        steps=steps,
        batch=batch,
        learning_rate=learning_rate,
        precision=precision,
        save_every=save_every,
        polymers=polymers,
    )
    settings = GeometryTraining(**given, seed=seed, workers=workers)
    command = _training("geometry", corpus_file, out, settings, without)
    with terminal.progress() as progress, _threads(threads):
        entries = read_corpus(corpus_file, progress)
        folder = labels_folder or _labels_beside(corpus_file)
        known = read_labels(entries, folder, without=without, workers=workers, progress=progress)
        train(entries, known, out, work or _beside(out), settings, command=command, progress=progress)
    return _done(out)


@options.command("describe")
@_corpus
@click.option(
    "--out", type=options.WRITABLE_FILE, required=True, callback=options.in_a_folder, help="A Parquet file."
)
@click.option(
    "--model",
    help="Instruction-tuned model that writes them, a folder or a hub id; by template where none is named.",
)
@_polymers
@options.seed
@_workers
@click.pass_obj
def describe(
    terminal: Terminal,
    corpus_file: Path,
    out: Path,
    model: str | None,
    polymers: int | None,
    seed: int,
    workers: int,
) -> Answer:
    """Describe polymers of the corpus in words, with the numbers that RDKit and the physics models give.

    Those are the polymers that 'align' draws with the same --polymers and --seed. What a model writes is read again: a text
    whose numbers contradict is replaced by the one made by template.
    """
    from discovery.pretraining.alignment.network import Alignment
    from discovery.pretraining.corpus.corpus import read_corpus
    from discovery.pretraining.corpus.sampling import alignment_sample
    from discovery.pretraining.descriptions.descriptions import template_descriptions, write_descriptions

    with terminal.progress() as progress:
        entries = read_corpus(corpus_file, progress)
        chosen = [entries[i] for i in alignment_sample(entries, polymers or Alignment().polymers, seed)]
        units, classes = [e.unit for e in chosen], [e.polymer_class for e in chosen]
        if model is None:
            made = template_descriptions(
                units,
                classes,
                phrasings=Alignment().phrasings,
                seed=seed,
                workers=workers,
                progress=progress,
            )
        else:
            made = _described_with(model, units, classes, seed, workers, progress)
        write_descriptions(out, made)
    return _descriptions_answer(out, made)


@options.command("align")
@_corpus
@click.option(
    "--text", default="bundled", show_default=True, help="Text encoder: bundled, a hub id or a folder."
)
@click.option("--geometry", default="bundled", show_default=True, help="Geometry encoder, likewise.")
@_out
@_work
@_labels
@_steps
@_scheduled
@_polymers
@click.option(
    "--descriptions",
    "descriptions_file",
    type=options.READABLE_FILE,
    help="What 'pretrain describe' wrote; by template where neither this nor a model is given.",
)
@click.option("--describe-with", help="Instruction-tuned model that writes them now, a folder or a hub id.")
@click.option(
    "--without",
    type=click.Choice(["physics", "structure", "alignment", "descriptions"]),
    multiple=True,
    help="What is left out, to see what it is worth; may be given again.",
)
@options.seed
@_workers
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
    from discovery.encoders.geometry import GeometryEncoder
    from discovery.encoders.text import TextEncoder
    from discovery.pretraining.alignment.network import Alignment
    from discovery.pretraining.alignment.training import train
    from discovery.pretraining.corpus.corpus import read_corpus
    from discovery.pretraining.corpus.sampling import alignment_sample
    from discovery.pretraining.descriptions.descriptions import write_descriptions
    from discovery.pretraining.labels import read_labels

    if descriptions_file and describe_with:
        raise click.UsageError("--descriptions and --describe-with exclude each other.")
    if "descriptions" in without and (descriptions_file or describe_with):
        raise click.UsageError(
            "--without descriptions leaves no use for descriptions; give one or the other."
        )
    given = _given(
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
    command = _training("align", corpus_file, out, settings, without)
    command += f" --text {_portable(text)} --geometry {_portable(geometry)}"
    command += f" --descriptions {descriptions_file.name}" if descriptions_file else ""
    command += f" --describe-with {_portable(describe_with)}" if describe_with else ""
    with terminal.progress() as progress, _threads(threads):
        entries = read_corpus(corpus_file, progress)
        blocks = [name for name in without if name in ("physics", "structure")]
        folder = labels_folder or _labels_beside(corpus_file)
        known = read_labels(entries, folder, without=blocks, workers=workers, progress=progress)
        encoders = TextEncoder.load(text), GeometryEncoder.load(geometry)
        if describe_with:
            chosen = [entries[i] for i in alignment_sample(entries, settings.polymers, settings.seed)]
            units, classes = [e.unit for e in chosen], [e.polymer_class for e in chosen]
            made = _described_with(describe_with, units, classes, settings.seed, workers, progress)
            descriptions_file = out.with_name(f"{out.name}.descriptions.parquet")
            write_descriptions(descriptions_file, made)
        train(
            entries,
            known,
            *encoders,
            out,
            work or _beside(out),
            settings,
            descriptions=descriptions_file,
            command=command,
            progress=progress,
        )
    return _done(out)


def _described_with(
    model: str,
    units: Sequence[RepeatUnit],
    classes: Sequence[str],
    seed: int,
    workers: int,
    progress: Progress,
) -> list[Description]:
    from discovery.pretraining.descriptions.instructed import InstructedModel, instructed_descriptions

    writer = InstructedModel.load(model)
    return instructed_descriptions(units, classes, writer, seed=seed, workers=workers, progress=progress)


def _descriptions_answer(out: Path, made: Sequence[Description]) -> Answer:
    """Counts, and the polymers whose text was rejected or has numbers of its own, by name."""
    from discovery.pretraining.descriptions.instructed import account

    found = account(made)
    remarked = [f"{d.unit.psmiles}: {d.remarks}" for d in made if d.remarks]
    lines = [f"{len(made):,} descriptions are in {out}."]
    if any(found.told().values()):
        lines += [
            f"{found.taken:,} are the model's, {found.flagged:,} of them with numbers on no list.",
            f"{found.contradicting:,} contradicted the numbers and {found.silent:,} stated too few: replaced by template.",
            *remarked[:_REMARKS_SHOWN],
        ]
        if len(remarked) > _REMARKS_SHOWN:
            lines.append(f"The other {len(remarked) - _REMARKS_SHOWN:,} are in the column remarks.")
    return Answer(
        {"out": out, "descriptions": len(made), **found.told(), "remarks": remarked},
        lambda console: console.print("\n".join(lines)),
    )


_REMARKS_SHOWN = 10


def _command(kind: str, corpus_file: Path, out: Path, **options: int | str) -> str:
    """The command line that makes the same checkpoint again."""
    told = " ".join(f"--{name} {value}" for name, value in options.items())
    return f"polyloop pretrain {kind} --corpus {corpus_file.name} --out {out.name} {told}"


def _training(kind: str, corpus_file: Path, out: Path, settings: Any, without: Sequence[str]) -> str:
    """The command line that trains the same weights again: every setting that an option gives."""
    told = ("steps", "batch", "learning_rate", "vocabulary", "polymers", "precision", "seed")
    values = {name.replace("_", "-"): getattr(settings, name) for name in told if hasattr(settings, name)}
    left_out = "".join(f" --without {name}" for name in dict.fromkeys(without))
    return _command(kind, corpus_file, out, **values) + left_out


@contextmanager
def _threads(threads: int | None) -> Iterator[None]:
    """Let the training use so many threads of the processor."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _portable(source: str) -> str:
    """A source as a card names it: of a folder its last name, since where it lay tells nobody anything."""
    return Path(source).name if Path(source).is_dir() else source


def _labels_beside(corpus_file: Path) -> Path:
    return corpus_file.with_name(corpus_file.stem + ".labels")


def _beside(out: Path) -> Path:
    return out.with_name(out.name + ".work")
