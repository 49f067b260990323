"""Tables of results: the whole table is checked first, every fault is told, and only a table without fault
gives any row.

One reader serves a plain table (``psmiles``, ``tg``), a literature table with ``sem``, ``n``, ``name`` and
``reference``, and the form of proposals that the scientist filled in.

A table holds one property of the campaign or several, each in a column of its name; empty cells are normal, as long as a row
has one value or a status; a row with numbers of other properties alone is passed over and counted.

Units come from the title (``tg [degC]``, ``Tg / °C``; see :mod:`campaigns.tables.title_units`), from a
column ``tg_unit``, or are the campaign's own. The
standard error stands in ``tg_sem`` and the number of specimens in ``tg_n``; where the table holds no other property of the
campaign, in ``sem`` and ``n`` as well. A standard error is in the unit of its value unless its own title says otherwise.

A cell may be a limit: ``>350`` or ``≥350`` (the property lies above), ``<0.01`` or ``<=0.01`` (below). A limit has no
standard error, so that one beside it is a fault; its number of specimens is taken. A property on a logarithmic scale has
neither values nor limits of zero or less.

A table is a CSV file, a sheet of a workbook or a Parquet file; see :mod:`campaigns.tables.text`. Nothing of it stays in memory:
it is gone through once for the signs that its numbers are written with, once row by row, and sound rows are laid aside on
the disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace

from campaigns.errors import RowProblem, TableError
from campaigns.ledger.measurements import Property
from campaigns.ledger.result_rows import LedgerView, ResultRow, Source
from campaigns.tables.columns import ResultColumns, find_result_columns
from campaigns.tables.kept_rows import KeptRows
from campaigns.tables.numbers import DecimalSignError, DecimalSigns
from campaigns.tables.polymers import with_polymers, with_proposed
from campaigns.tables.reading import HowToRead
from campaigns.tables.remarks import Remark
from campaigns.tables.result_check import MOST_PROBLEMS, ResultCheck
from campaigns.tables.text import Record, TableSource, TextTable, open_table
from discovery.pools.typed_rows import DecimalSign
from discovery.progress import Progress, silent

_TOLD = 200
"""Rows between two reports of progress."""


@dataclass(frozen=True, slots=True)
class CheckedResults:
    """A table of results without fault."""

    rows: Iterable[ResultRow]
    """In the order of the file, one for each value, in its property's unit; they can be gone through more than once."""
    properties: tuple[Property, ...]
    """Those that the table holds."""
    source: Source
    skipped: int
    """Rows of a form that are not filled in: a proposal id, but neither status nor value."""
    ignored_columns: tuple[str, ...]
    """Titles of columns that were not read."""
    told: tuple[Remark, ...]
    """What the user may want to know although it is no fault."""
    without_value: int = 0
    """Rows passed over that have no value of any property that is read."""
    counted: str = "line"
    """What the lines of rows count: ``line``, or ``row`` of a sheet or of a Parquet file."""
    is_form: bool = False
    """Whether rows may name proposals."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """The sentences of :attr:`told`."""
        return tuple(remark.text for remark in self.told)


@dataclass(frozen=True, slots=True)
class ReadResults(CheckedResults):
    """A small table of results without fault, held in memory."""

    rows: tuple[ResultRow, ...]


def read_results(
    source: TableSource,
    properties: Sequence[Property],
    view: LedgerView | None = None,
    *,
    gaps: bool = False,
    how: HowToRead | None = None,
    progress: Progress = silent,
) -> ReadResults:
    """:func:`checked_results` of a table that fits into memory."""
    with checked_results(source, properties, view, gaps=gaps, how=how, progress=progress) as checked:
        told = {field.name: getattr(checked, field.name) for field in fields(checked)}
        return ReadResults(**{**told, "rows": tuple(checked.rows)})


@contextmanager
def checked_results(
    source: TableSource,
    properties: Sequence[Property],
    view: LedgerView | None = None,
    *,
    gaps: bool = False,
    how: HowToRead | None = None,
    progress: Progress = silent,
) -> Iterator[CheckedResults]:
    """Checks a table of results and gives its rows, which are there as long as the context is.

    Args:
        source: A CSV file (UTF-8, UTF-16, or else Windows-1252; commas, semicolons or tabs), a workbook, a Parquet file, or a
            data frame, whose lines are numbered as if it were written to CSV.
        properties: Those that are read, and the units that their values are converted to; the table holds at least one of them.
        view: What the campaign knows of its proposals; a campaign without proposals if None.
        gaps: Pass over rows without any value, as in a table that is about other properties as well.
        how: What the user says of the table.
        progress: Told of the rows that are checked.

    Raises:
        TableError: The table has faults; every one of them is in ``problems``, in the order of lines, up to ten thousand.
    """
    how = how or HowToRead()
    with KeptRows() as rows:
        with open_table(source, how) as table:
            columns, problems = find_result_columns(table.header, properties, table.header_line, how.columns)
            if columns is None:
                raise _without_columns(table, problems, properties, how)
            sign, told = _decimal_sign(table, columns, how)
            check = ResultCheck(table, columns, view or LedgerView(), rows.add, gaps=gaps, sign=sign)
            check.titles()
            _check_rows(check, table, how, progress)
        if check.faults:
            raise _error(table, check.problems, check.faults)
        yield CheckedResults(
            rows,
            tuple(values.of for values in columns.values),
            Source(table.name, table.sha256),
            check.skipped,
            columns.ignored,
            (
                *(Remark("how-read", text) for text in (*table.remarks, *told)),
                *columns.remarks,
                *check.remarks,
            ),
            check.without_value,
            table.counted,
            check.is_form,
        )


def _without_columns(
    table: TextTable, problems: list[RowProblem], properties: Sequence[Property], how: HowToRead
) -> TableError:
    """The error of a table whose titles are not those of a table of results; those of a later line may be."""
    found = (
        line
        for line, titles in ((record.line, record.cells) for record in table.headers())
        if line > table.header_line and find_result_columns(titles, properties, line, how.columns)[0]
    )
    try:
        line = None if how.above else next(found, None)
    except TableError:
        line = None  # what is wrong below is told once the titles are found
    if line is not None:
        fault = f"the columns {' and '.join(dict.fromkeys(p.column for p in problems))} are not there."
        way_out = f"The titles seem to stand in {table.counted} {line}: say --header-row {line}."
        problems = [RowProblem(table.header_line, "", "", fault, way_out)]
    others = ", ".join(table.others)
    return _error(
        table, problems, len(problems), f"Its other sheets (--sheet) are: {others}." if others else ""
    )


def _check_rows(check: ResultCheck, table: TextTable, how: HowToRead, progress: Progress) -> None:
    broken: list[TableError] = []

    def records() -> Iterator[Record]:
        try:
            yield from table.rows(check.sign)
        except TableError as error:  # the text stops being CSV: told together with what was found before
            broken.append(error)

    named = check.columns.polymer
    if named[0].name == "proposal_id":
        rows = with_proposed(records(), named[0], check.view.proposals)
    else:
        rows = with_polymers(records(), named, how.workers)
    for record, polymer in rows:
        check.row(record, polymer)
        if check.seen % _TOLD == 0:
            progress(check.seen, None, "rows checked")
    for error in broken:
        if not error.problems:
            raise error
        for problem in error.problems:
            check.take(problem)
    if not check.seen and not check.faults:
        fault, way_out = "the table has a header and no rows.", "Add rows below the header."
        check.take(RowProblem(table.header_line, "", "", fault, way_out))


def _decimal_sign(table: TextTable, columns: ResultColumns, how: HowToRead) -> tuple[DecimalSign, list[str]]:
    """The decimal sign of the file, and what is told of it."""
    if how.sign is not None:
        return how.sign, []
    signs = DecimalSigns(table.counted)
    numeric = [c for v in columns.values for c in (v.value, v.sem, v.n) if c is not None]
    places = {column.index: column.title for column in numeric}
    last = max(places)
    try:
        for record in table.rows(None):
            if len(record.cells) > last:
                for place, title in places.items():
                    signs.add(record.line, title, record.cells[place])
    except TableError:
        return ".", []  # told with its place when the rows are checked
    try:
        sign = signs.sign()
    except DecimalSignError as fault:
        raise _error(table, [fault.problem], 1) from None
    return sign, signs.remarks(sign)


def _error(table: TextTable, problems: list[RowProblem], count: int, hint: str = "") -> TableError:
    told = (replace(problem, counted=table.counted) for problem in problems)
    ordered = sorted(told, key=lambda problem: problem.line)
    faults = "1 fault" if count == 1 else f"{count:,} faults"
    lines = len({problem.line for problem in ordered})
    where = f"{lines:,} {table.counted}{'s' if lines > 1 else ''}"
    if count > MOST_PROBLEMS:
        where = f"{lines:,} or more {table.counted}s (the first {MOST_PROBLEMS:,} are listed)"
    message = f"{table.name} has {faults} on {where}; nothing was taken from it."
    return TableError(message, ordered, hint)
