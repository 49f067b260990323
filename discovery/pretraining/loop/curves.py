"""The losses of a run: kept line by line, and drawn.

A line of ``losses.jsonl`` is a step of the training, or a measurement on held-out polymers after one; ``held_out`` says which.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from discovery.errors import PretrainingStateError

SMOOTHED_SHARE = 0.02
"""Share of the run over which the drawn training losses are averaged."""


@dataclass(frozen=True, slots=True)
class Record:
    """What was measured after a step."""

    step: int
    held_out: bool
    terms: Mapping[str, float]

    def line(self) -> str:
        """The record as one line of JSON."""
        return json.dumps({"step": self.step, "held_out": self.held_out, **self.terms}) + "\n"


def read_records(file: Path) -> list[Record]:
    """The records in a file, none where there is no file; a last line that was cut off by an interruption is left out.

    Raises:
        PretrainingError: When any other line is no record.
    """
    if not file.is_file():
        return []
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        del lines[-1]
    records = []
    for number, line in enumerate(lines, 1):
        try:
            document = json.loads(line)
            records.append(Record(document.pop("step"), document.pop("held_out"), document))
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise PretrainingStateError(
                f"Line {number} of {file} is no record of a step.",
                "Remove the line, or the file: only the curves before lose it.",
            ) from error
    return records


def forget_after(file: Path, step: int) -> None:
    """Remove the records after ``step``: those steps were not saved and will be done again."""
    if not file.is_file():
        return
    part = file.with_suffix(".part")
    kept = [record.line() for record in read_records(file) if record.step <= step]
    part.write_text("".join(kept), encoding="utf-8")
    os.replace(part, file)


def draw_curves(records: Sequence[Record], out: Path) -> None:
    """Draw every term against the steps, training and held-out in one panel, into the PNG file ``out``."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    terms = list(dict.fromkeys(name for record in records for name in record.terms))
    columns = min(3, max(1, len(terms)))
    rows = max(1, -(-len(terms) // columns))
    figure = Figure(figsize=(4.2 * columns, 3.0 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    for place, name in enumerate(terms, start=1):
        panel = figure.add_subplot(rows, columns, place)
        steps, values = _series(records, name, held_out=False)
        if len(steps):
            width = max(1, int(SMOOTHED_SHARE * len(steps)))
            panel.plot(steps, values, color="tab:blue", alpha=0.25, linewidth=0.6)
            panel.plot(*_smooth(steps, values, width), color="tab:blue", linewidth=1.4, label="training")
        steps, values = _series(records, name, held_out=True)
        if len(steps):
            panel.plot(steps, values, "o-", color="tab:orange", markersize=3, linewidth=1, label="held out")
        panel.set_title(name)
        panel.set_xlabel("step")
        panel.grid(alpha=0.25)
        panel.legend(frameon=False, fontsize="small")
    figure.savefig(out, dpi=110)


def _series(
    records: Sequence[Record], name: str, *, held_out: bool
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    chosen = [r for r in records if r.held_out == held_out and name in r.terms]
    return np.array([r.step for r in chosen], dtype=np.int64), np.array([r.terms[name] for r in chosen])


def _smooth(
    steps: NDArray[np.int64], values: NDArray[np.float64], width: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Running mean over ``width`` steps, each placed at its last."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    return steps[width - 1 :], (sums[width:] - sums[:-width]) / width
