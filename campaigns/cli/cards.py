"""Cards of a report on the terminal: the same words and tables as in the HTML page; of a figure its caption."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from rich.console import RenderableType
from rich.rule import Rule
from rich.text import Text

from campaigns.cli.screen import notes, pairs, plain_table
from campaigns.reports.cards import Card
from campaigns.reports.wording import printable

WIDE = 6
"""Columns from which a table is shown row by row, each column on a line of its own: a terminal of 80 characters holds no more."""


def card_lines(card: Card) -> Iterator[RenderableType]:
    """What to print of a card, part by part."""
    yield Rule(Text(printable(card.title), style="bold"), align="left", characters="─")
    if card.facts:
        yield pairs(dict(card.facts))
    if card.paragraphs:
        yield Text()
        yield notes(card.paragraphs)
    if card.frame is not None and len(card.frame):
        yield Text()
        if len(card.frame.columns) < WIDE:
            yield _table(card.frame)
        else:
            yield from _row_by_row(card.frame)
    if card.captions:
        yield Text()
        yield notes(f"Figure: {caption}" for caption in card.captions)
    yield Text()


def _table(frame: pd.DataFrame) -> RenderableType:
    numeric = [i for i, column in enumerate(frame.columns) if pd.api.types.is_numeric_dtype(frame[column])]
    rows = frame.itertuples(index=False, name=None)
    return plain_table([str(column) for column in frame.columns], rows, right=numeric)


def _row_by_row(frame: pd.DataFrame) -> Iterator[RenderableType]:
    for row in frame.itertuples(index=False, name=None):
        told = {
            str(column): cell for column, cell in zip(frame.columns, row, strict=True) if str(cell).strip()
        }
        yield pairs({printable(label): str(cell).replace("\n", ", ") for label, cell in told.items()})
        yield Text()
