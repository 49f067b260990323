"""Physics estimates of a table of polymers, or of single ones, by themselves: values, what they cover and what is missing."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from campaigns.errors import CampaignError
from campaigns.tables.estimated import PREFIX, estimate_cells, estimate_title
from campaigns.tables.formulas import neutral_cell
from discovery.physics import PROPERTIES, REVISION, Estimates, Property, UnknownPropertyError, estimate
from discovery.polymers import NotARepeatUnitError, RepeatUnit
from discovery.pools.table import Table, open_table
from discovery.progress import Progress, silent

CHUNK = 2000
"""Polymers estimated between two writes."""

KEPT = 20
"""Polymers that are kept one by one by default; of the others the file holds the values."""

_TOLD = ("missing", "guessed", "fault")
"""What is told of each polymer in words, after its values."""

_POLYMERS = "Give a CSV file of polymers with a column psmiles (or smiles), such as *CC(*)c1ccccc1."


@dataclass(frozen=True, slots=True, eq=False)
class Estimated:
    """One polymer with its estimates.

    Args:
        written: As the user wrote it.
        psmiles: Canonical.
        values: One for each property, NaN where there is none.
        missing: What has no contribution, in words.
        guessed: Which values are little more than guesses, and why, in words.
    """

    written: str
    psmiles: str
    values: NDArray[np.float64]
    missing: str
    guessed: str


@dataclass(frozen=True, slots=True)
class Spread:
    """The estimates of one property over all polymers; the numbers are NaN where there is no estimate."""

    property: Property
    covered: int
    lowest: float
    median: float
    highest: float


@dataclass(frozen=True, eq=False)
class Estimation:
    """Estimates of polymers.

    Args:
        properties: In the order of the values.
        polymers: How many were estimated.
        shown: The first of them, or all.
        spreads: One for each property.
        faulty: Lines that are no polymers, with the reason.
        reasons: Why values are missing, with the number of polymers, the most frequent first.
        guessed: How many polymers have values that are little more than guesses.
        out: The file with all values; ``None`` where none was asked for.
        revision: Of the tables and the code of the estimates.
    """

    properties: tuple[Property, ...]
    polymers: int
    shown: tuple[Estimated, ...]
    spreads: tuple[Spread, ...]
    faulty: tuple[tuple[int, str], ...]
    reasons: tuple[tuple[str, int], ...]
    guessed: int
    out: Path | None
    revision: str = REVISION


@dataclass(frozen=True, slots=True)
class _Row:
    """A polymer to estimate, or a row that is none."""

    line: int
    text: str
    unit: RepeatUnit | None
    fault: str
    cells: tuple[str, ...]
    """What the user's table says of it, in the order of all tables' columns."""


@dataclass
class _Running:
    """What is kept of a stream of estimates."""

    keep: int | None
    shown: list[Estimated] = field(default_factory=list)
    faulty: list[tuple[int, str]] = field(default_factory=list)
    values: list[NDArray[np.float64]] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    polymers: int = 0
    guessed: int = 0


def estimate_polymers(
    psmiles: Sequence[str] = (),
    tables: Sequence[Path] = (),
    *,
    properties: Sequence[str] | None = None,
    out: Path | None = None,
    keep: int | None = KEPT,
    workers: int = 1,
    progress: Progress = silent,
) -> Estimation:
    """Estimate properties of polymers, and write them to a CSV file if asked.

    The file has one row for each row of the tables: all of their columns as they are (``psmiles`` for single polymers), a column
    for each property, ``missing`` (what has no contribution), ``guessed`` (which values are little more than guesses, and why)
    and ``fault`` (of a row that is no polymer). Where a table has a column of such a name already, ours is called
    ``physics_missing`` and so on; columns of estimates that a table brings along are replaced.

    Args:
        psmiles: Single polymers; a fault of one ends the call.
        tables: CSV or Parquet with a column ``psmiles`` (or ``smiles``); faulty rows are counted and named.
        properties: Names from :data:`discovery.physics.PROPERTIES`, in any case; all by default.
        out: Appears when it is complete.
        keep: Polymers to keep one by one; ``None`` for all.
        workers: Processes.
        progress: Told of the polymers that are done.

    Raises:
        UnknownPropertyError: A name that is no property.
        NotARepeatUnitError: A text of ``psmiles`` is no polymer.
        PoolError: A table cannot be read.
        CampaignError: There is nothing to estimate, or no folder to write to.
    """
    asked = None if properties is None else [name.casefold() for name in properties]
    names = estimate([], asked).properties  # a name that is none is told before anything is read
    if len(set(names)) < len(names):
        raise UnknownPropertyError("A property is asked for twice.", "Name each once.")
    if out is not None and not out.absolute().parent.is_dir():
        raise CampaignError(f"There is no folder {out.parent} to write to.", "Make it first.")
    made = {*map(estimate_title, names), *(f"{PREFIX}{title}" for title in _TOLD)}
    titles = _titles(psmiles, tables, made)
    rows = _rows(psmiles, tables, titles)
    kept = _Running(keep)
    with ExitStack() as files:
        part = None
        writer: Any = None
        if out is not None:
            part = out.with_name(f".{out.name}.{os.getpid()}.part")
            files.callback(part.unlink, missing_ok=True)
            file = files.enter_context(part.open("w", encoding="utf-8", newline=""))
            writer = csv.writer(file, lineterminator="\n")
            told = [f"{PREFIX}{title}" if title in titles else title for title in _TOLD]
            writer.writerow(map(neutral_cell, [*titles, *map(estimate_title, names), *told]))
        while chunk := list(islice(rows, CHUNK)):
            _estimate(chunk, names, kept, writer, workers)
            progress(kept.polymers + len(kept.faulty), None, "polymers estimated")
        if part is not None and out is not None and kept.polymers:
            file.close()
            os.replace(part, out)
    if not kept.polymers:
        hint = (
            kept.faulty[0][1] if kept.faulty else "Give PSMILES such as '*CC(*)c1ccccc1', or a table of them."
        )
        raise CampaignError("There is no polymer to estimate anything of.", hint)
    values = np.concatenate(kept.values)
    known = tuple(PROPERTIES[name] for name in names)
    return Estimation(
        properties=known,
        polymers=kept.polymers,
        shown=tuple(kept.shown),
        spreads=tuple(_spread(which, column) for which, column in zip(known, values.T, strict=True)),
        faulty=tuple(kept.faulty),
        reasons=tuple(kept.reasons.most_common()),
        guessed=kept.guessed,
        out=out,
    )


def _opened(table: Path) -> AbstractContextManager[Table]:
    return open_table(table, _POLYMERS, "psmiles", "smiles")


def _titles(psmiles: Sequence[str], tables: Sequence[Path], made: Set[str]) -> tuple[str, ...]:
    """Of all tables' columns but those that are made anew, each once; ``psmiles`` first where polymers came by themselves."""
    titles = dict.fromkeys(["psmiles"] if psmiles else [])
    for path in tables:
        with _opened(path) as table:
            table.require("psmiles", "smiles")
            titles.update(dict.fromkeys(title for title in table.columns if title not in made))
    return tuple(titles)


def _rows(psmiles: Sequence[str], tables: Sequence[Path], titles: Sequence[str]) -> Iterator[_Row]:
    for number, text in enumerate(psmiles, 1):
        cells = tuple(text if title == "psmiles" else "" for title in titles)
        yield _Row(number, text, RepeatUnit.parse(text), "", cells)
    for path in tables:
        with _opened(path) as table:
            column = table.require("psmiles", "smiles")
            places = {title: table.columns.index(title) for title in titles if title in table.columns}
            table.asked.update(places.values())
            for row in table.rows:
                text, unit, fault = row.cells[column], None, row.fault
                # where polymers stand by themselves beside tables with a column smiles, psmiles has all of them
                others = {"psmiles": text}
                cells = tuple(
                    row.cells[places[title]] if title in places else others.get(title, "") for title in titles
                )
                try:
                    unit = None if fault else RepeatUnit.parse(text)
                except NotARepeatUnitError as error:
                    fault = error.message
                yield _Row(row.line, text, unit, fault, cells)


def _estimate(rows: Sequence[_Row], names: Sequence[str], kept: _Running, writer: Any, workers: int) -> None:
    found: Estimates = estimate([row.unit for row in rows if row.unit is not None], names, workers=workers)
    kept.values.append(found.values)
    at = 0
    for row in rows:
        if row.unit is None:
            kept.faulty.append((row.line, row.fault))
            cells = [*row.cells, *[""] * len(names), "", "", row.fault]
        else:
            if kept.keep is None or len(kept.shown) < kept.keep:
                words = found.missing[at], found.guessed[at]
                kept.shown.append(Estimated(row.text, row.unit.psmiles, found.values[at], *words))
            cells = [*row.cells, *estimate_cells(found, at), found.missing[at], found.guessed[at], ""]
            kept.reasons.update(found.reasons[at])
            kept.guessed += bool(found.guessed[at])
            at += 1
        if writer is not None:
            writer.writerow(map(neutral_cell, cells))
    kept.polymers += at


def _spread(which: Property, column: NDArray[np.float64]) -> Spread:
    known = column[np.isfinite(column)]
    if not len(known):
        return Spread(which, 0, *[float("nan")] * 3)
    return Spread(which, len(known), float(known.min()), float(np.median(known)), float(known.max()))
