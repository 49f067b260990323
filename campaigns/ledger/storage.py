"""Where a ledger lies: the engine, its transactions, its schema version, and the database's complaints put
into words.

SQLite keeps a write-ahead log, so that whoever reads never waits for whoever writes; every commit is synchronised to the disk
before a command reports it as done. Connections live no longer than a transaction, and the last one to close takes the log into
the file: between commands a campaign is one file that can be copied. A file that may only be read is opened as one that nobody
changes, since SQLite would otherwise want to write beside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from json import JSONDecodeError
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select, text
from sqlalchemy.exc import DatabaseError, NoSuchModuleError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateSchema

from campaigns.errors import LedgerError
from campaigns.ledger.complaints import in_words, no_text
from campaigns.ledger.places import Place
from campaigns.ledger.schema import FACTS, REVISION, UpgradeRow
from campaigns.ledger.sealing import COMMANDS, seal, table_of

_WRITES = "polyloop_writes"


class Storage:
    """A database that holds a ledger of the current schema.

    Connections live no longer than a transaction: between commands no file is held open.
    """

    def __init__(self, place: Place, wait: float) -> None:
        self.place = place
        self.name = place.name
        self._wait = wait
        self._engine = _engine(place, wait)

    @classmethod
    def create(cls, where: Path | str | Place, wait: float) -> Storage:
        """Makes an empty ledger.

        Raises:
            LedgerError: There is a database already, or it cannot be made.
        """
        place = Place.of(where)
        if place.schema:
            cls(Place(place.url), wait)._make_schema(place.schema)
        storage = cls(place, wait)
        with storage._connection(write=False) as connection:
            storage._refuse_what_is_there(connection)
        with storage._connection(write=True) as connection:
            _lock_schema(connection, wait)
            storage._refuse_what_is_there(connection)  # asked again under the lock
            _migrate(connection, storage.name)
        return storage

    @classmethod
    def lies_in(cls, place: Place, wait: float) -> bool:
        """Whether there is anything in a place: a file with content, or a database that holds tables.

        Raises:
            LedgerError: A database cannot be reached.
        """
        if place.file is not None:
            return place.file.is_file() and place.file.stat().st_size > 0
        with cls(place, wait)._connection(write=False) as connection:
            return bool(inspect(connection).get_table_names())

    @classmethod
    def open(cls, where: Path | str | Place, wait: float) -> Storage:
        """Opens a ledger, bringing an older one up to the current schema.

        Raises:
            LedgerError: There is none, it is damaged or no ledger, a newer polyloop wrote it, or it may only be read and was
                left in the middle of a command or in an older schema.
        """
        place = Place.of(where)
        if place.file is not None and not place.file.is_file():
            raise LedgerError(
                f"There is no ledger {place.url.database}.",
                "Make a campaign with polyloop new, or correct the path.",
            )
        storage = cls(place, wait)
        with storage._connection(write=False) as connection:
            older = storage._is_older(connection)
        if older and place.is_read_only:
            raise LedgerError(
                f"{storage.name} was written by an older polyloop and may only be read here.",
                "Copy the campaign's folder to a place where you may write, and open it there.",
            )
        if older:
            with storage._connection(write=True) as connection:
                _lock_schema(connection, wait)
                # Asked again under the lock: another process may have upgraded it in between.
                if storage._is_older(connection):
                    _migrate(connection, storage.name)
        return storage

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the ledger."""
        with self._connection(write=False) as connection, Session(connection) as session:
            yield session

    @contextmanager
    def writing(self, *, keep: bool = True) -> Iterator[Session]:
        """A session whose facts are sealed and recorded all together at the end, or not at all after an error or without
        ``keep``.

        Raises:
            LedgerError: Another command is writing, the disk is full, the file is read-only, a fact contradicts another, or a
                newer polyloop has upgraded the ledger since it was opened.
        """
        with self._connection(write=True, keep=keep) as connection:
            if connection.dialect.name == "postgresql":
                _lock(connection, self._wait)
            self._is_older(connection)  # asked again: a round may take hours to plan
            with Session(connection) as session:
                yield session
                session.flush()
                if keep:
                    seal(connection)

    @contextmanager
    def _connection(self, *, write: bool, keep: bool = True) -> Iterator[Connection]:
        before = self._state_of_read_only_file(write)
        try:
            with self._engine.connect().execution_options(**{_WRITES: write}) as connection:
                if connection.dialect.name == "postgresql" and not write:
                    # All statements of one reader see one state, as a transaction of SQLite does anyhow.
                    connection = connection.execution_options(isolation_level="REPEATABLE READ")
                transaction = connection.begin()
                yield connection
                if keep:
                    transaction.commit()
                else:
                    transaction.rollback()
        except DatabaseError as error:
            raise in_words(self.name, error) from error
        except (UnicodeError, JSONDecodeError) as error:
            raise no_text(self.name, error) from error
        if before != self._state_of_read_only_file(write):
            raise LedgerError(f"{self.name} was changed by another command while it was read.", "Try again.")

    def _state_of_read_only_file(self, write: bool) -> tuple[int, int] | None:
        """By what is noticed that somebody else changed a file that was opened as one that nobody changes."""
        file = self.place.file
        if write or file is None or not self.place.is_read_only:
            return None
        if self.place.log is not None:
            raise LedgerError(
                f"{self.name} may only be read here, and what a command recorded last lies beside it in {self.place.log.name}.",
                "Try again when that command has ended; if it was killed, open the campaign once where you may write to it.",
            )
        found = file.stat()
        return found.st_size, found.st_mtime_ns

    def _refuse_what_is_there(self, connection: Connection) -> None:
        if inspect(connection).get_table_names():
            way_out = "Open it, or choose another place."
            if self.place.file is None:
                way_out = "Choose another database, or a schema of its own."
            raise LedgerError(f"{self.name} exists already.", way_out)

    def _make_schema(self, schema: str) -> None:
        with self._connection(write=True) as connection:
            connection.execute(CreateSchema(schema, if_not_exists=True))

    def _is_older(self, connection: Connection) -> bool:
        """Whether the schema is older than this program's."""
        if not inspect(connection).has_table("alembic_version"):
            raise LedgerError(f"{self.name} is not a ledger of polyloop.", "Correct the path.")
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
        if found == REVISION:
            return False
        if found is None:
            return True  # before its first step
        if not re.fullmatch(r"[0-9]{4}", found):
            raise LedgerError(f"{self.name} has an unknown schema ({found}).", "Restore it from a copy.")
        if found > REVISION:
            needed = _polyloop_of(connection, found)
            raise LedgerError(
                f"{self.name} was written by a newer polyloop (schema {found}; this one knows {REVISION}).",
                f"Upgrade polyloop to {needed} or later." if needed else "Upgrade polyloop.",
            )
        return True


def _engine(place: Place, wait: float) -> Engine:
    url, options = place.url, dict[str, Any]()
    if place.file is not None:
        options["timeout"] = wait
        if place.is_read_only:
            named = place.file.absolute().as_uri()  # percent-encoded, as SQLite reads it
            url = url.set(database=named).update_query_dict({"mode": "ro", "immutable": "1", "uri": "true"})
    elif url.get_backend_name() == "postgresql":
        options["connect_timeout"] = max(2, round(wait))
        if place.schema:
            options["options"] = f"-csearch_path={place.schema}"
    # No NaN in JSON: PostgreSQL refuses it and no other program could read it.
    serializer = partial(json.dumps, allow_nan=False, sort_keys=True, ensure_ascii=False)
    try:
        engine = create_engine(url, poolclass=NullPool, json_serializer=serializer, connect_args=options)
    except NoSuchModuleError as error:
        raise LedgerError(
            f"There is no driver for {url.drivername} databases.",
            "Write the address like postgresql+psycopg://host/name.",
        ) from error
    except ModuleNotFoundError as error:
        raise LedgerError(
            f"The driver for {url.drivername} databases is not installed.",
            'Install it: pip install "polyloop[postgres]".',
        ) from error
    if place.file is not None:
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, record: object) -> None:
    connection.isolation_level = None  # transactions begin in _begin_sqlite, not where the driver thinks fit
    for pragma in (
        "foreign_keys = ON",
        # Every commit is synchronised to the disk: it outlives a power cut right after it.
        "synchronous = FULL",
        # Without it, INSERT OR REPLACE would delete a fact behind the trigger's back.
        "recursive_triggers = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    if not connection.get_execution_options().get(_WRITES):
        connection.exec_driver_sql("BEGIN")
        return
    # Nothing but a ledger is written to, so that no other program's file is given a log; a ledger of before has none yet.
    connection.exec_driver_sql("PRAGMA journal_mode = WAL")
    # A writer takes its lock at once: two that read first and write later would block one another.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _lock(connection: Connection, wait: float) -> None:
    """One writer at a time; and ids go on from the last fact, whatever was tried and not kept in between."""
    connection.execute(text(f"SET LOCAL lock_timeout = {max(1, round(wait * 1000))}"))
    connection.execute(text("LOCK TABLE commands IN EXCLUSIVE MODE"))
    for table in (COMMANDS, *map(table_of, FACTS)):
        if table.autoincrement_column is not None:
            connection.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), "
                    f"(SELECT coalesce(max(id), 0) + 1 FROM {table.name}), false)"
                )
            )


def _lock_schema(connection: Connection, wait: float) -> None:
    """One at a time makes or upgrades tables; SQLite has but one writer anyhow."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = {max(1, round(wait * 1000))}"))
        connection.execute(
            text("SELECT pg_advisory_xact_lock(hashtext('polyloop'), hashtext(current_schema()))")
        )


def _migrate(connection: Connection, name: str) -> None:
    # Alembic is imported only when there is something to migrate.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option(
        "script_location", (Path(__file__).parent / "migrations").as_posix().replace("%", "%%")
    )
    # Alembic wants to be told how to split lists of paths, although there is only one.
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise LedgerError(f"{name} has an unknown schema ({error}).", "Restore it from a copy.") from error
    made_by = {"to": REVISION, "polyloop": version("polyloop"), "at": datetime.now(UTC)}
    connection.execute(insert(UpgradeRow).values(made_by))
    seal(connection)


def _polyloop_of(connection: Connection, revision: str) -> str:
    """The polyloop that brought a ledger to a schema; empty where it did not say."""
    if not inspect(connection).has_table("upgrades"):
        return ""
    return connection.scalar(select(UpgradeRow.polyloop).where(UpgradeRow.to == revision)) or ""
