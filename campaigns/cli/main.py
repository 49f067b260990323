"""The entry point of ``polyloop``: the list of commands, by what they are for."""

from __future__ import annotations

import click

from campaigns.cli.options import of_every_command
from campaigns.cli.program import Program, importable

SECTIONS = {
    "A campaign, round by round": ("new", "ingest", "propose", "status", "report"),
    "What was recorded, put right": ("correct", "retract", "withdraw", "exclude", "history"),
    "Rounds, looked at again": ("replay", "diff"),
    "What could be made": ("pool", "rank", "check", "physics", "embed"),
    "What was learned": ("adapter", "backtest", "pretrain"),
    "From one machine to another": ("export", "import"),
    "The program itself": ("doctor", "completion"),
}
"""The names of all commands, as ``--help`` lists them; a command ``name`` is ``campaigns.cli.name:name``."""

COMMANDS = {
    name: f"campaigns.cli.{word}:{word}"
    for names in SECTIONS.values()
    for name in names
    for word in (importable(name),)
}

polyloop = click.version_option(package_name="polyloop", message="%(prog)s %(version)s")(
    Program(
        "polyloop",
        targets=COMMANDS,
        sections=SECTIONS,
        help="""Which polymers to make next, why, and how sure that is.

        Start with 'polyloop new', hand in measurements with 'polyloop ingest', ask with 'polyloop propose',
        fill in the table that it writes, and ingest it back.

        \b
        Example:
          polyloop new tg --objective tg:max --unit K --pool monomers.csv
          polyloop ingest tg measured.csv
          polyloop propose tg -n 8
        """,
        params=of_every_command(),
    )
)

if __name__ == "__main__":
    polyloop()
