"""Runs of rivals on targets, many seeds of each: a CSV a run, so that all can be stopped, resumed and reported again."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pandas as pd
import torch
from peers_targets import Target

from campaigns.backtesting.oracle import Oracle
from campaigns.backtesting.recall import Goodness, Judge, area_under, evaluation_counts, on_counts
from campaigns.backtesting.replay import Terms, replay
from campaigns.backtesting.rivals import Strategy
from discovery.errors import DiscoveryError


@dataclass(frozen=True)
class Settings:
    """What all replays of a folder share.

    Args:
        start: Polymers measured at the start, drawn from the lower three quarters.
        batch: Polymers of each round.
        evaluations: Polymers measured in all, those of the start included.
        most: Polymers of a table that take part, at most.
    """

    start: int
    batch: int
    evaluations: int
    most: int

    @property
    def rounds(self) -> int:
        return -(-(self.evaluations - self.start) // self.batch)


class Ring(Protocol):
    """What a process needs for one target after the other; what a table needs is computed once and kept until the next table."""

    @property
    def target(self) -> Target | None:
        """The target in hand."""
        ...

    def take(self, target: Target) -> None:
        """Turn to a target."""
        ...

    def close(self) -> None:
        """Let go of what was kept."""
        ...


class ReplayRing(Ring, Protocol):
    """One that makes strategies."""

    def begin(self, rival: str) -> Callable[[], Strategy]:
        """Makes the strategy of that name for the target in hand."""
        ...


AnyRing = TypeVar("AnyRing", bound=Ring)

Task = tuple[Target, str, int]
"""A target, the name of a rival, and a seed."""

Play = Callable[[AnyRing, Task], pd.DataFrame]
"""Does a task, with the ring turned to its target; of module level, so that it can be sent to a process."""


class FolderError(DiscoveryError):
    """A folder of runs that were made on other terms."""


class RunError(DiscoveryError):
    """Some runs ended in an error; the others are kept."""


class Runs:
    """The runs in a folder.

    Args:
        folder: Made where it is not there.
        settings: A dataclass of plain values that all runs in it share.
        part: Folder in it that the files lie in.

    Raises:
        FolderError: The folder holds runs with other settings.
    """

    def __init__(self, folder: Path, settings: Any, part: str = "replays") -> None:
        self.folder, self.settings = folder / part, settings
        self.folder.mkdir(parents=True, exist_ok=True)
        told = folder / "settings.json"
        text = json.dumps(asdict(settings), indent=1)
        if not told.exists():
            told.write_text(text, encoding="utf-8")
        elif told.read_text(encoding="utf-8") != text:
            raise FolderError(f"{folder} holds runs with other settings.", "Give another folder as --out.")

    def path(self, target: Target, rival: str, seed: int) -> Path:
        return self.folder / f"{target.slug}.{target.digest}.{rival}.{seed}.csv"

    def missing(self, targets: Sequence[Target], rivals: Sequence[str], seeds: int) -> list[Task]:
        """What is still to do, target by target, so that what a table needs is computed once in each process."""
        return [
            (target, rival, seed)
            for target in targets
            for rival in rivals
            for seed in range(seeds)
            if not self.path(target, rival, seed).exists()
        ]

    def forget(self, rivals: Sequence[str]) -> None:
        """Delete the runs of rivals that have changed."""
        for rival in rivals:
            for path in self.folder.glob(f"*.{rival}.*.csv"):
                path.unlink()

    def keep(self, frame: pd.DataFrame, target: Target, rival: str, seed: int) -> None:
        """Write what a run gave, whole or not at all."""
        path = self.path(target, rival, seed)
        draft = path.with_suffix(f".{os.getpid()}.draft")
        frame.to_csv(draft, index=False)
        draft.replace(path)

    def read(self, targets: Sequence[Target], rivals: Sequence[str], seeds: int) -> pd.DataFrame:
        """All runs that are there; columns as they were kept, and ``target``, ``strategy``, ``seed``."""
        frames = [
            pd.read_csv(path).assign(target=target.name, strategy=rival, seed=seed)
            for target in targets
            for rival in rivals
            for seed in range(seeds)
            if (path := self.path(target, rival, seed)).exists()
        ]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def play(ring: ReplayRing, task: Task, *, settings: Settings, audited: int) -> pd.DataFrame:
    """One replay: a row for the start and for every batch, with ``experiments``, ``recall``, ``regret``, ``best``, the
    ``seconds`` that the round took, and the keys of what was ``measured`` in it."""
    target, rival, seed = task
    terms = Terms(settings.start, settings.rounds, settings.batch, audited)
    oracle = Oracle(target.table, Goodness(target.objective))
    made = replay(rival, seed, oracle, ring.begin(rival), terms)
    judge = Judge(target.table, target.objective)
    counts = evaluation_counts(judge.size, settings.start, settings.batch, settings.rounds)
    evaluations = [len(step) for step in made.measured]
    fresh = [made.measured[0]] + [
        now[len(before) :] for before, now in zip(made.measured, made.measured[1:], strict=False)
    ]
    columns = {
        "recall": [judge.recall(step) for step in made.measured],
        "regret": [judge.regret(step) for step in made.measured],
        "best": [judge.best_value(step) for step in made.measured],
    }
    frame = pd.DataFrame({name: on_counts(evaluations, values, counts) for name, values in columns.items()})
    frame.insert(0, "experiments", counts)
    told = dict(zip(evaluations, zip([0.0, *made.seconds], fresh, strict=False), strict=False))
    frame["seconds"] = [told[count][0] if count in told else 0.0 for count in counts]
    frame["measured"] = [
        " ".join(o.unit.key for o in told[count][1]) if count in told else "" for count in counts
    ]
    return frame


def area_of(frame: pd.DataFrame) -> str:
    """The area under the recall of a replay, for a line on the screen."""
    return f"{area_under(frame['experiments'].tolist(), frame['recall'].tolist()):.3f}"


@dataclass(frozen=True)
class Done:
    """A task that is done, or could not be.

    Args:
        task: Its target, rival and seed.
        result: What it gave, or why it gave nothing.
        seconds: By the clock.
    """

    task: Task
    result: pd.DataFrame | DiscoveryError
    seconds: float


def make_missing(
    runs: Runs,
    tasks: Sequence[Task],
    workers: int,
    make_ring: Callable[[], AnyRing],
    play: Play[AnyRing],
    told: Callable[[pd.DataFrame], str],
) -> None:
    """Do tasks, keep what they give and print a line for each.

    Args:
        runs: Where it is kept.
        tasks: What :meth:`Runs.missing` says.
        workers: Processes; with one, all is done in this one.
        make_ring: Called once in each process.
        play: Does a task.
        told: What a line says of what it gave.

    Raises:
        RunError: Some ended in an error; all others are done by then.
    """
    begun, failed = time.monotonic(), []
    for number, done in enumerate(run_all(tasks, workers, make_ring, play), 1):
        target, rival, seed = done.task
        if isinstance(done.result, DiscoveryError):
            failed.append(f"{target.name} {rival} {seed}: {done.result.message}")
            said = f"FAILED, {done.result.message}"
        else:
            runs.keep(done.result, target, rival, seed)
            said = told(done.result)
        clock = f"{time.monotonic() - begun:.0f} s"
        print(
            f"{number}/{len(tasks)} {clock}  {target.name} {rival} {seed}: {said}  ({done.seconds:.0f} s)",
            flush=True,
        )
    if failed:
        raise RunError(
            f"{len(failed)} of {len(tasks)} runs failed, first {failed[0]}",
            "The others are kept; mend it and go on.",
        )


_ring: list[Ring] = []


def _prepare(make_ring: Callable[[], Ring]) -> None:
    torch.set_num_threads(1)
    _ring[:] = [make_ring()]


def _work(task: Task, play: Play[Any]) -> Done:
    [ring] = _ring
    return _done(ring, task, play)


def _done(ring: AnyRing, task: Task, play: Play[AnyRing]) -> Done:
    begun = time.monotonic()
    target, rival, seed = task
    if ring.target is not None and ring.target.name == target.name:
        target = ring.target  # came through a pipe, and is the same one
    ring.take(target)
    try:
        result: pd.DataFrame | DiscoveryError = play(ring, (target, rival, seed))
    except DiscoveryError as error:
        result = error
    return Done(task, result, time.monotonic() - begun)


def run_all(
    tasks: Sequence[Task], workers: int, make_ring: Callable[[], AnyRing], play: Play[AnyRing]
) -> Iterator[Done]:
    """Do tasks; each process makes a ring of its own, and computes on one thread."""
    if workers == 1:
        torch.set_num_threads(1)
        ring = make_ring()
        try:
            for task in tasks:
                yield _done(ring, task, play)
        finally:
            ring.close()
        return
    with ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_prepare, initargs=(make_ring,)
    ) as pool:
        waiting = [pool.submit(_work, task, play) for task in tasks]
        for future in as_completed(waiting):
            yield future.result()
