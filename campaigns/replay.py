"""One replay of a campaign on a measured table, and many of them side by side in processes of their own.

A replay hangs on its strategy and seed alone and computes on one thread wherever it runs, so that the number of processes
changes how long all of them take and nothing else.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from multiprocessing.queues import Queue

import numpy as np
import torch

from campaigns.encoders import representation_of
from campaigns.errors import CampaignError
from campaigns.gate_notes import gate_notes
from campaigns.physics import prior_of
from campaigns.reports.backtest_report import RANDOM
from campaigns.spec import EncodersSpec, ObjectiveSpec
from discovery.acquisition.objectives import Objective
from discovery.acquisition.plan import RoundSettings
from discovery.acquisition.round import plan_round
from discovery.encoders.memory import FIXED_SHAPE, parameter_count
from discovery.errors import PoolError
from discovery.latent.representation import Representation
from discovery.polymers import Candidate
from discovery.pools import UnitPool
from discovery.progress import Progress, silent
from discovery.surrogate.observations import Observation

LOOP, FINGERPRINT = "polyloop", "fingerprint GP"
STRATEGIES = (LOOP, FINGERPRINT, RANDOM)
"""The longest first, so that no process is left alone with it at the end."""

ROUNDS = "rounds replayed"
_HEARD_EVERY = 0.2
"""Seconds between two looks at what the processes have done."""


@dataclass(frozen=True)
class Terms:
    """What all replays of a backtest share."""

    table: tuple[Observation, ...]
    objective: Objective
    lower: tuple[Observation, ...]
    """Those that may be given at the start."""
    start: int
    rounds: int
    batch: int
    prior_mean: str | None = None
    """Of the loop, as a spec names it; the other strategies have none."""


@dataclass(frozen=True)
class Replay:
    """What one replay measured.

    Args:
        strategy: One of :data:`STRATEGIES`.
        seed: Of the replay.
        measured: What is measured at the start and after each round.
        notes: What its rounds told, with how often.
    """

    strategy: str
    seed: int
    measured: tuple[tuple[Observation, ...], ...]
    notes: Counter[str]


def processes(representation: Representation) -> int:
    """How many replays go side by side unless the user says otherwise: one for each core, but a single one where every process
    would hold encoders of more than :data:`~discovery.encoders.memory.FIXED_SHAPE` parameters.
    """
    largest = max(parameter_count(representation.text.model), representation.geometry.network.parameters)
    return (os.cpu_count() or 1) if largest <= FIXED_SHAPE else 1


def replay_all(
    terms: Terms,
    seeds: int,
    representation: Representation,
    *,
    encoders: EncodersSpec,
    workers: int,
    progress: Progress = silent,
) -> list[Replay]:
    """Every strategy with every seed, in the order of seeds and strategies.

    Args:
        terms: Of all replays.
        seeds: How many; 0 to ``seeds - 1``.
        representation: The encoders, with the vectors of the table in their store.
        encoders: The same by name, for the other processes.
        workers: Processes; with one, the replays run in this process.
        progress: Told of every round, and with one process also of the steps within.

    Raises:
        CampaignError: When a process ended before its time.
    """
    tasks = [(strategy, seed) for strategy in STRATEGIES for seed in range(seeds)]
    total = len(tasks) * terms.rounds
    workers = min(workers, len(tasks))
    numbers = count(1)

    def round_done() -> None:
        progress(min(next(numbers), total), total, ROUNDS)

    if workers == 1:
        with _one_thread():
            made = [replay(*task, terms, representation, round_done, progress) for task in tasks]
    else:
        made = _side_by_side(tasks, terms, encoders, workers, round_done)
    progress(total, total, ROUNDS)
    return sorted(made, key=lambda r: (r.seed, STRATEGIES.index(r.strategy)))


def _unheard() -> None:
    """Nobody listens."""


def replay(
    strategy: str,
    seed: int,
    terms: Terms,
    representation: Representation,
    round_done: Callable[[], None] = _unheard,
    progress: Progress = silent,
) -> Replay:
    """One replay; it ends early where the table has no polymer left to propose."""
    notes: Counter[str] = Counter()
    steps = []
    for measured in _steps(strategy, seed, terms, representation, notes, progress):
        steps.append(tuple(measured))
        if len(steps) > 1:
            round_done()
    return Replay(strategy, seed, tuple(steps), notes)


def _steps(
    strategy: str,
    seed: int,
    terms: Terms,
    representation: Representation,
    notes: Counter[str],
    progress: Progress,
) -> Iterator[list[Observation]]:
    known = {o.unit.key: o for o in terms.table}
    measured = [terms.lower[i] for i in _rng(seed, 1).permutation(len(terms.lower))[: terms.start]]
    rng = _rng(seed, 2)
    wanted = terms.objective
    spec = ObjectiveSpec(
        name=wanted.name, direction=wanted.direction, unit=wanted.unit, prior_mean=terms.prior_mean
    )
    prior = prior_of(spec, representation.store)
    yield measured
    for number in range(terms.rounds):
        done = {o.unit.key for o in measured}
        left = [o for o in terms.table if o.unit.key not in done]
        if not left:
            return
        if strategy == RANDOM:
            chosen = [left[i] for i in rng.permutation(len(left))[: terms.batch]]
        else:
            try:
                plan = plan_round(
                    measured,
                    UnitPool([Candidate(o.unit) for o in left]),
                    terms.objective,
                    representation,
                    q=terms.batch,
                    # hashed, so that no two rounds of any two replays share a seed
                    seed=int(np.random.SeedSequence([seed, 3, number]).generate_state(1)[0]) >> 1,
                    settings=RoundSettings(fingerprint_only=strategy == FINGERPRINT),
                    prior=prior,
                    progress=progress,
                )
            except PoolError as error:
                notes[f"The replay of seed {seed} ended early: {error.message}"] += 1
                return
            notes.update(dict.fromkeys((*gate_notes(plan.learned), *plan.notes), 1))
            chosen = [known[p.candidate.unit.key] for p in plan.batch]
        measured = [*measured, *chosen]
        yield measured


def _rng(*entropy: int) -> np.random.Generator:
    return np.random.default_rng(list(entropy))


@contextmanager
def _one_thread() -> Iterator[None]:
    """Sums depend on the number of threads in their last digits."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _side_by_side(
    tasks: Sequence[tuple[str, int]],
    terms: Terms,
    encoders: EncodersSpec,
    workers: int,
    round_done: Callable[[], None],
) -> list[Replay]:
    context = multiprocessing.get_context(
        "spawn"
    )  # a fork would inherit torch's threads in the middle of something
    heard: Queue[None] = context.Queue()
    executor = ProcessPoolExecutor(
        workers, mp_context=context, initializer=_prepare, initargs=(terms, encoders, heard)
    )
    try:
        waiting: set[Future[Replay]] = {executor.submit(_work, *task) for task in tasks}
        made: list[Replay] = []
        while waiting:
            finished, waiting = wait(waiting, timeout=_HEARD_EVERY)
            made += [future.result() for future in finished]
            _listen(heard, round_done)
        return made
    except BrokenProcessPool as error:
        raise CampaignError(
            "A process of the replay ended before its time, most likely for want of memory.",
            "Ask for fewer --workers.",
        ) from error
    finally:
        executor.shutdown(cancel_futures=True)


def _listen(heard: Queue[None], round_done: Callable[[], None]) -> None:
    while True:
        try:
            heard.get_nowait()
        except queue.Empty:
            return
        round_done()


@dataclass
class _Worker:
    """What a process needs for every replay; made once when it starts."""

    terms: Terms
    representation: Representation
    heard: Queue[None]


_worker: list[_Worker] = []


def _prepare(terms: Terms, encoders: EncodersSpec, heard: Queue[None]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends the process at once, without a traceback
    os.dup2(2, 1)  # standard output belongs to the command's answer
    sys.stdout = sys.stderr
    torch.set_num_threads(1)
    _worker[:] = [_Worker(terms, representation_of(encoders), heard)]


def _work(strategy: str, seed: int) -> Replay:
    [worker] = _worker
    return replay(strategy, seed, worker.terms, worker.representation, lambda: worker.heard.put(None))
