"""Measurements as recorded, and what is measured."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from campaigns.errors import UnknownNameError
from discovery.polymers.repeat_unit import RepeatUnit
from discovery.surrogate.observations import Bound
from discovery.surrogate.scale import Scale


class Property(Protocol):
    """What is measured: any objective with a name, a unit of measure and the scale that it is modelled on."""

    @property
    def name(self) -> str:
        """Name of the property."""

    @property
    def unit(self) -> str:
        """Unit of measure; empty for a pure number."""

    @property
    def scale(self) -> Scale:
        """That it is modelled on: no value of a property on the logarithmic one is zero or less."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measured value, as recorded."""

    id: int
    unit: RepeatUnit
    objective: str
    """Name of the property."""
    value: float
    unit_of_measure: str
    """In which ``value`` and ``sem`` were recorded."""
    sem: float | None
    n: int
    name: str
    reference: str
    note: str
    source_file: str
    line: int
    proposal_id: str | None
    at: datetime
    """When it was recorded; UTC."""
    retracted: bool = False
    """Whether it was taken back, and that not undone."""
    bound: Bound = ""
    """``above`` or ``below`` where ``value`` is only a limit."""
    command: int = 0
    """Number of the command that recorded it: of two facts the later one has the larger. Clocks may go backwards."""
    written: str = ""
    """The value as it was given, with its unit, where that was not ``unit_of_measure``."""

    @property
    def name_of_record(self) -> str:
        """What it is called, such as ``M12``."""
        return measurement_id(self.id)


def measurement_id(number: int) -> str:
    """The name of a measurement, such as ``M12``."""
    return f"M{number}"


def measurement_number(name: str) -> int:
    """The number of the measurement that a person calls ``M12``, ``m12`` or ``12``.

    Raises:
        UnknownNameError: Nothing can be called so.
    """
    written = re.fullmatch(r"[Mm]?0*([1-9][0-9]{0,17})", name.strip())
    if written is None:
        raise UnknownNameError(
            f"{name!r} names no measurement.", "Write its id, such as M12; polyloop history shows the ids."
        )
    return int(written[1])
