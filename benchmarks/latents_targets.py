"""What `latents.py` predicts: columns of tables, by polymer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from reading import merged, units_of

from discovery.physics.calibration import CHAR, STABILITY, STIFFNESS, references
from discovery.polymers import RepeatUnit

CALIBRATED = (STIFFNESS, STABILITY, CHAR)

LEAST = 40
"""Polymers that a target must have: twenty to learn from and twenty to predict."""


@dataclass(frozen=True, eq=False)
class Target:
    """A column of a table: units in the order of their keys and their values."""

    table: str
    name: str
    units: tuple[RepeatUnit, ...]
    values: NDArray[np.float64]
    unseen: bool = False
    """Whether the polymers that estimates of this property were calibrated on are left out, for a comparison with and without."""


@dataclass(frozen=True)
class References:
    """What the estimates among the labels of the bundled encoders were calibrated on."""

    columns: frozenset[str]
    """Names of the properties as columns, such as ``tg_K``."""
    keys: frozenset[str]
    """Of the polymers."""

    @classmethod
    def of_physics(cls) -> References:
        """Those of :mod:`discovery.physics.calibration`."""
        keys = {unit.key for function in CALIBRATED for unit, _ in references(function)}
        return cls(frozenset(function.reference for function in CALIBRATED), frozenset(keys))


class Tables:
    """Reads each file once, however many of its columns are asked for.

    Args:
        rows: Polymers of each target, at most.
        references: Polymers whose measurements went into the labels: a target of a property that they were for comes a second
            time without them.
    """

    def __init__(self, rows: int, references: References) -> None:
        self.rows, self.references = rows, references
        self._read: dict[Path, tuple[pd.DataFrame, list[RepeatUnit | None]]] = {}

    def targets(self, argument: str) -> Iterator[Target | str]:
        """The targets of one argument, or in words why there is none."""
        place, columns = argument.removesuffix(":log10").rsplit(":", 1)
        path = Path(place)
        if path not in self._read:
            frame = pd.read_csv(path)
            self._read[path] = frame, units_of(frame)
        frame, units = self._read[path]
        logarithm = argument.endswith(":log10")
        for column in columns.split(","):
            name = f"{path.name.split('.')[0]}:{column}"
            if not any(units):
                yield f"{name}: no polymers (a polymer has two stars), skipped"
                continue
            values = merged(units, frame[column].astype(float), logarithm=logarithm)
            chosen = dict(sorted(values.items(), key=lambda item: item[0].key)[: self.rows])
            yield _target(path.name, name, chosen)
            # of the same rows, so that no more polymers have to be encoded
            others = {unit: value for unit, value in chosen.items() if unit.key not in self.references.keys}
            if column in self.references.columns and len(others) < len(chosen):
                yield _target(path.name, f"{name} without reference polymers", others, unseen=True)


def _target(table: str, name: str, values: dict[RepeatUnit, float], *, unseen: bool = False) -> Target | str:
    if len(values) < LEAST:
        return f"{name}: {len(values)} polymers, {LEAST} are needed, skipped"
    return Target(table, name, tuple(values), np.array(list(values.values())), unseen)
