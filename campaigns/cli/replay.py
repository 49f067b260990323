"""``polyloop replay``: a round derived again from what was recorded, and held against it."""

from __future__ import annotations

from pathlib import Path

import click

from campaigns.cli import completing, options
from campaigns.cli.answer import Answer
from campaigns.cli.exit_codes import DONE, STATE
from campaigns.cli.program import Terminal


@options.command("replay")
@options.campaign_folder
@click.option(
    "--round",
    "number",
    type=click.IntRange(min=1),
    shell_complete=completing.rounds,
    help="Number of the round; the last one by default.",
)
@options.workers
@click.pass_obj
def replay(terminal: Terminal, folder: Path, number: int | None, workers: int) -> Answer:
    """Derive a round again, and compare.

    The proposals of a round follow from what is on record: the measurements of that moment, the spec, the
    seed, the pool's files, the encoders and the adapters. They come out the same to the bit on the same
    machine with the same versions; where they do not, what differs is told, and the exit code is 3. What is
    not as it was is told before anything is computed. Nothing is recorded.

    \b
    Example:
      polyloop replay tg --round 1
    """
    from rich.console import Console

    from campaigns.campaign import Campaign
    from campaigns.cli.screen import notes, plain_table
    from campaigns.reports.wording import number as figures

    with terminal.progress() as progress:
        found = Campaign.open(folder).replay(number, workers=workers, progress=progress)

    def show(console: Console) -> None:
        console.print(found.verdict, soft_wrap=True)
        if found.differences:
            console.print("What it was made from, and what there is now:")
            rows = [(d.name, d.recorded, d.now) for d in found.differences]
            console.print(plain_table(("what", "then", "now"), rows))
        if found.departures:
            console.print("What came out otherwise:")
            rows = [(f"{d.place}: {d.field}", d.recorded, d.now) for d in found.departures]
            console.print(plain_table(("what", "recorded", "now"), rows))
        if found.largest:
            console.print(
                f"Numbers of the same polymers differ by at most {figures(found.largest, 2)} of their size."
            )
        if found.notes:
            console.print(notes(found.notes))

    return Answer(
        {
            "round": found.round,
            "same": found.same,
            "derived": found.derived,
            "verdict": found.verdict,
            "proposals": found.proposals,
            "differences": found.differences,
            "departures": found.departures,
            "largest_difference": found.largest,
            "notes": found.notes,
        },
        show,
        exit_code=DONE if found.same else STATE,
    )
