"""Does a physics estimate as prior mean pay? Members with and without it on measured tables, by the number of measurements.

    python benchmarks/physics_prior.py tg.csv:tg_K:tg:K density.csv:density:density:g/cm3 --train 10 20 50 100 --splits 5

Each argument is TABLE:COLUMN:PROPERTY:UNIT, the last two as `polyloop physics` names the property and as the column's unit is
written. The latent is the text branch of the bundled encoders, beside the fingerprint. For every table and training size: R2 and
the log score minus that of predicting the training mean (higher is better) on test polymers, the paired gain of the prior mean
with its 95 % interval over splits, how often the gate takes it, and what its choice scores. `shuffled` are the same estimates
dealt out at random, once for all polymers: they must be turned off and cost nothing.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from reading import read

from campaigns.units import line_between
from discovery.encoders.physics import PhysicsEncoder, PhysicsPrior
from discovery.latent.representation import Representation
from discovery.surrogate.features import Data, Features
from discovery.surrogate.gate import gate
from discovery.surrogate.members import GaussianProcess, fit_fingerprint_gp, fit_latent_gp
from discovery.surrogate.prior import WITH_PRIOR

Row = dict[str, object]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tables", nargs="+", metavar="TABLE:COLUMN:PROPERTY:UNIT")
    parser.add_argument("--train", type=int, nargs="+", default=[10, 20, 50, 100])
    parser.add_argument("--test", type=int, default=300)
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the rows here as well")
    options = parser.parse_args()
    torch.set_num_threads(1)
    representation = Representation.load()
    rows: list[Row] = []
    for argument in options.tables:
        path, column, name, unit = argument.split(":")
        units, values = read(Path(path), column)
        encoder = PhysicsEncoder(name)
        zero, slope = line_between(encoder.property.unit, unit)
        prior = PhysicsPrior(encoder, representation.store, zero=zero, slope=slope)
        for n in options.train:
            for split in range(options.splits):
                order = np.random.default_rng([split, n]).permutation(len(units))[: n + options.test]
                chosen = [units[i] for i in order]
                known = torch.from_numpy(prior.estimates(chosen))
                dealt = known[torch.from_numpy(np.random.default_rng([split, n, 1]).permutation(len(known)))]
                latent = representation.text_latent(representation.text_vectors(chosen).vectors)
                y = torch.tensor(values[order])
                told = {"table": Path(path).stem, "n": n, "split": split}
                plain = Features(representation.fingerprints(chosen), latent)
                found = compared(plain, {"physics": known, "shuffled": dealt}, y, n, split)
                rows += [told | row for row in found]
            part = pd.DataFrame([row for row in rows if row["n"] == n and row["table"] == Path(path).stem])
            print(summary(part, options.splits).round(3).to_string(), flush=True)
            if options.json:
                options.json.write_text(json.dumps(rows, indent=1))


def compared(
    features: Features, priors: Mapping[str, torch.Tensor], y: torch.Tensor, n: int, seed: int
) -> Iterator[Row]:
    """Each member without and with each prior mean, what the gate takes of all four, and of the two without."""
    without = fitted(features, y, n, seed, with_prior=False)
    alone = {member.name: scores(member, features[n:], y[:n], y[n:]) for member in without}
    plain = gate(without).chosen
    for kind, estimates in priors.items():
        told = Features(features.fingerprint, features.latent, estimates)
        members = fitted(told, y, n, seed, with_prior=True)
        scored = alone | {member.name: scores(member, told[n:], y[:n], y[n:]) for member in members}
        # simplest first, as in a round: each member without its prior mean, then with it
        both = [member for pair in zip(without, members, strict=True) for member in pair]
        taken = gate(both).chosen
        pairs = [(base, base, base + WITH_PRIOR) for base in alone] + [("gate's choice", plain, taken)]
        for name, one, other in pairs:
            (score, r2), (with_score, with_r2) = scored[one], scored[other]
            row = {"score": score, "with": with_score, "r2": r2, "r2 with": with_r2}
            yield {"prior": kind, "member": name, "taken": taken.endswith(WITH_PRIOR)} | row


def fitted(
    features: Features, y: torch.Tensor, n: int, seed: int, *, with_prior: bool
) -> list[GaussianProcess]:
    data = Data(features[:n], y[:n])
    return [fit(data, seed=seed, with_prior=with_prior) for fit in (fit_fingerprint_gp, fit_latent_gp)]


def scores(
    member: GaussianProcess, features: Features, known: torch.Tensor, test: torch.Tensor
) -> tuple[float, float]:
    """Log score minus that of the training mean, and R2."""
    mean, variance = member.predict(features)

    def density(mean: torch.Tensor, variance: torch.Tensor) -> torch.Tensor:
        return -0.5 * ((test - mean) ** 2 / variance + torch.log(2 * math.pi * variance))

    gain = (density(mean, variance) - density(known.mean(), known.var())).mean()
    r2 = 1 - ((test - mean) ** 2).mean() / ((test - test.mean()) ** 2).mean()
    return float(gain), float(r2)


def summary(frame: pd.DataFrame, splits: int) -> pd.DataFrame:
    frame = frame.assign(gain=frame["with"] - frame["score"])
    groups = frame.groupby(["table", "prior", "n", "member"], sort=False)
    table = groups[["score", "with", "gain", "r2", "r2 with", "taken"]].mean()
    table.insert(3, "gain +-", groups["gain"].std() * 1.96 / math.sqrt(splits))
    return table


if __name__ == "__main__":
    main()
