"""One replay of a campaign on a measured table, and many of them side by side in processes of their own.

A replay hangs on its rival and seed alone and computes on one thread wherever it runs, so that the number of processes
changes how long all of them take and nothing else. Values come from an :class:`~campaigns.backtesting.oracle.Oracle`, one batch
at a time.
"""

from __future__ import annotations

import copy
import multiprocessing
import os
import queue
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from multiprocessing.queues import Queue

import numpy as np
import torch

from campaigns.backtesting.audit import audit
from campaigns.backtesting.oracle import Oracle, OracleError
from campaigns.backtesting.rivals import Strategy, strategy_of
from campaigns.encoders import representation_of
from campaigns.errors import StateError
from campaigns.physics import prior_of
from campaigns.spec import EncodersSpec, ObjectiveSpec, RefinementSpec
from discovery.acquisition.objectives import Objective
from discovery.encoders.memory import FIXED_SHAPE, parameter_count
from discovery.errors import PoolError
from discovery.latent.representation import Representation
from discovery.progress import Progress, silent
from discovery.surrogate.observations import Observation

ROUNDS = "rounds replayed"
_HEARD_EVERY = 0.2
"""Seconds between two looks at what the processes have done."""


@dataclass(frozen=True)
class Terms:
    """What the replays of a backtest share, whatever the rival.

    Args:
        start: Polymers measured at the start.
        rounds: Batches asked for.
        batch: Polymers of each.
        audited: Rounds in which a rival is asked again with other values for what is not measured.
    """

    start: int
    rounds: int
    batch: int
    audited: int = 0


@dataclass(frozen=True)
class Contest:
    """All that a process needs for any replay of a backtest.

    Args:
        oracle: The table, nothing of it revealed; every replay has a copy of its own.
        objective: What is wanted.
        terms: Of all replays.
        goal: The objective as the user wrote it; its prior mean is the gate's.
        refinement: Depths that the gate compares, and what adapters are trained by.
    """

    oracle: Oracle
    objective: Objective
    terms: Terms
    goal: ObjectiveSpec
    refinement: RefinementSpec = field(default_factory=RefinementSpec)


@dataclass(frozen=True)
class Replay:
    """What one replay measured.

    Args:
        rival: The name of its strategy.
        seed: Of the replay.
        measured: What is measured at the start and after each round.
        seconds: That each round took to propose.
        notes: What its rounds told, with how often.
        models: In how many rounds which member of the gate predicted.
    """

    rival: str
    seed: int
    measured: tuple[tuple[Observation, ...], ...]
    seconds: tuple[float, ...]
    notes: Counter[str]
    models: Counter[str] = field(default_factory=Counter)


def processes(representation: Representation) -> int:
    """How many replays go side by side unless the user says otherwise: one for each core, but a single one where every process
    would hold encoders of more than :data:`~discovery.encoders.memory.FIXED_SHAPE` parameters.
    """
    largest = max(parameter_count(representation.text.model), representation.geometry.network.parameters)
    return (os.cpu_count() or 1) if largest <= FIXED_SHAPE else 1


def replay_all(
    contest: Contest,
    rivals: Sequence[str],
    seeds: int,
    representation: Representation,
    *,
    encoders: EncodersSpec,
    workers: int,
    progress: Progress = silent,
) -> list[Replay]:
    """Every rival with every seed, in the order of seeds and rivals.

    Args:
        contest: Table, objective and terms.
        rivals: Of :data:`campaigns.backtesting.rival_names.RIVALS`; started in this order.
        seeds: How many; 0 to ``seeds - 1``.
        representation: The encoders, with the vectors of the table in their store.
        encoders: The same by name, for the other processes.
        workers: Processes; with one, the replays run in this process.
        progress: Told of every round, and with one process also of the steps within.

    Raises:
        CampaignError: When a process ended before its time.
        LeakError: When an audited rival knows what was not measured.
    """
    tasks = [(rival, seed) for rival in rivals for seed in range(seeds)]
    total = len(tasks) * contest.terms.rounds
    workers = min(workers, len(tasks))
    numbers = count(1)

    def round_done() -> None:
        progress(min(next(numbers), total), total, ROUNDS)

    if workers == 1:
        with one_thread():
            made = [_play(*task, contest, representation, round_done, progress) for task in tasks]
    else:
        made = _side_by_side(tasks, contest, encoders, workers, round_done)
    progress(total, total, ROUNDS)
    return sorted(made, key=lambda r: (r.seed, rivals.index(r.rival)))


def _unheard() -> None:
    """Nobody listens."""


def replay(
    rival: str,
    seed: int,
    oracle: Oracle,
    begin: Callable[[], Strategy],
    terms: Terms,
    round_done: Callable[[], None] = _unheard,
) -> Replay:
    """One replay of any strategy; it ends early where the table has no polymer left to propose.

    Args:
        rival: Name of the strategy.
        seed: Of the start and of the rounds; all rivals start from the same polymers.
        oracle: The table, nothing of it revealed.
        begin: Makes the strategy, which is not told of the oracle.
        terms: Start, rounds and batch.
        round_done: Called after every round.

    Raises:
        LeakError: When it is audited and knows what was not measured.
        OracleError: When it proposes what cannot be measured, nothing, or too much.
    """
    notes: Counter[str] = Counter()
    models: Counter[str] = Counter()
    oracle.start(terms.start, np.random.default_rng([seed, 1]))
    steps, seconds = [oracle.measured], []
    strategy = begin()
    for number in range(terms.rounds):
        if not oracle.candidates:
            break
        question = oracle.question(terms.batch, _seed_of(seed, number))
        begun = time.perf_counter()
        try:
            choice = strategy.propose(question)
        except PoolError as error:
            notes[f"The replay of seed {seed} ended early: {error.message}"] += 1
            break
        seconds.append(time.perf_counter() - begun)
        if not 0 < len(choice.units) <= question.batch:
            raise OracleError(
                f"{rival} proposed {len(choice.units)} polymers where {question.batch} were asked for.",
                "A strategy proposes one polymer at least and no more than were asked for.",
            )
        if number < terms.audited:
            audit(rival, choice, oracle, begin, batch=terms.batch, seed=question.seed)
        notes.update(dict.fromkeys(choice.notes, 1))
        models.update([choice.model] if choice.model else [])
        oracle.measure(choice.units)
        steps.append(oracle.measured)
        round_done()
    return Replay(rival, seed, tuple(steps), tuple(seconds), notes, models)


def _seed_of(seed: int, number: int) -> int:
    """Hashed, so that no two rounds of any two replays share a seed."""
    return int(np.random.SeedSequence([seed, 3, number]).generate_state(1)[0]) >> 1


def _play(
    rival: str,
    seed: int,
    contest: Contest,
    representation: Representation,
    round_done: Callable[[], None],
    progress: Progress = silent,
) -> Replay:
    """A replay of one of polyloop's own rivals."""
    prior = prior_of(contest.goal, representation.store)

    def begin() -> Strategy:
        return strategy_of(rival, contest.objective, representation, prior, progress, contest.refinement)

    return replay(rival, seed, copy.deepcopy(contest.oracle), begin, contest.terms, round_done)


@contextmanager
def one_thread() -> Iterator[None]:
    """Sums depend on the number of threads in their last digits."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _side_by_side(
    tasks: Sequence[tuple[str, int]],
    contest: Contest,
    encoders: EncodersSpec,
    workers: int,
    round_done: Callable[[], None],
) -> list[Replay]:
    context = multiprocessing.get_context(
        "spawn"
    )  # a fork would inherit torch's threads in the middle of something
    heard: Queue[None] = context.Queue()
    executor = ProcessPoolExecutor(
        workers, mp_context=context, initializer=_prepare, initargs=(contest, encoders, heard)
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
        raise StateError(
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

    contest: Contest
    representation: Representation
    heard: Queue[None]


_worker: list[_Worker] = []


def _prepare(contest: Contest, encoders: EncodersSpec, heard: Queue[None]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends the process at once, without a traceback
    os.dup2(2, 1)  # standard output belongs to the command's answer
    sys.stdout = sys.stderr
    torch.set_num_threads(1)
    _worker[:] = [_Worker(contest, representation_of(encoders), heard)]


def _work(rival: str, seed: int) -> Replay:
    [worker] = _worker
    return _play(rival, seed, worker.contest, worker.representation, lambda: worker.heard.put(None))
