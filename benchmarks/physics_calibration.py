"""What the calibration of Tg, decomposition temperature and char yield is good for, and how its table is written again.

    python benchmarks/physics_calibration.py --worst 10
    python benchmarks/physics_calibration.py --write

For each of the three: how many reference polymers, the error of the fit, the error of each polymer when it is left out of the
regression, and the polymers with the largest. `--write` does the regression again and writes
`discovery/physics/chain_part_contributions.csv`: after `reference_polymers.csv`, or a starting value or allowance of that table,
was changed. New contributions are new estimates, so labels and prior means made before are no longer those of `REVISION`.
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from discovery.physics.calibration import (
    FUNCTIONS,
    TABLE,
    MolarFunction,
    left_out_errors,
    recalibrated,
    reference_names,
    references,
)
from discovery.physics.decomposition import MODELS as BY_HEAT
from discovery.physics.estimates import estimate
from discovery.physics.transition import MODELS as TRANSITION

_PROPERTIES = [model.property.name for model in (*TRANSITION, *BY_HEAT)]


def told(function: MolarFunction, name: str, worst: int) -> str:
    """The errors of one property in Markdown."""
    polymers = references(function)
    values = np.array([value for _, value in polymers])
    fitted = estimate([unit for unit, _ in polymers], [name]).column(name) - values
    left_out = left_out_errors(function, polymers)
    lines = [
        f"## {name}: {len(polymers)} reference polymers",
        "",
        f"RMSE of the fit {_root(fitted):.3g}; left out: RMSE {_root(left_out):.3g}, mean {np.abs(left_out).mean():.3g}",
        "",
        "| polymer | measured | estimated | when left out |",
        "|---|---|---|---|",
    ]
    names = reference_names(function)
    for row in np.argsort(-np.abs(left_out))[:worst]:
        out, inside = values[row] + left_out[row], values[row] + fitted[row]
        lines.append(f"| {names[row]} | {values[row]:.3g} | {inside:.3g} | {out:.3g} |")
    return "\n".join(lines)


def _root(errors: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(np.square(errors))))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--worst", type=int, default=10, help="polymers to name for each property")
    parser.add_argument("--write", action="store_true", help="do the regression again and write its table")
    options = parser.parse_args()
    if options.write:
        text = recalibrated()
        print(f"{TABLE.name}: {'as it was' if text == TABLE.read_text(encoding='utf-8') else 'changed'}")
        TABLE.write_text(text, encoding="utf-8", newline="\n")
        return
    for function, name in zip(FUNCTIONS, _PROPERTIES, strict=True):
        print(told(function, name, options.worst), end="\n\n")


if __name__ == "__main__":
    main()
