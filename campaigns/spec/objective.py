"""The objective of a campaign: a property, its direction and unit, and what may be known of it beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from pydantic import (
    SerializerFunctionWrapHandler,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from campaigns import units
from campaigns.errors import SpecError, SpecProblem, UnitError
from campaigns.spec.faults import spec_error, spec_fault
from campaigns.spec.part import Part
from campaigns.spec.physics import check_prior_mean
from campaigns.tables.columns import RESERVED_COLUMNS
from campaigns.tables.estimated import PREFIX
from discovery.acquisition.objectives import Direction

if TYPE_CHECKING:
    import pandas as pd


_DEGREES = {"C": ("coulomb", "°C", "degC"), "F": ("farad", "°F", "degF")}
"""Units of electricity that are more often degrees whose sign was left out: what they are, what was meant, how it is written."""


class ObjectiveSpec(Part):
    """One property to improve."""

    name: str
    """Name of the property, and of its column in the tables."""
    direction: Direction
    """``max`` or ``min``."""
    unit: str = ""
    """Unit of measure in which the campaign thinks; empty for a pure number."""
    prior_mean: str | None = None
    """``physics:`` and a property that ``polyloop physics`` estimates: the models are also fitted with its estimates as mean, and
    have them where that pays.
    """

    @field_validator("name")
    @classmethod
    def _name_is_a_column(cls, name: str) -> str:
        allowed = name.replace("_", "").replace("-", "").replace(" ", "")
        if not (name[:1].isalpha() and allowed.isalnum() and name == name.strip() and len(name) <= 60):
            raise spec_fault(
                f"{name!r} cannot be a column's name.",
                "Use letters, digits, _ and -, such as tg or tensile_strength.",
            )
        if name.casefold() in RESERVED_COLUMNS or name.casefold().startswith(PREFIX):
            raise spec_fault(
                f"{name!r} is a column that the tables use for something else.",
                "Name the property differently.",
            )
        return name

    @field_validator("unit")
    @classmethod
    def _unit_is_readable(cls, unit: str) -> str:
        try:
            units.parse_unit(unit)
        except UnitError as error:
            raise spec_fault(error.message, error.hint) from error
        if (mistaken := _DEGREES.get(unit.strip())) is not None:
            word, degree, written = mistaken
            raise spec_fault(
                f"{unit.strip()!r} is the {word}.", f"Did you mean {degree}? Write {written}; else {word}."
            )
        return unit.strip()

    @model_validator(mode="after")
    def _prior_mean_fits(self) -> ObjectiveSpec:
        if self.prior_mean is not None:
            check_prior_mean(self.prior_mean, self.unit)
        return self

    @model_serializer(mode="wrap")
    def _without_what_is_not_asked(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A prior mean is written down only where there is one, so that a spec without keeps its version."""
        content: dict[str, Any] = written(self)
        return {name: value for name, value in content.items() if name != "prior_mean" or value is not None}

    def same_quantity(self, other: ObjectiveSpec) -> bool:
        """Whether both want the same of the same property in the same unit, whatever their prior means are."""
        return (self.name, self.direction, self.unit) == (other.name, other.direction, other.unit)

    @property
    def dimension(self) -> str:
        """Dimension of the property, such as ``[temperature]``; ``dimensionless`` for a pure number."""
        return units.dimension(self.unit)

    @property
    def label(self) -> str:
        """Name and unit, as on an axis: ``tg (K)``."""
        return f"{self.name} ({self.unit})" if self.unit else self.name

    @property
    def sentence(self) -> str:
        """What is wanted, in words: ``highest tg (K)``."""
        return f"{'highest' if self.direction == 'max' else 'lowest'} {self.label}"

    def best_index(self, values: pd.Series[float]) -> int:
        """The position of the best value; ties go to the first."""
        return int(values.argmax() if self.direction == "max" else values.argmin())

    def running_best(self, values: pd.Series[float]) -> pd.Series[float]:
        """The best value up to and including each one."""
        return values.cummax() if self.direction == "max" else values.cummin()

    @classmethod
    def parse(cls, text: str, unit: str = "", prior_mean: str | None = None) -> ObjectiveSpec:
        """The objective written as ``tg:max``.

        Raises:
            SpecError: Not ``name:max`` or ``name:min``, or a fault of name, unit or prior mean.
        """
        name, colon, direction = text.rpartition(":")
        if not colon or direction not in get_args(Direction):
            problem = SpecProblem(
                "objective", f"{text!r} is not an objective.", "Write the property and max or min: tg:max."
            )
            raise SpecError("The objective cannot be read.", [problem])
        try:
            content = {"name": name.strip(), "direction": direction, "unit": unit, "prior_mean": prior_mean}
            return cls.model_validate(content)
        except ValidationError as error:
            raise spec_error("The objective cannot be read.", error, ObjectiveSpec) from error
