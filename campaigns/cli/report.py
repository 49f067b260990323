"""``polyloop report``: the campaign as one HTML file, and the same cards on the terminal."""

from __future__ import annotations

from pathlib import Path

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.program import Terminal


@options.command("report")
@options.campaign_folder
@click.option("--show", is_flag=True, help="Show the report's texts and tables here as well.")
@click.pass_obj
def report(terminal: Terminal, folder: Path, show: bool) -> Answer:
    """Write the campaign as one HTML file.

    It needs no network to be read, and can be printed or sent as it is. With --show, a campaign that may only be
    read is shown here, and no file is written.

    \b
    Example:
      polyloop report tg --show
    """
    from rich.console import Console

    from campaigns.campaign import Campaign
    from campaigns.cli.cards import card_lines
    from campaigns.errors import NotWrittenError

    path, notes = None, []
    with terminal.progress() as progress:
        campaign = Campaign.open(folder)
        try:
            campaign.check_writable()
        except NotWrittenError as error:
            if not show:
                raise
            notes = [f"No file was written. {error.message}"]
        else:
            path = campaign.report(progress=progress)
        cards = campaign.cards() if show else []

    def shown(console: Console) -> None:
        for card in cards:
            for part in card_lines(card):
                console.print(part)
        for line in [*notes, *([str(path)] if path is not None else [])]:
            console.print(line, soft_wrap=True)

    return Answer({"path": path, "notes": notes}, shown)
