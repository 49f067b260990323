"""``polyloop correct``: what a measurement should have said."""

from __future__ import annotations

from pathlib import Path

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer


@options.command("correct")
@options.campaign_folder
@click.argument("measurement", metavar="ID", help="The measurement, such as M12.")
@click.option("--value", metavar="NUMBER", help="The right value, or a limit such as '>350'.")
@click.option("--unit", metavar="UNIT", help="Of the value and its error; the property's by default.")
@click.option("--sem", metavar="NUMBER", help="The right standard error; 'none' if it is not known.")
@click.option("-n", "--specimens", "n", metavar="N", help="The right number of specimens.")
@click.option("--name", metavar="TEXT", help="What the polymer is called.")
@click.option("--reference", metavar="TEXT", help="Where the value is from.")
@click.option("--note", metavar="TEXT", help="The note beside it.")
@options.reason
def correct(
    folder: Path,
    measurement: str,
    value: str | None,
    unit: str | None,
    sem: str | None,
    n: str | None,
    name: str | None,
    reference: str | None,
    note: str | None,
    reason: str,
) -> Answer:
    """Say what a measurement should have said.

    A new measurement takes its place, in the same form and for the same proposal; what is not given is kept.
    The old one stays on record. To undo it, correct the new one back, or retract the new one and then give the
    old one back with 'polyloop retract --undo'. 'polyloop history' shows the ids of measurements.

    \b
    Example:
      polyloop correct tg M12 --value 381.5 --reason "misread the trace"
    """
    from campaigns.campaign import Campaign
    from campaigns.correcting.history import value_in_words
    from campaigns.correcting.values import Right

    given = Right(value, unit, sem, n, name, reference, note)
    if given == Right(unit=unit):
        raise click.UsageError(
            "say what is right: --value, --sem, --specimens, --name, --reference or --note"
        )
    done = Campaign.open(folder).correct(measurement, given, reason=reason)
    old, new = done.old, done.new
    values = [f"{value_in_words(m.value, m.bound)} {m.unit_of_measure}".rstrip() for m in (old, new)]
    line = (
        f"{old.name_of_record} ({old.objective} {values[0]}) is corrected by {new.name_of_record} "
        f"({new.objective} {values[1]})."
    )
    return Answer(
        {
            "psmiles": new.unit.psmiles,
            "property": new.objective,
            **{
                which: {
                    "id": m.name_of_record,
                    "value": m.value,
                    "bound": m.bound,
                    "unit": m.unit_of_measure,
                    "written": m.written,
                }
                for which, m in (("old", old), ("new", new))
            },
            "reason": reason,
        },
        lambda console: console.print(line, soft_wrap=True),
    )
