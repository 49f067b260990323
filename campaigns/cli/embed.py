"""``polyloop embed``: fused vectors for a table of polymers."""

from __future__ import annotations

from pathlib import Path

import click

from campaigns.cli import encoders, options
from campaigns.cli.answer import Answer
from campaigns.cli.program import Terminal


@options.command("embed")
@click.argument("table", metavar="FILE", type=options.READABLE_FILE, help="Table of polymers.")
@click.option(
    "--out", type=options.WRITABLE_FILE, required=True, callback=options.in_a_folder, help="A Parquet file."
)
@encoders.campaign
@click.pass_obj
def embed(terminal: Terminal, table: Path, out: Path, campaign: Path | None) -> Answer:
    """Turn the polymers of a table into vectors.

    FILE is a CSV with a column psmiles (or smiles); the vectors are the fused ones that the models see, made by
    the bundled encoders or by those that a campaign names. OUT has one row for each row of FILE, in its order.

    \b
    Example:
      polyloop embed measured.csv --out vectors.parquet
    """
    from rich.console import Console

    from campaigns.cli.screen import notes
    from campaigns.embedding import embed_table
    from campaigns.reports.wording import counted, counts

    with terminal.progress() as progress:
        named = encoders.encoders_of(campaign)
        summary = embed_table(table, out, encoders=named, progress=progress)
    told = (*encoders.named_in_words(campaign, named), *summary.notes)

    def show(console: Console) -> None:
        console.print(
            f"{counted(summary.vectors, 'vector')} of {summary.dim} numbers for "
            f"{counted(summary.rows, 'row')}: {summary.out}",
            soft_wrap=True,
        )
        if summary.failures:
            console.print(
                f"{counted(summary.failures, 'row')} could not be turned into a vector; the file says why: "
                f"{counts(summary.left_out)}."
            )
        if told:
            console.print(notes(told))

    return Answer(
        {
            "rows": summary.rows,
            "vectors": summary.vectors,
            "failures": summary.failures,
            "left_out": summary.left_out,
            "dim": summary.dim,
            "out": summary.out,
            "encoders": {"text": named.text, "geometry": named.geometry, "fusion": named.joined_by},
            "notes": summary.notes,
        },
        show,
    )
