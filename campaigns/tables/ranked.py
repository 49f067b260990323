"""A ranking as a CSV file for a spreadsheet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from campaigns.tables.form import no_formula, replaced

if TYPE_CHECKING:
    import pandas as pd


def write_ranking(path: Path, frame: pd.DataFrame) -> Path:
    """Writes a ranking, whole or not at all, with six figures to a number, and returns the file's path.

    Args:
        path: File to write; an older one is replaced.
        frame: Of candidates or of monomers. A text that a spreadsheet would run as a formula is marked as a text.

    Raises:
        TableError: The file cannot be written.
    """
    safe = frame.map(lambda cell: no_formula(cell) if isinstance(cell, str) else cell)
    with replaced(path) as file:
        safe.to_csv(file, index=False, float_format="%.6g", lineterminator="\n")
    return path
