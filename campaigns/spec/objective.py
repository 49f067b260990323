"""An objective of a campaign: a property, its unit and the way it should go, and how it is modelled."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from campaigns import units
from campaigns.errors import SpecError, SpecProblem, UnitError
from campaigns.spec.faults import spec_error, spec_fault
from campaigns.spec.part import Part, without_defaults
from campaigns.spec.physics import check_prior_mean, read_prior_mean
from campaigns.spec.source import SourceSpec
from campaigns.tables.estimated import PREFIX
from campaigns.tables.titles import RESERVED_COLUMNS
from discovery.acquisition.objectives import Direction, Objective
from discovery.surrogate.scale import Scale

_DEGREES = {"C": ("coulomb", "°C", "degC"), "F": ("farad", "°F", "degF")}
"""Units of electricity that are more often degrees whose sign was left out: what they are, what was meant, how it is written."""

_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_RANGE = re.compile(rf"(?P<low>{_NUMBER})\s*\.\.\s*(?P<high>{_NUMBER})")
_AROUND = re.compile(rf"(?P<value>{_NUMBER})\s*(?:(?:\+/?-|±)\s*(?P<tolerance>{_NUMBER}))?")

_HOW = "Write tg:max, tg:min, tg:observe, or a target: tg:340..360 or tg:350+-20."


def _ends(value: object) -> object:
    """One wanted value is a range of no width; a range has two ends."""
    numbers = value if isinstance(value, Sequence) and not isinstance(value, str) else (value, value)
    if not all(isinstance(n, int | float) and not isinstance(n, bool) and math.isfinite(n) for n in numbers):
        raise spec_fault("is not a value or a range.", "Write target = 350, or target = [340, 360].")
    if len(numbers) != 2:
        raise spec_fault("is not a range.", "Give its lower and upper end: target = [340, 360].")
    low, high = map(float, numbers)
    if low > high:
        raise spec_fault("has its ends the wrong way round.", f"Write target = [{high:g}, {low:g}].")
    return low, high


class ObjectiveSpec(Part):
    """One property, and what is wanted of it."""

    name: str
    """Name of the property, and of its column in the tables."""
    direction: Direction
    """``max``, ``min``, ``target``, or ``observe``: modelled and shown, and not to be improved."""
    unit: str = ""
    """Unit of measure in which the campaign thinks; empty for a pure number."""
    scale: Scale = Field(default=Scale.LINEAR, strict=False)
    """``log`` for a property that runs over decades: it is modelled on its decimal logarithm."""
    target: Annotated[tuple[float, float], BeforeValidator(_ends)] | None = None
    """Of the direction ``target``: the wanted value, or the lower and upper end of the wanted range."""
    tolerance: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Of the direction ``target``: how far outside a value is as bad as useless; in the unit, on the logarithmic scale in
    decades. The width of the range where not given.
    """
    weight: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    """Of this objective among several that are combined by weights."""
    robust: bool = False
    """Whether measurements that nothing else agrees with may be set aside when the model is fitted."""
    prior_mean: str | None = None
    """``physics:`` and a property that ``polyloop physics`` estimates: the models are also fitted with its estimates as mean, and
    have them where that pays.
    """
    sources: tuple[SourceSpec, ...] = Field(default=(), strict=False)
    """Cheaper values that the property may be learned together with."""

    @field_validator("name")
    @classmethod
    def _name_is_a_column(cls, name: str) -> str:
        check_property_name(name)
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

    @field_validator("prior_mean")
    @classmethod
    def _prior_mean_without_case(cls, prior_mean: str | None) -> str | None:
        return None if prior_mean is None else read_prior_mean(prior_mean)

    @model_validator(mode="after")
    def _prior_mean_fits(self) -> ObjectiveSpec:
        if self.prior_mean is not None:
            check_prior_mean(self.prior_mean, self.unit)
        return self

    @model_validator(mode="after")
    def _target_fits_the_direction(self) -> ObjectiveSpec:
        if self.direction != "target":
            given = [name for name in ("target", "tolerance") if getattr(self, name) is not None]
            if given:
                raise spec_fault(
                    f"gives a {given[0]} and the direction {self.direction}.",
                    f'Write direction = "target", or leave {given[0]} out.',
                )
            return self
        if self.target is None:
            raise spec_fault("is a target without one.", "Add target = 350, or target = [340, 360].")
        for end in self.target:
            if reason := units.impossible(end, self.name, self.unit):
                raise spec_fault(
                    f"wants {end:g} {self.unit}".rstrip() + f", and {reason}", "Correct the target."
                )
        if self.tolerance is None and self.target[0] == self.target[1]:
            raise spec_fault(
                "wants one value and has no tolerance.",
                "Add tolerance = 20, say: as far off as a value can be before it is as bad as useless.",
            )
        return self

    @field_validator("sources")
    @classmethod
    def _one_source_is_computed(cls, sources: tuple[SourceSpec, ...]) -> tuple[SourceSpec, ...]:
        if sum(source.physics is not None for source in sources) > 1:
            raise spec_fault("names several estimates from physics.", "Leave one; tables may be several.")
        return sources

    @model_validator(mode="after")
    def _weight_weighs_something(self) -> ObjectiveSpec:
        if self.direction == "observe" and self.weight != 1.0:
            raise spec_fault("is only observed, and has a weight.", "Leave weight out.")
        return self

    @model_validator(mode="after")
    def _logarithm_makes_sense(self) -> ObjectiveSpec:
        if self.scale is not Scale.LOG:
            return self
        if units.to_base_units(self.unit)[0] != 0.0:
            raise spec_fault(
                f"is on a logarithmic scale in {self.unit}, whose zero is no zero.",
                "Give a unit that begins at zero, such as K, or leave scale out.",
            )
        for source in self.sources:
            if source.unit is None or units.dimension(source.unit) != self.dimension:
                continue
            if units.to_base_units(source.unit)[0] != 0.0:
                raise spec_fault(
                    f"is on a logarithmic scale, and {source.name} is in {source.unit}, whose zero is no zero.",
                    f"Leave unit out and write it into the title of the column, as in tg_md [{source.unit}]; it is converted.",
                )
        if self.target is not None and self.target[0] <= 0.0:
            raise spec_fault(
                f"wants {self.target[0]:g} on a logarithmic scale, which has no zero and nothing below.",
                "Give a target above zero, or leave scale out.",
            )
        return self

    @model_serializer(mode="wrap")
    def _without_what_is_not_asked(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """What may be left out is written down only where it is asked for, so that a spec without keeps its version."""
        return without_defaults(self, written(self), always=("name", "direction", "unit"))

    def renamed(self, new_name: Callable[[str], str]) -> ObjectiveSpec:
        """The same with each table of its sources called otherwise."""
        return self.model_copy(update={"sources": tuple(source.renamed(new_name) for source in self.sources)})

    def same_quantity(self, other: ObjectiveSpec) -> bool:
        """Whether both want the same of the same property in the same unit, however it is modelled. A property that was only
        observed for a constraint may become an objective.
        """
        turned = self.direction != other.direction and self.direction != "observe"
        return not turned and (self.name, self.unit) == (other.name, other.unit)

    @property
    def wanted(self) -> Objective:
        """The same for those who choose a batch."""
        low, high = self.target or (None, None)
        tolerance = self.tolerance
        if tolerance is None and low is not None and high is not None:
            tolerance = self.scale.on(high) - self.scale.on(low)
        return Objective(self.name, self.direction, self.unit, low, high, tolerance, self.weight, self.scale)

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
        match self.direction:
            case "max":
                return f"highest {self.label}"
            case "min":
                return f"lowest {self.label}"
            case "observe":
                return f"{self.label} observed"
        low, high = self.target or (math.nan, math.nan)
        return f"{self.label} of {low:g}" if low == high else f"{self.label} from {low:g} to {high:g}"

    @classmethod
    def parse(cls, text: str, unit: str = "", prior_mean: str | None = None) -> ObjectiveSpec:
        """The objective written as ``tg:max``, ``tg:min``, ``tg:observe``, or as a target: ``tg:340..360`` is a range, whose
        tolerance is its width, and ``tg:350+-20`` (or ``tg:350±20``) a value with its tolerance.

        Raises:
            SpecError: Written otherwise, or a fault of name, unit or prior mean.
        """
        try:
            content = {**read_objective(text), "unit": unit, "prior_mean": prior_mean}
            return cls.model_validate(content)
        except ValidationError as error:
            raise spec_error("The objective cannot be read.", error, ObjectiveSpec) from error


def check_property_name(name: str) -> None:
    """Refuse a name that no column of a table can have."""
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


def read_objective(text: str) -> dict[str, object]:
    """Keys of an objective from its short form, unchecked.

    Raises:
        SpecError: It is not written like one.
    """
    name, colon, wanted = (part.strip() for part in text.rpartition(":"))
    if colon and wanted in ("max", "min", "observe"):
        return {"name": name, "direction": wanted}
    if colon and (found := _RANGE.fullmatch(wanted)):
        return {"name": name, "direction": "target", "target": [float(found["low"]), float(found["high"])]}
    if colon and (found := _AROUND.fullmatch(wanted)):
        tolerance = found["tolerance"]
        return {
            "name": name,
            "direction": "target",
            "target": float(found["value"]),
            "tolerance": None if tolerance is None else float(tolerance),
        }
    raise SpecError(
        "The objective cannot be read.", [SpecProblem("objective", f"{text!r} is not an objective.", _HOW)]
    )
