"""The entry point of ``polyloop``: the list of commands, in the order in which a campaign uses them."""

from __future__ import annotations

import click

from campaigns.cli.program import Program

COMMANDS = {
    name: f"campaigns.cli.{name}:{name}"
    for name in (
        "new",
        "ingest",
        "check",
        "pool",
        "propose",
        "rank",
        "status",
        "report",
        "adapter",
        "backtest",
        "embed",
        "physics",
        "pretrain",
        "doctor",
    )
}

polyloop = click.version_option(package_name="polyloop", message="%(prog)s %(version)s")(
    Program(
        "polyloop",
        targets=COMMANDS,
        help="""Which polymers to make next, why, and how sure that is.

        Start with 'polyloop new', hand in measurements with 'polyloop ingest', ask with 'polyloop propose',
        fill in the table that it writes, and ingest it back.
        """,
    )
)

if __name__ == "__main__":
    polyloop()
