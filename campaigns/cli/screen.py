"""What people read on the terminal: the ranking, the faulty rows, the tables of the other commands.

Everything fits 80 columns. No text that came from a file can steer the terminal, and a pipe gets no colours.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from campaigns.errors import RowProblem, SpecProblem
from campaigns.reports.wording import chance, counted, number, prediction, printable, printable_lines
from campaigns.tables.estimated import estimate_titles, spoken
from campaigns.tables.predicted import CHANCE, predicted_columns

if TYPE_CHECKING:
    import pandas as pd

    from campaigns.spec import ObjectiveSpec
    from discovery.acquisition.pareto import Front

WIDEST = 100
"""Columns beyond which a table becomes hard to read across."""

_LONGEST_VALUE = 40
"""Characters of a faulty cell that are shown; the line and the column say where the rest is."""


def console(*, stderr: bool = False) -> Console:
    """A console that neither interprets markup nor colours numbers, at most 100 columns wide."""
    stream = sys.stderr if stderr else sys.stdout
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(
            errors="replace"
        )  # a code page without ± must not end a command that has done its work
    made = _SafeConsole(file=stream, markup=False, highlight=False, emoji=False)
    if made.width > WIDEST:
        made.width = WIDEST
    return made


class _SafeConsole(Console):
    """A console on which no character of a text steers the terminal, whoever wrote the text."""

    def render_str(self, text: str, **how: Any) -> Text:
        """The text as it is shown."""
        return super().render_str(printable_lines(text), **how)


def ranking_table(frame: pd.DataFrame, properties: Sequence[ObjectiveSpec]) -> Table:
    """Proposals or a ranking, best first; a PSMILES is folded over lines where it is long, never cut.

    Args:
        frame: Columns ``rank``, ``psmiles``, ``reason`` and the predictions (:mod:`campaigns.tables.predicted`); optional
            ``name``, ``monomers``, ``reaction``, ``score``, ``feasible``, chances of constraints, and columns of estimates
            (:mod:`campaigns.tables.estimated`).
        properties: All that are modelled.
    """
    columns = predicted_columns(properties)
    predicted = any(frame[titles.mean].notna().any() for titles in columns.values())
    told = [title for title in map(str, frame.columns) if title == "feasible" or title.startswith(CHANCE)]
    # what holds of every one, such as a limit on what is known beforehand, need not be read in every row
    chances = [title for title in told if not (frame[title] == 1.0).all()]
    table = _table()
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("polymer", ratio=5, overflow="fold")
    if predicted and len(properties) == 1:
        table.add_column(f"{printable(properties[0].label)}\n± 95 %", justify="right", ratio=2)
    elif predicted:
        # beside the score as wide as without it
        table.add_column("predicted\n± 95 %", ratio=4 if "score" in frame else 3, min_width=15)
    if "score" in frame:
        table.add_column("score", justify="right", no_wrap=True)
    if chances:
        table.add_column("chance", ratio=3)
    estimated = estimate_titles([str(column) for column in frame.columns])
    if estimated:
        table.add_column("estimated\nby physics", ratio=3)
    table.add_column("why", ratio=4, overflow="fold")
    for row in frame.to_dict(orient="records"):
        cells: list[Text | str] = [str(row["rank"]), _polymer(row)]
        if predicted and len(properties) == 1:
            cells.append(_predicted(row))
        elif predicted:
            cells.append(_all_predicted(row, properties))
        if "score" in frame:
            cells.append(number(float(row["score"])))
        if chances:
            cells.append(_chances(row, chances))
        if estimated:
            cells.append(_estimated(row, estimated))
        cells.append(_cell(row.get("reason")))
        table.add_row(*cells)
    return table


def monomer_table(frame: pd.DataFrame, properties: Sequence[ObjectiveSpec]) -> Table:
    """Monomers, the likeliest to be in the top first; price and availability where the user's table tells them.

    Args:
        frame: As in :class:`campaigns.ranking.rank.Ranking`.
        properties: All that are modelled.
    """
    priced, averaged = bool(frame["price"].notna().any()), "average" in frame
    table = _table()
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("monomer", ratio=3, overflow="fold")
    if priced:
        table.add_column("price\nper g", justify="right")
    table.add_column("in top", justify="right", no_wrap=True)
    table.add_column("polymers\nto make", justify="right")
    if averaged:
        table.add_column("average,\nscreened", justify="right")
    table.add_column("its best polymer is made from", ratio=4, overflow="fold")
    single = len(properties) == 1
    title = f"{printable(properties[0].label)}\n± 95 %" if single else "predicted\n± 95 %"
    table.add_column(title, justify="right" if single else "left", ratio=2 if single else 3)
    for row in frame.to_dict(orient="records"):
        out_of_stock = " (not available)" if row["available"] is False else ""
        cells = [str(row["rank"]), _cell(row["monomer"]) + out_of_stock]
        if priced:
            cells.append(number(row["price"]))
        cells += [chance(row["in_top"]), str(row["polymers"])]
        if averaged:
            cells.append(number(row["average"]))
        cells += [_cell(row["made_from"]), _predicted(row) if single else _all_predicted(row, properties)]
        table.add_row(*cells)
    return table


def problem_table(problems: Sequence[RowProblem | SpecProblem]) -> Table:
    """Every fault of a table or a spec, with what to do about it."""
    table = _table()
    table.add_column("where", overflow="fold", max_width=28)
    if any(isinstance(problem, RowProblem) for problem in problems):
        table.add_column("value", overflow="fold", max_width=26)
    table.add_column("what is wrong, and what to do", ratio=1)
    for problem in problems:
        advice = Text(printable(problem.fault)).append(
            f"\n{printable(problem.what_to_do)}" if problem.what_to_do else ""
        )
        if isinstance(problem, RowProblem):
            where = f"{problem.counted} {problem.line}" + (
                f"\n{printable(problem.column)}" if problem.column else ""
            )
            value = (
                printable(problem.value, _LONGEST_VALUE) if problem.value else Text("(empty)", style="dim")
            )
            table.add_row(where, value, advice)
        else:
            table.add_row(printable(problem.where), advice)
    return table


def plain_table(
    headings: Sequence[str], rows: Iterable[Sequence[object]], *, right: Iterable[int] = ()
) -> Table:
    """Any small table; ``right`` lists the columns that hold numbers."""
    aligned = set(right)
    table = _table(expand=False)
    for position, heading in enumerate(headings):
        table.add_column(heading, justify="right" if position in aligned else "left", overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else _cell(cell) for cell in row))
    return table


def pairs(values: Mapping[str, object]) -> Table:
    """Labels with their values, without a frame."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for label, value in values.items():
        table.add_row(label, _cell(value))
    return table


def notes(lines: Iterable[str]) -> Text:
    """Sentences the reader must see, one a line."""
    return Text("\n".join(printable(line) for line in lines))


def front_line(front: Front) -> Text:
    """The Pareto front in one sentence: how many polymers, and how much they cover."""
    polymers = counted(len(front.keys), "measured polymer")
    names = " and ".join(front.names)
    return Text(
        printable(f"Pareto front of {names}: {polymers}, hypervolume {number(front.hypervolume, 4)}.")
    )


def _table(*, expand: bool = True) -> Table:
    return Table(box=box.SIMPLE_HEAD, expand=expand, pad_edge=False, header_style="bold", padding=(0, 1))


def _cell(value: object) -> str:
    if value is None or value != value:  # None or NaN
        return ""
    if isinstance(value, float):
        return number(value, 4)
    return printable_lines(str(value))


def _polymer(row: Mapping[object, object]) -> Text:
    """The name or the monomers first, then the PSMILES."""
    psmiles = printable(str(row["psmiles"]))
    title = _cell(row.get("name")) or _cell(row.get("monomers"))
    text = Text(f"{title}\n" if title else "")
    text.append(psmiles, style="dim" if title else "")
    return text


def _estimated(row: Mapping[object, object], titles: Sequence[str]) -> str:
    """One line for each property that has an estimate."""
    lines = []
    for title in titles:
        value, (name, unit) = _cell(row.get(title)), spoken(title)
        lines += [f"{name} {value} {unit}".strip()] if value else []
    return "\n".join(lines)


def _all_predicted(row: Mapping[object, object], properties: Sequence[ObjectiveSpec]) -> str:
    """Each property that is predicted, and under it what; side by side they would not fit."""
    lines = []
    for told in properties:
        shown = _predicted(row, predicted_columns(properties)[told.name].titles)
        if shown != number(None):
            lines += [printable(told.label), f"  {shown}"]
    return "\n".join(lines)


def _chances(row: Mapping[object, object], titles: Sequence[str]) -> str:
    """That it can be made, and that each constraint holds, with the chance under it."""
    lines = []
    for title in titles:
        share = row.get(title)
        if isinstance(share, float) and share == share:
            what = "it can be made" if title == "feasible" else title.removeprefix(CHANCE)
            lines += [printable(what), f"  {chance(share)}"]
    return "\n".join(lines)


def _predicted(row: Mapping[object, object], titles: Sequence[str] = ("mean", "lower", "upper")) -> str:
    bounds = [row.get(key) for key in titles]
    return prediction(*(float(value) if isinstance(value, int | float) else None for value in bounds))
