"""Does another property, or a cheap estimate, help to predict yours? The multi-task member against the target's own process.

    python benchmarks/multitask.py "gas.csv:p_CO2:log10=gas.csv:p_N2:log10" "tg.csv:tg_K=physics:tg" --train 20 50 --splits 10

Each argument is TARGET=SOURCE or TARGET=SOURCE,SOURCE; a target is TABLE:COLUMN or TABLE:COLUMN:log10, a source the same or
physics:PROPERTY, which is known for every candidate. Of a source the training polymers count that it knows, and others up to
`--rows`; test polymers are measured in no task. The latent is the text branch of the bundled encoders, beside the fingerprint.
For each pair and training size: log score minus that of predicting the training mean (higher is better) of the own process, the
paired gain of the multi-task member and of what leave-one-out chooses of both, with 95 % intervals over splits; `shuffled` are
the same source values dealt out at random, which must cost nothing; against a physics source the prior mean as well.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from reading import column_of

from discovery.encoders.physics import PhysicsEncoder, PhysicsPrior
from discovery.latent.representation import Representation
from discovery.polymers import RepeatUnit
from discovery.surrogate.features import Data, Features
from discovery.surrogate.gate import gate
from discovery.surrogate.members import fit_latent_gp
from discovery.surrogate.multitask import Task, fit_multitask_gp
from discovery.surrogate.surrogate import Surrogate

PHYSICS = "physics:"

Row = dict[str, object]


@dataclass(frozen=True, eq=False)
class Column:
    """Values by polymer; a computable one is asked for, not looked up."""

    name: str
    values: dict[RepeatUnit, float]
    computable: bool = False

    @classmethod
    def of(cls, argument: str) -> Column:
        return cls(*column_of(argument))

    @classmethod
    def computed(cls, argument: str, representation: Representation, units: list[RepeatUnit]) -> Column:
        prior = PhysicsPrior(PhysicsEncoder(argument.removeprefix(PHYSICS)), representation.store)
        known = zip(units, prior.estimates(units).tolist(), strict=True)
        return cls(argument, {unit: value for unit, value in known if math.isfinite(value)}, computable=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pairs", nargs="+", metavar="TARGET=SOURCE[,SOURCE]")
    parser.add_argument("--train", type=int, nargs="+", default=[20, 50])
    parser.add_argument("--test", type=int, default=200)
    parser.add_argument("--rows", type=int, default=150, help="of each source, at most")
    parser.add_argument("--splits", type=int, default=10)
    parser.add_argument("--json", type=Path, help="write the rows here as well")
    options = parser.parse_args()
    torch.set_num_threads(1)
    representation = Representation.load()
    rows: list[Row] = []
    for argument in options.pairs:
        text, sources = argument.split("=")
        target = Column.of(text)
        units = list(target.values)
        columns = [
            Column.computed(each, representation, units) if each.startswith(PHYSICS) else Column.of(each)
            for each in sources.split(",")
        ]
        for n in options.train:
            if len(units) < n + 30:
                continue
            for split in range(options.splits):
                rng = np.random.default_rng([split, n])
                order = [units[i] for i in rng.permutation(len(units))]
                told = {"pair": f"{target.name} = {sources_named(columns)}", "n": n, "split": split}
                found = compared(
                    representation, target, columns, order[:n], order[n : n + options.test], options, rng
                )
                rows += [told | row for row in found]
            part = pd.DataFrame([row for row in rows if row["n"] == n and row["pair"] == told["pair"]])
            print(summary(part, options.splits).round(3).to_string(header=len(rows) == len(part)), flush=True)
            if options.json:
                options.json.write_text(json.dumps(rows, indent=1))


def sources_named(columns: list[Column]) -> str:
    return ", ".join(column.name for column in columns)


def compared(
    representation: Representation,
    target: Column,
    columns: list[Column],
    train: list[RepeatUnit],
    test: list[RepeatUnit],
    options: argparse.Namespace,
    rng: np.random.Generator,
) -> Iterator[Row]:
    """The own process, then the multi-task member with the sources as they are and dealt out at random."""
    computed = next((column for column in columns if column.computable), None)
    known, asked = (seen(representation, polymers, computed) for polymers in (train, test))
    y, truth = (torch.tensor([target.values[unit] for unit in polymers]) for polymers in (train, test))
    data = Data(known, y)
    own = fit_latent_gp(data, seed=0)
    plain = scores(own, asked, y, truth)
    yield {"member": "own process", "score": plain, "gain": 0.0, "r2": r2(own, asked, truth)}
    if computed is not None:
        member = fit_latent_gp(data, seed=0, with_prior=True)
        yield {
            "member": "as prior mean",
            "gain": scores(member, asked, y, truth) - plain,
            "r2": r2(member, asked, truth),
        }
    for shuffled in (False, True):
        tasks = [task(representation, column, train, test, options.rows, rng, shuffled) for column in columns]
        begun = time.monotonic()
        multi = fit_multitask_gp(data, tasks, seed=0)
        seconds = time.monotonic() - begun
        views = asked
        if shuffled and asked.estimates is not None:
            dealt = asked.estimates[torch.from_numpy(rng.permutation(len(asked)))]
            views = Features(asked.fingerprint, asked.latent, dealt)
        gain = scores(multi, views, y, truth) - plain
        taken = gate([own, multi]).chosen == multi.name
        suffix = ", shuffled" if shuffled else ""
        size = sum(len(each.data) for each in tasks)
        yield {
            "member": f"multitask{suffix}",
            "gain": gain,
            "r2": r2(multi, views, truth),
            "rows": size,
            "seconds": seconds,
        }
        yield {"member": f"chosen{suffix}", "gain": gain * taken, "taken": float(taken)}


def seen(representation: Representation, units: list[RepeatUnit], computed: Column | None) -> Features:
    latent = representation.text_latent(representation.text_vectors(units).vectors)
    estimates = None
    if computed is not None:
        estimates = torch.tensor([computed.values.get(unit, math.nan) for unit in units], dtype=torch.float64)
    return Features(representation.fingerprints(units), latent, estimates)


def task(
    representation: Representation,
    column: Column,
    train: list[RepeatUnit],
    test: list[RepeatUnit],
    rows: int,
    rng: np.random.Generator,
    shuffled: bool,
) -> Task:
    """The training polymers that the column knows, and others that are not for testing."""
    positions = {unit: row for row, unit in enumerate(train)}
    kept = [unit for unit in train if unit in column.values]
    others = [unit for unit in column.values if unit not in positions and unit not in set(test)]
    chosen = rng.permutation(len(others))[: max(0, rows - len(kept))]
    units = [*kept, *(others[i] for i in chosen)]
    values: NDArray[np.float64] = np.array([column.values[unit] for unit in units])
    if shuffled:
        values = rng.permutation(values)
    polymers = torch.tensor([positions.get(unit, -1) for unit in units])
    return Task(
        Data(seen(representation, units, None), torch.from_numpy(values)), polymers, column.computable
    )


def scores(member: Surrogate, features: Features, known: torch.Tensor, truth: torch.Tensor) -> float:
    """Log score minus that of the training mean."""
    mean, variance = member.predict(features)

    def density(mean: torch.Tensor, variance: torch.Tensor) -> torch.Tensor:
        return -0.5 * ((truth - mean) ** 2 / variance + torch.log(2 * math.pi * variance))

    return float((density(mean, variance) - density(known.mean(), known.var())).mean())


def r2(member: Surrogate, features: Features, truth: torch.Tensor) -> float:
    mean, _ = member.predict(features)
    return float(1 - ((truth - mean) ** 2).mean() / ((truth - truth.mean()) ** 2).mean())


def summary(frame: pd.DataFrame, splits: int) -> pd.DataFrame:
    groups = frame.groupby(["pair", "n", "member"], sort=False)
    wanted = [name for name in ("score", "gain", "r2", "taken", "rows", "seconds") if name in frame]
    table = groups[wanted].mean()
    table.insert(2, "gain +-", groups["gain"].std() * 1.96 / math.sqrt(splits))
    return table


if __name__ == "__main__":
    main()
