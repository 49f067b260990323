"""What each column of a table holds: values, their errors, a count of rows, or text; told by titles and cells."""

from __future__ import annotations

import math
import random
import re
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from campaigns.tables.cells import CellError, Value, read_value
from campaigns.tables.title_units import plainly_named
from discovery.pools.monomer_table import cas_number_holds

KEPT = 1000
"""Examples of anything that a report keeps; it counts the others."""

SAMPLE = 20_000
"""Values of a column that its quartiles are taken from: all of them in most tables; beyond, a random sample of that many, which
places a quartile within about half a per cent of the rows."""

COUNT_TITLES = ("n", "merged rows")
"""What the count of merged rows is called: the second where the first means something else, such as a refractive index."""

_LABELS = re.compile(
    r"|#|no\.?|nr\.?|id|index|row|line|rank|year|cas|doi|ref|reference|[pc]id|.*[_ -]id|unnamed: \d+"
)
_ERRORS = re.compile(r"(?:.*[_ ])?(?:sem|sd|std|stdev|err|error|uncertainty)|.+_n")
_MISSING = re.compile(
    r"n\.?/?a\.?n?|n\.?d\.?|none|null|nil|missing|unknown|[-\u2010-\u2015\u2212]+|\?+|\.+", re.IGNORECASE
)
_NUMERIC_START = re.compile(r"[-+.\d<>≤≥~≈±\u2212]|inf", re.IGNORECASE)
# A limit; a number with commas, blanks or apostrophes in it, a range, a value with its error; a number with its unit.
_MEANT = re.compile(
    r"[<>≤≥~≈]=?\s*[-+]?[.\d].*"
    r"|[-+\u2212]?[.,]?\d[\d.,'\u00a0\u202f ]*(?:e[+-]?\d+)?(?:\s*(?:[-–—±]|to|\.\.+|\+/-)\s*[\d.,]+)?"
    r"|[-+\u2212]?[\d.,]+(?:e[+-]?\d+)?(?: +|(?=[°%]))[^\d\s]\S{0,7}",
    re.IGNORECASE,
)


class Role(StrEnum):
    """What becomes of a column where rows are merged."""

    VALUE = "value"
    """Numbers: the median; where there are only limits, such as ``>350``, the tightest."""
    ERROR = "error"
    """Standard errors or deviations, and specimens of one property (``tg_n``): kept where all rows agree, else empty, since they
    belong to one value each.
    """
    COUNT = "count"
    """Rows or specimens behind a row: the sum."""
    TEXT = "text"
    """Anything else: the first that is not empty."""


@dataclass(frozen=True, slots=True)
class OddCell:
    """A cell that is no number in a column of numbers, or no CAS number in the column ``cas``."""

    line: int
    text: str
    fault: str
    """As a phrase that follows the quoted text."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that is not empty: its number, its limit, or in which way it is neither."""

    number: float | None = None
    limit: Value | None = None
    """A number that the value is only known to lie above or below, such as ``>350``."""
    missing: bool = False
    """A mark for "no value", such as n/a."""
    notation: bool = False
    """Meant as a number: a range, a decimal comma, a number with its unit."""
    fault: str = ""


_TEXT = Cell(fault="is not a number.")
_ABSENT = Cell(missing=True, fault="is a mark for a missing value.")


def read_cell(text: str) -> Cell:
    """What a cell of a table holds; ``text`` is not empty."""
    if _MISSING.fullmatch(text):
        return _ABSENT
    if not _NUMERIC_START.match(text):
        return _TEXT
    try:
        value = read_value(text)
        return Cell(limit=value) if value.bound else Cell(value.number)
    except CellError as error:
        return Cell(notation=_MEANT.fullmatch(text) is not None, fault=error.fault)


@dataclass
class Tally:
    """What the cells of one column were, counted while the table is read.

    Args:
        title: As the file writes it.
        told_text: Whether the user says that it is text.
    """

    title: str
    told_text: bool = False
    filled: int = 0
    numbers: int = 0
    missing: int = 0
    notations: int = 0
    """Cells that are meant as numbers: limits, ranges, decimal commas, numbers with their unit."""
    positive: bool = True
    whole: bool = True
    """All numbers are whole and 1 or more."""
    odd: list[OddCell] = field(default_factory=list)
    odd_count: int = 0
    sample: list[float] = field(default_factory=list)
    _draw: random.Random = field(default_factory=lambda: random.Random(0))

    def add(self, line: int, text: str) -> None:
        """Count one cell."""
        if not text:
            return
        self.filled += 1
        cell = read_cell(text)
        if cell.missing:
            self.missing += 1
        elif self.is_cas:
            if not cas_number_holds(text):
                self._odd(line, text, "is not a CAS number (wrong check digit).")
        elif cell.number is not None:
            self._number(cell.number)
        elif cell.limit is not None:
            self.notations += 1
        else:
            self.notations += cell.notation
            self._odd(line, text, cell.fault)

    def _odd(self, line: int, text: str, fault: str) -> None:
        self.odd_count += 1
        if len(self.odd) < KEPT:
            self.odd.append(OddCell(line, text, fault))

    def _number(self, number: float) -> None:
        self.numbers += 1
        self.positive = self.positive and number > 0
        self.whole = self.whole and number >= 1 and number == math.floor(number)
        if len(self.sample) < SAMPLE:
            self.sample.append(number)
        elif (place := self._draw.randrange(self.numbers)) < SAMPLE:
            self.sample[place] = number

    def __post_init__(self) -> None:
        self.name = plainly_named(self.title).name
        """The title without unit, in lower case."""
        self.is_cas = self.name == "cas" and not self.told_text
        """Whether it holds CAS registry numbers, whose check digit can be checked."""

    @property
    def role(self) -> Role:
        """What the column holds: values where at least half of its cells that say anything are numbers, or are meant as such."""
        said = self.filled - self.missing
        if self.told_text or _LABELS.fullmatch(self.name):
            return Role.TEXT
        if self.name in COUNT_TITLES and self.numbers == self.filled > 0 and self.whole:
            return Role.COUNT
        if said == 0 or 2 * (self.numbers + self.notations) < said:
            return Role.TEXT
        return Role.ERROR if _ERRORS.fullmatch(self.name) else Role.VALUE

    def quartiles(self) -> tuple[float, float]:
        """The lower and the upper quartile of the numbers; there is at least one."""
        lower, upper = np.quantile(np.asarray(self.sample), [0.25, 0.75])
        return float(lower), float(upper)
