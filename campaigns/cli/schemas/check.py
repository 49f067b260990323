"""The answer of ``polyloop check``."""

from __future__ import annotations

from typing import Literal

from campaigns.cli.schemas import JsonObject


class FaultyRow(JsonObject):
    """A row that cannot be used."""

    line: int
    """Of the file; its header is line 1."""
    text: str
    """Of the polymer."""
    message: str
    """What is wrong."""


class FaultKind(JsonObject):
    """All rows that cannot be used for one kind of reason."""

    kind: str
    """The reason."""
    count: int
    """Of rows."""
    hint: str
    """What to do."""
    rows: list[FaultyRow]
    """The first ones."""


class Duplicates(JsonObject):
    """One chain that stands on several rows."""

    canonical: str
    """The chain."""
    count: int
    """Of its rows."""
    lines: list[int]
    """The first ones."""
    written: list[str]
    """Its different writings."""
    values: Literal["differ", "agree", "none"]
    """Whether its values do; none where no column has two to compare."""


class OddCell(JsonObject):
    """A cell that is not what its column holds."""

    line: int
    """Of the file."""
    text: str
    """Of the cell."""
    fault: str
    """What is wrong."""


class Difference(JsonObject):
    """Values of one chain, in one column, that are not the same."""

    canonical: str
    """The chain."""
    count: int
    """Of the values."""
    lines: list[int]
    """Of the first of them, from the smallest to the largest."""
    written: list[str]
    """The text of the polymer on each of these lines."""
    values: list[float]
    """On each of these lines."""
    smallest: float
    """Of all values."""
    largest: float
    """Of all values."""
    merged: float
    """The median, which the cleaned table has."""
    distance: float | None
    """Between smallest and largest, as the column measures it."""
    flagged: bool
    """Whether it is more than the column's rule lets pass."""


class LeftOut(JsonObject):
    """A text that the cleaned table does not keep, because another row of the chain says something else."""

    line: int
    """Of the file."""
    text: str
    """Of the cell."""
    kept_line: int
    """Whose text is kept; 0 where the median of several rows is."""
    kept: str
    """What is kept."""


class Column(JsonObject):
    """What was seen in one column."""

    title: str
    """Of the column."""
    role: Literal["value", "error", "count", "text"]
    """What becomes of it where rows are merged."""
    filled: int
    """Cells that are not empty."""
    numbers: int
    """Cells that are numbers."""
    missing: int
    """Cells with a mark for "no value"."""
    odd_count: int
    """Cells that are not what the column holds."""
    odd: list[OddCell]
    """The first of them."""
    differing: int
    """Chains whose values differ."""
    flagged: int
    """Of these, how many by more than the rule lets pass."""
    measure: str
    """What a distance is; empty where no values differ."""
    rule: str
    """When a chain is flagged; empty where no values differ."""
    differences: list[Difference]
    """The largest first."""
    left_out_count: int
    """Texts that are not kept."""
    left_out: list[LeftOut]
    """The first of them."""


class Further(JsonObject):
    """What was found out about each chain beyond its identity."""

    titles: list[str]
    """Of the columns that the cleaned table has more."""
    covered: int
    """Chains or molecules for which there is something to say."""
    counts: dict[str, int]
    """How many, by reaction or by class."""
    uncovered: list[str]
    """The first ones of which nothing is known."""


class Document(JsonObject):
    """What is in a table, what is wrong with it, and what was made of it."""

    clean: bool
    """Whether there is nothing to mend."""
    faulty: int
    """Rows that cannot be used."""
    summary: str
    """The whole check in one paragraph."""
    path: str
    """The table."""
    holds: Literal["polymers", "molecules"]
    """What it is a table of."""
    column: str
    """They were read from."""
    counted: Literal["line", "row"]
    """What the numbers of lines count."""
    rows: int
    """In all."""
    valid: int
    """That can be used."""
    distinct: int
    """Different chains (or molecules) among them."""
    merged: int
    """Of these, how many stand on more than one row."""
    merged_rows: int
    """On so many rows in all."""
    rewritten: int
    """Chains whose rows write them in different ways."""
    differing: int
    """Chains with differing values in any column."""
    flagged: int
    """Chains whose values differ by more than a column's rule lets pass."""
    faults: list[FaultKind]
    """The most frequent first."""
    duplicates: list[Duplicates]
    """The first ones, in the order of the table."""
    columns: list[Column]
    """All that hold values or texts."""
    further: Further | None
    """Routes or classes of monomers; null where they were not looked for."""
    count_title: str
    """What the cleaned table calls its column of merged rows."""
    notes: list[str]
    """What the user should know."""
    out: str | None
    """The cleaned table; null where there was nothing to write."""
