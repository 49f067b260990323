"""SIGKILL at moments spread over the whole of a command, and over the part of it in which it writes."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from faults_campaigns import ROWS, Bench, Facts, Row, proposed_twice, unsound
from faults_processes import Done, Running, SplitOff, ended, processes, start

TIMED_FOR = 16
"""Kills that are aimed by the same times."""


@dataclass(frozen=True)
class Command:
    """A command whose processes are killed."""

    name: str
    campaign: str
    words: tuple[str, ...]

    def of(self, campaign: Path, bench: Bench) -> list[str | Path]:
        named = {"TABLE": bench.table}
        return [self.words[0], campaign, *(named.get(word, word) for word in self.words[1:])]


COMMANDS = (
    Command("ingest", "plain", ("ingest", "TABLE", "--workers", "1")),
    Command("propose", "plain", ("propose", "-n", "2")),
    Command("refine", "refining", ("propose", "-n", "2")),
)


@dataclass(frozen=True)
class Times:
    """Seconds of a command that nobody disturbs: until it first wrote into the ledger, and until it began to answer."""

    writes: float
    answers: float


@dataclass(frozen=True)
class Try:
    bench: Bench
    command: Command
    number: int
    after: float
    """Seconds after the start, or after the ledger was first written to."""
    once_it_writes: bool
    cold: bool
    """Whether vectors are to be computed."""
    whole: bool
    """Whether the process loads everything itself."""


def _writes(campaign: Path) -> bool:
    """Whether a transaction has begun to write, or the folder of an adapter is being filled."""
    try:
        return (campaign / "campaign.sqlite-wal").stat().st_size > 0
    except OSError:
        return False


def started(whole: bool, words: Sequence[str | Path], cache: Path) -> Running:
    return start(*words, cache=cache) if whole else SplitOff(*words, cache=cache)


def timed(bench: Bench, command: Command, cold: bool, whole: bool, runs: int) -> Times:
    """How long a command takes that is left alone, in the fastest of some runs."""
    return min((_once(bench, command, cold, whole) for _ in range(runs)), key=lambda times: times.answers)


def _once(bench: Bench, command: Command, cold: bool, whole: bool) -> Times:
    with bench.copied(command.campaign, 0, cold=cold) as (campaign, cache):
        begun = time.monotonic()
        process = started(whole, command.of(campaign, bench), cache)
        while process.poll() is None and not _writes(campaign):
            time.sleep(0.0005)
        writes = time.monotonic() - begun
        while process.poll() is None and not process.answers():
            time.sleep(0.0005)
        answers = time.monotonic() - begun
        if wrong := ended(process).complaint(0):
            raise RuntimeError(f"{command.name} alone: {wrong[0]}")
        return Times(writes, answers)


def killed(each: Try) -> tuple[str, list[str]]:
    """Where a kill met a command, and what is wrong afterwards."""
    with each.bench.copied(each.command.campaign, each.number, cold=each.cold) as (campaign, cache):
        before = Facts.of(campaign)
        words = each.command.of(campaign, each.bench)
        process = started(each.whole, words, cache)
        begun = time.monotonic()
        if each.once_it_writes:
            while process.poll() is None and not _writes(campaign):
                time.sleep(0.0002)
            begun = time.monotonic()
        while process.poll() is None and time.monotonic() < begun + each.after:
            time.sleep(0.0005)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
        in_the_middle = _writes(campaign)
        done = ended(process)
        answered = done.document is not None
        wrong = unsound(campaign, cache)
        after = Facts.of(campaign)
        wrong += before.lost_in(after)
        recorded = len(after.digests) > len(before.digests)
        wrong += halves(each.command, before, after)
        if answered and not recorded:
            wrong.append("answered, and nothing is recorded")
        wrong += goes_on(each, campaign, cache, after, ended(SplitOff(*words, cache=cache)))
    if answered:
        return "after its answer", wrong
    if recorded:
        return "recorded and not yet told", wrong
    return "in the middle of writing" if in_the_middle else "before it recorded anything", wrong


def halves(command: Command, before: Facts, after: Facts) -> list[str]:
    """What is there in part."""
    values = len(after.measurements) - len(before.measurements)
    rounds = after.rounds - before.rounds
    proposals = len(after.proposals) - len(before.proposals)
    if command.name == "ingest":
        return [] if (values in (0, ROWS) and not rounds) else [f"{values} rows of {ROWS}"]
    return (
        []
        if (rounds, proposals) in ((0, 0), (1, 2)) and not values
        else [f"{rounds} rounds, {proposals} proposals"]
    )


def goes_on(each: Try, campaign: Path, cache: Path, killed: Facts, done: Done) -> list[str]:
    """What is wrong after the same command was given again."""
    wrong = done.complaint(0)
    if wrong:
        return wrong
    after = Facts.of(campaign)
    wrong += [*killed.lost_in(after), *unsound(campaign, cache), *proposed_twice(after)]
    answer = done.document or {}
    if each.command.name == "ingest":
        if answer["accepted"] + answer["already_known"] != ROWS:
            wrong.append(f"the same table again: {answer['accepted']} and {answer['already_known']} known")
    elif after.rounds != killed.rounds + 1:
        wrong.append(f"round {after.rounds} after round {killed.rounds}")
    forms = [campaign / "rounds" / f"{number:03d}" / "proposals.csv" for number in range(1, after.rounds + 1)]
    return wrong + [f"no form {path.name}" for path in forms if not path.is_file()]


def kills(
    bench: Bench, tries: int, seed: int, workers: int, *, whole: bool = True, runs: int = 3
) -> Iterator[Row]:
    """Half of the kills fall on any moment of a command, half on any from its first writing to its answer; of eight, one is of a
    whole process where there are any ``whole`` ones, the others of processes that have loaded what they import.
    """
    with ProcessPoolExecutor(workers, mp_context=processes()) as pool:
        for place, command in enumerate(COMMANDS):
            count = (tries + place) // len(COMMANDS)
            chance = random.Random(f"{seed} {command.name}")
            parts = chance.sample(range((count + 1) // 2), (count + 1) // 2)
            told = {(False, False), (False, whole)}
            row = Row(f"SIGKILL in {command.name}")
            for first in range(0, count, TIMED_FOR):
                kinds = {
                    number: (
                        number % 4 >= 2 and command.name != "ingest",
                        whole and number % 8 == number // 8 % 8,
                    )
                    for number in range(first, min(count, first + TIMED_FOR))
                }
                # timed anew, because other work on the machine comes and goes
                took = {
                    kind: pool.submit(timed, bench, command, *kind, runs).result()
                    for kind in sorted(told.union(kinds.values()))
                }
                planned = []
                for number, kind in kinds.items():
                    spread = (parts[number // 2] + chance.random()) / len(
                        parts
                    )  # a moment in each equal part
                    times = took[kind]
                    length = times.answers - times.writes if number % 2 else times.answers
                    planned.append(
                        Try(bench, command, number, 1.05 * spread * length, bool(number % 2), *kind)
                    )
                for seen, wrong in pool.map(killed, planned):
                    row.add(seen, wrong)
            took_whole = f", {took[False, True].answers:.1f} s with its imports" if whole else ""
            row.fault += f" ({took[False, False].answers:.1f} s{took_whole})"
            yield row
