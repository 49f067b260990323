"""A campaign replayed on a table that is measured already: how soon are its best polymers found?

Every seed starts all rivals from the same polymers, drawn from the lower three quarters of the table, so that the best are
there to be found. Each round a rival asks for a batch and is told the measured values, and nothing else of the table
(:mod:`~campaigns.backtesting.oracle`). Who the rivals are is told in :mod:`~campaigns.backtesting.rivals`, what is reported in
:mod:`~campaigns.backtesting.recall`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pydantic import ValidationError

from campaigns.backtesting.oracle import Oracle, startable
from campaigns.backtesting.recall import Judge, RivalScore, evaluation_counts, on_counts, score
from campaigns.backtesting.replay import Contest, Replay, Terms, processes, replay_all
from campaigns.backtesting.report import BacktestReport, write_backtest_report
from campaigns.backtesting.rival_names import GATE, RIVALS, USUAL
from campaigns.encoders import representation_of
from campaigns.errors import CampaignError, NotWrittenError, SpecError, SpecProblem
from campaigns.ledger.observations import pool_replicates
from campaigns.physics import prior_of
from campaigns.reports.wording import counted
from campaigns.rounds.refining import members_of
from campaigns.spec import EncodersSpec, ObjectiveSpec, RefinementSpec
from campaigns.spec.faults import spec_error
from campaigns.tables import read_results
from campaigns.versions import versions
from discovery.progress import Progress, silent
from discovery.surrogate.observations import Observation

NOTES_SHOWN = 8
"""Of what the rounds told, the most frequent; the others are counted."""


@dataclass(frozen=True)
class BacktestResult:
    """What a replay gave.

    Args:
        goal: What was looked for.
        frame: One row per seed, strategy and number of experiments: ``best`` value so far, ``recall`` of the top polymers and
            simple ``regret``.
        scores: Of each rival, the most elaborate first and random choice last.
        top_n: How many polymers count as the best of the table.
        polymers: How many the table holds.
        html: The report.
        png: The figure of the recall.
        notes: What the reader should know.
        models: In how many rounds of all replays which model predicted, by rival.
    """

    goal: ObjectiveSpec
    frame: pd.DataFrame
    scores: dict[str, RivalScore]
    top_n: int
    polymers: int
    html: Path
    png: Path
    notes: tuple[str, ...]
    models: dict[str, dict[str, int]]


def backtest(
    path: Path,
    objective: str,
    *,
    unit: str = "",
    scale: str = "linear",
    prior_mean: str | None = None,
    encoders: EncodersSpec | None = None,
    refinement: RefinementSpec | None = None,
    rivals: Sequence[str] = USUAL,
    rounds: int = 10,
    batch: int = 5,
    start: int = 10,
    seeds: int = 5,
    audited: int = 0,
    workers: int | None = None,
    out: Path | None = None,
    progress: Progress = silent,
) -> BacktestResult:
    """Replay a campaign on a measured table and write the report.

    Args:
        path: CSV with polymers and the objective's column.
        objective: Such as ``tg:max``, or a target such as ``tg:340..360``.
        unit: The objective's unit.
        scale: ``linear``, or ``log`` for a property over decades.
        prior_mean: Estimates that the gate may take as prior mean, such as ``physics:tg``.
        encoders: As a campaign's spec names them, folders relative to that of the process; the bundled ones by default.
        refinement: As a campaign's spec says it: the depths that the gate compares, and what adapters are trained by. They start
            from the base, and none is adopted: one that was trained on the table would know what is to be found.
        rivals: Names out of :data:`campaigns.backtesting.rival_names.RIVALS`.
        rounds: Rounds of each replay.
        batch: Experiments of a round.
        start: Measured polymers at the start.
        seeds: Independent replays.
        audited: First rounds of each replay in which every rival is asked again with other values for what is not measured.
        workers: Processes that replay side by side; the result does not hang on it. By default one for each core, and a single
            one with large encoders, which every process would hold in memory. A script that calls this with more than one needs
            the usual ``if __name__ == "__main__"``.
        out: Folder of the report; the current folder by default.
        progress: Told of every round.

    Raises:
        SpecError: When objective, unit, scale or prior mean are faulty.
        TableError: When rows of the table are faulty.
        CampaignError: When a rival is unknown, the table is too small for what is asked, or the folder cannot be made.
        LeakError: When an audited rival knows what was not measured.
        WeightsError: When the encoders cannot be loaded.
    """
    goal = _goal(objective, unit, scale, prior_mean)
    named = _known(rivals)
    table, notes = measured_of(path, goal)
    lower = startable(len(table))
    if start >= len(table) or start > lower:
        raise CampaignError(
            f"The table holds {len(table)} polymers, of which {lower} may be given at the start, fewer than the "
            f"{start} asked for.",
            "Ask for a smaller --start, or give a larger table.",
        )
    folder = out or Path()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotWrittenError(
            f"The folder {folder} cannot be made: {error.strerror}.", "Choose another --out."
        ) from error
    html, png = folder / f"{path.stem}-backtest.html", folder / f"{path.stem}-backtest.png"
    encoders = encoders or EncodersSpec()
    representation = representation_of(encoders)
    units = [o.unit for o in table]
    # once, into the store, for all replays
    representation.fuse(units, progress)
    if prior := prior_of(goal, representation.store):
        prior.estimates(units, progress)
    judge = Judge(table, goal.wanted)
    contest = Contest(
        Oracle(table, judge.goodness),
        goal.wanted,
        Terms(start, rounds, batch, audited),
        goal,
        refinement or RefinementSpec(),
    )
    replays = replay_all(
        contest,
        named,
        seeds,
        representation,
        encoders=encoders,
        workers=workers or processes(representation),
        progress=progress,
    )
    frame = _curves(replays, judge, evaluation_counts(len(table), start, batch, rounds))
    notes = [f"{len(table)} polymers; the {judge.top_n} best count.", *notes]
    if start + rounds * batch > len(table):
        notes.append(
            "The replay ends early for want of polymers: rounds x batch is more than the table holds."
        )
    if audited:
        notes.append(
            f"Audited: in the first {counted(audited, 'round')} of every replay no rival chose otherwise when all values that "
            "were not measured were replaced by others."
        )
    if GATE in named:
        compared = ", ".join(members_of(refinement or RefinementSpec()))
        notes.append(f"The gate compares: {compared}.")
    models = _models(replays)
    notes += [*_used(models), *_told(replays)]
    report = BacktestReport(
        table=path.name,
        goal=goal,
        frame=frame,
        top_n=judge.top_n,
        polymers=len(table),
        start=start,
        batch=batch,
        notes=tuple(notes),
        meta=versions() | representation.revisions,
    )
    write_backtest_report(report, html, png)
    return BacktestResult(goal, frame, score(frame), judge.top_n, len(table), html, png, tuple(notes), models)


def _goal(objective: str, unit: str, scale: str, prior_mean: str | None) -> ObjectiveSpec:
    spec = ObjectiveSpec.parse(objective, unit, prior_mean)
    if spec.direction == "observe":
        fault = SpecProblem(
            "objective", f"{objective!r} improves nothing.", "Write tg:max, tg:min or a target."
        )
        raise SpecError("The objective cannot be replayed.", [fault])
    try:
        return ObjectiveSpec.model_validate(spec.model_dump() | {"scale": scale})
    except ValidationError as error:
        raise spec_error("The objective cannot be read.", error, ObjectiveSpec) from error


def _known(rivals: Sequence[str]) -> tuple[str, ...]:
    """Each rival once, the costliest first."""
    unknown = [name for name in rivals if name not in RIVALS]
    if unknown or not rivals:
        raise CampaignError(
            f"There is no rival {unknown[0]!r}." if unknown else "No rival is named.",
            f"Name some of: {', '.join(RIVALS)}.",
        )
    return tuple(name for name in RIVALS if name in rivals)


def measured_of(path: Path, goal: ObjectiveSpec) -> tuple[list[Observation], list[str]]:
    """The table's polymers, and what had to be left out, in words."""
    checked = read_results(path, [goal], gaps=True)
    table = pool_replicates(checked.rows, goal.scale)
    known = [o for o in table if not o.bound]
    notes = list(checked.remarks)
    if checked.without_value:
        notes.append(f"Passed over: {counted(checked.without_value, 'row')} without a value of {goal.name}.")
    if len(known) < len(table):
        notes.append(f"{len(table) - len(known)} polymers with limits for values are left out.")
    return known, notes


def _curves(replays: Iterable[Replay], judge: Judge, counts: Sequence[int]) -> pd.DataFrame:
    rows = []
    for made in replays:
        evaluations = [len(measured) for measured in made.measured]
        columns = {
            "best": [judge.best_value(measured) for measured in made.measured],
            "recall": [judge.recall(measured) for measured in made.measured],
            "regret": [judge.regret(measured) for measured in made.measured],
        }
        told = {name: on_counts(evaluations, values, counts) for name, values in columns.items()}
        rows += [
            {"seed": made.seed, "strategy": made.rival, "experiments": count}
            | {name: values[place] for name, values in told.items()}
            for place, count in enumerate(counts)
        ]
    return pd.DataFrame(rows)


def _models(replays: Iterable[Replay]) -> dict[str, dict[str, int]]:
    """In how many rounds of all replays which model predicted, by rival; those without a model are not in it."""
    counts: dict[str, Counter[str]] = {}
    for made in replays:
        counts.setdefault(made.rival, Counter()).update(made.models)
    return {rival: dict(found.most_common()) for rival, found in counts.items() if found}


def _used(models: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Which models the gate used, and what stood in for another rival's own."""
    return [
        f"Models that {rival} predicted by: "
        + ", ".join(f"{member} in {counted(n, 'round')}" for member, n in found.items())
        + "."
        for rival, found in models.items()
        if rival == GATE or len(found) > 1
    ]


def _told(replays: Iterable[Replay]) -> list[str]:
    """What the rounds told the user, the most frequent first."""
    counts: Counter[tuple[str, str]] = Counter()
    for made in replays:
        for note, n in made.notes.items():
            counts[made.rival, note] += n
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    lines = [f"{rival}, {counted(n, 'round')}: {note}" for (rival, note), n in ordered[:NOTES_SHOWN]]
    if len(ordered) > NOTES_SHOWN:
        lines.append(f"The rounds gave {len(ordered) - NOTES_SHOWN} further notes.")
    return lines
