"""``polyloop physics``: estimates from the structure alone, with units, what is missing and what is little but a guess."""

from __future__ import annotations

from math import ceil, floor, log10
from pathlib import Path
from typing import TYPE_CHECKING

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.program import Terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from campaigns.estimation import Estimated, Estimation
    from discovery.physics import Property

SIDE_BY_SIDE = 10
"""Polymers whose values are shown one by one on a terminal; of more, the table tells the spread."""

FAULTS_SHOWN = 5
"""Faulty rows, and reasons for missing values, that are told."""

_NAMED, _COLUMN = 37, 8
"""Characters for a property with its unit, and for a polymer's value, where several stand side by side."""

_TABLES = {".csv", ".tsv", ".txt", ".parquet", ".xlsx", ".smi", ".gz"}
_DECIMALS = 3


@options.command("physics")
@click.argument(
    "polymers", metavar="TABLE_OR_PSMILES...", nargs=-1, required=True, help="Polymers or tables."
)
@click.option(
    "--properties", metavar="NAME,NAME", help="Which properties, such as tg,density; all by default."
)
@click.option(
    "--out", type=options.WRITABLE_FILE, help="CSV file: all columns of the tables, and the values."
)
@options.workers
@click.pass_obj
def physics(
    terminal: Terminal, polymers: tuple[str, ...], properties: str | None, out: Path | None, workers: int
) -> Answer:
    """Estimate properties from the structure alone.

    Group contributions and the like: approximate, and for nothing measured. Polymers are PSMILES in quotes, such as
    '*CC(*)c1ccccc1', or tables with a column psmiles (or smiles). A property whose tables lack a group of a polymer
    has no estimate of it, and the answer says which group; it also says where an estimate is little more than a guess.

    \b
    Example:
      polyloop physics "*CC(*)c1ccccc1" --properties tg,density
    """
    from campaigns.estimation import KEPT, estimate_polymers

    # what holds a star is no name of a file that anyone means
    texts = [given for given in polymers if "*" in given and not Path(given).is_file()]
    tables = [Path(given) for given in polymers if given not in texts]
    missing = [str(table) for table in tables if not table.is_file()]
    if missing:
        raise click.BadParameter(_no_polymer(missing[0]))
    names = None if properties is None else [name.strip() for name in properties.split(",") if name.strip()]
    if names == []:
        raise click.UsageError("--properties names none; leave it out for all of them.")
    with terminal.progress() as progress:
        found = estimate_polymers(
            texts,
            tables,
            properties=names,
            out=out,
            keep=None if terminal.json else KEPT,
            workers=workers,
            progress=progress,
        )
    return Answer(_document(found), lambda console: _show(console, found))


def _no_polymer(text: str) -> str:
    """What is told of a text that is neither a file nor has a star: a file that is not there, or a molecule."""
    path = Path(text)
    if path.is_dir():
        return f"{text!r} is a folder; give a table of polymers."
    if path.suffix.casefold() in _TABLES:
        return f"There is no file {text!r} (looked for in {path.absolute().parent})."
    from rdkit import Chem, RDLogger

    from discovery.polymers import Monomer, polymerise

    RDLogger.DisableLog("rdApp.*")  # type: ignore[attr-defined]
    if not text or Chem.MolFromSmiles(text) is None:
        return f"{text!r} is neither a file nor a PSMILES, which has two *, such as '*CC(*)c1ccccc1'."
    made = next(polymerise([Monomer(text)]), None)
    told = f"{text!r} is a molecule without attachment points; a repeat unit has two *"
    if made is None:
        return f"{told}, such as '*CC(*)c1ccccc1' for polystyrene."
    return f"{told}. As a monomer it makes '{made.unit.psmiles}'."


def _document(found: Estimation) -> dict[str, object]:
    names = [which.name for which in found.properties]
    return {
        "properties": found.properties,
        "rows": found.polymers + len(found.faulty),
        "polymers": found.polymers,
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
        "missing": [{"reason": reason, "polymers": count} for reason, count in found.reasons],
        "guessed": found.guessed,
        "faulty": [{"line": line, "fault": fault} for line, fault in found.faulty],
        "out": found.out,
        "revision": found.revision,
    }


def _show(console: Console, found: Estimation) -> None:
    from campaigns.cli.screen import notes
    from campaigns.reports.wording import counted

    of = counted(found.polymers, "polymer")
    if found.faulty:
        of = f"{found.polymers:,} of {found.polymers + len(found.faulty):,} rows; {len(found.faulty):,} could not be read"
    console.print(f"Physics estimates of {of}; not measured.")
    few = found.polymers <= SIDE_BY_SIDE
    lines = []
    if found.polymers == 1:
        _show_one(console, found)
    elif few:
        _show_side_by_side(console, found)
    else:
        _show_spread(console, found)
    if found.polymers > 1:
        lines.append("Conditions and typical errors: the table of any one polymer alone, or --json.")
    lines += _missing_of_each(found.shown) if few else _missing_of_all(found)
    lines += [f"line {line}: {fault}" for line, fault in found.faulty[:FAULTS_SHOWN]]
    if len(found.faulty) > FAULTS_SHOWN:
        lines.append(f"{len(found.faulty) - FAULTS_SHOWN:,} further rows are no polymers.")
    if found.out is not None:
        lines.append(f"all values: {found.out}")
    elif not few:
        lines.append("Every polymer's values, and what is missing of it: --out FILE.csv")
    if lines:
        console.print(notes(lines), soft_wrap=True)


def _show_one(console: Console, found: Estimation) -> None:
    from campaigns.cli.screen import plain_table

    (polymer,) = found.shown
    rows = [
        (which.title, _cell(which, value), which.unit, which.error)
        for which, value in zip(found.properties, polymer.values.tolist(), strict=True)
    ]
    console.print(polymer.written, soft_wrap=True)
    console.print(plain_table(("property", "estimate", "unit", "typical error"), rows, right=[1]))


def _show_side_by_side(console: Console, found: Estimation) -> None:
    """Tables with a numbered column for each polymer, as many as fit beside each other."""
    from campaigns.cli.screen import notes, plain_table

    console.print(notes(f"{n}  {p.written}" for n, p in enumerate(found.shown, 1)), soft_wrap=True)
    most = max(1, (console.width - _NAMED) // _COLUMN)
    beside = ceil(len(found.shown) / ceil(len(found.shown) / most))
    for start in range(0, len(found.shown), beside):
        some = found.shown[start : start + beside]
        rows = [
            (_named(which), *(_cell(which, float(polymer.values[i])) for polymer in some))
            for i, which in enumerate(found.properties)
        ]
        headings = ("property", *(str(start + n) for n in range(1, len(some) + 1)))
        console.print(plain_table(headings, rows, right=range(1, len(headings))))


def _show_spread(console: Console, found: Estimation) -> None:
    from campaigns.cli.screen import plain_table

    rows = [
        (
            _named(s.property),
            f"{s.covered:,}",
            *(_cell(s.property, value) for value in (s.lowest, s.median, s.highest)),
        )
        for s in found.spreads
    ]
    headings = ("property", "estimated", "lowest", "median", "highest")
    console.print(plain_table(headings, rows, right=range(1, len(headings))))


def _named(which: Property) -> str:
    """The title without its conditions, which the table of a single polymer tells."""
    short = which.title.partition(",")[0].partition(";")[0]
    return f"{short} [{which.unit}]" if which.unit else short


def _cell(which: Property, value: float) -> str:
    """With as many figures as the estimate is worth."""
    from campaigns.reports.wording import number

    if value != value or value == 0:
        return number(value)
    if which.floor is not None and value <= which.floor:
        return f"≤ {number(which.floor)}"
    decimals = min(_DECIMALS, which.figures - 1 - floor(log10(abs(value))))
    return f"{round(value, decimals):.{max(0, decimals)}f}"


def _missing_of_each(shown: Sequence[Estimated]) -> list[str]:
    lines = [f"{p.written}: not estimated: {p.missing}" for p in shown if p.missing]
    return lines + [f"{p.written}: a guess: {p.guessed}" for p in shown if p.guessed]


def _missing_of_all(found: Estimation) -> list[str]:
    from campaigns.reports.wording import counted

    lines = [
        f"{counted(count, 'polymer')} not estimated: {reason}"
        for reason, count in found.reasons[:FAULTS_SHOWN]
    ]
    if len(found.reasons) > FAULTS_SHOWN:
        lines.append(
            f"{counted(len(found.reasons) - FAULTS_SHOWN, 'further reason')}, each of fewer polymers or as many."
        )
    if found.guessed:
        lines.append(f"{counted(found.guessed, 'polymer')} with values that are little more than guesses.")
    return lines
