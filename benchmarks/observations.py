"""What limits and slips among the measurements cost, and what the models for them give back: on your tables, with random splits.

    python benchmarks/observations.py tg.csv:tg_K gas.csv:p_CO2:log10 --train 50 100 --splits 10

Each argument is TABLE:COLUMN or TABLE:COLUMN:log10; the latent is the text branch of the bundled encoders beside the fingerprint.
Held-out log score, less that of a fit to all true values without limits or slips (0 is as good, lower is worse), with 95 %
intervals over splits, and R2. Limits: of the `--share` largest training values it is only known that they lie above the others;
the limit as a limit, taken for a value, and left out. Slips: `--slips` of the training values are off by three of the property's
deviations; normal noise and the robust option, with the share of slips that leave-one-out names (z over 3.5) and how many other
values it names. `clean` is the robust option where nothing slipped.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from reading import column_of

from discovery.latent.representation import Representation
from discovery.surrogate.features import Data, Features
from discovery.surrogate.members import GaussianProcess, fit_latent_gp

NAMED = 3.5
SLIP = 3.0

Row = dict[str, object]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tables", nargs="+", metavar="TABLE:COLUMN[:log10]")
    parser.add_argument("--train", type=int, nargs="+", default=[50, 100])
    parser.add_argument("--test", type=int, default=250)
    parser.add_argument("--splits", type=int, default=10)
    parser.add_argument("--share", type=float, default=0.3, help="of the training values, that are limits")
    parser.add_argument("--slips", type=float, default=0.05, help="of the training values, that are wrong")
    parser.add_argument("--json", type=Path, help="write the rows here as well")
    options = parser.parse_args()
    torch.set_num_threads(1)
    representation = Representation.load()
    rows: list[Row] = []
    for argument in options.tables:
        name, known = column_of(argument)
        units, values = list(known), np.array(list(known.values()))
        for n in options.train:
            if len(units) < n + 30:
                continue
            for split in range(options.splits):
                rng = np.random.default_rng([split, n])
                order = rng.permutation(len(units))[: n + options.test]
                chosen = [units[i] for i in order]
                latent = representation.text_latent(representation.text_vectors(chosen).vectors)
                features = Features(representation.fingerprints(chosen), latent)
                data = Data(features, torch.tensor(values[order]))
                told = {"table": name, "n": n, "split": split}
                rows += [told | row for row in compared(data, n, options, rng)]
            part = pd.DataFrame([row for row in rows if row["n"] == n and row["table"] == told["table"]])
            print(summary(part, options.splits).round(3).to_string(header=len(rows) == len(part)), flush=True)
            if options.json:
                options.json.write_text(json.dumps(rows, indent=1))


def compared(data: Data, n: int, options: argparse.Namespace, rng: np.random.Generator) -> Iterator[Row]:
    test = Data(data.features[n:], data.values[n:])
    clean = Data(data.features[:n], data.values[:n])
    whole, _ = scores(fit_latent_gp(clean, seed=0), test)

    def row(case: str, member: GaussianProcess) -> Row:
        score, r2 = scores(member, test)
        return {"case": case, "score": score - whole, "r2": r2}

    end = float(clean.values.quantile(1.0 - options.share))
    above = clean.values > end
    limited = replace(clean, values=clean.values.clamp_max(end), bounds=above.double())
    yield row("limits", fit_latent_gp(limited, seed=0))
    yield row("limits taken for values", fit_latent_gp(replace(limited, bounds=None), seed=0))
    rest = ~above
    yield row("limits left out", fit_latent_gp(Data(clean.features[rest], clean.values[rest]), seed=0))

    yield row("clean, robust", fit_latent_gp(replace(clean, robust=True), seed=0))
    count = max(1, round(options.slips * n))
    values = clean.values.clone()
    values[:count] += SLIP * clean.values.std() * torch.from_numpy(rng.choice([-1.0, 1.0], count))
    for robust in (False, True):
        member = fit_latent_gp(replace(clean, values=values, robust=robust), seed=0)
        named = member.loo().z_scores.abs() > NAMED
        found = {"named": float(named[:count].double().mean()), "others": int(named[count:].sum())}
        yield row("slips, robust" if robust else "slips", member) | found


def scores(member: GaussianProcess, test: Data) -> tuple[float, float]:
    """Log score and R2."""
    mean, variance = member.predict(test.features)
    squared = (test.values - mean) ** 2
    density = -0.5 * (squared / variance + torch.log(2 * math.pi * variance))
    return float(density.mean()), float(1 - squared.mean() / test.values.var(correction=0))


def summary(frame: pd.DataFrame, splits: int) -> pd.DataFrame:
    groups = frame.groupby(["table", "n", "case"], sort=False)
    table = groups[["score", "r2", "named", "others"]].mean()
    table.insert(1, "score +-", groups["score"].std() * 1.96 / math.sqrt(splits))
    return table


if __name__ == "__main__":
    main()
