"""Makes the tables of this example: python make_data.py FOLDER (by default the folder that it lies in).

Glass transitions are the literature values of ../glass_transition/measured.csv. Densities are synthetic: polyloop's own estimate
from the structure with noise of a fixed seed.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

from discovery.physics import estimate
from discovery.polymers import RepeatUnit

HERE = Path(__file__).parent
SOURCE = HERE.parent / "glass_transition" / "measured.csv"

START = 48
"""Polymers that the campaign starts with."""
KEPT_BACK = 500.0
"""K; the start knows no polymer with a glass transition above this, so that there is something to find."""
CALORIMETER = 453.0
"""K; where the calorimeter of this story ends: what lies above is a limit."""
NOISE = 0.015
"""Relative standard deviation of a density."""
WITHOUT_DENSITY, WITHOUT_TRANSITION = 10, 6
"""Polymers of the start of which only the other property is known."""


def main(folder: Path) -> None:
    """Write ``measured.csv`` (the start) and ``candidates.csv`` (all other polymers, without values) into a folder."""
    with SOURCE.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = estimate([RepeatUnit.parse(row["psmiles"]) for row in rows], ["density"])
    rng = np.random.default_rng(0)
    noisy = found.column("density") * (1 + NOISE * rng.standard_normal(len(rows)))
    known = [i for i, row in enumerate(rows) if np.isfinite(noisy[i]) and float(row["tg"]) <= KEPT_BACK]
    start = sorted(rng.choice(known, START, replace=False).tolist())
    lacking = rng.permutation(start).tolist()
    no_density = set(lacking[:WITHOUT_DENSITY])
    no_transition = set(lacking[WITHOUT_DENSITY : WITHOUT_DENSITY + WITHOUT_TRANSITION])
    with (folder / "measured.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["psmiles", "name", "tg [K]", "density [g/cm3]", "reference"])
        for i in start:
            row, tg = rows[i], float(rows[i]["tg"])
            values, sources = ["", ""], []
            if i not in no_transition:
                values[0] = f">{CALORIMETER:g}" if tg > CALORIMETER else f"{tg:g}"
                sources.append(f"tg: {row['reference']}")
            if i not in no_density:
                values[1] = f"{noisy[i]:.3f}"
                sources.append("density: synthetic")
            writer.writerow([row["psmiles"], row["name"], *values, "; ".join(sources)])
    with (folder / "candidates.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["psmiles", "name"])
        writer.writerows([row["psmiles"], row["name"]] for i, row in enumerate(rows) if i not in set(start))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
