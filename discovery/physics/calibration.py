"""Contributions of chain parts, and how they were found.

``chain_part_contributions.csv`` holds, for each part in the backbone, each part beside it and each feature of the
backbone, the contributions to three molar functions: the glass transition function Yg and the decomposition function Yd,
in K kg/mol, and the mass of char, in g/mol. The form is van Krevelen's (Properties of Polymers, 4th ed., chapters 6 and
21): Tg = sum Yg / M, Td,1/2 = sum Yd / M, char yield = sum / M. The numbers are not his. His tables cover too few of the
heterocyclic, fluorinated and phosphorus-containing chains, so each contribution has a starting value (``_start``) - his
own for the common groups, as far as one number stands for a group; for the others the part's mass times an ordinary
temperature, or the carbon that such a ring leaves - and an allowance (``_spread``), and was then moved by ridge regression
to fit the well-known polymers of ``reference_polymers.csv``. Their values are the ones commonly given in handbooks
(Brandrup, Polymer Handbook; Mark, Polymer Data Handbook; van Krevelen; Lyon and Janssens, DOT/FAA/AR-05/14), rounded and
written down from general knowledge of them, not compared with a copy; for semicrystalline polymers and
those that char they scatter by 20 K and a few per cent between sources.

:func:`calibrated` repeats the regression; a test holds the table to it.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from discovery.physics.atoms import atoms
from discovery.physics.chain_parts import FEATURES, PARTS, ChainParts, parts_of
from discovery.physics.groups import EndlessChain
from discovery.polymers import RepeatUnit

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class MolarFunction:
    """A sum of contributions that, over the molar mass, gives a property."""

    column: str
    """In the table of contributions."""
    reference: str
    """Column of the reference polymers that holds the property."""
    noise: float
    """How far reference values scatter, in the property's unit: the weight of a reference in the regression."""
    scale: float
    """From contributions over g/mol to the property."""

    def value(self, parts: ChainParts, mass: float) -> float:
        """The property of a chain with these parts and this molar mass, g/mol."""
        return float(_counts(parts) @ contributions(self)) * self.scale / mass


STIFFNESS = MolarFunction("yg", "tg_K", noise=25.0, scale=1000.0)
STABILITY = MolarFunction("yd", "td_K", noise=25.0, scale=1000.0)
CHAR = MolarFunction("char", "char_fraction", noise=0.05, scale=1.0)


@cache
def contributions(function: MolarFunction) -> NDArray[np.float64]:
    """The table's column: parts in the backbone, parts beside it, features of the backbone."""
    return np.array([float(row[function.column]) for row in _table()])


def calibrated(function: MolarFunction) -> NDArray[np.float64]:
    """What :func:`contributions` was made by: ridge regression from the starting values on the reference polymers."""
    start, spread = (
        np.array([float(row[f"{function.column}_{kind}"]) for row in _table()])
        for kind in ("start", "spread")
    )
    rows, values = [], []
    for unit, value in references(function):
        chain = EndlessChain.of(unit)
        rows.append(_counts(parts_of(chain)) * function.scale / atoms(chain).mass)
        values.append(value)
    counts = np.array(rows) / function.noise
    residuals = np.array(values) / function.noise - counts @ start
    moved = np.linalg.solve(counts.T @ counts + np.diag(spread**-2.0), counts.T @ residuals)
    return np.asarray(start + moved)


def references(function: MolarFunction) -> list[tuple[RepeatUnit, float]]:
    """The reference polymers that have a value of the property."""
    with (_FOLDER / "reference_polymers.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    known = (row for row in rows if row[function.reference])
    return [(RepeatUnit.parse(row["psmiles"]), float(row[function.reference])) for row in known]


def _counts(parts: ChainParts) -> NDArray[np.float64]:
    return np.concatenate((parts.backbone, parts.side, parts.features))


@cache
def _table() -> tuple[dict[str, str], ...]:
    with (_FOLDER / "chain_part_contributions.csv").open(encoding="utf-8", newline="") as file:
        rows = tuple(csv.DictReader(file))
    names = [part.name for part in PARTS]
    order = [("backbone", name) for name in names] + [("side", name) for name in names]
    order += [("feature", name) for name in FEATURES]
    if [(row["place"], row["part"]) for row in rows] != order:
        raise ValueError(
            "chain_part_contributions.csv does not list the parts of discovery.physics.chain_parts in order"
        )
    return rows
