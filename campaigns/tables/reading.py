"""How a table is to be read, as far as its user says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from campaigns.errors import TableError
from campaigns.tables.numbers import DECIMALS
from discovery.pools.typed_rows import DecimalSign


@dataclass(frozen=True)
class HowToRead:
    """What is said of a table; the rest is found out.

    Args:
        columns: Titles of columns, by what they are to us: ``{"tg": "Glass temp. [degC]"}``.
        encoding: Of a text file.
        decimal: ``point`` or ``comma``.
        sheet: Of a workbook; the first one by default.
        workers: Processes that read the polymers of a large table; the answer does not hang on it.
        header_row: Line of the titles (row of a sheet), where others stand above; found out by default, if there is nothing.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None
    decimal: str | None = None
    sheet: str | None = None
    workers: int = 1
    header_row: int | None = None

    @property
    def above(self) -> int:
        """Lines above the titles that are no part of the table.

        Raises:
            TableError: There is no such line.
        """
        if self.header_row is None:
            return 0
        if self.header_row < 1:
            raise TableError(f"There is no line {self.header_row}.", hint="Lines are counted from 1.")
        return self.header_row - 1

    @property
    def sign(self) -> DecimalSign | None:
        """The decimal sign, where it is said.

        Raises:
            TableError: It is neither of the two.
        """
        if self.decimal is None:
            return None
        if self.decimal not in DECIMALS:
            raise TableError(f"There is no decimal sign {self.decimal!r}.", hint="Say point or comma.")
        return DECIMALS[self.decimal]
