"""What is known of a polymer without a measurement, as a text can say it: class, backbone, groups, and rounded numbers.

Numbers of the structure are RDKit's, per repeat unit of the endless chain (:mod:`discovery.pretraining.labels.closed_chain`), so
that no end is counted. The estimates are those of :mod:`discovery.physics`; one that a polymer lacks is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from math import isfinite

from rdkit import Chem, rdBase
from rdkit.Chem import rdMolDescriptors

from discovery.polymers import RepeatUnit
from discovery.pretraining.descriptions.quantities import (
    ESTIMATES,
    GROUPS,
    STRUCTURE,
    Quantity,
    quantity_of_estimate,
)
from discovery.pretraining.labels.closed_chain import Backbone, ClosedChain
from discovery.progress import Progress, silent
from discovery.workers import ordered_map

_CHUNK = 128

_ANY_NUMBER = 100_000  # RDKit stops at 1,000 matches without being told

_ELEMENTS = {
    5: "boron",
    6: "carbon",
    7: "nitrogen",
    8: "oxygen",
    14: "silicon",
    15: "phosphorus",
    16: "sulfur",
}


@dataclass(frozen=True, slots=True)
class Number:
    """A quantity of one polymer, rounded to the digits that it is stated with."""

    quantity: Quantity
    value: float

    def __str__(self) -> str:
        """Value and unit, such as ``385 K``."""
        return f"{self.value:.{self.quantity.digits}f} {self.quantity.unit}".strip()


@dataclass(frozen=True, slots=True)
class Facts:
    """What a description of a polymer may say."""

    unit: RepeatUnit
    polymer_class: str
    """As the corpus names it; empty where it does not."""
    backbone: str
    """In words, such as ``a partly aromatic chain of carbon and oxygen``."""
    numbers: tuple[Number, ...]
    """Structure first, then groups, then estimates."""


def facts_of(
    units: Sequence[RepeatUnit],
    classes: Sequence[str],
    *,
    workers: int = 1,
    progress: Progress = silent,
) -> list[Facts]:
    """Facts of ``n`` units.

    Args:
        units: The ``n`` repeat units.
        classes: Their classes, or empty texts.
        workers: Processes.
        progress: Told of every chunk.
    """
    pairs = list(zip(units, classes, strict=True))
    found: list[Facts] = []
    chunks = (pairs[i : i + _CHUNK] for i in range(0, len(pairs), _CHUNK))
    for facts in ordered_map(_facts_of_chunk, chunks, workers):
        found += facts
        progress(len(found), len(pairs), "polymers looked up for their descriptions")
    return found


def _facts_of_chunk(pairs: Sequence[tuple[RepeatUnit, str]]) -> list[Facts]:
    from discovery.physics import estimate

    units = [unit for unit, _ in pairs]
    estimates = estimate(units)
    with rdBase.BlockLogs():
        return [
            Facts(unit, name, *_structure(unit, zip(estimates.properties, row.tolist(), strict=True)))
            for (unit, name), row in zip(pairs, estimates.values, strict=True)
        ]


def _structure(unit: RepeatUnit, estimates: Iterable[tuple[str, float]]) -> tuple[str, tuple[Number, ...]]:
    chain, backbone = ClosedChain.of(unit), Backbone.of(unit)
    values = {name: chain.per_unit(total) for name, total in _counted(chain.ring).items()}
    values["backbone_atoms"] = backbone.length
    numbers = [_number(q, values[q.name]) for q in STRUCTURE]
    numbers += [_number(q, values[q.name]) for q in GROUPS if round(values[q.name]) > 0]
    numbers += [
        _number(quantity, value * quantity.factor)
        for quantity, value in ((quantity_of_estimate(name), value) for name, value in estimates)
        if isfinite(value)
    ]
    return _backbone_in_words(backbone), tuple(numbers)


def _number(quantity: Quantity, value: float) -> Number:
    return Number(quantity, round(value, quantity.digits) + 0.0)  # no minus zero


def _counted(mol: Chem.Mol) -> dict[str, float]:
    """Everything that adds up along a chain, by name of the quantity."""
    values: dict[str, float] = {
        "mass": rdMolDescriptors._CalcMolWt(mol),
        "rings": rdMolDescriptors.CalcNumRings(mol),
        "aromatic_rings": rdMolDescriptors.CalcNumAromaticRings(mol),
        "donors": rdMolDescriptors.CalcNumHBD(mol),
        "acceptors": rdMolDescriptors.CalcNumHBA(mol),
        "rotatable_bonds": rdMolDescriptors.CalcNumRotatableBonds(mol),
        "tpsa": rdMolDescriptors.CalcTPSA(mol),
        "logp": rdMolDescriptors.CalcCrippenDescriptors(mol)[0],
    }
    for name, pattern in _patterns():
        values[name] = len(mol.GetSubstructMatches(pattern, maxMatches=_ANY_NUMBER))
    return values


@cache
def _patterns() -> tuple[tuple[str, Chem.Mol], ...]:
    return tuple((quantity.name, Chem.MolFromSmarts(quantity.smarts)) for quantity in GROUPS)


def _backbone_in_words(backbone: Backbone) -> str:
    if all(atom.GetIsAromatic() for atom in backbone.atoms):
        kind = "a wholly aromatic"
    elif any(atom.GetIsAromatic() for atom in backbone.atoms):
        kind = "a partly aromatic"
    elif any(atom.IsInRing() for atom in backbone.atoms):
        kind = "an alicyclic"
    else:
        kind = "an open"
    elements = sorted({atom.GetAtomicNum() for atom in backbone.atoms})
    return f"{kind} chain of {listed([_ELEMENTS.get(e, 'another element') for e in elements])}"


def listed(words: Sequence[str]) -> str:
    """``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


QUANTITIES: tuple[Quantity, ...] = (*STRUCTURE, *GROUPS, *ESTIMATES)
"""Everything that a description can state."""
