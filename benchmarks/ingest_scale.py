"""How long ``polyloop ingest`` takes, and how much memory, for tables of any size; reading the repeat units apart.

    python benchmarks/ingest_scale.py POOL.csv --rows 100 --rows 100000
    python benchmarks/ingest_scale.py POOL.csv --rows 200000 --gigabytes 2

POOL is any table with a column psmiles or smiles; its rows become measurements of as many different polymers as it has, over and
over where more are asked for. With ``--gigabytes`` each row gets a text that makes the file so large. Each table is ingested in a
process of its own, into a new campaign's ledger, without encoders. Time to reach: 100,000 rows in 20 s on two cores.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import itertools
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil


def texts(pool: Path) -> Iterator[str]:
    """The polymers of a table."""
    with gzip.open(pool, "rt") if pool.suffix == ".gz" else pool.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield row.get("psmiles") or row["smiles"]


def write_table(pool: Path, path: Path, rows: int, size: int) -> int:
    """Writes a table of measurements, and returns its number of different polymers."""
    from discovery.errors import PolymerError
    from discovery.polymers import RepeatUnit

    sound: list[str] = []
    for text in texts(pool):
        if len(sound) == rows:
            break
        try:
            RepeatUnit.parse(text)
        except PolymerError:
            continue
        sound.append(text)
    numbers = random.Random(0)
    filler = "x" * max(0, size // rows - 90)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["psmiles", "tg [degC]", "reference", *(["remark"] if filler else [])])
        for number, text in enumerate(itertools.islice(itertools.cycle(sound), rows)):
            value = f"{numbers.uniform(-50.0, 300.0):.1f}"
            writer.writerow([text, value, f"source {number % 500}", *([filler] if filler else [])])
    return len(sound)


@contextmanager
def peak_memory() -> Iterator[list[float]]:
    """Fills in the most memory that this process and its children held together, in MiB, looked at twenty times a second."""
    import threading

    me, peak, stop = psutil.Process(), [0.0], threading.Event()

    def look() -> None:
        while not stop.wait(0.05):
            held = 0
            for process in (me, *me.children(recursive=True)):
                try:
                    held += process.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            peak[0] = max(peak[0], held / 2**20)

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    yield peak
    stop.set()
    watcher.join()


def ingested(path: Path, workers: int) -> None:
    """In a process of its own: ingests a table and prints what that took, as JSON."""
    from campaigns.ingesting.ingest import ingest
    from campaigns.ledger import Ledger
    from campaigns.spec import ObjectiveSpec
    from campaigns.tables import HowToRead

    tg = ObjectiveSpec(name="tg", direction="max", unit="K")
    with tempfile.TemporaryDirectory(dir=path.parent) as folder, peak_memory() as peak:
        ledger = Ledger.create(Path(folder) / "campaign.sqlite")
        start = time.perf_counter()
        summary = ingest(path, [tg], ledger, how=HowToRead(workers=workers))
        seconds = time.perf_counter() - start
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        json.dumps(
            {
                "rows": summary.accepted,
                "seconds": seconds,
                "cpu_seconds": own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime,
                "peak_mib": peak[0],
            }
        )
    )


def parsed(path: Path) -> None:
    """In a process of its own: reads the repeat units of a table and prints the processor's time for it."""
    from discovery.polymers import RepeatUnit

    distinct = set(texts(path))
    start = time.process_time()
    for text in distinct:
        RepeatUnit.parse(text)
    print(json.dumps({"cpu_seconds": time.process_time() - start}))


def answer(*arguments: str) -> dict[str, float]:
    """What a process of this script prints."""
    done = subprocess.run([sys.executable, __file__, *arguments], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pool", type=Path)
    parser.add_argument("--rows", type=int, action="append")
    parser.add_argument("--gigabytes", type=float, default=0.0)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--folder", type=Path, help="for the tables; they are deleted at the end")
    parser.add_argument("--ingest", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--parse", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.ingest:
        return ingested(options.pool, options.workers)
    if options.parse:
        return parsed(options.pool)
    print("| rows | polymers | file MB | seconds | processor s | of these reading repeat units | peak MiB |")
    print("|---|---|---|---|---|---|---|")
    for rows in options.rows or [100, 100_000]:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            path = Path(folder) / "measured.csv"
            polymers = write_table(options.pool, path, rows, int(options.gigabytes * 1e9))
            told = answer(str(path), "--ingest", "--workers", str(options.workers))
            reading = answer(str(path), "--parse")["cpu_seconds"]
            print(
                f"| {rows:,} | {polymers:,} | {path.stat().st_size / 1e6:,.1f} | {told['seconds']:.1f} "
                f"| {told['cpu_seconds']:.1f} | {reading:.1f} ({reading / told['cpu_seconds']:.0%}) "
                f"| {told['peak_mib']:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
