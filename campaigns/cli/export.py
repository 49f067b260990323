"""``polyloop export``: a campaign as plain files."""

from __future__ import annotations

from pathlib import Path

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.program import Terminal


@options.command("export")
@options.campaign_folder
@click.argument(
    "out",
    metavar="OUT",
    type=click.Path(path_type=Path),
    help="A new folder, or a new ZIP file where it ends in .zip.",
)
@click.pass_obj
def export(terminal: Terminal, folder: Path, out: Path) -> Answer:
    """Write a campaign as plain files.

    Every fact of the campaign in DIR as CSV and JSON, its spec, adapters, forms and the files of its pool, with
    the SHA-256 of each. 'polyloop import' makes the same campaign from that, on another machine or in another
    database. Texts that a spreadsheet would run as formulas have an apostrophe before them.

    \b
    Example:
      polyloop export tg tg-export.zip
    """
    from rich.console import Console

    from campaigns.campaign import Campaign
    from campaigns.cli.screen import notes
    from campaigns.reports.wording import counted, counted_facts

    with terminal.progress() as progress:
        summary = Campaign.open(folder).export(out, progress=progress)

    def show(console: Console) -> None:
        # the adapters that rounds recorded are told below, with how many of them are here
        facts = counted_facts({name: n for name, n in summary.facts.items() if name != "adapters"})
        beside = f" and the files of {counted(summary.adapters, 'adapter')}" if summary.adapters else ""
        console.print(
            f"{counted(summary.files, 'file')}, {counted(summary.bytes, 'byte')}, with "
            f"{counted(summary.commands, 'command')} ({facts}){beside}: {out}",
            soft_wrap=True,
        )
        if summary.notes:
            console.print(notes(summary.notes))
        console.print(f"Make the same campaign elsewhere: polyloop import {out} DIR", soft_wrap=True)

    return Answer(
        {
            "out": out,
            "files": summary.files,
            "bytes": summary.bytes,
            "facts": summary.facts,
            "commands": summary.commands,
            "adapters": summary.adapters,
            "digest": summary.digest,
            "notes": summary.notes,
        },
        show,
    )
