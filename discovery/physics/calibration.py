"""Contributions of chain parts, and how they were found.

``chain_part_contributions.csv`` holds, for each part in the backbone, each part beside it and each feature of the
backbone, the contributions to three molar functions: the glass transition function Yg and the decomposition function Yd,
in K kg/mol, and the mass of char, in g/mol. The form is van Krevelen's (Properties of Polymers, 4th ed., chapters 6 and
21): Tg = sum Yg / M, Td,1/2 = sum Yd / M, char yield = sum / M. The numbers are not his, nor are those that they start
from: each contribution has a starting value of our own (``_start``) - for the common groups of the size that such a group
has in his tables; for the others the part's mass times an ordinary temperature, or the carbon that such a ring leaves - and
an allowance (``_spread``), and was then moved by ridge regression to fit the well-known polymers of
``reference_polymers.csv``. Their values are the ones commonly given in handbooks (Brandrup, Polymer Handbook; Mark,
Polymer Data Handbook; van Krevelen; Lyon and Janssens, DOT/FAA/AR-05/14) and in the reviews of a class, rounded and written
down from general knowledge of them, not compared with a copy; for semicrystalline polymers and those that char they
scatter by 20 K and a few per cent between sources.

``_references`` counts the reference polymers that hold a part. Where it is none, the contribution is its starting value: a
chain with much of its mass in such parts is told apart by :meth:`MolarFunction.doubt`. :func:`calibrated` repeats the
regression, :func:`left_out_errors` tells what it is good for; a test holds the table to both. After a change of reference
polymers, starting values or allowances ``python benchmarks/physics_calibration.py --write`` writes the table again
(:func:`recalibrated`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from discovery.physics.atoms import atoms
from discovery.physics.chain_parts import FEATURES, PARTS, ChainParts, parts_of
from discovery.physics.groups import EndlessChain
from discovery.polymers import RepeatUnit
from discovery.polymers.molecule import atoms_of

_HYDROGEN = Chem.GetPeriodicTable().GetAtomicWeight(1)

MOST_UNREFERENCED = 0.25
"""Share of a repeat unit's mass in parts of no reference polymer beyond which an estimate is told to be a guess."""


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

    def doubt(self, chain: EndlessChain, parts: ChainParts) -> str:
        """In words, which parts no reference polymer holds, if more than :data:`MOST_UNREFERENCED` of the mass is theirs.

        Args:
            chain: A chain.
            parts: What it consists of.

        Returns:
            Empty where the references vouch for enough of the chain.
        """
        unheard = _unreferenced(self)
        held = np.concatenate((parts.backbone, parts.side)) > 0
        if not (held & unheard).any():
            return ""
        masses = np.zeros(len(unheard))
        for atom, owner in zip(atoms_of(chain.mol), parts.owners, strict=True):
            masses[owner] += atom.GetMass() + atom.GetTotalNumHs() * _HYDROGEN
        share = masses[unheard].sum() / masses.sum()
        if share <= MOST_UNREFERENCED:
            return ""
        named = [
            f"{PARTS[place % len(PARTS)].name} {'beside' if place >= len(PARTS) else 'in'} the backbone"
            for place in np.flatnonzero(held & unheard)
        ]
        return f"{share:.0%} of the mass is in parts that no reference polymer holds ({', '.join(named)})"


STIFFNESS = MolarFunction("yg", "tg_K", noise=25.0, scale=1000.0)
STABILITY = MolarFunction("yd", "td_K", noise=25.0, scale=1000.0)
CHAR = MolarFunction("char", "char_fraction", noise=0.05, scale=1.0)
FUNCTIONS = (STIFFNESS, STABILITY, CHAR)

TABLE = Path(__file__).parent / "chain_part_contributions.csv"
REFERENCES = Path(__file__).parent / "reference_polymers.csv"


@cache
def contributions(function: MolarFunction) -> NDArray[np.float64]:
    """The table's column: parts in the backbone, parts beside it, features of the backbone."""
    return np.array([float(row[function.column]) for row in _table()])


Polymers = Sequence[tuple[RepeatUnit, float]]
"""Polymers with their values of the property."""


def calibrated(function: MolarFunction, polymers: Polymers | None = None) -> NDArray[np.float64]:
    """What :func:`contributions` was made by: ridge regression from the starting values.

    Args:
        function: Whose contributions.
        polymers: Those to fit; the reference polymers by default.
    """
    fit = _regression(function, references(function) if polymers is None else polymers)
    return np.asarray(fit.start + np.linalg.solve(fit.normal, fit.design.T @ fit.residuals))


def held(function: MolarFunction) -> NDArray[np.int64]:
    """How many reference polymers hold each part or feature: the table's column ``_references``."""
    design = _regression(function, references(function)).design
    return np.asarray((design != 0).sum(axis=0), dtype=np.int64)


def left_out_errors(function: MolarFunction, polymers: Polymers | None = None) -> NDArray[np.float64]:
    """Estimate minus value of each polymer, in the property's unit, were it left out of the regression.

    In closed form: the residual of the whole regression over one minus the polymer's leverage.

    Args:
        function: Whose property.
        polymers: As of :func:`calibrated`.
    """
    fit = _regression(function, references(function) if polymers is None else polymers)
    influence = np.linalg.solve(fit.normal, fit.design.T)
    leverage = np.einsum("np,pn->n", fit.design, influence)
    fitted = fit.design @ (influence @ fit.residuals)
    return np.asarray((fitted - fit.residuals) / (1 - leverage) * function.noise)


@dataclass(frozen=True, slots=True, eq=False)
class _Regression:
    start: NDArray[np.float64]
    design: NDArray[np.float64]
    """Polymers x contributions, over the scatter of the reference values."""
    residuals: NDArray[np.float64]
    """Reference values minus those of the starting values, over their scatter."""
    normal: NDArray[np.float64]
    """The matrix of the normal equations, with the allowances on its diagonal."""


def _regression(function: MolarFunction, polymers: Polymers) -> _Regression:
    start, spread = (
        np.array([float(row[f"{function.column}_{kind}"]) for row in _table()])
        for kind in ("start", "spread")
    )
    rows, values = [], []
    for unit, value in polymers:
        chain = EndlessChain.of(unit)
        rows.append(_counts(parts_of(chain)) * function.scale / atoms(chain).mass)
        values.append(value)
    design = np.array(rows) / function.noise
    residuals = np.array(values) / function.noise - design @ start
    return _Regression(start, design, residuals, design.T @ design + np.diag(spread**-2.0))


def references(function: MolarFunction) -> list[tuple[RepeatUnit, float]]:
    """The reference polymers that have a value of the property."""
    known = (row for row in _reference_rows() if row[function.reference])
    return [(RepeatUnit.parse(row["psmiles"]), float(row[function.reference])) for row in known]


def reference_names(function: MolarFunction) -> list[str]:
    """Their names, in the same order."""
    return [row["name"] for row in _reference_rows() if row[function.reference]]


def recalibrated() -> str:
    """The text of ``chain_part_contributions.csv`` with the regression done again.

    Starting values and allowances stay; contributions, to two decimals, and counts of reference polymers are new.
    """
    rows = [dict(row) for row in _table()]
    for function in FUNCTIONS:
        for row, value, count in zip(rows, calibrated(function), held(function), strict=True):
            row[function.column] = f"{round(value, 2) + 0.0:g}"
            row[f"{function.column}_references"] = str(count)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _reference_rows() -> list[dict[str, str]]:
    with REFERENCES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _counts(parts: ChainParts) -> NDArray[np.float64]:
    return np.concatenate((parts.backbone, parts.side, parts.features))


@cache
def _unreferenced(function: MolarFunction) -> NDArray[np.bool_]:
    """Of the parts in the backbone and those beside it, which stand in no reference polymer."""
    rows = [row for row in _table() if row["place"] != "feature"]
    return np.array([row[f"{function.column}_references"] == "0" for row in rows])


@cache
def _table() -> tuple[dict[str, str], ...]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = tuple(csv.DictReader(file))
    names = [part.name for part in PARTS]
    order = [("backbone", name) for name in names] + [("side", name) for name in names]
    order += [("feature", name) for name in FEATURES]
    if [(row["place"], row["part"]) for row in rows] != order:
        raise ValueError(
            "chain_part_contributions.csv does not list the parts of discovery.physics.chain_parts in order"
        )
    return rows
