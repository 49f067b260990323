"""How good are the three surrogate members on your tables? All in one run, with random splits.

    python benchmarks/members.py tg.csv:tg egc.csv:egc --train 50 150 --splits 5

Each argument is TABLE:COLUMN; tables name polymers in `psmiles` or `smiles`. Prints, for every table and training size,
R2 and the log score relative to predicting the training mean (lower is better), mean +- 1.96 standard errors over splits.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from reading import read

from discovery.latent.refinement import Refinement, refine
from discovery.latent.representation import Representation
from discovery.polymers import RepeatUnit
from discovery.surrogate.crossfit import fit_crossfitted_gp
from discovery.surrogate.features import Data, Features
from discovery.surrogate.members import fit_fingerprint_gp, fit_latent_gp


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tables", nargs="+", metavar="TABLE:COLUMN")
    parser.add_argument("--train", type=int, nargs="+", default=[50, 150])
    parser.add_argument("--test", type=int, default=300)
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument(
        "--geometry",
        action="store_true",
        help="use the fused latent (needs conformers: slow); else text alone",
    )
    parser.add_argument("--refine", action="store_true", help="fit the refined member too")
    parser.add_argument("--json", type=Path, help="write the rows here as well")
    options = parser.parse_args()
    representation = Representation.load()
    rows = []
    for argument in options.tables:
        path, column = argument.rsplit(":", 1)
        units, values = read(Path(path), column)
        for n in options.train:
            for split in range(options.splits):
                order = np.random.default_rng([split, n]).permutation(len(units))
                if options.geometry:  # only polymers that every member can read take part
                    order = order[: round(1.2 * (n + options.test))]
                    order = order[list(representation.fuse([units[i] for i in order]).positions)]
                order = order[: n + options.test]
                chosen = [units[i] for i in order]
                y = torch.tensor(values[order])
                for name, (mean, variance, seconds) in members(
                    representation, chosen, y, n, split, options
                ).items():
                    test = y[n:]
                    base = -0.5 * (
                        (test - y[:n].mean()) ** 2 / y[:n].var() + torch.log(2 * math.pi * y[:n].var())
                    )
                    score = -0.5 * ((test - mean) ** 2 / variance + torch.log(2 * math.pi * variance))
                    r2 = 1 - ((test - mean) ** 2).mean() / ((test - test.mean()) ** 2).mean()
                    inside = (((test - mean) / variance.sqrt()).abs() < 1.96).double().mean()
                    rows.append(
                        {
                            "table": Path(path).stem,
                            "n": n,
                            "split": split,
                            "member": name,
                            "r2": float(r2),
                            "score": float((base - score).mean()),
                            "coverage95": float(inside),
                            "seconds": seconds,
                        }
                    )
    frame = pd.DataFrame(rows)
    groups = frame.groupby(["table", "n", "member"], sort=False)
    spread = 1.96 / math.sqrt(options.splits)
    summary = groups[["r2", "score", "coverage95", "seconds"]].mean()
    summary["r2 +-"] = groups["r2"].std() * spread
    summary["score +-"] = groups["score"].std() * spread
    print(summary.round(3).to_string())
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


def members(
    representation: Representation,
    units: list[RepeatUnit],
    y: torch.Tensor,
    n: int,
    seed: int,
    options: argparse.Namespace,
) -> dict[str, tuple[torch.Tensor, torch.Tensor, float]]:
    fingerprints = representation.fingerprints(units)
    if options.geometry:
        fused = representation.fuse(units)
        latent, geometry = fused.latent, fused.geometry
    else:
        latent, geometry = representation.text_latent(representation.text_vectors(units).vectors), None
    features = Features(fingerprints, latent)
    data = Data(features[:n], y[:n])
    results = {}

    def timed(name: str, fit: object, view: object) -> None:
        begun = time.monotonic()
        model = fit()  # type: ignore[operator]
        mean, variance = model.predict(view)
        results[name] = (mean, variance, time.monotonic() - begun)

    timed("fingerprint", lambda: fit_fingerprint_gp(data, seed=seed), features[n:])
    timed("latent alone", lambda: fit_latent_gp(data, seed=seed, with_fingerprint=False), features[n:])
    timed("latent + fingerprint", lambda: fit_latent_gp(data, seed=seed), features[n:])
    if options.refine:
        begun = time.monotonic()
        adapted = refine(
            representation.text,
            representation.fusion,
            units[:n],
            None if geometry is None else geometry[:n],
            y[:n].numpy(),
            seed=seed,
        )
        if isinstance(adapted, Refinement):
            embedded = adapted.embed(units, geometry)
            folds = [
                (Features(fingerprints[:n], z[:n]), f.trained_on)
                for z, f in zip(embedded, adapted.folds, strict=True)
            ]
            model = fit_crossfitted_gp(folds, y[:n], None, seed=seed)
            mean, variance = model.predict([Features(fingerprints[n:], z[n:]) for z in embedded])
            results["refined + fingerprint"] = (mean, variance, time.monotonic() - begun)
    return results


if __name__ == "__main__":
    main()
