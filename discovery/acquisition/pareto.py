"""The Pareto front as a value, which can be kept and shown without any model; :mod:`discovery.acquisition.front` finds it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Front:
    """The non-dominated measured polymers.

    Args:
        names: Of the ``k`` driven objectives.
        reference_point: Of each, the value in the property's unit from which on a polymer counts; for a target the distance from
            the wanted range, on a logarithmic scale in decades.
        hypervolume: That the front covers beyond the reference point: the product of the objectives' units, decades where the
            scale is logarithmic.
        keys: Of the repeat units, in the order that they were measured.
        values: Of each of them, the ``k`` measured values in the properties' units.
    """

    names: tuple[str, ...]
    reference_point: tuple[float, ...]
    hypervolume: float
    keys: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
