"""Where a ledger lies: the engine, its transactions, its schema version, and the database's complaints put
into words.

SQLite keeps a rollback journal rather than a write-ahead log, so that between commands a campaign is one file
that can be copied; every commit is synchronised to the disk before a command reports it as done.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, IntegrityError, NoSuchModuleError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from campaigns.errors import LedgerError
from campaigns.ledger.schema import REVISION

_WRITES = "polyloop_writes"


class Storage:
    """A database that holds a ledger of the current schema.

    Connections live no longer than a transaction: between commands no file is held open.
    """

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self.name = name

    @classmethod
    def create(cls, where: Path | str, wait: float) -> Storage:
        """Makes an empty ledger.

        Raises:
            LedgerError: There is a database already, or it cannot be made.
        """
        url = _url(where)
        storage = cls(_engine(url, wait), _name(url))
        with storage._connection(write=True) as connection:
            if inspect(connection).get_table_names():
                raise LedgerError(f"{storage.name} exists already.", "Open it, or choose another place.")
            _migrate(connection, storage.name)
        return storage

    @classmethod
    def open(cls, where: Path | str, wait: float) -> Storage:
        """Opens a ledger, bringing an older one up to the current schema.

        Raises:
            LedgerError: There is none, it is damaged or no ledger, or a newer polyloop wrote it.
        """
        url = _url(where)
        if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
            raise LedgerError(
                f"There is no ledger {_name(url)}.", "Make a campaign with polyloop new, or correct the path."
            )
        storage = cls(_engine(url, wait), _name(url))
        with storage._connection(write=False) as connection:
            older = storage._is_older(connection)
        if older:
            with storage._connection(write=True) as connection:
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
        """A session whose facts are recorded all together at the end, or not at all after an error or without
        ``keep``.

        Raises:
            LedgerError: Another command is writing, the disk is full, the file is read-only, or a fact
                contradicts another.
        """
        with self._connection(write=True, keep=keep) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("LOCK TABLE commands IN EXCLUSIVE MODE"))
            with Session(connection) as session:
                yield session
                session.flush()

    @contextmanager
    def _connection(self, *, write: bool, keep: bool = True) -> Iterator[Connection]:
        try:
            with self._engine.connect().execution_options(**{_WRITES: write}) as connection:
                transaction = connection.begin()
                yield connection
                if keep:
                    transaction.commit()
                else:
                    transaction.rollback()
        except DatabaseError as error:
            raise self._in_words(error) from error

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
            raise LedgerError(
                f"{self.name} was written by a newer polyloop (schema {found}; this one knows {REVISION}).",
                "Upgrade polyloop.",
            )
        return True

    def _in_words(self, error: DatabaseError) -> LedgerError:
        said = str(error.orig)
        for sign, fault, hint in _COMPLAINTS:
            if sign in said:
                return LedgerError(f"{self.name} {fault}.", hint)
        if isinstance(error, IntegrityError):
            return LedgerError(
                f"A fact contradicts what {self.name} holds ({said}).", "Nothing was recorded."
            )
        if isinstance(error, OperationalError):
            return LedgerError(f"{self.name} cannot be used ({said}).", "Nothing was recorded.")
        return LedgerError(f"{self.name} gave an error ({said}).", "Nothing was recorded.")


_COMPLAINTS = (
    (
        "locked",
        "is in use by another polyloop command",
        "Try again when that one has ended. Nothing was recorded.",
    ),
    ("disk is full", "cannot be written: the disk is full", "Make room and try again. Nothing was recorded."),
    ("readonly", "is read-only", "Give yourself the right to write to the file and its folder."),
    (
        "unable to open",
        "cannot be opened or made",
        "Check that its folder is there and that you may write to it.",
    ),
    ("not a database", "is not a database", "Correct the path, or restore the file from a copy."),
    ("malformed", "is damaged", "Restore it from a copy."),
    ("append-only", "keeps every fact as it was recorded", "Correct a fact with a new one."),
)


def _url(where: Path | str) -> URL:
    if isinstance(where, Path) or "://" not in where:
        return URL.create("sqlite", database=str(where))
    try:
        return make_url(where)
    except ArgumentError as error:
        raise LedgerError(
            "That is not the address of a database.", "Write it like postgresql://host/name."
        ) from error


def _name(url: URL) -> str:
    return (
        f"The ledger {url.database}"
        if url.get_backend_name() == "sqlite"
        else f"The ledger {url.render_as_string()}"
    )


def _engine(url: URL, wait: float) -> Engine:
    sqlite = url.get_backend_name() == "sqlite"
    options: dict[str, Any] = {"connect_args": {"timeout": wait}} if sqlite else {}
    # No NaN in JSON: PostgreSQL refuses it and no other program could read it.
    serializer = partial(json.dumps, allow_nan=False, sort_keys=True, ensure_ascii=False)
    try:
        engine = create_engine(url, poolclass=NullPool, json_serializer=serializer, **options)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise LedgerError(
            f"There is no driver for {url.drivername} databases.", "Install it: pip install psycopg[binary]."
        ) from error
    if sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, record: object) -> None:
    connection.isolation_level = None  # transactions begin in _begin_sqlite, not where the driver thinks fit
    for pragma in (
        "foreign_keys = ON",
        "journal_mode = DELETE",
        # As FULL, and the journal's removal is synchronised too: a commit outlives a power cut right after
        # it.
        "synchronous = EXTRA",
        # Without it, INSERT OR REPLACE would delete a fact behind the trigger's back.
        "recursive_triggers = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock at once: two that read first and write later would block one another.
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


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
