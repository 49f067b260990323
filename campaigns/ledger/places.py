"""Where a ledger can lie: in an SQLite file, or in the tables of a database that a URL names; and what messages call it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from campaigns.errors import LedgerError

DRIVER = "postgresql+psycopg"
"""The driver that the extra ``postgres`` installs."""

LOG = "-wal"
"""Behind the name of an SQLite file: what was recorded and is not yet in the file itself. It is there only while a command runs,
or after one was killed."""


SCHEMA_NAMES = "Use small letters, digits and _, at most 63, with a letter first."


def is_schema(name: str) -> bool:
    """Whether a schema can be called so without being quoted everywhere."""
    return re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name) is not None and not name.startswith("pg_")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a ledger lies.

    Args:
        url: Of the database.
        schema: Of a PostgreSQL database, so that several campaigns share one; empty for the usual one.
    """

    url: URL
    schema: str = ""

    def __post_init__(self) -> None:
        if self.schema and not is_schema(self.schema):
            raise LedgerError(f"{self.schema!r} names no schema of a database.", SCHEMA_NAMES)
        if self.schema and self.url.get_backend_name() != "postgresql":
            raise LedgerError(f"{self.name} cannot have a schema.", "Only PostgreSQL has schemas.")

    @classmethod
    def of(cls, where: Path | str | Place) -> Place:
        """The place that a path or a URL names.

        Raises:
            LedgerError: It is no URL of a database.
        """
        if isinstance(where, Place):
            return where
        if isinstance(where, Path) or "://" not in where:
            return cls(URL.create("sqlite", database=str(where)))
        try:
            url = make_url(where)
            # SQLAlchemy's own choice is a driver that is no longer developed.
            return cls(url.set(drivername=DRIVER) if url.drivername == "postgresql" else url)
        except ArgumentError as error:
            raise LedgerError(
                "That is not the address of a database.",
                "Write it like postgresql+psycopg://host/name.",
            ) from error

    @property
    def file(self) -> Path | None:
        """The SQLite file; None for any other database."""
        return Path(self.url.database or "") if self.url.get_backend_name() == "sqlite" else None

    @property
    def name(self) -> str:
        """What messages call it; a password is not shown."""
        if self.file is not None:
            return f"The ledger {self.url.database}"
        schema = f", schema {self.schema}" if self.schema else ""
        return f"The ledger {self.url.render_as_string()}{schema}"

    @property
    def is_read_only(self) -> bool:
        """Whether it is a file that may only be read, as on a disk of somebody else's."""
        if self.file is None or not self.file.is_file():
            return False
        return not all(os.access(path, os.W_OK) for path in (self.file, self.file.absolute().parent))

    @property
    def log(self) -> Path | None:
        """The log beside an SQLite file, where one with content lies there."""
        if self.file is None:
            return None
        beside = self.file.with_name(self.file.name + LOG)
        try:
            return beside if beside.stat().st_size else None
        except OSError:
            return None
