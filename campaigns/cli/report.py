"""``polyloop report``: the campaign as one HTML file."""

from __future__ import annotations

from pathlib import Path

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.program import Terminal


@options.command("report")
@options.campaign_folder
@click.pass_obj
def report(terminal: Terminal, folder: Path) -> Answer:
    """Write the campaign as one HTML file.

    It needs no network to be read, and can be printed or sent as it is.
    """
    from campaigns.campaign import Campaign

    with terminal.progress() as progress:
        path = Campaign.open(folder).report(progress=progress)
    return Answer({"path": path}, lambda console: console.print(str(path), soft_wrap=True))
