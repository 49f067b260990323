"""``polyloop withdraw``: proposals taken back."""

from __future__ import annotations

from pathlib import Path

import click

from campaigns.cli import completing, options
from campaigns.cli.answer import Answer


@options.command("withdraw")
@options.campaign_folder
@click.argument(
    "proposals",
    metavar="ID...",
    nargs=-1,
    required=True,
    shell_complete=completing.proposals,
    help="Proposals, such as R003-07.",
)
@options.reason
@click.option("--undo", is_flag=True, help="Propose them as before, be they withdrawn, failed or abandoned.")
def withdraw(folder: Path, proposals: tuple[str, ...], reason: str, undo: bool) -> Answer:
    """Take proposals back, all or none.

    They are no longer awaited and not proposed again, and nothing is learned from that: what cannot be made
    is called abandoned in the form of its round instead. A value that comes in all the same is taken.

    With --undo they are proposed as before, and awaited: those that were withdrawn, and those that a form called
    failed or abandoned by a slip, which then teach nothing. Take the status out of the form's row as well.

    \b
    Example:
      polyloop withdraw tg R003-07 R003-08 --reason "the monomer is sold out"
      polyloop withdraw tg R003-04 --undo --reason "abandoned was meant for R003-05"
    """
    from campaigns.campaign import Campaign

    done = Campaign.open(folder).withdraw(*proposals, reason=reason, undo=undo)
    line = f"{', '.join(done.ids)} {'proposed again' if undo else 'withdrawn'}."
    return Answer(
        {"proposals": done.ids, "undone": undo, "reason": reason},
        lambda console: console.print(line, soft_wrap=True),
    )
