"""``polyloop ingest``: measurements in, all of a file or nothing of it."""

from __future__ import annotations

from pathlib import Path

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.program import Terminal


@options.command("ingest")
@options.campaign_folder
@click.argument("results", metavar="RESULTS.csv", type=options.READABLE_FILE)
@click.option("--dry-run", is_flag=True, help="Check the file and say what would be taken; write nothing.")
@click.pass_obj
def ingest(terminal: Terminal, folder: Path, results: Path, dry_run: bool) -> Answer:
    """Take measurements from a CSV file.

    Polymers in a column psmiles (or smiles), values in a column with the property's name, several of them
    where the campaign has several properties; cells may be empty. A unit in the title, as in tg [degC], is
    converted. >350 and <0.01 are limits. Beside tg may stand tg_sem (standard error) and tg_n (specimens), or
    sem and n where tg is alone. A filled-in proposals.csv is such a file. Every row is checked before any is
    taken.
    """
    from rich.console import Console

    from campaigns.campaign import Campaign
    from campaigns.cli.screen import notes
    from campaigns.reports.wording import counted, counts

    with terminal.progress() as progress:
        summary = Campaign.open(folder).ingest(results, dry_run=dry_run, progress=progress)

    def show(console: Console) -> None:
        verb = "would be taken" if dry_run else "taken"
        line = f"{counted(summary.accepted, 'row')} {verb}, on {counted(summary.polymers, 'polymer')}."
        if summary.by_status:
            line += f" Statuses: {counts(summary.by_status)}."
        console.print(line)
        if summary.already_known:
            console.print(f"{counted(summary.already_known, 'row')} known already and not taken twice.")
        if summary.skipped_empty:
            console.print(f"{counted(summary.skipped_empty, 'row')} without value and status skipped.")
        if summary.notes:
            console.print(notes(summary.notes))
        if dry_run:
            console.print("Nothing was written.")

    return Answer(
        {
            "dry_run": dry_run,
            "accepted": summary.accepted,
            "polymers": summary.polymers,
            "already_known": summary.already_known,
            "skipped_empty": summary.skipped_empty,
            "by_status": summary.by_status,
            "notes": summary.notes,
        },
        show,
    )
