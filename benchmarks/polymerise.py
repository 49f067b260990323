"""How many polymers a second do the rules make from your monomers, on one core and on several?

    python benchmarks/polymerise.py monomers.csv --workers 2 [--copolymers] [--monomers 300]

The table names monomers in `smiles`. Prints polymers per second of one core's CPU time, start of the program left out; then
the wall time with several processes, their start included, as a ratio to that of one, and what it would be on idle cores by the
CPU time that all took; what is dropped, by reason; and which reactions make how much. Both runs have to give the
same stream.
"""

from __future__ import annotations

import argparse
import csv
import random
import resource
import time
from collections import Counter
from hashlib import blake2b
from pathlib import Path

from discovery.polymers.monomers import Monomer
from discovery.polymers.polymerisation import polymerise
from discovery.polymers.space import MonomerSpace


def read(path: Path, number: int | None) -> list[Monomer]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        monomers = [Monomer(row["smiles"], row.get("name") or "") for row in csv.DictReader(file)]
    if number is not None:
        random.Random(0).shuffle(monomers)
    return monomers[:number]


class Run:
    """One pass over all polymers."""

    def __init__(self, monomers: list[Monomer], copolymers: bool, workers: int) -> None:
        self.dropped: Counter[str] = Counter()
        self.reactions: Counter[str] = Counter()
        stream = blake2b()
        wall, cpu, others = time.perf_counter(), time.process_time(), cpu_of_children()
        for candidate in polymerise(monomers, copolymers=copolymers, dropped=self.dropped, workers=workers):
            if candidate.provenance is not None:
                self.reactions[candidate.provenance.reaction] += 1
            stream.update(f"{candidate.unit.key} {candidate.provenance}\n".encode())
        self.wall, self.cpu = time.perf_counter() - wall, time.process_time() - cpu
        self.others = cpu_of_children() - others
        self.polymers = self.reactions.total()
        self.stream = stream.hexdigest()


def cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("monomers", type=Path, metavar="MONOMERS.csv")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--copolymers", action="store_true")
    parser.add_argument("--monomers", type=int, dest="number", help="a random subset of so many")
    arguments = parser.parse_args()
    monomers = read(arguments.monomers, arguments.number)

    started = time.process_time()
    space = MonomerSpace(monomers, copolymers=arguments.copolymers)
    print(
        f"{len(monomers)} monomers, {space.size:,} pairs; classified in {time.process_time() - started:.1f} s"
    )
    one = Run(monomers, arguments.copolymers, 1)
    print(
        f"{one.polymers:,} polymers; one process: {one.wall:.1f} s, {one.polymers / one.cpu:,.0f} a second of CPU"
    )
    if arguments.workers > 1:
        several = Run(monomers, arguments.copolymers, arguments.workers)
        idle = one.cpu / (several.others / arguments.workers + several.cpu)
        print(
            f"{arguments.workers} processes: {several.wall:.1f} s, {one.wall / several.wall:.2f} times as fast "
            f"({idle:.2f} by CPU: {several.others:.1f} s in them, {several.cpu:.1f} s here)"
        )
        assert (several.stream, several.dropped) == (one.stream, one.dropped), "the streams differ"
    print("\nDropped")
    for reason, count in one.dropped.most_common():
        print(f"  {count:>9,}  {reason}")
    print("Made")
    for reaction, count in one.reactions.most_common():
        print(f"  {count:>9,}  {reaction}")


if __name__ == "__main__":
    main()
