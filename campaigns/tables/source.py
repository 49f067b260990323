"""A table of cheaper values, such as simulated ones, that an objective may be learned together with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from campaigns.errors import TableError
from campaigns.ledger.measurements import Property
from campaigns.ledger.observations import pool_replicates
from campaigns.tables.results import read_results
from campaigns.units import convert, convert_difference, parse_unit
from discovery.surrogate.observations import Observation
from discovery.surrogate.scale import Scale


@dataclass(frozen=True, slots=True)
class _Column:
    """What is read of the table."""

    name: str
    unit: str
    scale: Scale


def read_source(
    path: Path, of: Property, *, column: str | None = None, unit: str | None = None
) -> tuple[Observation, ...]:
    """The values of a source, one observation for each polymer, as a table of results has them: limits and replicates included.
    Rows without a value are passed over.

    Args:
        path: The table.
        of: The objective that they are learned together with.
        column: Of the values; the objective's name if None.
        unit: Of the values, where their title does not say it; the objective's if None. Values of the objective's dimension come
            in its unit, others in their own.

    Raises:
        TableError: The table has faults, or no value.
        UnitError: ``unit`` cannot be read.
    """
    given = of.unit if unit is None else unit
    read = _Column(column or of.name, given, source_scale(of, given))
    found = pool_replicates(read_results(path, [read], gaps=True).rows, read.scale)
    if not found:
        raise TableError(f"{path.name} has no value of {read.name}.", hint="Name another column in the spec.")
    return tuple(_in_unit_of(o, given, of.unit) if _alike(of, given) else o for o in found)


def source_scale(of: Property, unit: str | None) -> Scale:
    """What a source is modelled on: the scale of its objective where its values are of the same dimension, else its own.

    Raises:
        UnitError: ``unit`` cannot be read.
    """
    return of.scale if unit is None or _alike(of, unit) else Scale.LINEAR


def _alike(of: Property, unit: str) -> bool:
    return parse_unit(unit).dimensionality == parse_unit(of.unit).dimensionality


def _in_unit_of(o: Observation, given: str, unit: str) -> Observation:
    sem = None if o.sem is None else convert_difference(o.sem, given, unit)
    return replace(o, value=convert(o.value, given, unit), sem=sem)
