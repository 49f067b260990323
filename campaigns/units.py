"""Units of measure: read with pint, converted (offset units such as degC included), and what is physically
impossible in them.

A unit is written as chemists write it: ``K``, ``degC``, ``g/cm3``, ``W/(m K)``, ``MPa``, ``barrer``; an empty
text is a pure number. Logarithmic units (dB) are refused: the mean of their numbers is not the number of
their mean.

The impossible is decided by dimension where a dimension alone decides it (:data:`LOWER_BOUNDS_BY_DIMENSION`)
and by the property's name where it does not (:data:`BOUNDS_BY_NAME`): an energy may be negative, a band gap
may not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from tokenize import TokenError
from typing import TYPE_CHECKING

from campaigns.errors import UnitError

if TYPE_CHECKING:
    import pint


@dataclass(frozen=True, slots=True)
class Bound:
    """A limit that no real polymer can cross.

    A value equal to an exclusive limit is outside too: a density of zero is as impossible as a negative one.
    """

    what: str
    unit: str
    lowest: float | None = None
    highest: float | None = None
    exclusive: bool = False


LOWER_BOUNDS_BY_DIMENSION: tuple[Bound, ...] = (
    Bound("a temperature", "K", lowest=0.0),
    Bound("a density", "kg/m**3", lowest=0.0, exclusive=True),
    Bound("a thermal conductivity", "W/m/K", lowest=0.0, exclusive=True),
    Bound("a molar mass", "kg/mol", lowest=0.0, exclusive=True),
    Bound("a viscosity", "Pa*s", lowest=0.0, exclusive=True),
    Bound("a diffusion coefficient", "m**2/s", lowest=0.0),
    Bound("a gas permeability", "barrer", lowest=0.0),
    Bound("an electrical conductivity", "S/m", lowest=0.0),
    Bound("an electrical resistivity", "ohm*m", lowest=0.0),
)
"""Dimensions in which a negative number is impossible whatever the property is called."""

BOUNDS_BY_NAME: dict[str, Bound] = {
    **dict.fromkeys(("modulus", "strength", "hardness", "toughness"), Bound("{name}", "Pa", lowest=0.0)),
    **dict.fromkeys(("egc", "egb", "eg", "gap"), Bound("{name}", "eV", lowest=0.0)),
    **dict.fromkeys(("nc", "refractive"), Bound("a refractive index", "", lowest=1.0)),
    **dict.fromkeys(("dielectric", "permittivity"), Bound("a relative permittivity", "", lowest=1.0)),
    **dict.fromkeys(("crystallinity", "porosity"), Bound("{name}", "", lowest=0.0, highest=1.0)),
    **dict.fromkeys(("cp", "cv"), Bound("a specific heat", "J/kg/K", lowest=0.0, exclusive=True)),
    "poisson": Bound("a Poisson ratio", "", lowest=-1.0, highest=0.5),
    "loi": Bound("a limiting oxygen index", "", lowest=0.0),
}
"""Words of a property's name (``youngs_modulus``, ``band gap``) that bound it where its dimension does not. A
bound applies only to a property whose unit has the bound's dimension.
"""

KINDS_BY_NAME: dict[str, tuple[str, str]] = {
    "tg": ("a temperature", "K"),
    "tm": ("a temperature", "K"),
    "decomposition_temperature": ("a temperature", "K"),
    "density": ("a density", "g/cm3"),
    "thermal_conductivity": ("a thermal conductivity", "W/(m K)"),
    "solubility_parameter": ("a solubility parameter", "MPa^0.5"),
    "refractive_index": ("a refractive index", ""),
    "dielectric_constant": ("a dielectric constant", ""),
}
"""Whole names of properties that can mean one kind of quantity only: what it is, and a unit of it. Names that stand for several
(a heat capacity by mass or by mole, a strength in Pa or in J/m2) are left out on purpose.
"""

_LOOKALIKES = str.maketrans(
    {"℃": "°C", "℉": "°F", "º": "°", "˚": "°", "µ": "μ", "·": "*", "⋅": "*", "×": "*", "−": "-"}
)
_GAS = "ccSTP"
"""What the registry calls a cubic centimetre of gas at standard temperature and pressure, an amount of substance."""
_STP = re.compile(r"(?:cm(?:\^|\*\*)?3|cm³|cc|ccm)[\s_]*(?:\(\s*STP\s*\)|\[\s*STP\s*\]|STP\b)", re.IGNORECASE)
"""How chemists write that: ``cm3(STP)``, ``cm^3 (STP)``, ``cm3_STP``, ``cc(STP)``."""
_TEMPERATURE = re.compile(
    r"(?:(?:°|\bdeg(?:rees?|\.)?)[\s_]*(?P<letter>[CF])|(?:(?:°|\bdeg(?:rees?|\.)?)[\s_]*)?\b(?P<word>celsius|fahrenheit|kelvin)s?)\b",
    re.IGNORECASE,
)
"""How people write degrees beside ``°C`` and ``degC``: ``deg C``, ``° C``, ``deg. C``, ``degc``, ``degrees Celsius``."""
_TEMPERATURES = {"c": "degC", "celsius": "degC", "f": "degF", "fahrenheit": "degF", "kelvin": "K"}
_TOKEN = re.compile(
    r"\s*(?:(?P<power>\*\*|\^)|(?P<number>[+-]?[0-9]+(?:\.[0-9]+)?)|(?P<operator>[*/()])"
    r"|(?P<name>[A-Za-zμΩÅ°%][A-Za-z0-9μΩÅ°_]*(?:-[0-9])?[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]*))\s*"
)
_LONGEST = 60
_COMMON = (
    "K",
    "degC",
    "degF",
    "Pa",
    "kPa",
    "MPa",
    "GPa",
    "g",
    "kg",
    "g/mol",
    "kg/mol",
    "g/mL",
    "J",
    "kJ",
    "kJ/mol",
    "J/g",
    "eV",
    "barrer",
    "nm",
    "S/m",
)
# pint's parser answers malformed text with errors of many kinds; all of them mean that this is not a unit.
_PARSER_ERRORS = (
    ValueError,
    TypeError,
    ArithmeticError,
    SyntaxError,
    AttributeError,
    LookupError,
    AssertionError,
    TokenError,
)
_BARE_EXPONENT = re.compile(r"([A-Za-zμΩÅ])(-?[0-9])(?![0-9A-Za-z.])")


@lru_cache(maxsize=1)
def registry() -> pint.UnitRegistry[float]:
    """The one registry of units, with the barrer of membrane science added to pint's own."""
    import pint

    units: pint.UnitRegistry[float] = pint.UnitRegistry()
    # A cm3 of ideal gas at 0 degC and 1 atm is 4.46149e-5 mol; 1 barrer is 1e-10 cm3(STP) cm / (cm2 s cmHg).
    units.define(f"{_GAS} = 4.46149e-5 mol")
    units.define(f"barrer = 1e-10 {_GAS} * cm / cm**2 / s / cmHg")
    return units


@lru_cache(maxsize=1024)
def parse_unit(text: str) -> pint.Unit:
    """The unit that ``text`` writes; an empty text is dimensionless.

    Raises:
        UnitError: ``text`` is no unit, holds a number as a factor, or is a logarithmic unit.
    """
    import pint

    cleaned = _STP.sub(_GAS, text.strip().translate(_LOOKALIKES))
    cleaned = _TEMPERATURE.sub(_temperature, cleaned)
    if not _is_wellformed(cleaned):
        raise UnitError(
            f"{text!r} is not a unit of measure.", "Write it like K, degC, g/cm3, W/(m K) or MPa."
        )
    try:
        unit = _parse(cleaned)
        linear = _is_affine(unit)
    except (*_PARSER_ERRORS, pint.errors.PintError) as error:
        raise UnitError(f"{text!r} is not a unit of measure.", _suggest(cleaned)) from error
    if not linear:
        raise UnitError(f"{text!r} is a logarithmic unit.", "Give the quantity itself, in a linear unit.")
    return unit


def convert(value: float, source: str, target: str) -> float:
    """``value`` in unit ``source``, expressed in unit ``target``.

    Raises:
        UnitError: A unit cannot be read, or the two measure different kinds of quantity.
    """
    if source == target:
        return value
    zero, slope = line_between(source, target)
    return _tidy(zero + slope * value)


def convert_difference(value: float, source: str, target: str) -> float:
    """A difference or a standard error in ``source``, expressed in ``target``: an offset such as degC's plays
    no part.

    Raises:
        UnitError: As :func:`convert`.
    """
    if source == target:
        return value
    return _tidy(line_between(source, target)[1] * value)


@lru_cache(maxsize=1024)
def line_between(source: str, target: str) -> tuple[float, float]:
    """Zero and slope of the line from one unit to another: ``zero + slope * value``.

    Raises:
        UnitError: As :func:`convert`.
    """
    start, end = parse_unit(source), parse_unit(target)
    if start.dimensionality != end.dimensionality:
        raise _different(source.strip(), target.strip())
    span = 2.0**20  # wide, so that an offset costs the slope no digits
    at_zero, at_span = (float(registry().Quantity(x, start).to(end).magnitude) for x in (0.0, span))
    return at_zero, float(f"{(at_span - at_zero) / span:.14e}")


def to_base_units(unit: str) -> tuple[float, float]:
    """Zero and slope of the line from ``unit`` to SI base units.

    Raises:
        UnitError: ``unit`` cannot be read.
    """
    return line_between(unit, str(registry().Quantity(1.0, parse_unit(unit)).to_base_units().units))


def dimension(unit: str) -> str:
    """The dimension of ``unit``, such as ``[temperature]``, ``[mass] / [length] ** 3`` or ``dimensionless``.

    Raises:
        UnitError: ``unit`` cannot be read.
    """
    return str(parse_unit(unit).dimensionality)


def impossible(value: float, name: str, unit: str) -> str:
    """Why no polymer can have ``value`` of the property ``name`` in ``unit``; empty if one can.

    Raises:
        UnitError: ``unit`` cannot be read.
    """
    for bound in _bounds(name, unit):
        what = bound.what.format(name=name)
        lowest, highest = bound.lowest, bound.highest
        measured = convert(value, unit, bound.unit)
        # A hair of slack for the rounding of a conversion: -273.15 degC is 0 K, not below it.
        slack = 1e-9 * max(1.0, abs(value)) if unit.strip() != bound.unit else 0.0
        if lowest is not None and (measured < lowest - slack or (bound.exclusive and measured <= lowest)):
            rule = "must be above" if bound.exclusive else "cannot be below"
            return f"{what} {rule} {quantity_text(lowest, bound.unit)}."
        if highest is not None and measured > highest + slack:
            return f"{what} cannot be above {quantity_text(highest, bound.unit)}."
    return ""


def wrong_kind(name: str, unit: str) -> str:
    """Why the property ``name`` cannot be measured in ``unit``; empty if it can, or if nothing is known of the name.

    No unit at all is let through: whoever leaves it out takes the numbers as they are.

    Raises:
        UnitError: ``unit`` cannot be read.
    """
    known = KINDS_BY_NAME.get(name.casefold())
    if known is None or not unit.strip():
        return ""
    what, own = known
    if dimension(unit) == dimension(own):
        return ""
    return (
        f"{name} is {what}, and {unit.strip()!r} is not a unit of one (its dimension is {dimension(unit)})."
    )


@lru_cache(maxsize=256)
def _bounds(name: str, unit: str) -> tuple[Bound, ...]:
    measured = parse_unit(unit).dimensionality
    if parse_unit(unit) == registry().Unit("delta_degC") or "delta_" in str(parse_unit(unit)):
        return ()  # a difference of temperatures has no absolute zero
    words = re.split(r"[^a-z]+", name.casefold())
    named = [BOUNDS_BY_NAME[word] for word in words if word in BOUNDS_BY_NAME]
    return tuple(
        bound
        for bound in (*LOWER_BOUNDS_BY_DIMENSION, *named)
        if parse_unit(bound.unit).dimensionality == measured
    )


def _tidy(number: float) -> float:
    """``number`` to 13 digits: -120 degC is 153.15 K, not 153.14999999999998."""
    return float(f"{number:.12e}")


def _temperature(written: re.Match[str]) -> str:
    return _TEMPERATURES[(written["letter"] or written["word"]).casefold()]


def _is_wellformed(cleaned: str) -> bool:
    """Whether names, operators and small exponents are all there is.

    A number may stand only as an exponent or as the 1 of ``1/K``: pint would otherwise set to work on powers
    of powers of numbers, for hours if need be.
    """
    tokens, position = [], 0
    while position < len(cleaned):
        match = _TOKEN.match(cleaned, position)
        if match is None or len(cleaned) > _LONGEST:
            return False
        tokens.append((match.lastgroup, match.group().strip()))
        position = match.end()
    kinds = [None, *(kind for kind, _ in tokens), None]
    for index, (kind, token) in enumerate(tokens):
        if kind == "number":
            before, after = kinds[index], kinds[index + 2]
            exponent = before == "power" and len(token) <= 4 and abs(float(token)) < 10 and after != "power"
            numerator = (
                token == "1" and before is None and index + 1 < len(tokens) and tokens[index + 1][1] == "/"
            )
            if not (exponent or numerator):
                return False
    return True


def _parse(cleaned: str) -> pint.Unit:
    import pint

    units = registry()
    try:
        return units.parse_units(cleaned)
    except (pint.errors.UndefinedUnitError, TypeError):
        # cm3 and cm-3, as chemists write them, are cm**3 and cm**-3 to pint.
        return units.parse_units(_BARE_EXPONENT.sub(r"\1**\2", cleaned))


def _is_affine(unit: pint.Unit) -> bool:
    quantity = registry().Quantity
    zero, one, two = (float(quantity(number, unit).to_base_units().magnitude) for number in (0.0, 1.0, 2.0))
    return abs((two - one) - (one - zero)) <= 1e-9 * max(abs(zero), abs(two))


def _different(source: str, target: str) -> UnitError:
    hint = f"Give the value in {target or 'no unit'} or in a unit that converts to it."
    if source in {"C", "F"} and target and dimension(target) == "[temperature]":
        hint = f"{source} is the {parse_unit(source)}; for a temperature write deg{source}."
    elif _is_volume_of_gas(source, target):
        hint = (
            "A volume of gas is an amount only at standard temperature and pressure: if that is meant, write it cm3(STP), as in "
            "cm3(STP) cm/(cm2 s cmHg), which is 1e10 barrer."
        )
    return UnitError(f"{source or 'a pure number'} cannot be converted to {target or 'a pure number'}.", hint)


def _is_volume_of_gas(source: str, target: str) -> bool:
    """Whether ``source`` counts gas by its volume where ``target`` counts it by its amount."""
    # of dimensions alone: a unit with an offset, such as degC, cannot be multiplied
    amount = parse_unit(source).dimensionality * registry().Unit("mol / cm**3").dimensionality
    return bool(amount == parse_unit(target).dimensionality)


def quantity_text(number: float, unit: str) -> str:
    """A number with its unit, as in a message; without one where it is a pure number."""
    return f"{number:g} {unit}".strip()


def _suggest(cleaned: str) -> str:
    for unit in _COMMON:
        if unit.casefold() == cleaned.casefold() != unit:
            return f"Did you mean {unit}?"
    return "Write it like K, degC, g/cm3, W/(m K) or MPa."
