"""Texts that a spreadsheet would run: marked as texts on the way out, and taken back as they were.

A cell of a CSV file that begins with one of :data:`STARTS` is a formula to a spreadsheet, whoever wrote it (CWE-1236). An
apostrophe before it marks it as a text. A text that begins with an apostrophe of its own gets one more, so that every text comes
back. Numbers are no texts: write them as they are, minus sign and all.
"""

from __future__ import annotations

import re

STARTS = ("=", "+", "-", "@", "\t", "\r", "'")
"""What a text must not begin with in a file that a spreadsheet opens."""

_MARK = "'"
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?")
"""With a decimal point or a decimal comma."""


def neutral(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"{_MARK}{text}" if text.startswith(STARTS) else text


def original(text: str) -> str:
    """The text that :func:`neutral` was given."""
    return text[1:] if text.startswith(_MARK) and text[1:].startswith(STARTS) else text


def neutral_cell(text: str) -> str:
    """A cell of the user's table that is handed on: what is no formula stays, so that a table may go through more than once."""
    text = with_plain_breaks(text)
    return text if text.startswith(_MARK) or _NUMBER.fullmatch(text) else neutral(text)


def shown(text: str) -> str:
    """A text of ours in a table for people, as no formula."""
    return neutral(with_plain_breaks(text))


def with_plain_breaks(text: str) -> str:
    """A text whose lines end in line feeds: csv leaves a lone carriage return unquoted, where a spreadsheet would end the row and
    run what follows.
    """
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
