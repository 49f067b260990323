"""Columns of a frame that may be missing or hold gaps, as texts that can be shown."""

from __future__ import annotations

import pandas as pd


def texts(rows: pd.DataFrame, column: str) -> list[str]:
    """The cells of a column without blanks around them; empty ones where there is no such column, or nothing in a cell."""
    if column not in rows:
        return [""] * len(rows)
    return ["" if pd.isna(value) else str(value).strip() for value in rows[column]]


def has_text(rows: pd.DataFrame, column: str) -> bool:
    """Whether any cell of a column says something."""
    return any(texts(rows, column))
