"""Constraints on what is known of every candidate without measuring it: who breaks one is left out unscored."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from discovery.acquisition.objectives import Goal
from discovery.polymers import Candidate
from discovery.polymers.accessibility import sa_score
from discovery.pools.chunk import fixed_column, take


class FixedColumns:
    """The constraints of a goal on fixed columns.

    A candidate of unknown cost is left out where there is a constraint on the cost: it may not be afforded. Its synthetic
    accessibility is computed where nobody told it.

    Args:
        goal: Its constraints on other properties are left to the surrogates.
        left_out: Gets the number of candidates left out, by reason.
    """

    def __init__(self, goal: Goal, left_out: Counter[str]) -> None:
        self.constraints = tuple(c for c in goal.constraints if c.fixed)
        self._left_out = left_out
        self.dropped = 0

    def kept(self, chunks: Iterator[Sequence[Candidate]]) -> Iterator[Sequence[Candidate]]:
        """The candidates that break none; chunks that lose all are not given."""
        for chunk in chunks:
            rest = chunk
            for constraint in self.constraints:
                values = _values(rest, constraint.name)
                held = constraint.allows(values)
                unknown = int(np.isnan(values).sum())
                self._count(f"excluded: {constraint.name} unknown", unknown)
                self._count(f"excluded: not {constraint.label}", len(values) - unknown - int(held.sum()))
                if not held.all():
                    rest = take(rest, np.flatnonzero(held).tolist())
            if len(rest):
                yield rest

    def fault(self, candidate: Candidate) -> str:
        """Why a candidate may not be proposed; empty where it may."""
        for constraint in self.constraints:
            values = _values([candidate], constraint.name)
            if math.isnan(values[0]):
                return f"excluded: {constraint.name} unknown"
            if not constraint.allows(values)[0]:
                return f"excluded: not {constraint.label}"
        return ""

    def _count(self, reason: str, number: int) -> None:
        self._left_out[reason] += number
        self.dropped += number


def _values(chunk: Sequence[Candidate], name: str) -> NDArray[np.float64]:
    values = fixed_column(chunk, name)
    if name == "sa_score":
        for row in np.flatnonzero(np.isnan(values)).tolist():
            values[row] = sa_score(chunk[row].unit)
    return values
