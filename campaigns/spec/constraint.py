"""A constraint as a scientist writes it: ``tg > 400 K``, ``density <= 1.2 g/cm3``, ``sa_score < 4``, ``300 K < tg < 400 K``.

Whether a limit itself is allowed makes no difference to a property that is never known exactly: ``<`` and ``<=`` mean the same.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic_core import PydanticCustomError

from campaigns import units
from campaigns.errors import SpecProblem, UnitError
from campaigns.ledger.measurements import Property
from campaigns.spec.faults import spec_fault, spec_problem
from campaigns.spec.objective import check_property_name
from campaigns.tables.cells import CellError, read_number
from discovery.acquisition.objectives import FIXED_COLUMNS, Constraint
from discovery.surrogate.scale import Scale

_SIGN = re.compile(r"(<=|>=|=<|=>|≤|≥|<|>)")
_LIMIT = re.compile(r"(?P<number>[-+\u2212]?[.,]?[0-9][0-9.,]*(?:[eE][+-]?[0-9]+)?)\s*(?P<unit>.*)")
_POSSIBLE = {"sa_score": (1.0, 10.0), "cost": (0.0, math.inf)}
"""Between which the fixed columns lie."""

_HOW = "Write it like tg > 400 K, sa_score < 4, or 300 K < tg < 400 K."


@dataclass(frozen=True, slots=True)
class Limit:
    """One end of what a constraint allows."""

    number: float
    unit: str | None
    """As written; None where there is none."""

    @property
    def text(self) -> str:
        """As in a message."""
        return f"{self.number:g} {self.unit or ''}".rstrip()


@dataclass(frozen=True, slots=True)
class WrittenConstraint:
    """A constraint that has been read, and not yet been held against the objectives."""

    text: str
    name: str
    """As written."""
    low: Limit | None
    high: Limit | None

    @property
    def fixed(self) -> bool:
        """Whether it is on a column that is known without measuring."""
        return self.name.casefold() in FIXED_COLUMNS

    @property
    def unit(self) -> str | None:
        """That the first limit is written with."""
        given = [limit.unit for limit in (self.low, self.high) if limit is not None and limit.unit]
        return given[0] if given else None


def read_constraint(text: str) -> WrittenConstraint:
    """Reads a constraint.

    Raises:
        PydanticCustomError: It is not written like one; names a column that is no property; or has a unit that cannot be read.
    """
    parts = [part.strip() for part in _SIGN.split(text.strip())]
    terms, signs = parts[::2], parts[1::2]
    if len(terms) not in (2, 3) or not all(terms):
        raise spec_fault(f"{text!r} is not a constraint.", _HOW)
    if len(terms) == 2 and not _LIMIT.fullmatch(terms[0]):
        terms, signs = terms[::-1], [_turned(signs[0])]
    # From here on the property stands after the first limit: 400 K < tg, or 300 K < tg < 400 K.
    rising = ["<" in sign or sign == "≤" for sign in signs]
    if len(set(rising)) > 1 or "=" in "".join(terms):
        raise spec_fault(f"{text!r} is not a constraint.", _HOW)
    name = terms[1]
    first, *second = (_limit(term, text) for term in (terms[0], *terms[2:]))
    other = second[0] if second else None
    low, high = (first, other) if rising[0] else (other, first)
    if name.casefold() not in FIXED_COLUMNS:
        check_property_name(name)
    return WrittenConstraint(" ".join(text.split()), name, *_with_one_unit(low, high))


def constraint_on(written: WrittenConstraint, of: Property) -> Constraint:
    """The constraint in the unit of its property.

    Raises:
        PydanticCustomError: A limit is of another dimension, without its unit, impossible, or has no logarithm where the property
            is modelled on one; or nothing lies between the limits.
    """
    low = None if written.low is None else _in_unit_of(written, written.low, of)
    high = None if written.high is None else _in_unit_of(written, written.high, of)
    if low is not None and high is not None and low >= high:
        raise spec_fault(
            f"nothing fulfils {written.text!r}.", "Write the lower limit first: 300 K < tg < 400 K."
        )
    return Constraint(of.name, low, high, of.unit, written.text)


def fixed_constraint(written: WrittenConstraint) -> Constraint:
    """A constraint on a column that is known without measuring, which has no unit.

    Raises:
        PydanticCustomError: A limit has a unit, or nothing lies between the limits.
    """
    if written.unit:
        raise spec_fault(f"{written.text!r} gives a unit to {written.name}, which has none.", "Leave it out.")
    low, high = (None if limit is None else limit.number for limit in (written.low, written.high))
    name = written.name.casefold()
    lowest, highest = _POSSIBLE[name]
    if max(lowest, -math.inf if low is None else low) >= min(highest, math.inf if high is None else high):
        raise spec_fault(
            f"nothing fulfils {written.text!r}.",
            f"The {name} of a polymer is from {lowest:g} to {highest:g}.",
        )
    return Constraint(name, low, high, "", written.text)


def constraint_problems(texts: Sequence[str]) -> list[SpecProblem]:
    """The faults of constraints that can be seen without the objectives, which may have faults of their own."""
    problems = []
    for position, text in enumerate(texts, 1):
        try:
            written = read_constraint(text)
            if written.fixed:
                fixed_constraint(written)
        except PydanticCustomError as error:
            problems.append(spec_problem(f"constraints[{position}]", error))
    return problems


def contradiction(constraints: Sequence[Constraint]) -> str:
    """Two constraints on one property that nothing fulfils together, as a sentence; empty where there are none."""
    for position, later in enumerate(constraints):
        for earlier in constraints[:position]:
            if earlier.name != later.name:
                continue
            lows = [limit for limit in (earlier.low, later.low) if limit is not None]
            highs = [limit for limit in (earlier.high, later.high) if limit is not None]
            if lows and highs and max(lows) >= min(highs):
                return f"nothing fulfils both {earlier.text!r} and {later.text!r}."
    return ""


def _turned(sign: str) -> str:
    return ">" if "<" in sign or sign == "≤" else "<"


def _limit(term: str, text: str) -> Limit:
    match = _LIMIT.fullmatch(term)
    if match is None:
        raise spec_fault(f"{term!r} in {text!r} is not a number with its unit.", _HOW)
    try:
        number = read_number(match["number"].replace("\u2212", "-"))
    except CellError as error:
        raise spec_fault(f"{match['number']!r} in {text!r} {error.fault}", error.what_to_do) from error
    unit = match["unit"].strip()
    try:
        units.parse_unit(unit)
    except UnitError as error:
        raise spec_fault(f"{error.message[:-1]}, in {text!r}.", error.hint) from error
    return Limit(number, unit or None)


def _with_one_unit(low: Limit | None, high: Limit | None) -> tuple[Limit | None, Limit | None]:
    """A range that names its unit once has it on both sides: ``300 < tg < 400 K``."""
    if low is None or high is None:
        return low, high
    return Limit(low.number, low.unit or high.unit), Limit(high.number, high.unit or low.unit)


def _in_unit_of(written: WrittenConstraint, limit: Limit, of: Property) -> float:
    if limit.unit is None and of.unit:
        raise spec_fault(
            f"{written.text!r} has no unit, and {of.name} is in {of.unit}.",
            f"Write it behind the number, such as {limit.number:g} {of.unit}.",
        )
    given = limit.unit or ""
    try:
        value = units.convert(limit.number, given, of.unit)
    except UnitError as error:
        raise spec_fault(f"{error.message[:-1]}, in {written.text!r}.", error.hint) from error
    reason = units.impossible(limit.number, of.name, given)
    if reason:
        raise spec_fault(
            f"{limit.text} in {written.text!r} is impossible: {reason}", "Check it and its unit."
        )
    if of.scale is Scale.LOG and value <= 0.0:
        raise spec_fault(
            f"{limit.text} in {written.text!r} has no logarithm, and {of.name} is modelled on one.",
            "Give a limit above zero, or leave the constraint out.",
        )
    return value
