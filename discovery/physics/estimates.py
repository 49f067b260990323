"""Estimates for many units at once: the list of properties, the table of values, and what is missing and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from discovery.errors import DiscoveryError
from discovery.physics import (
    cohesion,
    combustion,
    conduction,
    decomposition,
    fire,
    heat,
    optical,
    transition,
    volume,
)
from discovery.physics.groups import EndlessChain, UncoveredError
from discovery.physics.model import DerivedModel, Evaluation, Model, Property, outside, within
from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent
from discovery.suggestions import did_you_mean
from discovery.workers import ordered_map

_ORDER = (
    "molar_volume",
    "density",
    "cohesive_energy",
    "solubility_parameter",
    "tg",
    "heat_capacity",
    "refractive_index",
    "dielectric_constant",
    "thermal_conductivity",
    "decomposition_temperature",
    "char_yield",
    "heat_of_combustion",
    "limiting_oxygen_index",
    "time_to_ignition",
    "peak_heat_release_rate",
)

_MODULES = (volume, cohesion, transition, heat, optical, conduction, decomposition, combustion)
_DERIVED: tuple[DerivedModel, ...] = fire.DERIVED

_DIRECT = {model.property.name: model for module in _MODULES for model in module.MODELS}

DERIVED: Mapping[str, DerivedModel] = MappingProxyType({model.property.name: model for model in _DERIVED})

MODELS: Mapping[str, Model] = MappingProxyType(
    {name: _DIRECT[name] for name in _ORDER if name not in DERIVED}
)

_KINDS: dict[str, Model | DerivedModel] = {**MODELS, **DERIVED}

PROPERTIES: Mapping[str, Property] = MappingProxyType({name: _KINDS[name].property for name in _ORDER})
"""Everything that :func:`estimate` can estimate, by name."""

_SHARE = 250
"""Units that are sent to a process at a time: a second's work or less."""


class UnknownPropertyError(DiscoveryError):
    """A property that no model estimates."""


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """Properties of units."""

    properties: tuple[str, ...]
    values: NDArray[np.float64]
    """``units x properties``, in the units of :data:`PROPERTIES` from :func:`estimate`; NaN where a unit is not covered."""
    missing: tuple[str, ...]
    """For each unit what has no contribution, in words; empty where all values are there."""
    guessed: tuple[str, ...]
    """For each unit which values, and what is made from them, are little more than guesses, and why: much of the mass is in
    parts that no polymer of the calibration holds, or the method does not hold for such a chain. In words; empty where
    there is none."""
    reasons: tuple[tuple[str, ...], ...]
    """For each unit the sentences of ``missing``, one by one, to count by."""
    units: tuple[str, ...]
    """Of each property's values."""

    def column(self, name: str) -> NDArray[np.float64]:
        """The values of one property, one for each unit."""
        return self.values[:, self.properties.index(name)]


def estimate(
    units: Sequence[RepeatUnit],
    properties: Sequence[str] | None = None,
    *,
    workers: int = 1,
    progress: Progress = silent,
) -> Estimates:
    """Estimates properties from the structure of the chain alone.

    Args:
        units: Repeat units.
        properties: Names from :data:`PROPERTIES`; all by default.
        workers: Processes.
        progress: Hears how many units are done.

    Raises:
        UnknownPropertyError: A name that is none of :data:`PROPERTIES`.
    """
    names = tuple(PROPERTIES) if properties is None else tuple(properties)
    for name in names:
        if name not in PROPERTIES:
            raise UnknownPropertyError(f"There is no estimate of {name!r}.", _choice(name))
    values = np.full((len(units), len(names)), np.nan)
    missing: list[tuple[str, ...]] = []
    guessed: list[str] = []
    shares = ((names, units[start : start + _SHARE]) for start in range(0, len(units), _SHARE))
    for rows, reasons, doubts in ordered_map(_estimated, shares, workers):
        values[len(missing) : len(missing) + len(reasons)] = rows
        missing += reasons
        guessed += doubts
        progress(len(missing), len(units), "estimating properties")
    return Estimates(
        properties=names,
        values=values,
        missing=tuple(map(" ".join, missing)),
        guessed=tuple(guessed),
        reasons=tuple(missing),
        units=tuple(PROPERTIES[name].unit for name in names),
    )


def _choice(name: str) -> str:
    return f"{did_you_mean(name, PROPERTIES)} Choose from: {', '.join(PROPERTIES)}.".strip()


def evaluation(unit: RepeatUnit) -> Evaluation:
    """The estimates of one unit, each made when it is asked for; an uncovered one raises and says why."""
    return Evaluation(EndlessChain.of(unit), MODELS)


def _estimated(
    share: tuple[tuple[str, ...], Sequence[RepeatUnit]],
) -> tuple[NDArray[np.float64], list[tuple[str, ...]], list[str]]:
    names, units = share
    derived = [name for name in names if name in DERIVED]
    needed = {need for name in derived for need in DERIVED[name].needs}
    direct = [name for name in MODELS if name in names or name in needed]
    known: dict[str, NDArray[np.float64]] = {name: np.full(len(units), np.nan) for name in direct}
    # by what is wrong, the properties that lack an estimate for it
    reasons: list[dict[str, list[str]]] = [{} for _ in units]
    doubts, derived_doubts = [], []
    for row, unit in enumerate(units):
        of = evaluation(unit)
        for name in direct:
            try:
                known[name][row] = of.value(name)
            except UncoveredError as error:
                made = [other for other in derived if name in DERIVED[other].needs]
                found = reasons[row].setdefault(error.message, [])
                found += [each for each in (name, *made) if each not in found]
        doubts.append(of.doubts())
        derived_doubts.append({name: _doubt(DERIVED[name], of) for name in derived})
    for name in derived:
        known[name] = _derived(DERIVED[name], known, reasons)
    for row, by_name in enumerate(derived_doubts):
        doubts[row] = _with_derived(
            doubts[row], {name: why for name, why in by_name.items() if np.isfinite(known[name][row])}
        )
    values = np.stack([known[name] for name in names], axis=1) if names else np.empty((len(units), 0))
    return values, [_sentences(words, names) for words in reasons], doubts


def _sentences(reasons: Mapping[str, Sequence[str]], names: Sequence[str]) -> tuple[str, ...]:
    """Each reason with the properties that it leaves out, unless that is all that were asked for."""
    told = []
    for words, lacking in reasons.items():
        asked = [name for name in names if name in lacking]
        told.append(words if len(asked) == len(names) else f"{', '.join(asked)}: {words}")
    return tuple(told)


def _doubt(model: DerivedModel, of: Evaluation) -> str:
    try:
        return "" if model.doubt is None else model.doubt(of)
    except UncoveredError:  # a chain that cannot be read at all, which its other properties tell
        return ""


def _with_derived(doubts: str, by_name: Mapping[str, str]) -> str:
    found: dict[str, list[str]] = {}
    for name, words in by_name.items():
        if words:
            found.setdefault(words, []).append(name)
    return " ".join(
        [*filter(None, [doubts]), *(f"{', '.join(names)}: {words}." for words, names in found.items())]
    )


def _derived(
    model: DerivedModel, known: Mapping[str, NDArray[np.float64]], reasons: list[dict[str, list[str]]]
) -> NDArray[np.float64]:
    needs = np.stack([known[need] for need in model.needs])
    covered = np.flatnonzero(np.isfinite(needs).all(axis=0))
    values = np.full(needs.shape[1], np.nan)
    if not len(covered):
        return values
    for row, value in zip(covered, model.compute(*needs[:, covered]), strict=True):
        if within(model.property, value):
            values[row] = value
        elif np.isnan(value):
            reasons[row].setdefault(model.unanswered, []).append(model.property.name)
        else:
            words = outside(model.property, value).message
            reasons[row].setdefault(words, []).append(model.property.name)
    return values


def revision_of(folder: Path) -> str:
    """Hash of the source of a package like this one: its tables and its code."""
    digest = blake2b(digest_size=8)
    for path in sorted(path for path in folder.iterdir() if path.suffix in {".py", ".csv"}):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


REVISION: str = revision_of(Path(__file__).parent)
"""Changes with the tables and the code: estimates of one revision are not mixed with those of another."""
