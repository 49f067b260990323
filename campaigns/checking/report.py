"""What a check found, as values: the same for the terminal, for ``--json`` and for a notebook.

Lists hold at most :data:`campaigns.checking.columns.KEPT` entries each; the counts beside them are complete.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from campaigns.checking.columns import OddCell, Role


@dataclass(frozen=True, slots=True)
class FaultyRow:
    """A row that cannot be used."""

    line: int
    """Of the file; its header is line 1."""
    text: str
    message: str


@dataclass(frozen=True, slots=True)
class FaultKind:
    """All rows that cannot be used for one kind of reason."""

    kind: str
    count: int
    hint: str
    rows: tuple[FaultyRow, ...]
    """The first ones."""


@dataclass(frozen=True, slots=True)
class Duplicates:
    """One chain that stands on several rows."""

    canonical: str
    count: int
    """Of its rows."""
    lines: tuple[int, ...]
    """Of the first :data:`campaigns.checking.merging.TOLD` rows."""
    written: tuple[str, ...]
    """The different writings, in order of appearance; as many at most."""
    values: str
    """``differ``, ``agree``, or ``none`` where no column has two values to compare."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Values of one chain, in one column, that are not the same."""

    canonical: str
    count: int
    """Of the values."""
    lines: tuple[int, ...]
    """Those of the first :data:`campaigns.checking.merging.TOLD` values, from the smallest to the largest."""
    written: tuple[str, ...]
    """The text of the polymer on each of these lines."""
    values: tuple[float, ...]
    smallest: float
    largest: float
    merged: float
    """The median, which the cleaned table has."""
    distance: float
    """Between smallest and largest, as the column measures it."""
    flagged: bool
    """Whether it is more than the column's rule lets pass."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A text that the cleaned table does not keep, because another row of the chain says something else."""

    line: int
    text: str
    kept_line: int
    """0 where the median of several rows is kept."""
    kept: str


@dataclass(frozen=True, slots=True)
class ColumnReport:
    """What was seen in one column."""

    title: str
    role: Role
    filled: int
    numbers: int
    missing: int
    """Cells with a mark for "no value"; empty in the cleaned table where the column holds numbers."""
    odd_count: int
    """Cells that are not numbers in a column of numbers, or not CAS numbers in the column ``cas``; 0 for other text."""
    odd: tuple[OddCell, ...]
    differing: int
    """Chains whose values differ."""
    flagged: int
    """Of these, how many by more than the column's rule lets pass."""
    measure: str
    """What a distance is; empty where no values differ."""
    rule: str
    """When a chain is flagged, as a sentence without its subject; empty where no values differ."""
    differences: tuple[Difference, ...]
    """The largest first."""
    left_out_count: int
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class Further:
    """What was found out about each chain beyond its identity, for the columns that the cleaned table has more.

    Args:
        titles: Of these columns.
        covered: Chains or molecules for which there is something to say.
        counts: How many, by reaction or by class; the most frequent first.
        uncovered: The first ones of which nothing is known.
    """

    titles: tuple[str, ...]
    covered: int
    counts: Mapping[str, int]
    uncovered: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What is in a table, what is wrong with it, and what was made of it."""

    path: Path
    holds: str
    """``polymers``, or ``molecules`` where no text has an attachment point."""
    column: str
    """Title of the column they were read from."""
    counted: str
    """What the numbers of lines count: ``line``, or ``row`` for a file that has no lines."""
    rows: int
    valid: int
    distinct: int
    """Different chains (or molecules) among the valid rows."""
    merged: int
    """Of these, how many stand on more than one row."""
    merged_rows: int
    """On so many rows in all."""
    rewritten: int
    """Chains whose rows write them in different ways."""
    differing: int
    """Chains with differing values in any column."""
    flagged: int
    """Chains whose values differ in any column by more than its rule lets pass."""
    faults: tuple[FaultKind, ...]
    """The most frequent first."""
    duplicates: tuple[Duplicates, ...]
    """In the order of first appearance."""
    columns: tuple[ColumnReport, ...]
    further: Further | None
    count_title: str
    """What the cleaned table calls its column of merged rows."""
    notes: tuple[str, ...]
    out: Path | None
    """The cleaned table; None where there was nothing to write."""

    @property
    def faulty(self) -> int:
        """Rows that cannot be used."""
        return self.rows - self.valid

    @property
    def clean(self) -> bool:
        """Whether there is nothing to mend: no faulty row, no chain twice, no odd cell in a column of numbers."""
        return not (self.faulty or self.merged or any(column.odd_count for column in self.columns))
