"""What are the bundled latents worth to a Gaussian process on your tables? All representations in one run, on the same splits.

    python benchmarks/latents.py tg.csv:tg_K egc.csv:egc_eV permeability.csv:o2,n2:log10 --markdown latents.md --json latents.json

Each argument is TABLE:COLUMN, or several columns with commas, and `:log10` behind them where their logarithm is meant; tables
name polymers in `psmiles` or `smiles`. Values of one polymer are merged by their median. Of each target the 800 polymers that
come first in the order of their keys (an order by chance, the same in every run) take part, as far as every encoder can read
them.

Compared are the frozen vectors of both encoders, the aligned branches, the same with random weights and without alignment, the
text encoder on scrambled PSMILES, RDKit's descriptors of the endless chain, the estimates of `discovery.physics` and Morgan
counts, some of them with the fingerprint's kernel added. Every view of vectors is standardised alike: each dimension of zero mean
and unit deviation over the polymers of the target, unknown values at their median, and cut at three deviations. Latents of a
trained fusion come as a campaign has them, standardised on the corpus; `fused-standardised` is one treated as vectors are.
Vectors come through the embedding store, so that a second run is quicker. Kernel, priors and fit are those of a campaign.

Estimates of glass transition, decomposition and char were calibrated on well-known polymers, and the encoders learned from those
estimates. So a column with the name of such a property (`tg_K`, `td_K`, `char_fraction`) is fitted once more without these
polymers, for a table of its own; means over targets are those with them.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from latents_cells import Protocol, Task, cells
from latents_encoders import Cosine, ScrambledTextEncoder, cosine_ratio
from latents_report import SHOWN, Results, report
from latents_targets import LEAST, References, Tables, Target
from latents_views import Comparison, View
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress as Bars

from discovery.encoders.text import TextEncoder
from discovery.polymers import RepeatUnit
from discovery.progress import Progress
from discovery.surrogate.tanimoto import minmax_similarity

CHAINS = 500
"""Polymers of the tables on which the cosine ratio is measured."""


def encoded(
    comparison: Comparison, views: Sequence[View], units: Sequence[RepeatUnit], progress: Progress
) -> dict[str, dict[str, NDArray[np.float32]]]:
    """Vectors of every encoder that the views need, by encoder and key."""
    found = {}
    for name in dict.fromkeys(name for view in views for name in view.needs):
        encoding = comparison.store.encode(comparison.encoder(name), units, progress)
        found[name] = {unit.key: row for unit, row in zip(encoding.units, encoding.vectors, strict=True)}
    return found


def tasks_of(
    target: Target,
    views: Sequence[View],
    comparison: Comparison,
    vectors: dict[str, dict[str, NDArray[np.float32]]],
    protocol: Protocol,
) -> tuple[list[Task], str]:
    """One task for each view, on the rows that all of them can read; and how many these are."""
    there = [i for i, unit in enumerate(target.units) if all(unit.key in rows for rows in vectors.values())]
    told = f"{target.name}: {len(there)} of {len(target.units)} polymers"
    if len(there) < LEAST:
        return [], f"{told} can be read by all encoders, {LEAST} are needed, skipped"
    units, values = [target.units[i] for i in there], target.values[there]
    ours = {name: np.stack([rows[unit.key] for unit in units]) for name, rows in vectors.items()}
    tanimoto = None
    if any(view.fingerprint for view in views):
        counts = comparison.main.fingerprints(units)
        tanimoto = minmax_similarity(counts, counts).numpy()
    return [
        Task(
            target.table,
            target.name,
            view.name,
            values,
            tanimoto if view.fingerprint else None,
            None if view.latent is None else view.latent(ours),
            protocol,
        )
        for view in views
        if not target.unseen or view.name in SHOWN
    ], told


def measured(tasks: list[Task], workers: int, progress: Progress) -> pd.DataFrame:
    """The cells of all tasks, in the order of the tasks."""
    # the largest first, so that no process is left with one at the end
    order = sorted(range(len(tasks)), key=lambda i: -len(tasks[i].values))
    found = {}
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        futures = {pool.submit(cells, tasks[i]): i for i in order}
        for done, future in enumerate(as_completed(futures), 1):
            found[futures[future]] = future.result()
            progress(done, len(tasks), "representations fitted")
    return pd.DataFrame([asdict(cell) for i in range(len(tasks)) for cell in found[i]])


def cosines(comparison: Comparison, views: Sequence[View], units: Sequence[RepeatUnit]) -> list[Cosine]:
    """Of every text encoder among those that the views need."""
    names = dict.fromkeys(name for view in views for name in view.needs)
    texts = {name: comparison.encoder(name) for name in names}
    chosen = sorted(units, key=lambda unit: unit.key)[:CHAINS]
    return [
        cosine_ratio(name, encoder, chosen)
        for name, encoder in texts.items()
        if isinstance(encoder, TextEncoder) and not isinstance(encoder, ScrambledTextEncoder)
    ]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tables", nargs="+", metavar="TABLE:COLUMN")
    parser.add_argument("--rows", type=int, default=800, help="polymers of each target")
    parser.add_argument("--train", type=int, nargs="+", default=[20, 50, 100, 300])
    parser.add_argument("--seeds", type=int, default=10, help="random splits for each training size")
    parser.add_argument("--shuffles", type=int, default=3, help="repetitions of the five folds")
    parser.add_argument("--quick", action="store_true", help="3 seeds, 50 and 100 polymers, no folds")
    parser.add_argument("--only", nargs="+", metavar="VIEW", help="these representations alone")
    parser.add_argument("--text", default="bundled", help="text encoder")
    parser.add_argument("--geometry", default="bundled", help="geometry encoder")
    parser.add_argument(
        "--aligned", metavar="FOLDER", help="fusion of these two; else the one that belongs to them"
    )
    parser.add_argument(
        "--ablation", action="append", default=[], metavar="NAME=FOLDER", help="another text encoder"
    )
    parser.add_argument(
        "--shape", action="append", default=[], metavar="NAME=FOLDER", help="another geometry encoder"
    )
    parser.add_argument(
        "--fusion",
        action="append",
        default=[],
        metavar="NAME=FOLDER[,TEXT,GEOMETRY]",
        help="another fusion; with encoders of its own where they are given",
    )
    parser.add_argument("--device", default="auto")
    parser.add_argument("--workers", type=int, default=2, help="processes that fit")
    parser.add_argument("--json", type=Path, help="write all cells here")
    parser.add_argument("--markdown", type=Path, help="write the printed tables here as well")
    options = parser.parse_args()
    if options.quick:
        quick = {"seeds": 3, "shuffles": 0, "train": [50, 100]}
        given = [f"--{name}" for name in quick if getattr(options, name) != parser.get_default(name)]
        if given:
            parser.error(f"--quick sets {' and '.join(given)} itself; give one or the other")
        vars(options).update(quick)
    return options


def compared(options: argparse.Namespace) -> tuple[Comparison, list[View]]:
    """All representations, and those that were asked for."""
    comparison = Comparison(options.text, options.geometry, options.aligned, options.device)
    for argument in options.ablation:
        comparison.add_text(*argument.split("=", 1))
    for argument in options.shape:
        comparison.add_geometry(*argument.split("=", 1))
    for argument in options.fusion:
        name, sources = argument.split("=", 1)
        comparison.add_fusion(name, *sources.split(","))
    names = [view.name for view in comparison.views]
    unknown = set(options.only or ()) - set(names)
    if unknown:
        raise SystemExit(f"There is no view {', '.join(sorted(unknown))}. There are {', '.join(names)}.")
    return comparison, [view for view in comparison.views if not options.only or view.name in options.only]


def main() -> None:
    options = arguments()
    # read by the processes that fit: each has one core to itself
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    begun = time.monotonic()
    comparison, views = compared(options)
    protocol = Protocol(tuple(options.train), options.seeds, options.shuffles)
    tables = Tables(options.rows, References.of_physics())
    found = [target for argument in options.tables for target in tables.targets(argument)]
    told = [line for line in found if isinstance(line, str)]
    targets = [target for target in found if isinstance(target, Target)]
    units = list(dict.fromkeys(unit for target in targets for unit in target.units))
    with Bars(console=Console(stderr=True)) as bars:
        lines: dict[str, object] = {}

        def progress(done: int, total: int, what: str) -> None:
            line = lines.setdefault(what, bars.add_task(what)) if what not in lines else lines[what]
            bars.update(line, completed=done, total=total)  # type: ignore[arg-type]

        bars.console.print(f"{len(targets)} targets, {len(units)} polymers, {len(views)} representations")
        vectors = encoded(comparison, views, units, progress)
        ratios = cosines(comparison, views, units)
        encoding_seconds = time.monotonic() - begun
        bars.console.print(f"read and encoded in {encoding_seconds:.0f} s")
        tasks: list[Task] = []
        for target in targets:
            more, line = tasks_of(target, views, comparison, vectors, protocol)
            tasks += more
            told.append(line)
        results = measured(tasks, options.workers, progress)
    seconds = time.monotonic() - begun
    told.append(f"python {shlex.join(sys.argv)}")
    told.append(f"{encoding_seconds:.0f} s to read and encode, {seconds - encoding_seconds:.0f} s to fit")
    again = results["target"].isin([target.name for target in targets if target.unseen])
    without = Results(results[again]) if again.any() else None
    text = report(Results(results[~again]), ratios, "\n".join(f"- {line}" for line in told), without)
    print(text)
    if options.markdown:
        options.markdown.write_text(text, encoding="utf-8")
    if options.json:
        record = {
            "command": sys.argv,
            "revisions": comparison.revisions,
            "covered": told,
            "cosines": [asdict(ratio) for ratio in ratios],
            "cells": results.to_dict("records"),
        }
        options.json.write_text(json.dumps(record, indent=1), encoding="utf-8")


if __name__ == "__main__":
    torch.set_num_threads(os.cpu_count() or 1)
    main()
