"""``polyloop pretrain describe``: polymers in words, by template or by an instruction-tuned model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.pretrain import run_options, usual
from campaigns.cli.pretrain.drawn import too_few
from campaigns.cli.pretrain.stages import stages
from campaigns.cli.program import Terminal

if TYPE_CHECKING:
    from discovery.pretraining.alignment.network import Alignment
    from discovery.pretraining.corpus.corpus import CorpusEntry
    from discovery.pretraining.descriptions.description import Description
    from discovery.progress import Progress

REMARKS_SHOWN = 10
"""Polymers whose text was rejected, or has numbers of its own, that are named on the screen."""


@options.command("describe")
@run_options.corpus
@run_options.out_file
@click.option(
    "--model",
    help="Instruction-tuned model that writes them: a folder, or a model on the hub as org/name; by template by default.",
)
@run_options.polymers(f"{usual.ALIGN.polymers:,}")
@options.seed
@run_options.workers
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
    whose numbers contradict, that states too few, or that has no end, is replaced by the one made by template.

    \b
    Example:
      polyloop pretrain describe --corpus corpus.parquet --out descriptions.parquet --polymers 1000
    """
    from discovery.pretraining.alignment.network import Alignment
    from discovery.pretraining.corpus.corpus import read_corpus
    from discovery.pretraining.descriptions.description import write_descriptions

    settings = Alignment(**run_options.given(polymers=polymers), seed=seed, workers=workers)
    with stages(terminal) as progress:
        entries = read_corpus(corpus_file, progress)
        made = described(entries, settings, model, progress)
        write_descriptions(out, made)
    told, lines = what_came_of_it(made)
    scarce = too_few("descriptions", settings.polymers, len(entries))
    text = "\n".join([f"{len(made):,} descriptions are in {out}.", *scarce, *lines])
    return Answer(
        {"out": out, "descriptions": len(made), **told},
        lambda console: console.print(text, markup=False),
    )


def described(
    entries: Sequence[CorpusEntry], settings: Alignment, model: str | None, progress: Progress
) -> list[Description]:
    """Descriptions of the polymers that a run of ``align`` draws: by a model, or by template where none is named."""
    from discovery.pretraining.corpus.sampling import alignment_sample
    from discovery.pretraining.descriptions.template import template_descriptions

    chosen = [entries[i] for i in alignment_sample(entries, settings.polymers, settings.seed)]
    units, classes = [e.unit for e in chosen], [e.polymer_class for e in chosen]
    seed, workers = settings.seed, settings.workers
    if model is None:
        phrasings = settings.phrasings
        return template_descriptions(
            units, classes, phrasings=phrasings, seed=seed, workers=workers, progress=progress
        )
    from discovery.pretraining.descriptions.instructed import instructed_descriptions
    from discovery.pretraining.descriptions.instructed_model import InstructedModel

    writer = InstructedModel.load(model)
    return instructed_descriptions(units, classes, writer, seed=seed, workers=workers, progress=progress)


def what_came_of_it(made: Sequence[Description]) -> tuple[dict[str, object], list[str]]:
    """Of descriptions: counts of what came of a model's texts with all remarks by polymer, and the same in a few lines."""
    from discovery.pretraining.descriptions.instructed import account

    found = account(made)
    remarked = [f"{d.unit.psmiles}: {d.remarks}" for d in made if d.remarks]
    told: dict[str, object] = {**found.told(), "remarks": remarked}
    if not any(found.told().values()):
        return told, []
    lines = [
        f"{found.taken:,} are the model's, {found.flagged:,} of them with numbers on no list.",
        f"{found.rejected:,} were replaced by template: {found.contradicting:,} contradicted the numbers, "
        f"{found.silent:,} stated too few, {found.unfinished:,} had no end.",
        *remarked[:REMARKS_SHOWN],
    ]
    if len(remarked) > REMARKS_SHOWN:
        lines.append(
            f"The other {len(remarked) - REMARKS_SHOWN:,} are in the column remarks of the descriptions."
        )
    return told, lines
