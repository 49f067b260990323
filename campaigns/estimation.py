"""Physics estimates of a table of polymers, or of single ones, by themselves: values, what they cover and what is missing."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from campaigns.candidates import WrittenPolymer, written_polymers
from campaigns.errors import CampaignError
from campaigns.tables.estimated import estimate_cells, estimate_title
from discovery.physics import PROPERTIES, REVISION, Estimates, Property, estimate
from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent

CHUNK = 2000
"""Polymers estimated between two writes."""

KEPT = 20
"""Polymers whose values are kept to be shown; of the others the file holds them."""


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
        shown: The first of them.
        spreads: One for each property.
        faulty: Lines that are no polymers, with the reason.
        out: The file with all values; ``None`` where none was asked for.
        revision: Of the tables and the code of the estimates.
    """

    properties: tuple[Property, ...]
    polymers: int
    shown: tuple[Estimated, ...]
    spreads: tuple[Spread, ...]
    faulty: tuple[tuple[int, str], ...]
    out: Path | None
    revision: str = REVISION


@dataclass
class _Running:
    """What is kept of a stream of estimates."""

    shown: list[Estimated] = field(default_factory=list)
    faulty: list[tuple[int, str]] = field(default_factory=list)
    values: list[NDArray[np.float64]] = field(default_factory=list)
    polymers: int = 0


def estimate_polymers(
    psmiles: Sequence[str] = (),
    tables: Sequence[Path] = (),
    *,
    properties: Sequence[str] | None = None,
    out: Path | None = None,
    workers: int = 1,
    progress: Progress = silent,
) -> Estimation:
    """Estimate properties of polymers, and write them to a CSV file if asked.

    The file has one row for each row of the tables: ``psmiles`` (as written), a column for each property, ``missing`` (what has
    no contribution), ``guessed`` (which values are little more than guesses, and why) and ``fault`` (of a row that is no
    polymer).

    Args:
        psmiles: Single polymers; a fault of one ends the call.
        tables: CSV or Parquet with a column ``psmiles`` (or ``smiles``); faulty rows are counted and named.
        properties: Names from :data:`discovery.physics.PROPERTIES`; all by default.
        out: Appears when it is complete.
        workers: Processes.
        progress: Told of the polymers that are done.

    Raises:
        UnknownPropertyError: A name that is no property.
        NotARepeatUnitError: A text of ``psmiles`` is no polymer.
        PoolError: A table cannot be read.
        CampaignError: There is nothing to estimate, or no folder to write to.
    """
    names = estimate([], properties).properties  # a name that is none is told before anything is read
    if out is not None and not out.absolute().parent.is_dir():
        raise CampaignError(f"There is no folder {out.parent} to write to.", "Make it first.")
    rows = _rows(psmiles, tables)
    kept = _Running()
    with ExitStack() as files:
        part = None
        writer: Any = None
        if out is not None:
            part = out.with_name(f".{out.name}.{os.getpid()}.part")
            files.callback(part.unlink, missing_ok=True)
            file = files.enter_context(part.open("w", encoding="utf-8", newline=""))
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["psmiles", *map(estimate_title, names), "missing", "guessed", "fault"])
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
    told = tuple(PROPERTIES[name] for name in names)
    spreads = tuple(_spread(which, column) for which, column in zip(told, values.T, strict=True))
    return Estimation(told, kept.polymers, tuple(kept.shown), spreads, tuple(kept.faulty), out)


def _rows(psmiles: Sequence[str], tables: Sequence[Path]) -> Iterator[WrittenPolymer]:
    for number, text in enumerate(psmiles, 1):
        yield WrittenPolymer(number, text, RepeatUnit.parse(text))
    for table in tables:
        yield from written_polymers(table)


def _estimate(
    rows: Sequence[WrittenPolymer], names: Sequence[str], kept: _Running, writer: Any, workers: int
) -> None:
    found: Estimates = estimate([row.unit for row in rows if row.unit is not None], names, workers=workers)
    kept.values.append(found.values)
    at = 0
    for row in rows:
        if row.unit is None:
            kept.faulty.append((row.line, row.fault))
            cells = [row.text, *[""] * len(names), "", "", row.fault]
        else:
            if len(kept.shown) < KEPT:
                words = found.missing[at], found.guessed[at]
                kept.shown.append(Estimated(row.text, row.unit.psmiles, found.values[at], *words))
            cells = [row.text, *estimate_cells(found, at), found.missing[at], found.guessed[at], ""]
            at += 1
        if writer is not None:
            writer.writerow(cells)
    kept.polymers += at


def _spread(which: Property, column: NDArray[np.float64]) -> Spread:
    known = column[np.isfinite(column)]
    if not len(known):
        return Spread(which, 0, *[float("nan")] * 3)
    return Spread(which, len(known), float(known.min()), float(np.median(known)), float(known.max()))
