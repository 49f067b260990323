"""A campaign replayed on a table that is measured already: how soon are its best polymers found?

Every seed starts all strategies from the same polymers, drawn from the lower three quarters of the table, so that the best are
there to be found. Each round a strategy asks for a batch and is told the measured values. The loop runs as in a campaign (gate,
refinement, batch acquisition); the fingerprint GP and random choice stand beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from campaigns.encoders import representation_of
from campaigns.errors import CampaignError
from campaigns.ledger.observations import pool_replicates
from campaigns.physics import prior_of
from campaigns.replay import Replay, Terms, processes, replay_all
from campaigns.reports.backtest_report import BacktestReport, summarise, write_backtest_report
from campaigns.spec import EncodersSpec, ObjectiveSpec
from campaigns.tables import read_results
from campaigns.versions import versions
from discovery.acquisition.objectives import Objective
from discovery.progress import Progress, silent
from discovery.surrogate.observations import Observation

NOTES_SHOWN = 8
"""Of what the rounds told, the most frequent; the others are counted."""


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
    prior_mean: str | None = None,
    encoders: EncodersSpec | None = None,
    rounds: int = 10,
    batch: int = 5,
    start: int = 10,
    seeds: int = 5,
    workers: int | None = None,
    out: Path | None = None,
    progress: Progress = silent,
) -> BacktestResult:
    """Replay a campaign on a measured table and write the report.

    Args:
        path: CSV with polymers and the target's column.
        target: Such as ``tg:max``.
        unit: The target's unit.
        prior_mean: Estimates that the loop may take as prior mean, such as ``physics:tg``.
        encoders: As a campaign's spec names them, folders relative to that of the process; the bundled ones by default.
        rounds: Rounds of each replay.
        batch: Experiments of a round.
        start: Measured polymers at the start.
        seeds: Independent replays.
        workers: Processes that replay side by side; the result does not hang on it. By default one for each core, and a single
            one with large encoders, which every process would hold in memory. A script that calls this with more than one needs
            the usual ``if __name__ == "__main__"``.
        out: Folder of the report; the current folder by default.
        progress: Told of every round.

    Raises:
        SpecError: When target, unit or prior mean are faulty.
        TableError: When rows of the table are faulty.
        CampaignError: When the table is too small for what is asked, or the folder cannot be made.
        WeightsError: When the encoders cannot be loaded.
    """
    spec = ObjectiveSpec.parse(target, unit, prior_mean)
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
    folder = out or Path()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CampaignError(
            f"The folder {folder} cannot be made: {error.strerror}.", "Choose another --out."
        ) from error
    html, png = folder / f"{path.stem}-backtest.html", folder / f"{path.stem}-backtest.png"
    encoders = encoders or EncodersSpec()
    representation = representation_of(encoders)
    # once, into the store, for all replays
    representation.fuse([o.unit for o in table], progress)
    if prior := prior_of(spec, representation.store):
        prior.estimates([o.unit for o in table], progress)
    terms = Terms(tuple(table), objective, tuple(lower), start, rounds, batch, prior_mean)
    replays = replay_all(
        terms,
        seeds,
        representation,
        encoders=encoders,
        workers=workers or processes(representation),
        progress=progress,
    )
    frame = _curve(replays, table, objective, top_n)
    notes = [f"{len(table)} polymers; the {top_n} best count."]
    if start + rounds * batch > len(table):
        notes.append(
            "The replay ends early for want of polymers: rounds x batch is more than the table holds."
        )
    notes += _told(replays)
    report = BacktestReport(
        table=path.name,
        goal=spec,
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


def _curve(
    replays: Iterable[Replay], table: list[Observation], objective: Objective, top_n: int
) -> pd.DataFrame:
    order = sorted(table, key=lambda o: (-objective.sign * o.value, o.unit.key))
    top = {o.unit.key for o in order[:top_n]}
    rows = [
        {
            "seed": made.seed,
            "strategy": made.strategy,
            "experiments": len(measured),
            "best": max((o.value for o in measured), key=lambda value: objective.sign * value),
            "recall": sum(o.unit.key in top for o in measured) / top_n,
        }
        for made in replays
        for measured in made.measured
    ]
    return pd.DataFrame(rows)


def _told(replays: Iterable[Replay]) -> list[str]:
    """What the rounds told the user, the most frequent first."""
    counts: Counter[tuple[str, str]] = Counter()
    for made in replays:
        for note, n in made.notes.items():
            counts[made.strategy, note] += n
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    lines = [
        f"{strategy}, {n} round{'s' if n > 1 else ''}: {note}"
        for (strategy, note), n in ordered[:NOTES_SHOWN]
    ]
    if len(ordered) > NOTES_SHOWN:
        lines.append(f"The rounds gave {len(ordered) - NOTES_SHOWN} further notes.")
    return lines
