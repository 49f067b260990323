"""A cheaper source of values beside an objective's measurements: a table of simulated or otherwise approximate ones, or an
estimate from physics.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath

from pydantic import Field, field_validator, model_validator

from campaigns import units
from campaigns.errors import UnitError
from campaigns.spec.faults import spec_fault
from campaigns.spec.part import Part
from campaigns.spec.physics import SOURCE, check_property


class SourceSpec(Part):
    """Values of low fidelity that an objective may be learned together with; used where that pays by leave-one-out."""

    table: str | None = Field(default=None, min_length=1)
    """Table of polymers (``psmiles``) and values, relative to the spec."""
    column: str | None = Field(default=None, min_length=1)
    """Its column of values; the objective's name where not given."""
    unit: str | None = None
    """Unit of the values; the objective's where not given. Values of the objective's own dimension are converted to its unit,
    others stay as they are: a source may be another property.
    """
    physics: str | None = None
    """A property that ``polyloop physics`` estimates, in place of a table."""

    @field_validator("unit")
    @classmethod
    def _unit_is_readable(cls, unit: str | None) -> str | None:
        if unit is None:
            return None
        try:
            units.parse_unit(unit)
        except UnitError as error:
            raise spec_fault(error.message, error.hint) from error
        return unit.strip()

    @field_validator("physics")
    @classmethod
    def _physics_has_it(cls, name: str | None) -> str | None:
        return None if name is None else check_property(name)

    @model_validator(mode="after")
    def _is_one_of_both(self) -> SourceSpec:
        if (self.table is None) == (self.physics is None):
            raise spec_fault(
                "is either a table or an estimate from physics.",
                'Give table = "md_tg.csv" and its column, or physics = "tg".',
            )
        if self.physics is not None and (self.column is not None or self.unit is not None):
            raise spec_fault(
                "gives a column or a unit to an estimate from physics, which has none.", "Leave them out."
            )
        return self

    @property
    def name(self) -> str:
        """What people call it: its column, else its table without folder and ending, else ``physics:tg``."""
        if self.physics is not None:
            return f"{SOURCE}{self.physics}"
        return self.column or PurePath(self.table or "").stem

    def renamed(self, new_name: Callable[[str], str]) -> SourceSpec:
        """The same with its table called otherwise."""
        return self if self.table is None else self.model_copy(update={"table": new_name(self.table)})
