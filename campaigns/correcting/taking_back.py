"""Measurements retracted, proposals withdrawn, substructures excluded; and each of them undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.errors import CampaignError
from campaigns.ledger import Ledger
from campaigns.ledger.appending import as_written
from campaigns.ledger.measurements import measurement_number
from discovery.errors import PoolError
from discovery.pools.structures import Pattern, first_held


@dataclass(frozen=True, slots=True)
class Changed:
    """What was taken back or given back.

    Args:
        ids: Measurements or proposals, as people call them.
        proposals: Of measurements, the proposals whose status that changed.
        undone: Whether it was given back.
    """

    ids: tuple[str, ...]
    proposals: tuple[str, ...]
    undone: bool


@dataclass(frozen=True, slots=True)
class Excluded:
    """A substructure that was excluded, or let in again.

    Args:
        smarts: As it was given, without blanks around it.
        undone: Whether it was let in again.
        awaited: Proposals that hold it and are still awaited.
    """

    smarts: str
    undone: bool
    awaited: tuple[str, ...]


def retract(ledger: Ledger, names: Sequence[str], reason: str, *, undo: bool) -> Changed:
    """Take measurements back, or let them stand again; all or none.

    Raises:
        UnknownNameError: There is no such measurement.
        LedgerError: One is retracted already, or with ``undo`` not retracted, or what was said in its place stands.
    """
    numbers = list(dict.fromkeys(map(measurement_number, names)))
    told = tuple(ledger.measurement(number).name_of_record for number in numbers)
    changed = ledger.reinstate(numbers, reason) if undo else ledger.retract(numbers, reason)
    return Changed(told, changed, undo)


def withdraw(ledger: Ledger, proposals: Sequence[str], reason: str, *, undo: bool) -> Changed:
    """Take proposals back, or propose them as before whether they were withdrawn, failed or abandoned; all or none.

    Raises:
        UnknownNameError: There is no such proposal.
        LedgerError: One cannot be withdrawn, or with ``undo`` is neither withdrawn nor failed nor abandoned.
    """
    ids = tuple(dict.fromkeys(proposal.strip().upper() for proposal in proposals))
    change = ledger.renew if undo else ledger.withdraw
    change(ids, reason)
    return Changed(ids, ids, undo)


def exclude(ledger: Ledger, smarts: str, reason: str, *, undo: bool) -> Excluded:
    """Exclude a substructure from what is proposed and ranked from now on, or let it in again.

    Raises:
        CampaignError: The text is no SMARTS.
        LedgerError: It is excluded already.
        UnknownNameError: With ``undo``, it is not excluded.
    """
    smarts = as_written(smarts.strip())
    if undo:
        ledger.readmit(smarts, reason)
        return Excluded(smarts, undo, ())
    try:
        pattern = Pattern(smarts)
    except PoolError as error:
        raise CampaignError(error.message, error.hint) from error
    ledger.exclude(smarts, reason)
    awaited = [p.id for p in ledger.pending() if first_held(p.unit.psmiles, (pattern,))]
    return Excluded(smarts, undo, tuple(awaited))
