"""The replays of `peers.py`: a CSV for each target, rival and seed, so that a run can be stopped, resumed and reported again."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
import torch
from peers_rivals import Ring
from peers_targets import Target

from campaigns.backtesting.oracle import Oracle
from campaigns.backtesting.recall import Goodness, Judge, evaluation_counts, on_counts
from campaigns.backtesting.replay import Terms, replay
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


class FolderError(DiscoveryError):
    """A folder of replays that were made on other terms."""


class Runs:
    """The replays in a folder.

    Args:
        folder: Made where it is not there.
        settings: Of all replays in it.

    Raises:
        FolderError: The folder holds replays with other settings.
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder, self.settings = folder / "replays", settings
        self.folder.mkdir(parents=True, exist_ok=True)
        told = folder / "settings.json"
        text = json.dumps(asdict(settings), indent=1)
        if not told.exists():
            told.write_text(text, encoding="utf-8")
        elif told.read_text(encoding="utf-8") != text:
            raise FolderError(f"{folder} holds replays with other settings.", "Give another folder as --out.")

    def path(self, target: Target, rival: str, seed: int) -> Path:
        return self.folder / f"{target.slug}.{target.digest}.{rival}.{seed}.csv"

    def missing(
        self, targets: Sequence[Target], rivals: Sequence[str], seeds: int
    ) -> list[tuple[Target, str, int]]:
        """What is still to do, target by target, so that what a table needs is computed once in each process."""
        return [
            (target, rival, seed)
            for target in targets
            for rival in rivals
            for seed in range(seeds)
            if not self.path(target, rival, seed).exists()
        ]

    def forget(self, rivals: Sequence[str]) -> None:
        """Delete the replays of rivals that have changed."""
        for rival in rivals:
            for path in self.folder.glob(f"*.{rival}.*.csv"):
                path.unlink()

    def keep(self, frame: pd.DataFrame, target: Target, rival: str, seed: int) -> None:
        """Write a replay, whole or not at all."""
        path = self.path(target, rival, seed)
        draft = path.with_suffix(f".{os.getpid()}.draft")
        frame.to_csv(draft, index=False)
        draft.replace(path)

    def read(self, targets: Sequence[Target], rivals: Sequence[str], seeds: int) -> pd.DataFrame:
        """All replays that are there; columns as :func:`play` gives them, and ``target``, ``strategy``, ``seed``."""
        frames = [
            pd.read_csv(path).assign(target=target.name, strategy=rival, seed=seed)
            for target in targets
            for rival in rivals
            for seed in range(seeds)
            if (path := self.path(target, rival, seed)).exists()
        ]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def play(ring: Ring, target: Target, rival: str, seed: int, settings: Settings, audited: int) -> pd.DataFrame:
    """One replay: a row for the start and for every batch, with ``experiments``, ``recall``, ``regret``, ``best``, the
    ``seconds`` that the round took, and the keys of what was ``measured`` in it."""
    torch.set_num_threads(1)
    ring.take(target)
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


_ring: list[Ring] = []


def _prepare(baybe_python: Path) -> None:
    torch.set_num_threads(1)
    _ring[:] = [Ring(baybe_python)]


def _work(
    target: Target, rival: str, seed: int, settings: Settings, audited: int
) -> tuple[pd.DataFrame, float]:
    begun = time.monotonic()
    [ring] = _ring
    if ring.target is not None and ring.target.name == target.name:
        target = ring.target  # came through a pipe, and is the same one
    return play(ring, target, rival, seed, settings, audited), time.monotonic() - begun


def run_all(
    runs: Runs, tasks: Sequence[tuple[Target, str, int]], workers: int, baybe_python: Path, audited: int
) -> Iterator[tuple[str, str, int, pd.DataFrame, float]]:
    """Replay and keep; gives target, rival, seed, curve and seconds as they come."""
    if workers == 1:
        ring = Ring(baybe_python)
        try:
            for target, rival, seed in tasks:
                begun = time.monotonic()
                frame = play(ring, target, rival, seed, runs.settings, audited)
                runs.keep(frame, target, rival, seed)
                yield target.name, rival, seed, frame, time.monotonic() - begun
        finally:
            ring.close()
        return
    with ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_prepare, initargs=(baybe_python,)
    ) as pool:
        waiting = {
            pool.submit(_work, target, rival, seed, runs.settings, audited): (target, rival, seed)
            for target, rival, seed in tasks
        }
        for future in as_completed(waiting):
            target, rival, seed = waiting[future]
            frame, seconds = future.result()
            runs.keep(frame, target, rival, seed)
            yield target.name, rival, seed, frame, seconds
