"""``polyloop physics``: estimates from the structure alone, with units, what is missing and what is little but a guess."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.program import Terminal

if TYPE_CHECKING:
    from rich.console import Console

    from campaigns.estimation import Estimation

SIDE_BY_SIDE = 3
"""Polymers whose values fit beside each other on a terminal; of more, the table tells the spread."""

FAULTS_SHOWN = 5
"""Faulty rows that are told with their reason."""


@options.command("physics")
@click.argument("polymers", metavar="TABLE_OR_PSMILES...", nargs=-1, required=True)
@click.option("--properties", metavar="NAME,NAME", help="Which properties; all by default.")
@click.option("--out", type=options.WRITABLE_FILE, help="CSV file for the values of every polymer.")
@options.workers
@click.pass_obj
def physics(
    terminal: Terminal, polymers: tuple[str, ...], properties: str | None, out: Path | None, workers: int
) -> Answer:
    """Estimate properties from the structure alone.

    Group contributions and the like: approximate, and for nothing measured. Polymers are PSMILES in quotes, such as
    '*CC(*)c1ccccc1', or tables with a column psmiles (or smiles). A property whose tables lack a group of a polymer
    has no estimate of it, and the answer says which group; it also says where an estimate is little more than a guess.
    """
    from campaigns.estimation import estimate_polymers

    # what holds a star is no name of a file that anyone means
    texts = [given for given in polymers if "*" in given and not Path(given).is_file()]
    tables = [Path(given) for given in polymers if given not in texts]
    missing = [str(table) for table in tables if not table.is_file()]
    if missing:
        raise click.BadParameter(f"{missing[0]!r} is neither a file nor a PSMILES, which has two *")
    names = None if properties is None else [name.strip() for name in properties.split(",") if name.strip()]
    if names == []:
        raise click.UsageError("--properties names none; leave it out for all of them.")
    with terminal.progress() as progress:
        found = estimate_polymers(
            texts, tables, properties=names, out=out, workers=workers, progress=progress
        )
    return Answer(_document(found), lambda console: _show(console, found))


def _document(found: Estimation) -> dict[str, object]:
    names = [which.name for which in found.properties]
    return {
        "properties": found.properties,
        "polymers": found.polymers,
        "not shown": found.polymers - len(found.shown),
        "estimates": [
            {
                "psmiles": polymer.psmiles,
                "written": polymer.written,
                "values": dict(zip(names, polymer.values.tolist(), strict=True)),
                "missing": polymer.missing,
                "guessed": polymer.guessed,
            }
            for polymer in found.shown
        ],
        "spread": [
            {
                "property": spread.property.name,
                "covered": spread.covered,
                "lowest": spread.lowest,
                "median": spread.median,
                "highest": spread.highest,
            }
            for spread in found.spreads
        ],
        "faulty": [{"line": line, "fault": fault} for line, fault in found.faulty],
        "out": found.out,
        "revision": found.revision,
    }


def _show(console: Console, found: Estimation) -> None:
    from campaigns.cli.screen import notes, plain_table
    from campaigns.reports.wording import counted, number

    def cell(value: float) -> str:
        return number(value, 4)

    told = [
        (which.name, which.unit, f"{which.plausible[0]:g} to {which.plausible[1]:g}")
        for which in found.properties
    ]
    few = found.polymers <= SIDE_BY_SIDE
    if few:
        titles = [polymer.written for polymer in found.shown]
        cells = [[cell(p.values[i]) for p in found.shown] for i in range(len(told))]
    else:
        titles = ["estimated", "lowest", "median", "highest"]
        cells = [[f"{s.covered:,}", cell(s.lowest), cell(s.median), cell(s.highest)] for s in found.spreads]
    rows = [(*head, *row) for head, row in zip(told, cells, strict=True)]
    right = range(3, 3 + len(titles))
    console.print(f"Physics estimates of {counted(found.polymers, 'polymer')}; not measured.")
    console.print(plain_table(("property", "unit", "plausible", *titles), rows, right=right))
    lines = [f"{p.written}: {p.missing}" for p in found.shown if p.missing] if few else []
    lines += [f"{p.written}: a guess: {p.guessed}" for p in found.shown if p.guessed] if few else []
    lines += [f"line {line}: {fault}" for line, fault in found.faulty[:FAULTS_SHOWN]]
    if len(found.faulty) > FAULTS_SHOWN:
        lines.append(f"{len(found.faulty) - FAULTS_SHOWN:,} further rows are no polymers.")
    if found.out is not None:
        lines.append(f"all values: {found.out}")
    elif not few:
        lines.append("Every polymer's values, and what is missing of it: --out FILE.csv")
    if lines:
        console.print(notes(lines), soft_wrap=True)
