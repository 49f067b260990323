"""What a property estimate is, and how estimates that build on each other are computed for one unit.

A method is a function of :class:`Evaluation`: it reads the chain (``of.chain``) and other properties
(``of.value("molar_volume")``), and raises :class:`~discovery.physics.groups.UncoveredError` where its tables have
nothing to say. What follows from other properties alone is a :class:`DerivedModel`, computed for many units at a time. A
module of methods offers them as ``MODELS`` and ``DERIVED``; :mod:`discovery.physics.estimates` lists the modules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from discovery.physics.atoms import atoms, refuse_unknown
from discovery.physics.groups import EndlessChain, UncoveredError

Reading = TypeVar("Reading")


@dataclass(frozen=True, slots=True)
class Property:
    """What is estimated, how, and how far that holds."""

    name: str
    unit: str
    """As pint reads it; empty for a pure number."""
    title: str
    method: str
    source: str
    plausible: tuple[float, float]
    """Between which values a polymer's can lie: an estimate beyond is an error of the method, so it is left out. It does
    not tell for which polymers the method holds."""
    error: str = ""
    """How far estimates typically lie off measured values, with its unit, in words; ``docs/physics.md`` tells against which.
    Empty where it is not known."""
    figures: int = 3
    """Significant figures that are worth showing."""
    floor: float | None = None
    """The lowest value that the method can give, where measured ones go below: an estimate there means that or less."""


@dataclass(frozen=True, slots=True)
class Model:
    """A property with the function that estimates it."""

    property: Property
    compute: Callable[[Evaluation], float]
    """Raises UncoveredError where the method has no contribution for an atom or group."""
    doubt: Callable[[Evaluation], str] | None = None
    """In words, why an estimate is little more than a guess; empty where it is none."""


@dataclass(frozen=True, slots=True)
class DerivedModel:
    """A property that is a function of others, for many units at once."""

    property: Property
    needs: tuple[str, ...]
    """Properties that have a :class:`Model`."""
    compute: Callable[..., NDArray[np.float64]]
    """Called with one array for each of ``needs``, of ``units`` values without NaN; NaN where it has no answer."""
    unanswered: str
    """In words, why it may have none."""
    doubt: Callable[[Evaluation], str] | None = None
    """As for :class:`Model`."""


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """The properties of one unit, each computed once, when it is asked for."""

    chain: EndlessChain
    models: Mapping[str, Model]
    _known: dict[str, float | UncoveredError] = field(default_factory=dict, repr=False)
    _read: dict[Callable[[EndlessChain], Any], Any] = field(default_factory=dict, repr=False)

    def value(self, name: str) -> float:
        """A property of the unit.

        Raises:
            UncoveredError: It, or one that it is made from, has no contribution for some group, or the value is
                not plausible.
        """
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = self._computed(name)
        if isinstance(known, UncoveredError):
            raise known
        return known

    def doubts(self) -> str:
        """Which of the properties that were asked for so far, or that those are made from, are little more than guesses."""
        found: dict[str, list[str]] = {}
        for name, model in self.models.items():
            if model.doubt is not None and isinstance(self._known.get(name), float):
                words = model.doubt(self)
                if words:
                    found.setdefault(words, []).append(name)
        return " ".join(f"{', '.join(names)}: {words}." for words, names in found.items())

    def once(self, read: Callable[[EndlessChain], Reading]) -> Reading:
        """What ``read`` finds in the chain, computed for the first property that asks and kept for the others."""
        if read not in self._read:
            self._read[read] = read(self.chain)
        found: Reading = self._read[read]
        return found

    def _computed(self, name: str) -> float | UncoveredError:
        model = self.models[name]
        try:
            found = self.once(atoms)
            if found.ions:
                return UncoveredError("No method here knows ions.")
            refuse_unknown(found.heavy)
            value = float(model.compute(self))
        except UncoveredError as error:
            return error
        return value if within(model.property, value) else outside(model.property, value)


def within(which: Property, value: float) -> bool:
    """Whether a value is plausible."""
    lowest, highest = which.plausible
    return isfinite(value) and lowest <= value <= highest


def outside(which: Property, value: float) -> UncoveredError:
    """What is said of a value that is not plausible."""
    told = f"{which.title} comes out at {value:.4g} {which.unit}".strip()
    return UncoveredError(f"{told}, outside {which.plausible[0]:g} to {which.plausible[1]:g}.")
