"""The check itself: read the table once, lay its sound rows aside, merge them chain by chain, write the cleaned table."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from campaigns.checking.beside import Beside
from campaigns.checking.columns import COUNT_TITLES, KEPT, Role, Tally
from campaigns.checking.further import FurtherColumns, classes_of_molecules, routes_of_polymers
from campaigns.checking.identity import Fault, Identify, molecule, repeat_unit
from campaigns.checking.merging import Merger
from campaigns.checking.report import CheckReport, FaultKind, FaultyRow
from campaigns.checking.spool import Spool, SpooledRow
from campaigns.errors import CampaignError, StateError
from campaigns.tables.formulas import neutral_cell
from discovery.pools.table import Row, Table, open_table
from discovery.progress import Progress, silent
from discovery.suggestions import did_you_mean

POLYMERS, MOLECULES = "polymers", "molecules"
_TITLES = {POLYMERS: "psmiles", MOLECULES: "smiles"}
_WHAT = "Name the column of structures psmiles or smiles, or say which one it is with --column."
_TOLD = 200
"""Rows between two reports of progress."""
_SUFFIX = re.compile(r"(?:\.(?:csv|tsv|txt|smi|smiles|ism|parquet|pq|xlsx|xlsm))?(?:\.gz)?$", re.IGNORECASE)


def cleaned_name(path: Path) -> Path:
    """Where the cleaned table goes by default: ``dirty.csv`` becomes ``dirty.clean.csv`` in the same folder."""
    return path.with_name(f"{_SUFFIX.sub('', path.name, count=1)}.clean.csv")


def check_table(
    path: Path,
    out: Path | None = None,
    *,
    column: str | None = None,
    text: Sequence[str] = (),
    routes: bool = False,
    force: bool = False,
    progress: Progress = silent,
) -> CheckReport:
    """Check a table of polymers, or of molecules, and write it cleaned.

    The cleaned table has one row for each chain, in the order of first appearance: its canonical form (``psmiles``; ``smiles``
    for molecules), the user's other columns (merged as :class:`campaigns.checking.columns.Role` says) and ``n``, the number
    of merged rows. Where the table has a column ``n`` of whole numbers already, these are added up. What merging takes away of
    a value stands beside it (:mod:`campaigns.checking.beside`).

    Memory: 24 bytes for each row while reading, at most some 70 while sorting, whatever its columns; cells wait in a temporary
    file, about as large as the table.

    Args:
        path: The table.
        out: The cleaned table, CSV; by default :func:`cleaned_name`. Appears when it is complete; not written where no row of
            the table can be used.
        column: Title of the column of structures; by default ``psmiles``, else ``smiles``.
        text: Titles of columns that are text even if they look like numbers.
        routes: Also say which monomers and which reaction make each polymer, in columns ``monomers`` and ``reaction``.
        force: Replace ``out`` if it exists.
        progress: Told of rows read and of rows written.

    Raises:
        CampaignError: ``out`` exists, is the table itself, or has no folder; a title of ``text`` does not exist.
        PoolError: The table cannot be read, has no rows, or no column of structures.
    """
    out = cleaned_name(path) if out is None else out
    _may_write(out, path, force)
    wanted = (column,) if column else ("psmiles", "smiles")
    holds = _what_it_holds(path, wanted)
    with Spool() as spool:
        with open_table(path, _WHAT, *wanted, older=True) as table:
            table.asked.update(
                range(len(table.columns))
            )  # every column of a Parquet file goes into the cleaned table
            reading = _Reading(table, table.require(*wanted), holds, text)
            reading.notes.extend(table.remarks)
            identify = repeat_unit if holds == POLYMERS else molecule
            for row in table.rows:
                reading.take(row, identify, spool)
                if reading.rows % _TOLD == 0:
                    progress(reading.rows, None, "rows read")
        if not reading.rows:
            raise CampaignError(f"{path} has a header but no rows.", "Add rows below the header.")
        further = _further(holds, routes)
        if routes and holds == MOLECULES:
            reading.notes.append("Routes are looked for in tables of polymers only: these are molecules.")
        return reading.written(spool, further, out, progress)


@dataclass
class _Faults:
    hint: str
    count: int = 0
    rows: list[FaultyRow] = field(default_factory=list)


class _Reading:
    """A table while it is read, and then while it is written."""

    def __init__(self, table: Table, place: int, holds: str, text: Sequence[str]) -> None:
        self._path, self._column, self._place, self._holds = table.path, table.columns[place], place, holds
        told = {title.strip().casefold() for title in text}
        titles = [title.casefold() for title in table.columns]
        if unknown := told.difference(titles):
            there = ", ".join(title for title in table.columns if title)
            near = [did_you_mean(name, table.columns) for name in sorted(unknown)]
            raise CampaignError(
                f"{table.path} has no column {', '.join(sorted(unknown))}.",
                " ".join([*filter(None, near), f"Its columns are: {there}."]),
            )
        self._counted = table.counted
        self._tallies = [Tally(title, title.casefold() in told) for title in table.columns]
        self._faults: dict[str, _Faults] = {}
        self.rows = 0
        self.notes: list[str] = []

    def take(self, row: Row, identify: Identify, spool: Spool) -> None:
        """Count one row, and lay it aside if it can be used."""
        self.rows += 1
        written = row.cells[self._place]
        found = _too_wide(row) if row.fault else identify(written)
        if isinstance(found, Fault):
            kind = self._faults.setdefault(found.kind, _Faults(found.hint))
            kind.count += 1
            if len(kind.rows) < KEPT:
                kind.rows.append(FaultyRow(row.line, written, found.message))
            return
        for tally, cell in zip(self._tallies, row.cells, strict=True):
            tally.add(row.line, cell)
        spool.add(found.key, SpooledRow(row.line, written, found.canonical, row.cells))

    def written(
        self, spool: Spool, further: FurtherColumns | None, out: Path, progress: Progress
    ) -> CheckReport:
        """Merge the rows laid aside, write the cleaned table, and say what was found."""
        made = further.titles if further else ()
        kept = [
            (place, tally)
            for place, tally in enumerate(self._tallies)
            if place != self._place
            and tally.title.casefold() not in made
            and (tally.title or tally.filled)  # spreadsheets add columns without title and cells
        ]
        replaced = [tally.title for tally in self._tallies if tally.title.casefold() in made and tally.filled]
        if replaced:
            self.notes.append(f"Made anew in the cleaned table: {', '.join(replaced)}.")
        merger = Merger(kept)
        beside = Beside(kept, spool.repeated())
        if beside.note:
            self.notes.append(beside.note)
        taken = {tally.title.casefold() for _, tally in kept}
        count_title = next((title for title in COUNT_TITLES if title not in taken), COUNT_TITLES[-1])
        if merger.counts_rows:
            count_title = next(t.title for _, t in kept if t.role is Role.COUNT)
        structure = _TITLES[self._holds]
        titles = [
            f"{tally.title}_given" if tally.title.casefold() == structure else tally.title
            for _, tally in kept
        ]
        counted = () if merger.counts_rows else (count_title,)
        distinct = 0
        if len(spool):
            distinct, groups = spool.groups()
            with _replaced(out) as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(map(neutral_cell, [structure, *titles, *counted, *beside.titles, *made]))
                for done, rows in enumerate(groups, 1):
                    canonical = rows[0].canonical
                    cells = beside.amended(rows, merger.merge(rows))
                    more = further.cells(canonical) if further else ()
                    counts = [] if merger.counts_rows else [str(len(rows))]
                    whole = [canonical, *cells, *counts, *beside.cells(rows), *more]
                    writer.writerow(map(neutral_cell, whole))
                    if done % _TOLD == 0 or done == distinct:
                        progress(done, distinct, "rows written")
        kinds = sorted(self._faults.items(), key=lambda entry: -entry[1].count)
        return CheckReport(
            self._path,
            self._holds,
            self._column,
            self._counted,
            self.rows,
            len(spool),
            distinct,
            merger.merged,
            merger.merged_rows,
            merger.rewritten,
            merger.differing,
            merger.flagged(),
            tuple(FaultKind(kind, seen.count, seen.hint, tuple(seen.rows)) for kind, seen in kinds),
            tuple(merger.duplicates),
            merger.reports(),
            further.report() if further else None,
            count_title,
            tuple(self.notes),
            out if len(spool) else None,
        )


def _what_it_holds(path: Path, wanted: Sequence[str]) -> str:
    """Molecules, where no text has an attachment point and one can be read as a molecule."""
    readable = False
    with open_table(path, _WHAT, *wanted, older=True) as table:
        place = table.require(*wanted)
        for row in table.rows:
            text = row.cells[place]
            if "*" in text:
                return POLYMERS
            readable = readable or (bool(text) and not isinstance(molecule(text), Fault))
    return MOLECULES if readable else POLYMERS


def _further(holds: str, routes: bool) -> FurtherColumns | None:
    if holds == MOLECULES:
        return classes_of_molecules()
    return routes_of_polymers() if routes else None


def _too_wide(row: Row) -> Fault:
    hint = "Put a text that holds the separator into quotation marks, or give the column a title."
    return Fault("more cells than titles", f"{row.fault.partition(';')[0]}.", hint)


def _may_write(out: Path, path: Path, force: bool) -> None:
    if not out.absolute().parent.is_dir():
        raise CampaignError(f"There is no folder {out.parent} to write to.", "Make it first.")
    if out.suffix.casefold() != ".csv":
        raise CampaignError(f"The cleaned table {out} is no CSV file.", "Give it a name that ends in .csv.")
    if not out.exists():
        return
    if out.samefile(path):
        raise CampaignError(
            f"{out} is the table itself.",
            "Write the cleaned table to another file: it does not keep every row.",
        )
    if not force:
        raise StateError(f"{out} exists already.", "Replace it with --force, or name another with --out.")


@contextmanager
def _replaced(out: Path) -> Iterator[IO[str]]:
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            yield file
        os.replace(part, out)
    finally:
        part.unlink(missing_ok=True)
