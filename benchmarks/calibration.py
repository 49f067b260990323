"""How honest are the intervals? Members as they are and with their deviations corrected, on your tables, with random splits.

    python benchmarks/calibration.py tg.csv:tg_K gas.csv:p_O2,p_N2:log10 --train 50 100 200 --seeds 10

Each argument is TABLE:COLUMN, several columns with commas between, `:log10` after them where they run over decades; tables name
polymers in `psmiles` or `smiles`. Of each target the `--rows` polymers that come first in the order of their keys take part, `n`
of them to learn from and up to `--test` of the others to predict, the same for every member. Members are the Tanimoto GP on
fingerprints, which is a peer as it is, and the one on the fused latent with the physics axes beside the fingerprint;
`corrected` is by their leave-one-out errors, as in every round of a campaign. Printed are, as Markdown:

- log score: mean negative log predictive density, less that of predicting the training mean with the training variance; lower
  is better. R2, Spearman's correlation of |error| and sigma, coverage of central intervals, miscalibration area;
- the paired difference of the log score of the corrected latent's member to that of the Tanimoto GP as it is, with a 95 %
  interval by bootstrap over tables, and how both do on every target.

`--timed` also times the whole of what a round learns, all three members, on the first target.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from latents_cells import Protocol, Rows
from latents_report import grid, interval
from latents_targets import References, Tables, Target

from discovery.latent.representation import Representation
from discovery.surrogate.calibration import calibrate
from discovery.surrogate.features import Data, Features
from discovery.surrogate.learned import NotLearned
from discovery.surrogate.learning import learn
from discovery.surrogate.members import GaussianProcess, fit_fingerprint_gp, fit_latent_gp
from discovery.surrogate.observations import Observation
from discovery.surrogate.validation import LeaveOneOut

CORRECTED = " corrected"
PEER, OURS = "fingerprint", f"latent{CORRECTED}"

LEAST = 60
"""Polymers that must be left to predict: coverage of fewer says little."""

LISTED = 100
"""Training sizes from which every target is listed by itself."""

TIMES = 5
"""Fits that are timed, after one that warms up."""


@dataclass(frozen=True)
class Cell:
    """One member on one split.

    ``score`` is the mean negative log predictive density, less that of predicting the training mean. ``degrees`` are those of the
    Student-t, ``nan`` for a normal; ``sizes`` tells whether the sizes of errors are predicted too.
    """

    table: str
    target: str
    n: int
    seed: int
    member: str
    score: float
    r2: float
    spearman: float
    coverage_50: float
    coverage_80: float
    coverage_95: float
    area: float
    degrees: float
    sizes: bool


@dataclass(frozen=True, eq=False)
class Task:
    """One target and its polymers as the members see them."""

    target: Target
    features: Features
    protocol: Protocol
    test: int

    def cells(self) -> list[Cell]:
        """Fit, correct and judge on every split."""
        torch.set_num_threads(1)
        found: list[Cell] = []
        for _, seed, folds in self.protocol.splits(len(self.target.values)):
            for train, test in folds:
                found += self._judged(train, test[: self.test], seed)
        return found

    def _judged(self, train: Rows, test: Rows, seed: int) -> Iterator[Cell]:
        values = torch.from_numpy(self.target.values)
        y, truth = values[train], values[test]
        known, asked = self.features[torch.from_numpy(train)], self.features[torch.from_numpy(test)]
        plain = LeaveOneOut(y.mean().expand(len(test)), y.var().expand(len(test)), truth)

        def cell(name: str, told: LeaveOneOut, *, sizes: bool = False) -> Cell:
            r2, spearman = told.r2, told.spearman_error_sigma
            return Cell(
                self.target.table,
                self.target.name,
                len(train),
                seed,
                name,
                score=plain.log_score - told.log_score,
                r2=np.nan if r2 is None else r2,
                spearman=np.nan if spearman is None else spearman,
                coverage_50=told.coverage(0.5),
                coverage_80=told.coverage(0.8),
                coverage_95=told.coverage(0.95),
                area=told.miscalibration_area,
                degrees=np.nan if told.degrees is None else told.degrees,
                sizes=sizes,
            )

        # the fingerprint's member is given nothing but fingerprints, as in a round
        counts = Features(known.fingerprint), Features(asked.fingerprint)
        witness: GaussianProcess | None = None
        for fit, seen, views in ((fit_fingerprint_gp, *counts), (fit_latent_gp, known, asked)):
            member = fit(Data(seen, y), seed=seed)
            mean, variance = member.predict(views)
            yield cell(member.name, LeaveOneOut(mean, variance, truth))
            correction = calibrate(member, member.loo(), seen, witness, seed=seed)
            wider = correction.variance(views, mean, variance)
            told = LeaveOneOut(mean, wider, truth, degrees=correction.degrees)
            yield cell(member.name + CORRECTED, told, sizes=correction.kind == "sizes")
            witness = witness or member


def task_of(target: Target, representation: Representation, protocol: Protocol, test: int) -> Task:
    """The polymers of a target that both encoders can read."""
    units = list(target.units)
    fused = representation.fuse(units)
    rows = list(fused.positions)
    readable = [units[i] for i in rows]
    features = Features(
        representation.fingerprints(readable), fused.latent, physics=representation.physics(readable)
    )
    there = Target(target.table, target.name, tuple(readable), target.values[rows])
    return Task(there, features, protocol, test)


def measured(tasks: Iterable[Task], workers: int) -> Iterator[list[Cell]]:
    """The cells of each task, in their order."""
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(Task.cells, tasks)


def report(frame: pd.DataFrame) -> str:
    """Means over targets, the difference to the peer, and every target from :data:`LISTED` on."""
    what = ["score", "r2", "spearman", "coverage_50", "coverage_80", "coverage_95", "area"]
    head = ["n", "member", "log score", "R²", "Spearman", "50 %", "80 %", "95 %", "area", "area < 0.05"]
    rows: list[list[object]] = []
    differences: list[list[object]] = []
    parts: list[str] = []
    for n, part in frame.groupby("n", sort=False):
        means = {str(name): _by_target(of_member) for name, of_member in part.groupby("member", sort=False)}
        for name, mean in means.items():
            below = f"{int((mean['area'] < 0.05).sum())} of {len(mean)}"
            rows.append([n, name, *(_told(float(mean[each].mean()), each) for each in what), below])
        gain = means[OURS]["score"] - means[PEER]["score"]
        worst = int(gain.to_numpy().argmax())
        better = f"{int((gain < 0).sum())} of {len(gain)}"
        place = f"{gain.index[worst][-1]} ({gain.iloc[worst]:+.3f})"
        differences.append([n, interval(gain), better, place])
        if part["n"].iloc[0] >= LISTED:
            parts += ["", f"n = {n}", "", _listed(means, part[part["member"] == OURS])]
    lead = ["n", f"{OURS} - {PEER}", "better on", "worst target"]
    return "\n".join([grid(head, rows), "", grid(lead, differences), *parts])


def _by_target(frame: pd.DataFrame) -> pd.DataFrame:
    """Means over seeds, by table and target."""
    return frame.groupby(["table", "target"], sort=False).mean(numeric_only=True)


def _listed(means: dict[str, pd.DataFrame], cells: pd.DataFrame) -> str:
    """Every target at one training size, and the least and the greatest of each column; Spearman with its interval over seeds."""
    seeds = cells.groupby(["table", "target"], sort=False)["spearman"]
    ours = means[OURS]
    shown = pd.DataFrame(
        {
            "predicted": ours["predicted"],
            "log score": ours["score"],
            f"- {PEER}": ours["score"] - means[PEER]["score"],
            "80 %": ours["coverage_80"],
            "area": ours["area"],
            "Spearman": ours["spearman"],
            "±": 1.96 * seeds.std() / np.sqrt(seeds.count()),
            **{f"of {name}": mean["spearman"] for name, mean in means.items() if name != OURS},
        }
    )
    named = [*zip(shown.index.get_level_values("target"), shown.itertuples(index=False), strict=True)]
    ends = [("least", shown.min()), ("greatest", shown.max())]
    rows = [[name, f"{row[0]:.0f}", *(f"{value:.3f}" for value in row[1:])] for name, row in named]
    rows += [[name, f"{end.iloc[0]:.0f}", *(f"{value:.3f}" for value in end.iloc[1:])] for name, end in ends]
    return grid(["target", *shown.columns], rows)


def _told(value: float, name: str) -> str:
    return f"{value:+.3f}" if name == "score" else f"{value:.3f}"


def seconds_of_learning(target: Target, representation: Representation, n: int) -> str:
    """How long a round takes to learn from ``n`` measurements, in words; encodings are warm."""
    seconds, busy, members = [], [], ""
    for seed in range(TIMES + 1):
        order = np.random.default_rng([seed, n]).permutation(len(target.units))[:n]
        observations = [Observation(target.units[i], float(target.values[i])) for i in order]
        begun, work = time.monotonic(), time.process_time()
        learned = learn(observations, representation, seed=seed)
        seconds.append(time.monotonic() - begun)
        busy.append(time.process_time() - work)
        if isinstance(learned, NotLearned):
            return learned.reason
        members = ", ".join(learned.loo)
    wall, processor = np.median(seconds[1:]), np.median(busy[1:])
    spread = f"{min(seconds[1:]):.1f} to {max(seconds[1:]):.1f}, {TIMES} fits"
    return f"{target.name}, n = {n}, {members}: {wall:.1f} s ({spread}), {processor:.1f} s of processor time"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tables", nargs="+", metavar="TABLE:COLUMN[,COLUMN][:log10]")
    parser.add_argument("--train", type=int, nargs="+", default=[20, 50, 100, 200])
    parser.add_argument("--test", type=int, default=1000, help="polymers to predict, at most")
    parser.add_argument("--seeds", type=int, default=10, help="random splits for each training size")
    parser.add_argument("--rows", type=int, default=2000, help="polymers of each target")
    parser.add_argument("--least", type=int, default=160, help="polymers that a target must have")
    parser.add_argument("--workers", type=int, default=2, help="processes that fit")
    parser.add_argument("--timed", action="store_true", help="time the fit of all three members too")
    parser.add_argument("--out", type=Path, help="write all cells here, as CSV")
    options = parser.parse_args()
    # read by the processes that fit: each has one core to itself
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    begun = time.monotonic()
    tables = Tables(options.rows, References(frozenset(), frozenset()))
    found = [target for argument in options.tables for target in tables.targets(argument)]
    targets = [t for t in found if isinstance(t, Target) and len(t.values) >= options.least]
    representation = Representation.load()
    protocol = Protocol(tuple(options.train), options.seeds, shuffles=0, least=LEAST)
    tasks = [task_of(target, representation, protocol, options.test) for target in targets]
    encoded = time.monotonic() - begun
    print(f"{len(tasks)} targets, read and encoded in {encoded:.0f} s", file=sys.stderr, flush=True)
    cells: list[dict[str, object]] = []
    for task, of_task in zip(tasks, measured(tasks, options.workers), strict=True):
        size = len(task.target.values)
        cells += [asdict(cell) | {"predicted": min(options.test, size - cell.n)} for cell in of_task]
        print(f"{task.target.name}: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
        if options.out:
            pd.DataFrame(cells).to_csv(options.out, index=False)
    print(report(pd.DataFrame(cells)))
    print(f"\npython {shlex.join(sys.argv)}: {time.monotonic() - begun - encoded:.0f} s of fits")
    if options.timed:
        print(seconds_of_learning(targets[0], representation, max(options.train)))


if __name__ == "__main__":
    main()
