"""What a check found, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from campaigns.checking.columns import Role
from campaigns.checking.report import CheckReport, ColumnReport, Difference, LeftOut
from campaigns.reports.wording import counted

LONGEST = 40
"""Characters of a cell that a sentence quotes."""


def summary(report: CheckReport) -> str:
    """The whole check in one paragraph."""
    chain, thing = ("chain", "repeat unit") if report.holds == "polymers" else ("molecule", "molecule")
    what = report.holds if report.holds == "polymers" else "molecules (monomers; no text has a *)"
    said = [
        f"{report.path.name} is a table of {what} with {counted(report.rows, 'row')}, read from its column "
    ]
    said[0] += f"{report.column}."
    if not report.valid:
        return " ".join(
            [*said, f"None of them is a {thing} that can be used, so no cleaned table was written."]
        )
    sound = (
        "All of them can be used."
        if not report.faulty
        else (
            f"{counted(report.valid, 'row')} can be used; {report.faulty:,} cannot, for "
            f"{counted(len(report.faults), 'kind')} of reason."
        )
    )
    said.append(sound)
    if report.merged:
        said.append(
            f"They are {counted(report.distinct, f'different {chain}')}: {report.merged:,} "
            f"{'stands' if report.merged == 1 else 'stand'} on more than one row ({report.merged_rows:,} rows) "
            f"and {'was' if report.merged == 1 else 'were'} merged, {_share(report.rewritten, report.merged)} from different "
            f"writings of the same {chain}."
        )
        said.append(_agreement(report))
    else:
        said.append(f"Each {chain} stands there once.")
    odd = sum(column.odd_count for column in report.columns)
    if odd:
        said.append(
            f"{counted(odd, 'cell')} {'is' if odd == 1 else 'are'} not what the column holds (see Cells)."
        )
    if report.further is not None:
        said.append(_covered(report))
    if report.clean:
        said.append("There is nothing to mend.")
    return " ".join(said)


def _agreement(report: CheckReport) -> str:
    if not report.differing:
        return "Nowhere do their values disagree."
    differ = f"For {_share(report.differing, report.merged)} the rows have different values"
    if report.flagged:
        return f"{differ}, for {report.flagged:,} by more than the rule of the column lets pass (see there)."
    rules = [f"In {found.title} a chain {found.rule}" for found in report.columns if found.differing]
    told = rules[0] if len(rules) == 1 else "See the rule of each column."
    return f"{differ}, and none is flagged. {told} Whether that is noise, the table cannot tell."


def _share(part: int, whole: int) -> str:
    if part == whole:
        return "it" if whole == 1 else "all of them"
    return f"{part:,} of them" if part else "none of them"


def _covered(report: CheckReport) -> str:
    if report.further is None:
        return ""
    share = f"{report.further.covered:,} of {report.distinct:,}"
    if report.holds == "polymers":
        return f"A rule makes {share} chains."
    return f"The rules of polymerisation use {share} molecules."


def faulty_cells(column: ColumnReport, line: str, shown: int) -> str:
    """``12 cells of tg [K] are not numbers: '~350' on line 4, which is an estimate, ...``; empty where there are none."""
    if not column.odd_count:
        return ""
    what = "CAS number" if column.role is Role.TEXT else "number"
    verb = f"is not a {what}" if column.odd_count == 1 else f"are not {what}s"
    examples = [
        f"{_quoted(cell.text)} on {line} {cell.line}, which {cell.fault.rstrip('.')}"
        for cell in column.odd[:shown]
    ]
    return (
        f"{counted(column.odd_count, 'cell')} of {column.title} {verb}: {_listed(examples, column.odd_count)}"
    )


def missing_cells(column: ColumnReport) -> str:
    """How many cells say in words that there is no value; empty where there are none."""
    if not column.missing:
        return ""
    verb = "holds" if column.missing == 1 else "hold"
    return (
        f"{counted(column.missing, 'cell')} of {column.title} {verb} a mark such as n/a or -: "
        "left empty in the cleaned table."
    )


def left_out_cells(column: ColumnReport, line: str, shown: int) -> str:
    """What the cleaned table does not keep of a column; empty where there is nothing."""
    if not column.left_out_count:
        return ""
    verb = "is" if column.left_out_count == 1 else "are"
    if column.role is Role.ERROR:
        why = "not kept, since an error belongs to one value and its row was merged with others"
        examples = [f"{_quoted(cell.text)} on {line} {cell.line}" for cell in column.left_out[:shown]]
    else:
        why = "not kept, since another row of the chain says something else"
        examples = [
            f"{_quoted(cell.text)} on {line} {cell.line} ({_quoted(cell.kept)}{_origin(cell, line)} is)"
            for cell in column.left_out[:shown]
        ]
    said = _listed(examples, column.left_out_count)
    return f"{counted(column.left_out_count, 'cell')} of {column.title} {verb} {why}: {said}"


def _origin(cell: LeftOut, line: str) -> str:
    return f" on {line} {cell.kept_line}" if cell.kept_line else ", the median of its other values,"


def rule(column: ColumnReport) -> str:
    """How the values of a column differ, and from where on a chain is flagged."""
    chains = counted(column.differing, "chain")
    verb = "has" if column.differing == 1 else "have"
    flagged = f"{column.flagged:,} flagged" if column.flagged else "none flagged"
    return f"{column.title}: {chains} {verb} different values, {flagged}. A chain {column.rule}"


def readings(difference: Difference) -> Iterator[tuple[str, str, str]]:
    """Value, line and polymer as written of each row of a chain; a gap where not all are listed."""
    rows = list(zip(difference.values, difference.lines, difference.written, strict=True))
    gap = difference.count - len(rows)
    for place, (value, line, written) in enumerate(rows):
        if gap and place == len(rows) // 2:
            yield "…", f"{gap:,} more", ""
        yield f"{value:.6g}", str(line), written


def _listed(examples: list[str], count: int) -> str:
    more = f"; and {count - len(examples):,} more" if count > len(examples) else ""
    return f"{'; '.join(examples)}{more}."


def _quoted(text: str) -> str:
    return repr(text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…")
