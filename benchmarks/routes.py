"""For how many polymers of a table does a polymerisation rule say from which monomers they are made, and how fast?

    python benchmarks/routes.py tg.csv:polymer_class pool.csv.gz --sample 2000
    python benchmarks/routes.py --monomers monomers.csv

A table names polymers in `psmiles` or `smiles`; behind the colon may stand a column to group by. With `--monomers`, every polymer
that the rules make of them is led back, and it is counted whether its own monomers and reaction are among the routes.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from pathlib import Path

import pandas as pd
from rdkit import Chem

from discovery.errors import PolymerError
from discovery.polymers import RepeatUnit, polymerise, routes
from discovery.pools import read_monomers


def covered(table: Path, group: str, sample: int) -> None:
    frame = pd.read_csv(table).sample(frac=1.0, random_state=0).head(sample)
    column = "psmiles" if "psmiles" in frame else "smiles"
    rows, seconds = [], Counter[bool]()
    for record in frame.to_dict(orient="records"):
        try:
            unit = RepeatUnit.parse(str(record[column]))
        except PolymerError:
            continue
        start = time.process_time()
        found = bool(routes(unit))
        seconds[found] += time.process_time() - start
        rows.append((str(record[group]) if group else "all", found))
    result = pd.DataFrame(rows, columns=["class", "covered"])
    number = Counter(result["covered"])
    print(
        f"\n{table.name}: a rule makes {number[True]:,} of {len(result):,} ({number[True] / len(result):.1%})"
    )
    for kind in (True, False):
        if number[kind]:
            print(
                f"  {'covered' if kind else 'not covered'}: {number[kind] / seconds[kind]:,.0f} units/s of CPU"
            )
    if group:
        print(
            result.groupby("class")["covered"]
            .agg(["size", "mean"])
            .sort_values("size", ascending=False)
            .head(25)
        )


def round_trip(table: Path) -> None:
    monomers = read_monomers(table)
    smiles = {monomer.label: Chem.CanonSmiles(monomer.smiles) for monomer in monomers}
    back = made = 0
    start = time.process_time()
    for candidate in polymerise(monomers):
        made += 1
        told = candidate.provenance
        assert told is not None
        wanted = {smiles.get(label, label) for label in told.monomers} - {"phosgene or a carbonate ester"}
        back += any(
            route.reaction == told.reaction and wanted <= {monomer.smiles for monomer in route.monomers}
            for route in routes(candidate.unit)
        )
    took = time.process_time() - start
    print(
        f"\n{table.name}: {back:,} of {made:,} polymers lead back to their monomers and reaction ({took:.0f} s)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tables", nargs="*", metavar="TABLE[:COLUMN]")
    parser.add_argument("--sample", type=int, default=10**9)
    parser.add_argument("--monomers", type=Path)
    options = parser.parse_args()
    if options.monomers:
        round_trip(options.monomers)
    for each in options.tables:
        name, _, group = each.partition(":")
        covered(Path(name), group, options.sample)


if __name__ == "__main__":
    main()
