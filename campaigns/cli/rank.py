"""``polyloop rank``: the user's own candidates, best first."""

from __future__ import annotations

from pathlib import Path

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.program import Terminal


@options.command("rank")
@options.campaign_folder
@click.option(
    "--monomers", type=options.READABLE_FILE, help="CSV with a column smiles; ranks the polymers they make."
)
@click.option("--polymers", type=options.READABLE_FILE, help="CSV with a column psmiles (or smiles).")
@options.top
@click.pass_obj
def rank(terminal: Terminal, folder: Path, monomers: Path | None, polymers: Path | None, top: int) -> Answer:
    """Rank candidates of your own, best first.

    By what the campaign in DIR has learned so far. Nothing is written.
    """
    if (monomers is None) == (polymers is None):
        raise click.UsageError("give either --monomers FILE or --polymers FILE")

    from rich.console import Console

    from campaigns.campaign import Campaign
    from campaigns.cli.screen import notes, ranking_table

    with terminal.progress() as progress:
        campaign = Campaign.open(folder)
        ranking = campaign.rank(polymers=polymers, monomers=monomers, top=top, progress=progress)

    def show(console: Console) -> None:
        console.print(ranking_table(ranking.frame, campaign.spec.objective))
        if ranking.notes:
            console.print(notes(ranking.notes))

    return Answer({"ranking": ranking.frame, "notes": ranking.notes}, show)
