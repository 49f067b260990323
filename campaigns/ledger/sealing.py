"""The chain of digests: every command is sealed with a hash over itself, its facts and the digest of the command before it.

A fact that is changed, lost or added behind the ledger's back no longer agrees with the digest of its command; a command that is
taken away leaves the next one without the digest that it names. The hash is over what the facts say and not over how a database
keeps them: the same facts have the same digests in SQLite and in PostgreSQL. It passes over what is NULL, so that a column of a
later schema changes no digest of before.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Table, func, select, update

from campaigns.ledger.schema import FACTS, Base, CommandRow

BEGINNING = ""
"""What the first command has in place of the digest of the one before."""

_AT_ONCE = 1000


def table_of(facts: type[Base]) -> Table:
    """A mapped table, to be asked row by row without objects."""
    table = facts.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{facts.__name__} is no table")
    return table


COMMANDS = table_of(CommandRow)


@dataclass(frozen=True, slots=True)
class Link:
    """One command of the chain, held against its digest."""

    command: int
    kind: str
    at: datetime
    author: str
    source_file: str
    whole: bool
    """Whether the command and its facts are those that were sealed."""
    follows: bool
    """Whether the command before it is the one that it followed when it was sealed."""


def facts_of(connection: Connection, command: int) -> Iterator[tuple[Table, dict[str, Any]]]:
    """Every fact of a command as a row of its table, in the order in which they can be recorded."""
    for facts in FACTS:
        table = table_of(facts)
        asked = select(table).where(table.c.command_id == command).order_by(*table.primary_key.columns)
        rows = connection.execute(asked.execution_options(yield_per=_AT_ONCE))
        names = tuple(rows.keys())
        for row in rows:
            yield table, dict(zip(names, row, strict=True))


def seal(connection: Connection) -> None:
    """Write the digests of all commands that have none; the last thing that a transaction does."""
    c = COMMANDS.c
    unsealed = connection.execute(select(COMMANDS).where(c.digest.is_(None)).order_by(c.id)).mappings().all()
    for row in unsealed:
        before = select(c.digest).where(c.id < row["id"]).order_by(c.id.desc()).limit(1)
        previous = connection.scalar(before) or BEGINNING
        digest = digest_of(connection, dict(row) | {"previous": previous})
        sealed = update(COMMANDS).where(c.id == row["id"]).values(previous=previous, digest=digest)
        connection.execute(sealed)


def chain(connection: Connection) -> Iterator[Link]:
    """Every command with whether its digest holds, the first first."""
    last = BEGINNING
    for row in connection.execute(select(COMMANDS).order_by(COMMANDS.c.id)).mappings().all():
        digest = row["digest"]
        yield Link(
            command=row["id"],
            kind=row["kind"],
            at=row["at"],
            author=row["author"],
            source_file=row["source_name"] or "",
            whole=is_whole(connection, dict(row)),
            follows=row["previous"] == last,
        )
        last = digest or BEGINNING


def stray_facts(connection: Connection) -> Iterator[tuple[str, int]]:
    """Tables that hold facts of no command, and how many: no digest covers them, and polyloop records none."""
    commands = select(COMMANDS.c.id)
    for table in map(table_of, FACTS):
        asked = select(func.count()).select_from(table).where(table.c.command_id.not_in(commands))
        if count := connection.scalar(asked):
            yield table.name, count


def is_whole(connection: Connection, command: dict[str, Any]) -> bool:
    """Whether a command and its facts are those that were sealed; what cannot be read as what it should be is not.

    Args:
        connection: To the database that holds the facts.
        command: The command's row.
    """
    digest = command["digest"]
    try:
        return digest is not None and digest == digest_of(connection, command)
    except (ValueError, TypeError, OverflowError):  # as of a text that is no JSON, or a moment that is none
        return False


def digest_of(connection: Connection, command: dict[str, Any]) -> str:
    """SHA-256 over a command with the digest before it, and every fact that belongs to it, hexadecimal.

    Args:
        connection: To the database that holds the facts.
        command: The command's row with ``previous``; its ``digest`` has no part in it.
    """
    hashed = sha256(_line(COMMANDS, {name: value for name, value in command.items() if name != "digest"}))
    for table, row in facts_of(connection, command["id"]):
        hashed.update(_line(table, row))
    return hashed.hexdigest()


def _moment(value: object) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"{type(value).__name__} has no place in a fact")
    return value.isoformat()


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False, default=_moment)


def _line(table: Table, row: Mapping[str, Any]) -> bytes:
    told = {name: value for name, value in row.items() if value is not None}
    return f"{_CANONICAL.encode([table.name, told])}\n".encode("ascii")
