"""Decimal points and decimal commas, and what separates thousands.

A file has one decimal sign. It is a comma where some number can be read in no other way (``12,5``, ``1.234,5``), and the other
sign then separates thousands; where nothing but numbers such as ``1,234`` stands there, which may be either, nobody guesses.
``1.234`` has a decimal point, which is told where no other number proves it. Blanks and apostrophes separate thousands in either
case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from campaigns.errors import RowProblem
from campaigns.tables.cells import CellError
from discovery.pools.typed_rows import DecimalSign

DECIMALS: dict[str, DecimalSign] = {"point": ".", "comma": ","}
"""What a decimal sign is called."""

_LIMIT = re.compile(r"\s*(?:[<>]=?|[≤≥⩽⩾])?\s*")
_BLANKS = " '’\u00a0\u2009\u202f"
_EXPONENT = r"(?:[eE][+-]?[0-9]+)?"
_PLAIN = {
    sign: re.compile(rf"[+-]?(?:[0-9]+(?:{re.escape(sign)}[0-9]*)?|{re.escape(sign)}[0-9]+){_EXPONENT}")
    for sign in DECIMALS.values()
}
_GROUPED = {
    sign: re.compile(
        rf"[+-]?[1-9][0-9]{{0,2}}(?P<mark>[{other}{_BLANKS}])[0-9]{{3}}(?:(?P=mark)[0-9]{{3}})*"
        rf"(?:{re.escape(sign)}[0-9]+)?{_EXPONENT}"
    )
    for sign, other in ((".", ","), (",", "."))
}
_UNUSUAL = re.compile(rf"[,{_BLANKS}]")


@dataclass(frozen=True, slots=True)
class _Seen:
    line: int
    title: str
    text: str


@dataclass
class DecimalSigns:
    """What the numbers of a file say of its decimal sign, one after the other."""

    counted: str = "line"
    """What the place of a cell counts."""
    points: _Seen | None = None
    """The first number that can only be read with a decimal point."""
    commas: _Seen | None = None
    """The first that can only be read with a decimal comma."""
    either: _Seen | None = None
    """The first with a comma that may be a decimal one or separate thousands."""
    pointed: _Seen | None = None
    """The first with a point that may be a decimal one or separate thousands."""
    grouped: dict[DecimalSign, _Seen] = field(default_factory=dict)
    """For each decimal sign, the first number that would hold separators of thousands."""

    def add(self, line: int, title: str, cell: str) -> None:
        """Looks at a cell."""
        if "," not in cell and "." not in cell and not _UNUSUAL.search(cell.strip()):
            return
        text = cell[_LIMIT.match(cell).end() :].strip()  # type: ignore[union-attr]  # matches the empty text
        seen = _Seen(line, title, text)
        read = {sign: plain(text, sign) for sign in DECIMALS.values()}
        for sign in DECIMALS.values():
            if _GROUPED[sign].fullmatch(text):
                self.grouped.setdefault(sign, seen)
        if read["."] == read[","]:
            return
        if read[","] is None:
            self.points = self.points or seen
        elif read["."] is None:
            self.commas = self.commas or seen
        elif "," in text:
            self.either = self.either or seen
        else:
            self.pointed = self.pointed or seen

    def sign(self) -> DecimalSign:
        """The decimal sign of the file.

        Raises:
            DecimalSignError: It cannot be told.
        """
        if self.points and self.commas:
            first, second = self.points, self.commas
            fault = f"{first.text} on {self.counted} {first.line} has a decimal point, and {second.text} a decimal comma."
            raise DecimalSignError(second, fault, "Write all numbers of the file with the same decimal sign.")
        if self.commas:
            return ","
        if self.either and not self.points:
            fault = (
                "may have a decimal comma or one that separates thousands, and no number of the file tells."
            )
            way_out = "Say which it is with --decimal comma or --decimal point."
            raise DecimalSignError(self.either, fault, way_out)
        return "."

    def remarks(self, sign: DecimalSign) -> list[str]:
        """What the user should know of how numbers were read."""
        told = []
        if sign == "," and self.commas:
            at = f"{self.commas.text} on {self.counted} {self.commas.line}"
            told.append(f"Numbers were read with decimal commas, since {at} can be read in no other way.")
        if sign == "." and self.pointed and not self.points:
            at = f"{self.pointed.text} on {self.counted} {self.pointed.line}"
            told.append(
                f"The point of {at} was read as a decimal one, and no number of the file proves it. If it separates "
                "thousands, say --decimal comma."
            )
        if seen := self.grouped.get(sign):
            read = plain(seen.text, sign)
            told.append(
                f"Separators of thousands were taken out: {seen.text} on {self.counted} {seen.line} is {read}."
            )
        return told


class DecimalSignError(Exception):
    """A file whose decimal sign cannot be told; only the reader of the table sees it."""

    def __init__(self, seen: _Seen, fault: str, what_to_do: str) -> None:
        super().__init__(fault)
        self.problem = RowProblem(seen.line, seen.title, seen.text, fault, what_to_do)


def plain(text: str, sign: DecimalSign) -> str | None:
    """A number with a decimal point and without separators of thousands; None for what is no number under this sign."""
    if _PLAIN[sign].fullmatch(text):
        return text.replace(sign, ".")
    match = _GROUPED[sign].fullmatch(text)
    return None if match is None else text.replace(match["mark"], "").replace(sign, ".")


def written_plainly(cell: str, sign: DecimalSign) -> str:
    """A cell, whose number is written with a decimal point and without separators of thousands; what is no number stays.

    Raises:
        CellError: It has a decimal point in a file with decimal commas.
    """
    if sign == "." and not _UNUSUAL.search(cell):
        return cell
    start = _LIMIT.match(cell).end()  # type: ignore[union-attr]  # matches the empty text
    number = plain(cell[start:].strip(), sign)
    if number is not None:
        return cell[:start] + number
    if sign == "," and plain(cell[start:].strip(), ".") is not None:
        raise CellError("has a decimal point, in a file with decimal commas.", "Write it with a comma.")
    return cell
