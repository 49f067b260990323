"""What objectives and constraints of a spec amount to: the properties to model, and the goal of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from pydantic import ValidationError

from campaigns.spec.constraint import (
    WrittenConstraint,
    constraint_on,
    contradiction,
    fixed_constraint,
)
from campaigns.spec.faults import spec_error, spec_fault
from campaigns.spec.objective import ObjectiveSpec
from campaigns.tables.titles import BESIDE, PREDICTED, SHOWN
from discovery.acquisition.objectives import FIXED_COLUMNS, Goal

_SLIP = 0.75
"""Likeness of two names from which on a property that nothing declares is taken for a slip of one that is known."""


def properties_of(
    objectives: Sequence[ObjectiveSpec], constraints: Sequence[WrittenConstraint]
) -> tuple[ObjectiveSpec, ...]:
    """The objectives, and an observed property for each that only constraints name, in the unit of its first constraint."""
    found = {objective.name.casefold(): objective for objective in objectives}
    for written in constraints:
        name = written.name.casefold()
        if not written.fixed and name not in found:
            found[name] = _observed(written)
    return tuple(found.values())


def goal_of(objectives: Sequence[ObjectiveSpec], constraints: Sequence[WrittenConstraint]) -> Goal:
    """The goal, with every constraint in the unit of its property.

    Raises:
        PydanticCustomError: A constraint does not fit its property, or contradicts another; the last one is named.
    """
    properties = properties_of(objectives, constraints)
    refuse_shared_titles(properties)
    named = {of.name.casefold(): of for of in properties}
    held = tuple(
        fixed_constraint(written) if written.fixed else constraint_on(written, named[written.name.casefold()])
        for written in constraints
    )
    if fault := contradiction(held):
        raise spec_fault(fault, "Leave one of them out, or correct it.")
    return Goal(tuple(of.wanted for of in properties), held)


def refuse_shared_titles(properties: Sequence[ObjectiveSpec]) -> None:
    """Refuse a property whose column would be taken for what stands beside another: ``tg_sem`` is the error of ``tg``.

    Raises:
        PydanticCustomError: There is one.
    """
    beside = {
        f"{of.name.casefold()}_{word}": of.name for of in properties for word in (*BESIDE, *PREDICTED, *SHOWN)
    }
    for of in properties:
        if (other := beside.get(of.name.casefold())) is not None:
            fault = f"names {of.name}, which is a column beside the one of {other}."
            raise spec_fault(fault, "Name the property differently.")


def refuse_slips(objectives: Sequence[ObjectiveSpec], written: WrittenConstraint) -> None:
    """Refuse a property that nothing declares and that is called almost like one that is known: as a property of its own, a
    misspelt ``sa_scor`` would hold nothing back.

    Raises:
        PydanticCustomError: It is.
    """
    known = {name: name for name in FIXED_COLUMNS} | {of.name.casefold(): of.name for of in objectives}
    name = written.name.casefold()
    if name not in known and (near := get_close_matches(name, known, n=1, cutoff=_SLIP)):
        raise spec_fault(
            f"{written.text!r} names {written.name}, which no objective declares.",
            f"Did you mean {known[near[0]]}? If it is a property of its own, add an objective that observes it: "
            f'name = "{written.name}", direction = "observe" (--objective "{written.name}:observe").',
        )


def _observed(written: WrittenConstraint) -> ObjectiveSpec:
    try:
        return ObjectiveSpec(name=written.name, direction="observe", unit=written.unit or "")
    except ValidationError as error:
        problem = spec_error("", error, ObjectiveSpec).problems[0]
        raise spec_fault(
            f"{written.text!r} cannot be observed: {problem.fault}", problem.what_to_do
        ) from error
