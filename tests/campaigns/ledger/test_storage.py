from __future__ import annotations

import io
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

import campaigns.ledger
from campaigns.errors import LedgerError
from campaigns.ledger import Ledger
from campaigns.ledger.schema import REVISION, Base

MIGRATIONS = Path(campaigns.ledger.__file__).parent / "migrations"
FACTS = sorted(Base.metadata.tables)


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    made.set_main_option("path_separator", "os")
    return made


def test_the_migrations_make_the_tables_that_the_program_uses(tmp_path: Path) -> None:
    Ledger.create(tmp_path / "c.sqlite")
    engine = create_engine(f"sqlite:///{tmp_path / 'c.sqlite'}", poolclass=NullPool)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    assert ScriptDirectory.from_config(config()).get_current_head() == REVISION


def test_the_migrations_can_be_written_for_postgresql() -> None:
    written = io.StringIO()
    made = config()
    made.output_buffer = written
    made.attributes["dialect_name"] = "postgresql"
    command.upgrade(made, "head", sql=True)
    for table in FACTS:
        assert f"CREATE TABLE {table}" in written.getvalue()
        assert f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}" in written.getvalue()


@pytest.mark.parametrize("table", FACTS)
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = 2", "DELETE FROM {}"])
def test_no_fact_can_be_changed_or_deleted(tmp_path: Path, table: str, change: str) -> None:
    Ledger.create(tmp_path / "c.sqlite")
    with closing(sqlite3.connect(tmp_path / "c.sqlite")) as connection:
        connection.execute(
            "INSERT INTO commands (id, kind, at, author) VALUES (1, 'x', '2026-01-01 00:00:00', 'me')"
        )
        names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        if table != "commands":
            # Any value does: SQLite checks neither types nor, without the pragma, references.
            values = ", ".join("1" for _ in names)
            connection.execute(f"INSERT INTO {table} VALUES ({values})")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(change.format(table, names[1]))


def test_a_command_is_sealed_once_and_nothing_else_of_it_changes(tmp_path: Path) -> None:
    Ledger.create(tmp_path / "c.sqlite")
    with closing(sqlite3.connect(tmp_path / "c.sqlite")) as connection:
        connection.execute(
            "INSERT INTO commands (id, kind, at, author) VALUES (1, 'x', '2026-01-01 00:00:00', 'me')"
        )
        for change in ("digest = 'a', author = 'you'", "digest = NULL", "previous = 'a'"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(f"UPDATE commands SET {change}")
        connection.execute("UPDATE commands SET previous = '', digest = 'a'")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute("UPDATE commands SET digest = 'b'")


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("measurements", "bound"),
        *(("proposals", name) for name in ("predictions", "feasibility", "fulfils")),
        *(("rounds", name) for name in ("adapters", "front", "advice")),
    ],
)
def test_what_later_schemas_added_cannot_be_changed_either(tmp_path: Path, table: str, column: str) -> None:
    Ledger.create(tmp_path / "c.sqlite")
    with closing(sqlite3.connect(tmp_path / "c.sqlite")) as connection:
        names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        connection.execute(f"INSERT INTO {table} VALUES ({', '.join('1' for _ in names)})")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(f"UPDATE {table} SET {column} = 'above'")


def test_a_ledger_is_made_only_once(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    Ledger.create(path)
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="exists already"):
        Ledger.create(path)
    assert path.read_bytes() == before


def test_a_file_left_empty_by_a_killed_create_can_be_made_a_ledger(tmp_path: Path) -> None:
    (tmp_path / "c.sqlite").touch()
    with pytest.raises(LedgerError, match="not a ledger"):
        Ledger.open(tmp_path / "c.sqlite")
    assert Ledger.create(tmp_path / "c.sqlite").rounds() == ()


def test_opening_what_is_not_there_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="There is no ledger"):
        Ledger.open(tmp_path / "c.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be opened or made"):
        Ledger.create(tmp_path / "none" / "c.sqlite")


@pytest.mark.parametrize("content", [b"psmiles,tg\n" * 100, b"SQLite format 3\0" + b"\7" * 4096])
def test_a_file_that_is_no_database_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "c.sqlite").write_bytes(content)
    with pytest.raises(LedgerError):
        Ledger.open(tmp_path / "c.sqlite")


def test_another_programs_database_is_not_a_ledger(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "c.sqlite")) as connection:
        connection.execute("CREATE TABLE notes (text)")
    with pytest.raises(LedgerError, match="not a ledger of polyloop"):
        Ledger.open(tmp_path / "c.sqlite")
    with pytest.raises(LedgerError, match="exists already"):
        Ledger.create(tmp_path / "c.sqlite")


@pytest.mark.parametrize(
    ("version", "said"),
    [("9999", "newer polyloop .* Upgrade polyloop"), ("abc", "unknown schema"), ("0000", "unknown schema")],
)
def test_a_schema_that_this_program_does_not_know_is_refused(tmp_path: Path, version: str, said: str) -> None:
    Ledger.create(tmp_path / "c.sqlite")
    with closing(sqlite3.connect(tmp_path / "c.sqlite")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
        connection.commit()
    with pytest.raises(LedgerError, match=said):
        Ledger.open(tmp_path / "c.sqlite")


def test_an_older_schema_is_upgraded_when_opened(tmp_path: Path) -> None:
    # The oldest schema there can be: a ledger before its first step.
    with closing(sqlite3.connect(tmp_path / "c.sqlite")) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    assert Ledger.open(tmp_path / "c.sqlite").append_spec("v", "toml")
    with closing(sqlite3.connect(tmp_path / "c.sqlite")) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(REVISION,)]


def test_a_busy_ledger_is_told(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    ledger = Ledger.create(path, wait=0.1)
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(LedgerError, match="in use by another polyloop command"):
            ledger.append_spec("v", "toml")


def test_a_ledger_keeps_a_log_while_it_is_used_and_is_one_file_afterwards(tmp_path: Path) -> None:
    ledger = Ledger.create(tmp_path / "c.sqlite")
    with closing(sqlite3.connect(tmp_path / "c.sqlite")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    ledger.append_spec("v", "toml")
    assert [path.name for path in tmp_path.iterdir()] == ["c.sqlite"]


def test_a_ledger_of_before_there_were_logs_gets_one_when_it_is_upgraded(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "c.sqlite")) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    Ledger.open(tmp_path / "c.sqlite")
    with closing(sqlite3.connect(tmp_path / "c.sqlite")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_another_programs_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE notes (text)")
    before = path.read_bytes()
    for use in (Ledger.open, Ledger.create):
        with pytest.raises(LedgerError):
            use(path)
    assert path.read_bytes() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to read-only files")
def test_a_read_only_ledger_is_told(tmp_path: Path) -> None:
    ledger = Ledger.create(tmp_path / "c.sqlite")
    (tmp_path / "c.sqlite").chmod(0o444)
    with pytest.raises(LedgerError, match="read-only"):
        ledger.append_spec("v", "toml")


def test_an_address_without_driver_or_sense_is_told() -> None:
    with pytest.raises(LedgerError, match="no driver"):
        Ledger.open("nonsense://host/name")
    with pytest.raises(LedgerError, match="not the address"):
        Ledger.open("://")
