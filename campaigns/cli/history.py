"""``polyloop history``: every fact of a polymer."""

from __future__ import annotations

from pathlib import Path

import click

from campaigns.cli import completing, options
from campaigns.cli.answer import Answer


@options.command("history")
@options.campaign_folder
@click.argument(
    "polymer",
    metavar="POLYMER",
    shell_complete=completing.proposals,
    help="PSMILES, name, or id of a proposal (R003-07) or measurement (M12).",
)
def history(folder: Path, polymer: str) -> Answer:
    """Show every fact of a polymer, in the order in which they were recorded.

    When it was proposed, measured, corrected, retracted or withdrawn, by whom, and from which line of which
    file. Times are UTC, by the clock of the machine that recorded them; the order does not hang on them.

    \b
    Example:
      polyloop history tg "*CC(*)c1ccccc1"
      polyloop history tg M12
    """
    from rich.console import Console

    from campaigns.campaign import Campaign
    from campaigns.cli.screen import plain_table

    found = Campaign.open(folder).history(polymer)

    def show(console: Console) -> None:
        console.print(" = ".join((found.psmiles, *found.names)), soft_wrap=True)
        rows = []
        for fact in found.facts:
            place = fact.source_file + (f", line {fact.line}" if fact.line else "")
            rows.append((f"{fact.at:%Y-%m-%d %H:%M}", fact.author, fact.words, place))
        console.print(plain_table(("when (UTC)", "who", "what", "from"), rows))

    return Answer(
        {"psmiles": found.psmiles, "key": found.key, "names": found.names, "facts": found.facts}, show
    )
