"""Who of a group proposed which round: what a round leaves in a folder lies with them."""

from __future__ import annotations

from sqlalchemy import select

from campaigns.ledger import Ledger
from campaigns.ledger.schema import CommandRow, RoundRow


def proposers(ledger: Ledger) -> dict[int, str]:
    """Who proposed each round, by its number, and when: ``ana, 2026-11-22 10:04 UTC``."""
    asked = select(RoundRow.number, CommandRow.author, CommandRow.at).join(
        CommandRow, CommandRow.id == RoundRow.command_id
    )
    with ledger.reading() as session:
        return {number: f"{author}, {at:%Y-%m-%d %H:%M} UTC" for number, author, at in session.execute(asked)}
