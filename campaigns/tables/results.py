"""Tables of results: the whole table is checked first, every fault is told, and only a table without fault
gives any row.

One reader serves a plain table (``psmiles``, ``tg``), a literature table with ``sem``, ``n``, ``name`` and
``reference``, and the form of proposals that the scientist filled in.

A table holds one property of the campaign or several, each in a column of its name; empty cells are normal, as long as a row
has one value or a status; a row with numbers of other properties alone is passed over and counted.

Units come from the title (``tg [degC]``), from a column ``tg_unit``, or are the campaign's own. The
standard error stands in ``tg_sem`` and the number of specimens in ``tg_n``; where the table holds no other property of the
campaign, in ``sem`` and ``n`` as well. A standard error is in the unit of its value unless its own title says otherwise.

A cell may be a limit: ``>350`` or ``≥350`` (the property lies above), ``<0.01`` or ``<=0.01`` (below). A limit has no
standard error, so that one beside it is a fault; its number of specimens is taken. A property on a logarithmic scale has
neither values nor limits of zero or less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.errors import RowProblem, TableError
from campaigns.ledger.records import LedgerView, Property, ResultRow, Source
from campaigns.tables.columns import find_result_columns
from campaigns.tables.result_check import ResultCheck
from campaigns.tables.text import TableSource, open_table
from discovery.progress import Progress, silent

_TOLD = 200
"""Rows between two reports of progress."""


@dataclass(frozen=True, slots=True)
class CheckedResults:
    """A table of results without fault."""

    rows: tuple[ResultRow, ...]
    """In the order of the file, one for each value, in its property's unit."""
    properties: tuple[Property, ...]
    """Those that the table holds."""
    source: Source
    skipped: int
    """Rows of a form that are not filled in: a proposal id, but neither status nor value."""
    ignored_columns: tuple[str, ...]
    """Titles of columns that were not read."""
    remarks: tuple[str, ...]
    """What the user may want to know although it is no fault."""
    without_value: int = 0
    """Rows passed over that have no value of any property that is read."""


def read_results(
    source: TableSource,
    properties: Sequence[Property],
    view: LedgerView | None = None,
    *,
    gaps: bool = False,
    progress: Progress = silent,
) -> CheckedResults:
    """Checks a table of results and gives its rows.

    Args:
        source: A CSV file (UTF-8; commas, semicolons or tabs), or a data frame, whose lines are numbered as
            if it were written to CSV.
        properties: Those that are read, and the units that their values are converted to; the table holds at least one of them.
        view: What the campaign knows of its proposals; a campaign without proposals if None.
        gaps: Pass over rows without any value, as in a table that is about other properties as well.
        progress: Told of the rows that are checked.

    Raises:
        TableError: The table has faults; every one of them is in ``problems``, in the order of lines.
    """
    with open_table(source) as table:
        columns, problems = find_result_columns(table.header, properties, table.header_line)
        if columns is None:
            raise _error(table.name, problems)
        check = ResultCheck(table, columns, view or LedgerView(), gaps=gaps)
        check.remarks.extend(columns.remarks)
        check.titles()
        try:
            for record in table.records:
                check.row(record)
                if check.seen % _TOLD == 0:
                    progress(check.seen, None, "rows checked")
        except TableError as error:  # the text stops being CSV: told together with what was found before
            check.problems.extend(error.problems)
        if not check.seen and not check.problems:
            fault, way_out = "the table has a header and no rows.", "Add rows below the header."
            check.problems.append(RowProblem(table.header_line, "", "", fault, way_out))
    if check.problems:
        raise _error(table.name, check.problems)
    if table.separator != "commas":
        check.remarks.insert(0, f"{table.name} is separated by {table.separator}.")
    return CheckedResults(
        tuple(check.rows),
        tuple(values.of for values in columns.values),
        Source(table.name, table.sha256),
        check.skipped,
        columns.ignored,
        tuple(check.remarks),
        check.without_value,
    )


def _error(name: str, problems: list[RowProblem]) -> TableError:
    ordered = sorted(problems, key=lambda problem: problem.line)
    faults = "1 fault" if len(ordered) == 1 else f"{len(ordered)} faults"
    lines = len({problem.line for problem in ordered})
    message = f"{name} has {faults} on {lines} line{'s' if lines > 1 else ''}; nothing was taken from it."
    return TableError(message, ordered)
