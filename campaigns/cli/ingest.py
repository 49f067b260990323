"""``polyloop ingest``: measurements in, all of a file or nothing of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.program import Terminal

if TYPE_CHECKING:
    from rich.console import Console

    from campaigns.outcomes import IngestSummary


class Mapping(click.ParamType[tuple[str, str]]):
    """What a column is, as in ``tg=Glass temp. [degC]``."""

    name = "name=title"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Tell the name and the title apart."""
        if isinstance(value, tuple):
            return value
        name, equals, title = str(value).partition("=")
        if not equals or not name.strip() or not title.strip():
            self.fail(f"{value!r}: write a name and a title, such as tg='Glass temp. [degC]'", param, ctx)
        return name.strip(), title.strip()


@options.command("ingest")
@options.campaign_folder
@click.argument("results", metavar="RESULTS", type=options.READABLE_FILE, help="Table of measurements.")
@click.option(
    "--map",
    "columns",
    type=Mapping(),
    multiple=True,
    metavar="NAME=TITLE",
    help="What a column is that is titled otherwise: psmiles, tg, tg_sem, tg_n, name, reference, status, id, ...",
)
@click.option(
    "--corrections",
    is_flag=True,
    help="Values of proposals that have others already, and rows that name what they correct, take the place of these.",
)
@click.option(
    "--replicates",
    is_flag=True,
    help="Such values, and those that equal one of a file of another name, are of further specimens, and stand beside them.",
)
@click.option("--decimal", type=click.Choice(["point", "comma"]), help="Decimal sign of the file's numbers.")
@click.option("--encoding", help="Of a text file, such as utf-8, utf-16 or cp1252.")
@click.option("--sheet", help="Of a workbook; the first one by default.")
@click.option(
    "--header-row",
    type=click.IntRange(min=1),
    metavar="N",
    help="Line of the titles (row of a sheet), where others stand above, as in an instrument's export.",
)
@click.option("--dry-run", is_flag=True, help="Check the file and say what would be taken; write nothing.")
@options.workers
@click.pass_obj
def ingest(
    terminal: Terminal,
    folder: Path,
    results: Path,
    columns: tuple[tuple[str, str], ...],
    corrections: bool,
    replicates: bool,
    decimal: str | None,
    encoding: str | None,
    sheet: str | None,
    header_row: int | None,
    dry_run: bool,
    workers: int,
) -> Answer:
    """Take measurements from a table: CSV, TSV, XLSX or Parquet.

    Polymers in a column psmiles (or monomer_a and monomer_b, and reaction), values in a column with the
    property's name, several of them where the campaign has several properties; cells may be empty. A unit in
    the title, as in tg [degC] or Tg / degC, is converted. >350 and <0.01 are limits. Beside tg may stand tg_sem
    (standard error) and tg_n (specimens), or sem and n where tg is alone. A filled-in proposals.csv is such a
    file, also without its column psmiles. With --corrections a row whose column corrects names a measurement
    (M12) takes its place. Every row is checked before any is taken, and a value in conflict with a recorded one
    is not taken until you say what it is.

    \b
    Example:
      polyloop ingest tg measured.csv --dry-run
      polyloop ingest tg measured.csv
      polyloop ingest tg dsc.xlsx --sheet DSC --header-row 4 --map tg="Glass temp. [degC]"
    """
    from campaigns.campaign import Campaign
    from campaigns.ledger.measurements import measurement_id
    from campaigns.tables import HowToRead

    names = [name for name, _ in columns]
    if len(set(names)) < len(names):
        raise click.UsageError("--map says twice what one name is.")
    if corrections and replicates:
        raise click.UsageError("Values are either --corrections or --replicates, not both.")
    with terminal.progress() as progress:
        summary = Campaign.open(folder).ingest(
            results,
            dry_run=dry_run,
            corrections=corrections,
            replicates=replicates,
            how=HowToRead(dict(columns), encoding, decimal, sheet, workers, header_row),
            progress=progress,
        )
    conflicts = [
        {
            "line": found.line,
            "objective": found.objective,
            "proposal_id": found.proposal_id,
            "value": found.value,
            "measurement": measurement_id(found.measurement),
            "recorded": found.recorded,
        }
        for found in summary.conflicts
    ]
    return Answer(
        {
            "dry_run": dry_run,
            "counted": summary.counted,
            "accepted": summary.accepted,
            "polymers": summary.polymers,
            "new": summary.new,
            "replicates": summary.replicates,
            "corrections": summary.corrections,
            "conflicts": conflicts,
            "already_known": summary.already_known,
            "skipped_empty": summary.skipped_empty,
            "by_status": summary.by_status,
            "notes": summary.notes,
            "warnings": summary.remarks,
        },
        lambda console: _show(console, summary, dry_run),
    )


def _show(console: Console, summary: IngestSummary, dry_run: bool) -> None:
    from campaigns.cli.screen import notes
    from campaigns.ledger.measurements import measurement_id
    from campaigns.reports.wording import counted, counts

    verb = "would be taken" if dry_run else "taken"
    line = f"{counted(summary.accepted, 'row')} {verb}, on {counted(summary.polymers, 'polymer')}."
    if summary.by_status:
        line += f" Statuses: {counts(summary.by_status)}."
    console.print(line)
    kinds = {
        "replicate": summary.replicates,
        "correction": summary.corrections,
        "conflict": len(summary.conflicts),
    }
    others = ", ".join(counted(count, kind) for kind, count in kinds.items())
    console.print(f"Values: {summary.new:,} new, {others}.")
    if summary.conflicts:
        listed = [
            f"{summary.counted} {found.line}: {found.objective} {found.value:g}, and "
            f"{measurement_id(found.measurement)}{f' of {found.proposal_id}' if found.proposal_id else ''} is "
            f"{found.recorded:g}."
            for found in summary.conflicts
        ]
        console.print(notes(listed))
        console.print(
            "With these, nothing of the table is taken, until --corrections or --replicates says what they are."
        )
    if summary.already_known:
        console.print(f"{counted(summary.already_known, 'row')} known already and not taken twice.")
    if summary.skipped_empty:
        console.print(f"{counted(summary.skipped_empty, 'row')} without value and status skipped.")
    if summary.notes:
        console.print(notes(summary.notes))
    if dry_run:
        console.print("Nothing was written.")
