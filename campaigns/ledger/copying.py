"""A ledger as what it is made of: commands with their facts, to be written down in another database or another form, and to be
taken from there without a change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from campaigns.errors import LedgerError
from campaigns.ledger.schema import FACTS
from campaigns.ledger.sealing import COMMANDS, facts_of, table_of

TABLES: Mapping[str, Table] = {table.name: table for table in map(table_of, FACTS)}
"""Every table of facts by its name, in an order in which they can be filled."""

_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Recorded:
    """One command with all that belongs to it.

    Args:
        command: Its row, by column.
        facts: Name of the table and row of each fact, by column, in the order of :data:`TABLES`; may be a stream.
    """

    command: Mapping[str, Any]
    facts: Iterable[tuple[str, Mapping[str, Any]]]


def recorded(connection: Connection) -> Iterator[Recorded]:
    """Every command with its facts, the first first; each is read when it is asked for."""
    for command in connection.execute(select(COMMANDS).order_by(COMMANDS.c.id)).mappings().all():
        facts = ((table.name, row) for table, row in facts_of(connection, command["id"]))
        yield Recorded(dict(command), facts)


def write_down(connection: Connection, commands: Iterable[Recorded]) -> None:
    """Write commands and their facts into an empty ledger, as they are; those without a digest are sealed at the end.

    Raises:
        LedgerError: The ledger holds something already.
    """
    if connection.execute(select(COMMANDS.c.id).limit(1)).first() is not None:
        raise LedgerError("The ledger to write into holds facts already.", "Choose another place.")
    for each in commands:
        connection.execute(insert(COMMANDS), [dict(each.command)])
        for name, rows in groupby(each.facts, key=lambda told: told[0]):
            _insert(connection, TABLES[name], (dict(row) for _, row in rows))


def _insert(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    part: list[dict[str, Any]] = []
    for row in rows:
        part.append(row)
        if len(part) == _AT_ONCE:
            connection.execute(insert(table), part)
            part = []
    if part:
        connection.execute(insert(table), part)
