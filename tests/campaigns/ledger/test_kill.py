"""A command that is killed leaves everything it had reported as done, and nothing of what it had not."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from campaigns.ledger import Ledger, Source
from campaigns.spec import ObjectiveSpec

TG = ObjectiveSpec(name="tg", direction="max", unit="K")
ROWS = 40

# Ingests tables of ROWS rows one after another and says after each that it is done.
INGESTS = f"""
import sys
from campaigns.ledger import Ledger, ResultRow, Source, Status
from campaigns.spec import ObjectiveSpec
from discovery.polymers.repeat_unit import RepeatUnit
tg = ObjectiveSpec(name="tg", direction="max", unit="K")
unit = RepeatUnit.parse("*CCO*")
ledger = Ledger.open(sys.argv[1])
for number in range(10_000):
    values = [number + line / 1000 for line in range({ROWS})]
    rows = [ResultRow(2, unit, Status.MEASURED, value, objective="tg") for value in values]
    source = Source(f"{{number}}.csv", str(number))
    ledger.append_results(rows, properties=[tg], source=source)
    print(number, flush=True)
"""

# Says so in the middle of one large table, with pages already spilt into the file, and stays there.
HANGS = """
import sys, time
from campaigns.ledger import Ledger, ResultRow, Source, Status
from campaigns.spec import ObjectiveSpec
from discovery.polymers.repeat_unit import RepeatUnit
unit = RepeatUnit.parse("*CCO*")
class Rows:  # gone through more than once, so that none of them is held
    def __iter__(self):
        for line in range(20_000):
            yield ResultRow(line, unit, Status.MEASURED, line / 1000, note="x" * 500, objective="tg")
        print("half", flush=True)
        time.sleep(60)
tg = ObjectiveSpec(name="tg", direction="max", unit="K")
Ledger.open(sys.argv[1]).append_results(Rows(), properties=[tg], source=Source("large.csv", "large"))
"""


def start(program: str, path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("seed", range(3))
def test_a_kill_at_any_moment_loses_nothing_that_was_reported_as_done(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "c.sqlite"
    Ledger.create(path)
    with start(INGESTS, path) as process:
        assert process.stdout is not None
        done = [int(process.stdout.readline())]
        time.sleep(random.Random(seed).uniform(0.0, 0.3))
        process.send_signal(signal.SIGKILL)
        done += [int(line) for line in process.stdout]
    ledger = Ledger.open(path)
    tables = Counter(m.source_file for m in ledger.measurements())
    assert set(tables.values()) == {ROWS}
    assert {f"{number}.csv" for number in done} <= set(tables)
    assert len(tables) <= len(done) + 1  # one may have been recorded and not yet reported
    assert ledger.append_results([], properties=[TG], source=Source("next.csv", "next")).measurements == 0


def test_a_kill_in_the_middle_of_a_transaction_leaves_no_trace_of_it(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    Ledger.create(path)
    with start(HANGS, path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        process.send_signal(signal.SIGKILL)
    assert (tmp_path / "c.sqlite-wal").stat().st_size > 0  # the transaction had begun to write
    ledger = Ledger.open(path)
    assert ledger.measurements() == ()
    assert ledger.view().sources == frozenset()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert [file.name for file in tmp_path.iterdir()] == ["c.sqlite"]
