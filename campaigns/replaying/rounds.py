"""Which rounds of a campaign are meant; nothing here loads a model, so that a slip is told at once."""

from __future__ import annotations

from collections.abc import Sequence

from campaigns.errors import CampaignError, StateError, UnknownNameError
from campaigns.ledger.rounds import RoundRecord

_NAMED = 12
"""Rounds that a message names, the last ones; the numbers may have gaps, where some were lost."""


def asked_for(rounds: Sequence[RoundRecord], number: int | None) -> RoundRecord:
    """The record of a round; of the last one where no number is given.

    Raises:
        StateError: There is no round yet.
        UnknownNameError: There is no such round.
    """
    if not rounds:
        raise StateError("There is no round yet.", "Run polyloop propose first.")
    if number is None:
        return rounds[-1]
    found = next((record for record in rounds if record.number == number), None)
    if found is None:
        known = ", ".join(str(record.number) for record in rounds[-_NAMED:])
        way_out = f"Name one of {'..., ' if len(rounds) > _NAMED else ''}{known}."
        raise UnknownNameError(f"There is no round {number}.", way_out)
    return found


def rounds_to_compare(
    rounds: Sequence[RoundRecord], start: int | None, end: int | None, *, now: bool
) -> tuple[RoundRecord, RoundRecord | None]:
    """The two moments that are meant: the last two rounds by default, the last round and now where there is but one.

    Args:
        rounds: All, the first first.
        start: Number of the first of both; the one before the second by default.
        end: Number of the second; the last one by default.
        now: Whether the second is now.

    Raises:
        StateError: There is no round yet.
        UnknownNameError: There is no such round.
        CampaignError: They do not follow one another.
    """
    if now:
        return asked_for(rounds, start), None
    if end is None and (len(rounds) == 1 or (start is not None and rounds and start == rounds[-1].number)):
        return asked_for(rounds, start), None
    second = asked_for(rounds, end)
    if start is None and second.number == rounds[0].number:
        raise CampaignError(
            f"There is no round before round {second.number}.",
            "Name a later one, or compare it with --to now.",
        )
    earlier = [record for record in rounds if record.number < second.number]
    first = earlier[-1] if start is None else asked_for(rounds, start)
    if first.number >= second.number:
        raise CampaignError(
            f"Round {first.number} does not come before round {second.number}.", "Name the earlier one first."
        )
    return first, second
