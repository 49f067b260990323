"""``polyloop retract``: measurements taken back."""

from __future__ import annotations

from pathlib import Path

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer


@options.command("retract")
@options.campaign_folder
@click.argument("measurements", metavar="ID...", nargs=-1, required=True, help="Measurements, such as M12.")
@options.reason
@click.option("--undo", is_flag=True, help="Let them stand again.")
def retract(folder: Path, measurements: tuple[str, ...], reason: str, undo: bool) -> Answer:
    """Take measurements back, all or none.

    They stay on record, and nothing is learned from them any more; a file that still holds them does not
    bring them back. A proposal that is left without any value is running again. A value that was corrected
    stands again with --undo once the one in its place is retracted. 'polyloop history' shows the ids of
    measurements.

    \b
    Example:
      polyloop retract tg M12 --reason "the sample was not dry"
    """
    from campaigns.campaign import Campaign

    done = Campaign.open(folder).retract(*measurements, reason=reason, undo=undo)
    several = len(done.ids) > 1
    ids = ", ".join(done.ids)
    line = f"{ids} {'stand' if several else 'stands'} again." if undo else f"{ids} taken back."
    if done.proposals:
        line += f" {'Measured' if undo else 'Running'} again: {', '.join(done.proposals)}."
    return Answer(
        {"measurements": done.ids, "undone": undo, "proposals": done.proposals, "reason": reason},
        lambda console: console.print(line, soft_wrap=True),
    )
