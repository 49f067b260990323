"""``polyloop rank``: candidates, and the monomers to order for them, best first."""

from __future__ import annotations

from pathlib import Path

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.program import Terminal


@options.command("rank")
@options.campaign_folder
@click.option(
    "--monomers",
    type=options.READABLE_FILE,
    help="Table with a column smiles; ranks the polymers they make, and the monomers themselves.",
)
@click.option("--polymers", type=options.READABLE_FILE, help="Table with a column psmiles (or smiles).")
@options.top
@click.option(
    "--adapter",
    type=options.ANY_FOLDER,
    help="Folder that polyloop adapter wrote: what another campaign learned, used where the gate finds that it helps.",
)
@click.option(
    "--out",
    type=options.WRITABLE_FILE,
    callback=options.in_a_folder,
    help="CSV file to write the ranking into; that of monomers goes beside it, as NAME.monomers.csv.",
)
@options.workers
@click.pass_obj
def rank(
    terminal: Terminal,
    folder: Path,
    monomers: Path | None,
    polymers: Path | None,
    top: int,
    adapter: Path | None,
    out: Path | None,
    workers: int,
) -> Answer:
    """Rank candidates and monomers, best first.

    By what the campaign in DIR has learned so far: candidates of your own, or without --monomers and
    --polymers those of the campaign. Several properties are weighed together, and so are the chances
    that constraints hold and that a polymer can be made. Of monomers, the chance counts that one of their polymers is among
    the best: these are the bottles to order.

    \b
    Example:
      polyloop rank tg --monomers monomers.csv --top 10 --out ranking.csv
    """
    if monomers is not None and polymers is not None:
        raise click.UsageError("give --monomers FILE or --polymers FILE, not both")

    from rich.console import Console

    from campaigns.campaign import Campaign
    from campaigns.cli.screen import monomer_table, notes, ranking_table
    from campaigns.reports.wording import models_in_words
    from campaigns.tables.ranked import write_ranking

    with terminal.progress() as progress:
        campaign = Campaign.open(folder)
        ranking = campaign.rank(
            polymers=polymers,
            monomers=monomers,
            top=top,
            adapter=adapter,
            workers=workers,
            progress=progress,
        )
    written = []
    if out is not None:
        written.append(write_ranking(out, ranking.frame, campaign.spec.properties))
        if ranking.monomers is not None:
            beside = out.with_suffix(f".monomers{out.suffix}")
            written.append(write_ranking(beside, ranking.monomers, campaign.spec.properties))

    def show(console: Console) -> None:
        console.print(ranking_table(ranking.frame, campaign.spec.properties))
        console.print(notes(filter(None, [ranking.order, models_in_words(ranking.models)])))
        if ranking.monomers is not None:
            console.print(f"Monomers by the chance that a polymer of theirs is among the {top} best:")
            console.print(monomer_table(ranking.monomers, campaign.spec.properties))
        if ranking.notes:
            console.print(notes(ranking.notes))
        for path in written:
            console.print(f"Written: {path}", soft_wrap=True)

    return Answer(
        {
            "ranking": ranking.frame,
            "monomers": ranking.monomers,
            "order": ranking.order,
            "models": ranking.models,
            "notes": ranking.notes,
            "written": written,
        },
        show,
    )
