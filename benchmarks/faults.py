"""What a campaign survives: kills, full disks, commands at once, damaged files, earlier and later ledgers, clocks.

    python benchmarks/faults.py --out FOLDER
    python benchmarks/faults.py --out FOLDER --kills 200 --races 50 --damages 200 --seed 0

Each fault is tried many times on copies of small campaigns, whose encoders are random and have a few thousand weights, so that
there is a round in a few seconds. After each try the ledger is opened and audited, its facts are held against those of before,
and the next command is given. What is wrong after a try stands in the table and, in words, under it; there must be nothing. The
table is printed and written to FOLDER/faults.md. A disk of its own that fills up is mounted where root runs this.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from faults_campaigns import Bench, Row
from faults_damage import damages
from faults_disks import full_disks
from faults_kills import kills
from faults_races import races
from faults_schemas import clocks, schemas

HEADER = "| fault | tried | lost or wrong | seen |\n|---|---|---|---|"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the table")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument(
        "--rooms", type=int, default=12, help="sizes of what is left of a disk, for each command"
    )
    parser.add_argument("--races", type=int, default=50, help="of each pair of commands")
    parser.add_argument("--damages", type=int, default=200)
    parser.add_argument("--schemas", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes that kill others")
    parser.add_argument(
        "--only", nargs="*", default=[], help="some of kills, disks, races, damages, schemas, clocks"
    )
    options = parser.parse_args()
    # read by all processes: each command has one core to itself
    os.environ |= {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.out, prefix=".faults-") as folder:
        bench = Bench.make(Path(folder).absolute())
        tried: dict[str, Callable[[], Iterable[Row]]] = {
            "kills": lambda: kills(bench, options.kills, options.seed, options.workers),
            "disks": lambda: full_disks(bench, options.rooms),
            "races": lambda: races(bench, options.races, options.seed),
            "damages": lambda: damages(bench, options.damages, options.seed),
            "schemas": lambda: schemas(bench.folder, options.schemas, options.seed),
            "clocks": lambda: clocks(bench),
        }
        rows = []
        print(HEADER, flush=True)
        for name, tries in tried.items():
            if not options.only or name in options.only:
                for row in tries():
                    print(row, flush=True)
                    rows.append(row)
    wrong = [f"- {row.fault}: {fault}" for row in rows for fault in row.wrong]
    text = "\n".join([HEADER, *map(str, rows), *(["", *wrong] if wrong else [])])
    (options.out / "faults.md").write_text(text + "\n", encoding="utf-8")
    print("\n".join(["", *wrong]))
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main()
