"""Whether the database of a ledger is whole, and whether its facts are those that were recorded."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from campaigns.auditing.findings import Finding, State
from campaigns.errors import LedgerError
from campaigns.ledger import Ledger
from campaigns.ledger.places import Place
from campaigns.ledger.sealing import Link, chain, stray_facts
from campaigns.reports.wording import counted

RECOVER = "polyloop doctor DIR --recover NEW writes what is whole into a new folder."
"""What to do about a ledger that is damaged."""

FROM_A_COPY = "Restore it from a copy of the campaign."
"""What to do where there is nothing to recover."""

_NAMED = 5


def database_findings(place: Place) -> Iterator[Finding]:
    """Whether every page of an SQLite file holds what it should; a server looks after its own."""
    if place.file is None:
        try:
            is_there = Ledger.lies_in(place)
        except LedgerError as error:
            yield Finding("database", State.UNREACHED, error.message, error.hint)
            return
        if not is_there:
            way_out = "Correct [ledger] in campaign.toml, or have the database restored from a copy."
            yield Finding("database", State.DAMAGED, f"{place.name} holds nothing.", way_out)
            return
        yield Finding("database", State.WHOLE, f"{place.name} answers; its server looks after its pages")
        return
    if not place.file.is_file():
        yield Finding("database", State.DAMAGED, f"There is no file {place.file}.", "Restore it from a copy.")
        return
    if place.file.stat().st_size == 0:
        told = f"{place.file.name} is empty: a file of 0 bytes, without any fact."
        yield Finding("database", State.DAMAGED, told, FROM_A_COPY)
        return
    faults = _faults_of_file(place.file, read_only=place.is_read_only)
    if not faults and not _is_ledger(place.file, read_only=place.is_read_only):
        told = f"{place.file.name} is a database, but none of polyloop."
        yield Finding("database", State.DAMAGED, told, FROM_A_COPY)
        return
    if faults:
        more = f" and {len(faults) - _NAMED} more" if len(faults) > _NAMED else ""
        told = f"{place.file.name} is damaged: {'; '.join(faults[:_NAMED])}{more}"
        yield Finding("database", State.DAMAGED, told, RECOVER)
    else:
        size = place.file.stat().st_size
        yield Finding("database", State.WHOLE, f"{place.file.name}, {size / 1e6:.1f} MB: every page holds")


def way_out_of(error: LedgerError) -> str:
    """What to do about an error of the ledger, for who has asked the doctor already."""
    if "doctor DIR --recover NEW" in error.hint:
        return RECOVER
    return FROM_A_COPY if error.hint == "Correct the path." else error.hint


def _is_ledger(file: Path, *, read_only: bool) -> bool:
    asked = "SELECT count(*) FROM sqlite_master WHERE name IN ('alembic_version', 'commands')"
    with closing(_connected(file, read_only=read_only)) as connection:
        return bool(connection.execute(asked).fetchone()[0])


def _connected(file: Path, *, read_only: bool) -> sqlite3.Connection:
    how = "mode=ro&immutable=1" if read_only else "mode=rw"
    return sqlite3.connect(f"{file.absolute().as_uri()}?{how}", uri=True)


def _faults_of_file(file: Path, *, read_only: bool) -> list[str]:
    found: list[str] = []
    try:
        with closing(_connected(file, read_only=read_only)) as connection:
            for check in ("integrity_check", "foreign_key_check"):
                for row in connection.execute(f"PRAGMA {check}"):
                    if row != ("ok",):
                        text = " ".join(str(told) for told in row if told is not None)
                        found.append(" ".join(text.split()))
    except (
        sqlite3.DatabaseError,
        UnicodeDecodeError,
    ) as error:  # the second: of a message that quotes what is no text
        found.append(str(error))
    return found


def fact_findings(ledger: Ledger) -> Iterator[Finding]:
    """Whether the digest of every command holds, from the first to the last.

    A fault of the database in between ends it, and is told by :func:`database_findings` more exactly.
    """
    count, broken = 0, 0
    try:
        with ledger.reading() as session:
            for link in chain(session.connection()):
                count += 1
                if not (link.whole and link.follows):
                    broken += 1
                    yield Finding("facts", State.DAMAGED, _in_words(link), RECOVER)
            for table, number in stray_facts(session.connection()):
                broken += 1
                told = f"{table} holds {counted(number, 'fact')} that no command recorded."
                yield Finding("facts", State.DAMAGED, told, RECOVER)
    except (LedgerError, ValueError, TypeError) as error:  # a moment that is none, say
        told = error.message if isinstance(error, LedgerError) else str(error)
        yield Finding("facts", State.DAMAGED, f"They can be read up to command {count} only: {told}", RECOVER)
        return
    if not broken:
        yield Finding(
            "facts",
            State.WHOLE,
            f"{counted(count, 'command')}, each with the facts that it recorded, in one chain",
        )


def _in_words(link: Link) -> str:
    where = f" of {link.source_file}" if link.source_file else ""
    what = f"command {link.command} ({link.kind}{where}, {link.author}, {link.at:%Y-%m-%d %H:%M} UTC)"
    if not link.whole:
        return f"The facts of {what} are not those that it recorded: some were changed, added or lost."
    return f"Before {what}, a command is gone or another one was put in its place."
