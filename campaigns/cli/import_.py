"""``polyloop import``: the same campaign out of what ``polyloop export`` wrote."""

from __future__ import annotations

from pathlib import Path

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.program import Terminal


@options.command("import")
@click.argument(
    "archive",
    metavar="ARCHIVE",
    type=click.Path(exists=True, readable=True, path_type=Path),
    help="The folder or ZIP file that polyloop export wrote.",
)
@click.argument("folder", metavar="DIR", type=options.ANY_FOLDER, help="A new folder for the campaign.")
@click.option(
    "--ledger",
    metavar="URL",
    help="PostgreSQL database for its facts, such as postgresql+psycopg://user@host/lab; a file in DIR by default.",
)
@click.option("--schema", metavar="NAME", help="Schema of that database, so that several campaigns share it.")
@click.pass_obj
def import_(
    terminal: Terminal, archive: Path, folder: Path, ledger: str | None, schema: str | None
) -> Answer:
    """Make a campaign from what 'polyloop export' wrote.

    It is the same campaign: same ids, times, authors and hashes. All checksums are held against the files before
    anything is made, and all of it is made or nothing. Nothing from the archive can lie outside DIR or be run.

    \b
    Example:
      polyloop import tg-export.zip tg-copy
    """
    from rich.console import Console

    from campaigns.cli.screen import notes
    from campaigns.exchanging.restore import restore_campaign
    from campaigns.reports.wording import counted, printable

    with terminal.progress() as progress:
        summary = restore_campaign(archive, folder, ledger=ledger, schema=schema or "", progress=progress)

    def show(console: Console) -> None:
        console.print(
            f"{printable(summary.campaign)}: {counted(summary.commands, 'command')} with all facts, in {folder}.",
            soft_wrap=True,
        )
        if summary.notes:
            console.print(notes(summary.notes))
        console.print(f"Go on with it: polyloop status {folder}", soft_wrap=True)

    return Answer(
        {
            "folder": folder,
            "campaign": summary.campaign,
            "ledger": summary.ledger,
            "files": summary.files,
            "commands": summary.commands,
            "digest": summary.digest,
            "notes": summary.notes,
        },
        show,
    )
