"""Columns of tables, by polymer: what the benchmarks on measured values read."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from discovery.errors import PolymerError
from discovery.polymers import RepeatUnit


def units_of(frame: pd.DataFrame) -> list[RepeatUnit | None]:
    """The polymer of each row, named in `psmiles` or `smiles`; ``None`` where it is not a linear homopolymer."""
    return [_parsed(text) for text in frame["psmiles" if "psmiles" in frame else "smiles"]]


def merged(
    units: Iterable[RepeatUnit | None], values: Iterable[float], *, logarithm: bool = False
) -> dict[RepeatUnit, float]:
    """The median of the values, or of their decimal logarithms, of each polymer, in the order of the rows."""
    found: dict[RepeatUnit, list[float]] = {}
    for unit, value in zip(units, values, strict=True):
        if unit is not None and math.isfinite(value) and (value > 0 or not logarithm):
            found.setdefault(unit, []).append(math.log10(value) if logarithm else float(value))
    return {unit: float(np.median(each)) for unit, each in found.items()}


def read(path: Path, column: str) -> tuple[list[RepeatUnit], NDArray[np.float64]]:
    """Polymers and the medians of their values, in the order of the rows."""
    frame = pd.read_csv(path)
    values = merged(units_of(frame), frame[column].astype(float))
    return list(values), np.array(list(values.values()))


def column_of(argument: str) -> tuple[str, dict[RepeatUnit, float]]:
    """Name and values by polymer of TABLE:COLUMN, or of the logarithms of the medians for TABLE:COLUMN:log10."""
    path, column = argument.removesuffix(":log10").rsplit(":", 1)
    values = dict(zip(*read(Path(path), column), strict=True))
    if argument.endswith(":log10"):
        values = {unit: math.log10(value) for unit, value in values.items() if value > 0}
    return f"{Path(path).stem}:{column}", values


def _parsed(text: str) -> RepeatUnit | None:
    try:
        return RepeatUnit.parse(text)
    except PolymerError:
        return None
