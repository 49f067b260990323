"""Single cells: text to value or limit, number of specimens, status, with a word of advice for every way in which a
cell can be wrong.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from math import isfinite

from campaigns.ledger.proposals import Status
from discovery.surrogate.observations import Bound

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_LIMIT = re.compile(r"(?P<sign>[<>]=?|[≤≥⩽⩾])\s*(?P<number>[^<>=≤≥⩽⩾\s].*)", re.DOTALL)
_MONTH = r"(?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])\.?"
_LARGEST_N = 1_000_000
_LONGEST = 100
"""Letters of a text that was meant for a number; the time that some patterns take grows faster than a text."""

# What people write where a number should stand, most telling first: pattern, fault, what to do.
_NOT_NUMBERS = (
    (
        r"[<>≤≥⩽⩾].*",
        "is a limit, not a number.",
        "A limit has its place only among the values of a property; write a number.",
    ),
    (
        r"[~≈].*",
        "is an estimate, not a value.",
        "Give the value alone and its standard error in a column sem, or a limit such as >350.",
    ),
    (
        r"[+-]?[0-9]+,[0-9]+(?:[eE][+-]?[0-9]+)?",
        "has a comma in it.",
        "Write decimals with a point and no separator of thousands: 12.5, 1250.",
    ),
    (
        r"[+-]?[0-9]{1,3}(?:[,.' \u00a0\u202f][0-9]{3})+(?:[.,][0-9]+)?",
        "has separators of thousands in it.",
        "Write decimals with a point and no separator of thousands: 12.5, 1250.",
    ),
    (
        rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:[ T].*)?|[0-9]{{1,2}}([./])[0-9]{{1,2}}\1[0-9]{{2,4}}"
        rf"|[0-9]{{1,2}}[-. ]+{_MONTH}(?:[-. ]+[0-9]{{2,4}})?|{_MONTH}[-. ]+[0-9]{{2,4}}|[0-9]+:[0-9]{{2}}(?::[0-9]{{2}})?",
        "is a date or a time.",
        "Spreadsheets make dates of numbers such as 12.5: format the column as numbers there, and enter the value again.",
    ),
    (
        r"#[A-Z/0]+[!?]?",
        "is an error of the spreadsheet.",
        "Mend the formula there and save it again, or clear the cell.",
    ),
    (
        r"=.*",
        "is a formula without a result.",
        "Open the table in the spreadsheet program and save it there, or enter the value.",
    ),
    (
        r"[\u2010-\u2015\u2212][^\u2010-\u2015\u2212].*",
        "begins with a typographic minus sign.",
        "Write the minus as a plain hyphen: -5.",
    ),
    (
        r".*(?:±|\+/-).*",
        "holds a value and an error.",
        "Put the value alone here and its standard error into a column sem.",
    ),
    (
        r"[+-]?[0-9.]+ *(?:-|–|—|to|\.\.+) *[0-9.]+",
        "is a range, not a value.",
        "Give one value, and its standard error in a column sem.",
    ),
    (
        r"[+-]?(?:nan|inf|infinity)",
        "is not a finite number.",
        "Leave the row out, or give the measured value.",
    ),
    (
        r"(?:n[./]?[ad]\.?|none|null|nil|missing|unknown|[-\u2010-\u2015\u2212]+|\?+|\.+)",
        "is not a number.",
        "Leave the cell empty if there is no value.",
    ),
    (
        r"[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)? *[^0-9.eE+-].*",
        "is a number with something after it.",
        "Give the number alone; its unit goes into the title of the column, as in tg [degC].",
    ),
)


class CellError(Exception):
    """A cell that cannot be used; only the reader of the table sees it.

    Args:
        fault: What is wrong.
        what_to_do: How to mend it.
    """

    def __init__(self, fault: str, what_to_do: str) -> None:
        super().__init__(fault)
        self.fault = fault
        self.what_to_do = what_to_do


@dataclass(frozen=True, slots=True)
class Value:
    """What a cell says of a property."""

    number: float
    bound: Bound = ""
    """``above`` or ``below`` where the number is only a limit."""


def read_value(text: str) -> Value:
    """The value that a cell holds, or the limit: ``>350``, ``≥ 350``, ``<0.01``, ``<=0.01``. Whether the limit itself is
    possible makes no difference to what is learned from it.

    Raises:
        CellError: It holds something else.
    """
    match = _LIMIT.fullmatch(text.strip())
    if match is None:
        return Value(read_number(text))
    return Value(read_number(match["number"]), "above" if match["sign"][0] in ">≥⩾" else "below")


def read_number(text: str) -> float:
    """The finite number that a cell holds.

    Raises:
        CellError: It holds something else.
    """
    text = text.strip()
    if _NUMBER.fullmatch(text):
        number = float(text)
        if isfinite(number):
            return number
        raise CellError("is too large for a number.", "Check the exponent.")
    for pattern, fault, what_to_do in _NOT_NUMBERS if len(text) <= _LONGEST else ():
        if re.fullmatch(pattern, text, re.IGNORECASE | re.DOTALL):
            raise CellError(fault, what_to_do)
    raise CellError("is not a number.", "Write digits with a decimal point, such as 373.5.")


def read_sem(text: str) -> float | None:
    """A standard error; None for an empty cell.

    Raises:
        CellError: It is not a number above zero.
    """
    if not text.strip():
        return None
    sem = read_number(text)
    if sem < 0:
        raise CellError("is a negative standard error.", "Give a number above zero, or leave the cell empty.")
    if sem == 0:
        raise CellError(
            "claims a measurement without any error.", "Leave the cell empty if the error is not known."
        )
    return sem


def read_n(text: str) -> int:
    """A number of specimens; 1 for an empty cell.

    Raises:
        CellError: It is not a whole number of 1 or more.
    """
    if not text.strip():
        return 1
    n = read_number(text)
    if n != int(n):
        raise CellError("is not a whole number.", "Give the number of specimens.")
    if not 1 <= n <= _LARGEST_N:
        raise CellError("is not a number of specimens.", f"Give 1 or more, at most {_LARGEST_N}.")
    return int(n)


def read_status(text: str) -> Status | None:
    """A proposal's status; None for an empty cell.

    Raises:
        CellError: There is no such status.
    """
    word = text.strip().casefold()
    if not word:
        return None
    if word in set(Status):
        return Status(word)
    near = get_close_matches(word, list(Status), n=1, cutoff=0.75)
    known = ", ".join(Status)
    raise CellError(
        "is not a status.", f"Did you mean {near[0]}?" if near else f"Write one of {known}, or nothing."
    )
