"""A ranking as a CSV file for a spreadsheet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from campaigns.ledger.measurements import Property
from campaigns.tables.form import replaced
from campaigns.tables.formulas import shown
from campaigns.tables.predicted import predicted_columns, predicted_titles

if TYPE_CHECKING:
    import pandas as pd


def write_ranking(path: Path, frame: pd.DataFrame, properties: Sequence[Property]) -> Path:
    """Writes a ranking, whole or not at all, with six figures to a number, and returns the file's path.

    Predictions are titled as in the form of proposals, and what is measured has its unit in the title.

    Args:
        path: File to write; an older one is replaced.
        frame: Of candidates or of monomers. A text that a spreadsheet would run as a formula is marked as a text.
        properties: All that are modelled.

    Raises:
        TableError: The file cannot be written.
    """
    safe = frame.map(lambda cell: shown(cell) if isinstance(cell, str) else cell)
    with replaced(path) as file:
        safe.rename(columns=_titles(properties)).to_csv(
            file, index=False, float_format="%.6g", lineterminator="\n"
        )
    return path


def _titles(properties: Sequence[Property]) -> dict[str, str]:
    """What the columns of a frame are called in the file, where that is something else."""
    columns = predicted_columns(properties)
    in_frame = [title for p in properties for title in columns[p.name].titles]
    titles = dict(zip(in_frame, predicted_titles(properties), strict=True))
    units = {p.name: f" [{p.unit}]" if p.unit else "" for p in properties}
    if len(properties) == 1:
        [(name, unit)] = units.items()
        return {**titles, "measured": f"{name}_measured{unit}", "average": f"average{unit}"}
    return {**titles, **{f"{name}_measured": f"{name}_measured{unit}" for name, unit in units.items()}}
