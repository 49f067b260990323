"""How fast are repeat units read, and which texts of your tables are the same chain?

    python benchmarks/identity.py tg.csv pool.csv.gz

Tables (CSV, CSV.gz) name polymers in `psmiles` or `smiles`. Prints, for every table: units read per second of CPU time on one
core, distinct chains, texts that were merged, errors by kind; the same rate for the shapes that encoders ask for; and CPU time
per heavy atom by size of the unit, which stays level where reading is linear.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

from discovery.polymers import NotARepeatUnitError, RepeatUnit
from discovery.polymers.accessibility import sa_score

SIZES = (0, 10, 20, 30, 40, 60, 80, 120, 200, 501)
ATOM = re.compile(r"\[[^]]*\]|Br|Cl|[BCNOPSFIbcnops]")


def read(path: Path, most: int | None, seed: int) -> list[str]:
    frame = pd.read_csv(path)
    column = "psmiles" if "psmiles" in frame else "smiles"
    texts = [str(text) for text in frame[column]]
    return texts if most is None or most >= len(texts) else random.Random(seed).sample(texts, most)


def per_second(function: Callable[[RepeatUnit], object], units: Iterable[RepeatUnit]) -> float:
    units = list(units)
    begun = time.process_time()
    for unit in units:
        function(unit)
    return len(units) / (time.process_time() - begun)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tables", nargs="+", type=Path, metavar="TABLE")
    parser.add_argument(
        "--most", type=int, help="read that many rows of each table, drawn at random; all by default"
    )
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    RepeatUnit.parse("*CC(*)c1ccccc1")
    sa_score(RepeatUnit.parse("*C*"))  # loads its table of fragments
    rows, sizes = [], []
    for path in options.tables:
        units: dict[RepeatUnit, int] = {}
        errors: Counter[str] = Counter()
        seconds = 0.0
        texts = read(path, options.most, options.seed)
        for text in texts:
            begun = time.process_time()
            try:
                unit = RepeatUnit.parse(text)
            except NotARepeatUnitError as error:
                seconds += time.process_time() - begun
                errors[error.kind] += 1
                continue
            taken = time.process_time() - begun
            seconds += taken
            units[unit] = units.get(unit, 0) + 1
            sizes.append((len(ATOM.findall(text)), taken))
        sample = list(units)[:: max(1, len(units) // 2000)]
        rows.append(
            {
                "table": path.name,
                "rows": len(texts),
                "units/s": round(len(texts) / seconds),
                "chains": len(units),
                "merged": sum(units.values()) - len(units),
                "periodic/s": round(per_second(RepeatUnit.periodic, sample)) if sample else None,
                "capped/s": round(per_second(RepeatUnit.capped, sample)) if sample else None,
                "sa_score/s": round(per_second(sa_score, sample)) if sample else None,
                "errors": ", ".join(f"{kind} {count}" for kind, count in errors.most_common()) or "-",
            }
        )
    print(pd.DataFrame(rows).to_string(index=False))
    frame = pd.DataFrame(sizes, columns=["atoms", "seconds"])
    groups = frame.groupby(pd.cut(frame["atoms"], SIZES, right=False), observed=True)
    table = groups.agg(units=("atoms", "size"), atoms=("atoms", "sum"), seconds=("seconds", "sum"))
    table["us per unit"] = 1e6 * table["seconds"] / table["units"]
    table["us per atom"] = 1e6 * table["seconds"] / table["atoms"]
    print("\nby heavy atoms in the unit, all tables:")
    print(table[["units", "us per unit", "us per atom"]].round(1).to_string())


if __name__ == "__main__":
    main()
