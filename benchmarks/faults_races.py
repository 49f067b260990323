"""Commands that two processes give at the same moment, for the same campaign."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from faults_campaigns import ROWS, Bench, Facts, Row, proposed_twice, unsound
from faults_processes import Done, processes, run

TOGETHER: dict[str, Callable[[], Barrier]] = {}

PAIRS = (("ingest", "propose"), ("propose", "propose"), ("ingest", "ingest"))


def meet(barrier: Any) -> None:
    """In a process that will give commands: where it waits for the other."""
    TOGETHER["here"] = lambda: barrier


def command(name: str, campaign: Path, cache: Path, table: Path, wait: float) -> Done:
    """In one of two processes: a command, given when the other one is ready too and ``wait`` seconds have passed."""
    TOGETHER["here"]().wait(timeout=60)
    time.sleep(wait)
    words = (table,) if name == "ingest" else ("-n", "2")
    return run(name, campaign, *words, cache=cache)


def races(bench: Bench, tries: int, seed: int) -> Iterator[Row]:
    """Each pair of commands, so many times."""
    context = processes()
    barrier = context.Barrier(2)
    with ProcessPoolExecutor(2, mp_context=context, initializer=meet, initargs=(barrier,)) as pool:
        for pair in PAIRS:
            chance = random.Random(f"{seed} {pair}")
            row = Row(f"{pair[0]} and {pair[1]} at once")
            for number in range(tries):
                waits = [chance.uniform(0, 0.4) if place == number % 2 else 0.0 for place in range(2)]
                with bench.copied("plain", number) as (campaign, cache):
                    before = Facts.of(campaign)
                    asked = [
                        pool.submit(command, name, campaign, cache, bench.table, wait)
                        for name, wait in zip(pair, waits, strict=True)
                    ]
                    row.add(*outcome(bench, pair, before, campaign, cache, [each.result() for each in asked]))
            yield row


def outcome(
    bench: Bench, pair: tuple[str, str], before: Facts, campaign: Path, cache: Path, done: list[Done]
) -> tuple[str, list[str]]:
    """How two commands ended, and what is wrong afterwards."""
    after = Facts.of(campaign)
    wrong = [fault for each in done for fault in each.complaint(0, 3)]
    wrong += [*before.lost_in(after), *unsound(campaign, cache), *proposed_twice(after)]
    told = list(zip(pair, done, strict=True))
    refused = [each for _, each in told if each.code]
    wrong += [f"not told to try again: {each.out[-300:]}" for each in refused if "again" not in each.out]
    taken = [each.document or {} for name, each in told if name == "ingest" and not each.code]
    values = len(after.measurements) - len(before.measurements)
    if sum(each["accepted"] for each in taken) != values or (taken and values != ROWS):
        wrong.append(f"{values} values recorded")
    numbers = [(each.document or {})["round"] for name, each in told if name == "propose" and not each.code]
    if len(set(numbers)) != len(numbers) or after.rounds - before.rounds != len(numbers):
        wrong.append(f"rounds {numbers} told, {after.rounds} recorded")
    if len(after.proposals) - len(before.proposals) != 2 * len(numbers):
        wrong.append("half a round")
    for name, _ in [each for each in told if each[1].code]:
        words = (bench.table,) if name == "ingest" else ("-n", "2")
        wrong += run(name, campaign, *words, cache=cache).complaint(0)
    if len(refused) == 2:
        return "both told to try again", [*wrong, "neither did its work"]
    return ("one told to try again, and then done" if refused else "both done"), wrong
