"""``polyloop check``: what is in a table, what is wrong with it, and the table cleaned."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.exit_codes import DONE, INPUT
from campaigns.cli.program import Terminal

if TYPE_CHECKING:
    from rich.console import Console

    from campaigns.checking import CheckReport


_FEW = 3
"""Columns with differing values, up to which all are shown in full, not only those in which a chain is flagged."""


@options.command("check")
@click.argument("table", metavar="FILE", type=options.READABLE_FILE, help="Table of polymers or monomers.")
@click.option("--column", help="The column of structures; psmiles or smiles by default.")
@click.option("--text", multiple=True, metavar="COLUMN", help="A column of text that looks like numbers.")
@click.option("--out", type=options.WRITABLE_FILE, help="The cleaned table; FILE with .clean by default.")
@click.option("--force", is_flag=True, help="Replace the cleaned table if it exists.")
@click.option("--routes", is_flag=True, help="Add which monomers and reaction make each polymer.")
@click.option("--strict", is_flag=True, help="Exit with 2 if there is anything to mend.")
@click.option(
    "--show", type=click.IntRange(min=1), default=5, show_default=True, help="Examples of each finding."
)
@click.pass_obj
def check(
    terminal: Terminal,
    table: Path,
    column: str | None,
    text: tuple[str, ...],
    out: Path | None,
    force: bool,
    routes: bool,
    strict: bool,
    show: int,
) -> Answer:
    """Check a table of polymers and clean it.

    Says which rows cannot be used and why, which rows are the same chain and whether their values disagree,
    and writes a table with each chain once: canonical psmiles, the median of numbers, the first of texts, and
    n, the number of merged rows; density_n where not all of them have a density, and tg_sem, the scatter of
    merged values. A table of molecules is checked as monomers.

    \b
    Example:
      polyloop check measured.csv --out measured.clean.csv
    """
    from campaigns.checking import check_table

    with terminal.progress() as progress:
        report = check_table(
            table, out, column=column, text=text, routes=routes, force=force, progress=progress
        )
    return Answer(
        {"clean": report.clean, "faulty": report.faulty, **_document(report)},
        lambda console: _show(console, report, show),
        exit_code=INPUT if strict and not report.clean else DONE,
    )


def _document(report: CheckReport) -> dict[str, object]:
    from dataclasses import fields

    from campaigns.checking.wording import summary

    return {
        "summary": summary(report),
        **{field.name: getattr(report, field.name) for field in fields(report)},
    }


def _show(console: Console, report: CheckReport, shown: int) -> None:
    from campaigns.checking import wording
    from campaigns.cli.screen import notes
    from campaigns.reports.wording import printable

    console.print(printable(wording.summary(report)))
    _show_faults(console, report, shown)
    _show_duplicates(console, report, shown)
    _show_differences(console, report, shown)
    sentences = [
        sentence
        for column in report.columns
        for sentence in (
            wording.faulty_cells(column, report.counted, shown),
            wording.missing_cells(column),
            wording.left_out_cells(column, report.counted, shown),
        )
        if sentence
    ]
    if sentences or report.notes:
        _heading(console, "Cells")
        console.print(notes([*sentences, *report.notes]))
    _show_further(console, report, shown)
    if report.out is not None:
        console.print(f"\ncleaned table: {report.out} ({report.distinct:,} rows)", soft_wrap=True)


def _show_faults(console: Console, report: CheckReport, shown: int) -> None:
    from rich.text import Text

    from campaigns.cli.screen import pairs
    from campaigns.reports.wording import counted

    if report.faults:
        _heading(console, "Rows that cannot be used")
    for kind in report.faults:
        named = Text(f"{kind.kind}, {counted(kind.count, 'row')}. ", style="italic")
        console.print(named.append(kind.hint, style="not italic"))
        told = {f"  {report.counted} {row.line}": row.message for row in kind.rows[:shown]}
        if kind.count > shown:
            told["  …"] = f"{kind.count - shown:,} more"
        console.print(pairs(told))


def _show_duplicates(console: Console, report: CheckReport, shown: int) -> None:
    from campaigns.cli.screen import plain_table

    if not report.merged:
        return
    _heading(console, "Merged rows")
    # A chain under two writings is what the eye misses; plain repeats come after.
    listed = sorted(report.duplicates, key=lambda group: len(group.written) == 1)[:shown]
    titles = (_chain(report), f"{report.counted}s", "also written", "values")
    rows = []
    for group in listed:
        lines = ", ".join(map(str, group.lines)) + (", …" if group.count > len(group.lines) else "")
        written = "\n".join(text for text in group.written if text != group.canonical) or "the same"
        rows.append((group.canonical, lines, written, group.values))
    console.print(plain_table(titles, rows))
    if report.merged > shown:
        console.print(f"… and {report.merged - shown:,} more")


def _show_differences(console: Console, report: CheckReport, shown: int) -> None:
    from campaigns.checking import wording
    from campaigns.cli.screen import plain_table
    from campaigns.reports.wording import printable

    differing = [column for column in report.columns if column.differing]
    if differing:
        _heading(console, "Values that disagree (! is flagged; the cleaned table has the median)")
    detailed = [column for column in differing if column.flagged or len(differing) <= _FEW]
    for column in sorted(detailed, key=lambda column: -column.flagged):
        console.print(printable(wording.rule(column)))
        rows = []
        for difference in column.differences[:shown]:
            mark, chain = "!" if difference.flagged else "", difference.canonical
            for value, line, written in wording.readings(difference):
                rows.append((mark, chain, value, line, written))
                mark = chain = ""
        console.print(
            plain_table(("", _chain(report), "value", report.counted, "written"), rows, right=(2, 3))
        )
        if column.differing > shown:
            console.print(f"… and {column.differing - shown:,} more\n")
    quiet = [f"{column.title} ({column.differing:,})" for column in differing if column not in detailed]
    if quiet:
        console.print(printable(f"Chains with different values, none of them flagged: {', '.join(quiet)}."))


def _show_further(console: Console, report: CheckReport, shown: int) -> None:
    from campaigns.cli.screen import notes, plain_table

    further = report.further
    if further is None:
        return
    polymers = report.holds == "polymers"
    _heading(console, "Ways to make them" if polymers else "Classes of monomers")
    rows = [(name, f"{count:,}") for name, count in further.counts.items()]
    if rows:
        titles = ("reaction", "chains") if polymers else ("class", "molecules")
        console.print(plain_table(titles, rows, right=(1,)))
    if further.uncovered:
        missing = report.distinct - further.covered
        more = f", … ({missing:,} in all)" if missing > shown else ""
        what = "No rule makes" if polymers else "No rule uses"
        console.print(notes([f"{what} {', '.join(further.uncovered[:shown])}{more}."]))


def _chain(report: CheckReport) -> str:
    return "chain" if report.holds == "polymers" else "molecule"


def _heading(console: Console, words: str) -> None:
    from rich.text import Text

    console.print(Text(f"\n{words}", style="bold"))
