"""A measurement that was wrong, and what it should have said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from campaigns.errors import CampaignError, StateError
from campaigns.ledger import Ledger, Measurement, ResultRow, Status
from campaigns.ledger.appending import as_written
from campaigns.ledger.measurements import measurement_number
from campaigns.limits import is_bearable
from campaigns.spec import ObjectiveSpec
from campaigns.tables.cells import CellError, read_n, read_sem, read_value
from campaigns.tables.value_check import as_given
from campaigns.units import convert, convert_difference, impossible
from discovery.surrogate.scale import Scale

NO_ERROR = "none"
"""What is written for a standard error that is not known after all."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Right:
    """What a measurement should have said, as texts of cells; of what is ``None`` the old one is kept."""

    value: str | None = None
    """A number, or a limit such as ``>350``."""
    unit: str | None = None
    """Of ``value`` and ``sem``; that of the property where not given."""
    sem: str | None = None
    """Standard error; :data:`NO_ERROR` where it is not known."""
    n: str | None = None
    """Number of specimens."""
    name: str | None = None
    reference: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """What was corrected.

    Args:
        old: The measurement that was taken back.
        new: The one that stands in its place.
    """

    old: Measurement
    new: Measurement


def correct(
    ledger: Ledger, properties: Sequence[ObjectiveSpec], name: str, right: Right, reason: str
) -> Correction:
    """Record what a measurement should have said, and take it back.

    Args:
        ledger: Of the campaign.
        properties: That the campaign has.
        name: Of the measurement, such as ``M12``.
        right: What it should have said.
        reason: Why.

    Raises:
        UnknownNameError: There is no such measurement.
        StateError: It is retracted already, or the campaign no longer has its property.
        CampaignError: What is right says the same, or is no measurement.
        UnitError: The unit is not one of the property.
    """
    old = ledger.measurement(measurement_number(name))
    of = next((told for told in properties if told.name == old.objective), None)
    if of is None:
        raise StateError(
            f"{old.name_of_record} is a value of {old.objective}, which the campaign no longer has.",
            f"Name {old.objective} in campaign.toml again, or retract the value.",
        )
    before = _as_it_is(old, of)
    row = _corrected(before, of, right)
    if not old.retracted and replace(row, written=before.written) == before:
        raise CampaignError(f"{old.name_of_record} says that already.", "Give what is to be changed.")
    return Correction(old, ledger.measurement(ledger.correct(old.id, row, of, reason)))


def _as_it_is(old: Measurement, of: ObjectiveSpec) -> ResultRow:
    """A measurement in the unit that its property has now."""
    return ResultRow(
        line=0,  # of no file
        unit=old.unit,
        status=Status.MEASURED,
        value=convert(old.value, old.unit_of_measure, of.unit),
        sem=None if old.sem is None else convert_difference(old.sem, old.unit_of_measure, of.unit),
        n=old.n,
        name=old.name,
        reference=old.reference,
        note=old.note,
        proposal_id=old.proposal_id,
        objective=of.name,
        bound=old.bound,
        written=old.written,
    )


def _corrected(old: ResultRow, of: ObjectiveSpec, right: Right) -> ResultRow:
    faults: list[tuple[str, str]] = []

    def read(option: str, text: str, reader: Callable[[str], _T]) -> _T | None:
        try:
            return reader(text)
        except CellError as error:
            faults.append((f"the {option} {text!r} {error.fault}", error.what_to_do))
            return None

    unit = of.unit if right.unit is None else right.unit
    value, bound, sem, written = old.value, old.bound, old.sem, old.written
    if right.value is not None and (said := read("value", right.value, read_value)) is not None:
        value, bound = convert(said.number, unit, of.unit), said.bound
        written = as_written(as_given(right.value, unit, of.unit))
        fault = impossible(said.number, of.name, unit)
        if not fault and not is_bearable(value):
            fault = "it is beyond every number that a property has."
        if not fault and of.scale is Scale.LOG and value <= 0:
            fault = f"it has no logarithm, and {of.name} is modelled on one."
        if fault:
            faults.append(
                (f"the value {right.value} is impossible: {fault}", "Check the value and its unit.")
            )
    if right.sem is not None:
        given = None if right.sem == NO_ERROR else read("sem", right.sem, read_sem)
        sem = None if given is None else convert_difference(given, unit, of.unit)
        if sem is not None and not is_bearable(sem):
            faults.append(
                (f"the error {right.sem} is beyond every error that a value has.", "Check it and its unit.")
            )
        if sem is not None and bound:
            faults.append((f"the error {right.sem} stands beside a limit.", "Leave it out."))
    elif bound:
        sem = None  # a limit is not known with an error
    n = old.n if right.n is None else read("n", right.n, read_n)
    if faults:
        raise CampaignError(
            f"That is no measurement: {' '.join(fault for fault, _ in faults)}",
            " ".join(dict.fromkeys(way_out for _, way_out in faults)),
        )
    return ResultRow(
        line=0,
        unit=old.unit,
        status=Status.MEASURED,
        value=value,
        sem=sem,
        n=n or old.n,
        name=old.name if right.name is None else as_written(right.name.strip()),
        reference=old.reference if right.reference is None else as_written(right.reference.strip()),
        note=old.note if right.note is None else as_written(right.note.strip()),
        proposal_id=old.proposal_id,
        objective=of.name,
        bound=bound,
        written=written,
    )
