"""A campaign replayed on a table that is measured already: how soon are its best polymers found?

Every seed starts all strategies from the same polymers, drawn from the lower three quarters of the table, so that the best are
there to be found. Each round a strategy asks for a batch and is told the measured values. The loop runs as in a campaign (gate,
refinement, batch acquisition); the fingerprint GP and random choice stand beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from campaigns.errors import CampaignError
from campaigns.ledger.observations import pool_replicates
from campaigns.reports.backtest_report import RANDOM, BacktestReport, summarise, write_backtest_report
from campaigns.reports.cards import Goal
from campaigns.spec import ObjectiveSpec
from campaigns.tables import read_results
from campaigns.versions import versions
from discovery.acquisition.objectives import Objective
from discovery.acquisition.round import RoundSettings, plan_round
from discovery.latent.representation import Representation
from discovery.polymers import Candidate
from discovery.pools import UnitPool
from discovery.progress import Progress, silent
from discovery.surrogate.observations import Observation

LOOP, FINGERPRINT = "polyloop", "fingerprint GP"
STRATEGIES = (LOOP, FINGERPRINT, RANDOM)


@dataclass(frozen=True)
class BacktestResult:
    """What a replay gave.

    Args:
        frame: One row per seed, strategy and number of experiments: ``best`` value so far and ``recall`` of the top polymers.
        top_n: How many polymers count as the best of the table.
        summary: The end of the replay, one row per strategy (see :func:`campaigns.reports.backtest_report.summarise`).
        html: The report.
        png: The figure of the recall.
        notes: What the reader should know.
    """

    frame: pd.DataFrame
    top_n: int
    summary: pd.DataFrame
    html: Path
    png: Path
    notes: tuple[str, ...]


def backtest(
    path: Path,
    target: str,
    *,
    unit: str = "",
    rounds: int = 10,
    batch: int = 5,
    start: int = 10,
    seeds: int = 5,
    out: Path | None = None,
    progress: Progress = silent,
) -> BacktestResult:
    """Replay a campaign on a measured table and write the report.

    Args:
        path: CSV with polymers and the target's column.
        target: Such as ``tg:max``.
        unit: The target's unit.
        rounds: Rounds of each replay.
        batch: Experiments of a round.
        start: Measured polymers at the start.
        seeds: Independent replays.
        out: Folder of the report; the table's own folder by default.
        progress: Told of every round.

    Raises:
        TableError: When rows of the table are faulty.
        CampaignError: When the table is too small for what is asked.
    """
    spec = ObjectiveSpec.parse(target, unit)
    objective = Objective(spec.name, spec.direction, spec.unit)
    table = pool_replicates(read_results(path, spec).rows)
    lower = _lower_three_quarters(table, objective)
    if start >= len(table) or start > len(lower):
        raise CampaignError(
            f"The table holds {len(table)} polymers, of which {len(lower)} may be given at the start, fewer than the "
            f"{start} asked for.",
            "Ask for a smaller --start, or give a larger table.",
        )
    top_n = count_as_best(len(table))
    order = sorted(table, key=lambda o: (-objective.sign * o.value, o.unit.key))
    top = {o.unit.key for o in order[:top_n]}
    representation = Representation.load()
    rows: list[dict[str, object]] = []
    replays = len(STRATEGIES) * seeds * rounds
    for seed in range(seeds):
        first = [lower[i] for i in np.random.default_rng([seed, 1]).permutation(len(lower))[:start]]
        for strategy in STRATEGIES:
            for measured in _replay(strategy, first, table, objective, representation, rounds, batch, seed):
                values = [o.value for o in measured]
                rows.append(
                    {
                        "seed": seed,
                        "strategy": strategy,
                        "experiments": len(measured),
                        "best": max(values) if objective.sign > 0 else min(values),
                        "recall": sum(o.unit.key in top for o in measured) / top_n,
                    }
                )
                progress(min(len(rows), replays), replays, "rounds replayed")
    frame = pd.DataFrame(rows)
    folder = out or path.parent
    folder.mkdir(parents=True, exist_ok=True)
    html, png = folder / f"{path.stem}-backtest.html", folder / f"{path.stem}-backtest.png"
    notes = [f"{len(table)} polymers; the {top_n} best count."]
    if start + rounds * batch > len(table):
        notes.append(
            "The replay ends early for want of polymers: rounds x batch is more than the table holds."
        )
    report = BacktestReport(
        table=path.name,
        goal=Goal.of(spec),
        frame=frame,
        top_n=top_n,
        polymers=len(table),
        start=start,
        batch=batch,
        notes=tuple(notes),
        meta=versions() | representation.revisions,
    )
    write_backtest_report(report, html, png)
    return BacktestResult(frame, top_n, summarise(frame), html, png, tuple(notes))


def count_as_best(size: int) -> int:
    """How many polymers of a table count as its best: 2 %, but at least ten, or a tenth of a small table."""
    return max(1, round(0.02 * size), min(10, size // 10))


def _lower_three_quarters(table: list[Observation], objective: Objective) -> list[Observation]:
    worst_first = sorted(table, key=lambda o: (objective.sign * o.value, o.unit.key))
    return worst_first[: max(1, 3 * len(table) // 4)]


def _replay(
    strategy: str,
    first: list[Observation],
    table: list[Observation],
    objective: Objective,
    representation: Representation,
    rounds: int,
    batch: int,
    seed: int,
) -> Iterator[list[Observation]]:
    """What is measured at the start and after each round of one replay."""
    known = {o.unit.key: o for o in table}
    measured = list(first)
    rng = np.random.default_rng([seed, 2])
    yield list(measured)
    for number in range(rounds):
        done = {o.unit.key for o in measured}
        left = [o for o in table if o.unit.key not in done]
        if not left:
            return
        if strategy == RANDOM:
            chosen = [left[i] for i in rng.permutation(len(left))[:batch]]
        else:
            plan = plan_round(
                measured,
                UnitPool([Candidate(o.unit) for o in left]),
                objective,
                representation,
                q=batch,
                seed=1000 * seed + number,
                settings=RoundSettings(fingerprint_only=strategy == FINGERPRINT),
            )
            chosen = [known[p.candidate.unit.key] for p in plan.batch]
        measured += chosen
        yield list(measured)
