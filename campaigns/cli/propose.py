"""``polyloop propose``: the next batch, written as the form that the scientist fills in."""

from __future__ import annotations

from pathlib import Path

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.program import Terminal
from campaigns.limits import MAXIMUM_BATCH


@options.command("propose")
@options.campaign_folder
@click.option(
    "-n",
    "size",
    type=click.IntRange(min=1, max=MAXIMUM_BATCH),
    help="How many polymers; the batch size of the campaign by default.",
)
@options.seed
@options.workers
@click.pass_obj
def propose(terminal: Terminal, folder: Path, size: int | None, seed: int, workers: int) -> Answer:
    """Say which polymers to make next.

    The batch goes into DIR/rounds/NNN/proposals.csv: fill in status and value, and ingest that file.

    \b
    Example:
      polyloop propose tg -n 8
    """
    from rich.console import Console

    from campaigns.campaign import Campaign
    from campaigns.cli.screen import front_line, notes, ranking_table
    from campaigns.reports.wording import counted, models_in_words

    with terminal.progress() as progress:
        campaign = Campaign.open(folder)
        batch = campaign.propose(size, seed=seed, workers=workers, progress=progress)

    def show(console: Console) -> None:
        console.print(f"Round {batch.round}: {counted(len(batch.frame), 'polymer')} to make next")
        console.print(ranking_table(batch.frame, campaign.spec.properties))
        if models := models_in_words(batch.models):
            console.print(notes([models]))
        if batch.notes:
            console.print(notes(batch.notes))
        if batch.front is not None:
            console.print(front_line(batch.front))
        if batch.advice:
            console.print(notes([batch.advice]))
        console.print(
            f"Fill in status and value, then: polyloop ingest {folder} {batch.path}", soft_wrap=True
        )

    return Answer(
        {
            "round": batch.round,
            "proposals": batch.frame,
            "path": batch.path,
            "gate": batch.gate,
            "models": batch.models,
            "pool": batch.pool,
            "front": batch.front,
            "advice": batch.advice,
            "notes": batch.notes,
        },
        show,
    )
