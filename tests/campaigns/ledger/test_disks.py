"""Ledgers on disks that are full or may only be read: real ones, small file systems in memory that are mounted for the test."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from campaigns.errors import LedgerError
from campaigns.ledger import Ledger, ResultRow, Source, Status
from campaigns.ledger.sealing import chain
from campaigns.spec import ObjectiveSpec
from discovery.polymers.repeat_unit import RepeatUnit

TG = ObjectiveSpec(name="tg", direction="max", unit="K")
PS = RepeatUnit.parse("*CC(*)c1ccccc1")


def mount(*words: str) -> None:
    done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here ({done.stderr.strip()})")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a file system")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder))
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.fixture
def only_read(disk: Path) -> Callable[[], None]:
    return lambda: mount("-o", "remount,ro", str(disk))


def ingest(ledger: Ledger, rows: int, file: str) -> None:
    made = (
        ResultRow(line, PS, Status.MEASURED, float(line), note="x" * 200, objective="tg")
        for line in range(2, rows + 2)
    )
    ledger.append_results(made, properties=[TG], source=Source(file, file.encode().hex()))


def test_a_full_disk_is_told_and_leaves_the_ledger_as_it_was(disk: Path) -> None:
    ledger = Ledger.create(disk / "campaign.sqlite")
    ingest(ledger, 10, "small.csv")
    with pytest.raises(LedgerError, match=r"disk is full.*Make room and try again"):
        ingest(ledger, 20_000, "large.csv")
    assert [path.name for path in disk.iterdir()] == ["campaign.sqlite"]
    assert len(Ledger.open(disk / "campaign.sqlite").measurements()) == 10
    ingest(ledger, 20, "other.csv")
    with ledger.reading() as session:
        assert all(link.whole and link.follows for link in chain(session.connection()))


def test_a_ledger_on_a_disk_without_any_room_is_read_or_says_why(disk: Path) -> None:
    ledger = Ledger.create(disk / "campaign.sqlite")
    ingest(ledger, 10, "small.csv")
    with suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
        for _ in range(1024):
            filler.write(b"x" * 4096)
    with pytest.raises(LedgerError, match="Nothing was recorded"):
        ingest(ledger, 10, "other.csv")
    with pytest.raises(LedgerError, match="no room"):
        ledger.measurements()
    (disk / "filler").unlink()
    assert len(ledger.measurements()) == 10


def test_a_ledger_that_may_only_be_read_is_read(disk: Path, only_read: Callable[[], None]) -> None:
    ingest(Ledger.create(disk / "campaign.sqlite"), 10, "small.csv")
    only_read()
    ledger = Ledger.open(disk / "campaign.sqlite")
    assert len(ledger.measurements()) == 10
    with pytest.raises(LedgerError, match="is read-only"):
        ingest(ledger, 1, "other.csv")


def test_what_a_killed_command_left_beside_a_ledger_that_may_only_be_read_is_told(
    disk: Path, only_read: Callable[[], None]
) -> None:
    ingest(Ledger.create(disk / "campaign.sqlite"), 10, "small.csv")
    (disk / "campaign.sqlite-wal").write_bytes(b"x" * 4096)
    only_read()
    with pytest.raises(LedgerError, match=r"lies beside it in campaign\.sqlite-wal.*where you may write"):
        Ledger.open(disk / "campaign.sqlite")


def test_an_older_ledger_that_may_only_be_read_is_told(disk: Path, only_read: Callable[[], None]) -> None:
    with closing(sqlite3.connect(disk / "campaign.sqlite")) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    only_read()
    with pytest.raises(LedgerError, match="older polyloop and may only be read here"):
        Ledger.open(disk / "campaign.sqlite")


def test_a_ledger_that_changes_while_it_is_read_as_unchanging_is_told(
    disk: Path, only_read: Callable[[], None]
) -> None:
    path = disk / "campaign.sqlite"
    Ledger.create(path)
    only_read()
    ledger = Ledger.open(path)
    with pytest.raises(LedgerError, match="changed by another command"), ledger.reading():  # noqa: PT012
        mount("-o", "remount,rw", str(disk))
        os.utime(path, (1, 1))
        only_read()
