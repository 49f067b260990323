"""Bad input in bulk, through ``ingest``, ``check``, the reader of specs, ``new`` and ``import``: what is taken, and what refused.

    python benchmarks/fuzz.py --out FOLDER --inputs 20000 --workers 2

Inputs are valid files with changed bytes, and files put together out of hostile cells, names and facts; the same seed gives the
same inputs. Each goes through the command line in one of several processes that have a limit of time and of memory. Of every
input it is looked at from outside: whether it ended in one of polyloop's own errors, whether it took longer than ten seconds,
whether something that was refused left anything (rows of the ledger, files), and whether anything was written outside the folder
or a formula into a table. Those that did are kept in FOLDER, each with what happened. The tables of totals are printed and
written to FOLDER/totals.md; the exit code is 1 where one of the columns that must be zero is not.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from fuzz_inputs import TARGETS, Seeds
from fuzz_trying import LIMIT, Chunk, Outcome, Verdict, begin, try_chunk

AT_ONCE = 20
"""Inputs of a chunk."""

FAULTS = (Verdict.TRACEBACK, Verdict.HANG, Verdict.PARTIAL, Verdict.LET_OUT)
"""Verdicts that no input may have."""


def chunks(inputs: int, seed: int, targets: Sequence[str]) -> list[Chunk]:
    """All inputs, by their targets' shares; chunks of all targets take turns."""
    whole = sum(TARGETS[target] for target in targets)
    made: list[tuple[float, Chunk]] = []
    for target in targets:
        count = -(-inputs * TARGETS[target] // whole)
        for first in range(0, count, AT_ONCE):
            made.append((first / count, Chunk(target, first, min(AT_ONCE, count - first), seed)))
    return [chunk for _, chunk in sorted(made, key=lambda each: each[0])]


def tried(
    work: Sequence[Chunk], seeds: Path, kept: Path, workers: int
) -> Iterator[tuple[list[Outcome], float]]:
    """Outcomes of every chunk, and the memory of its process; of one that got no answer, input by input."""
    from discovery.workers import Processes, Unanswered

    with Processes(try_chunk, workers, initializer=begin, initargs=(seeds, kept)) as processes:
        for chunk, answer in processes.answers(work, lambda chunk: 6 * LIMIT):
            if not isinstance(answer, Unanswered):
                yield answer
                continue
            alone = [Chunk(chunk.target, number, 1, chunk.seed) for number in chunk.numbers]
            for each, its in processes.answers(alone, lambda chunk: LIMIT + 2):
                if not isinstance(its, Unanswered):
                    yield its
                    continue
                hang = its is Unanswered.TOOK_LONGER
                verdict = Verdict.HANG if hang else Verdict.TRACEBACK
                told = its.value if hang else f"it {its.value}"
                yield [Outcome(each.target, each.first, verdict, LIMIT if hang else 0.0, told)], 0.0
                _keep(each, seeds, kept, told)


def _keep(chunk: Chunk, seeds: Path, kept: Path, told: str) -> None:
    from fuzz_inputs import make_input

    place = kept / f"{chunk.first:06d}-{chunk.target.split()[0]}-unanswered"
    place.mkdir(exist_ok=True)
    arguments = make_input(chunk.target, chunk.first, chunk.seed, Seeds.read(seeds), place)
    (place / "what-happened.txt").write_text(f"{' '.join(arguments)}\n{told}\n", encoding="utf-8")


def totals(outcomes: Sequence[Outcome]) -> list[str]:
    """The tables, as lines of Markdown."""
    by_target: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_target[outcome.target].append(outcome)
    lines = [
        f"| through | inputs | {' | '.join(Verdict)} | slowest s |",
        f"|---|---|{'---|' * len(Verdict)}---|",
    ]
    for name, group in [*((t, by_target[t]) for t in TARGETS if by_target[t]), ("all", list(outcomes))]:
        counts = Counter(outcome.verdict for outcome in group)
        cells = " | ".join(f"{counts[verdict]:,}" for verdict in Verdict)
        lines.append(f"| {name} | {len(group):,} | {cells} | {max(o.seconds for o in group):.1f} |")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="for the inputs that did what they must not")
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--target", choices=TARGETS, action="append", help="only these")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    work, kept = options.out / "work", options.out / "offending"
    shutil.rmtree(work, ignore_errors=True)
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir()
    Seeds.make(work / "seeds")
    # processes put their places beside what is kept, which is not kept itself
    start, memory = time.perf_counter(), 0.0
    outcomes: list[Outcome] = []
    todo = chunks(options.inputs, options.seed, options.target or list(TARGETS))
    (work / "offending").mkdir()
    for done, (found, peak) in enumerate(tried(todo, work / "seeds", work / "offending", options.workers), 1):
        outcomes += found
        memory = max(memory, peak)
        for outcome in found:
            if outcome.verdict in FAULTS:
                print(
                    f"{outcome.target} {outcome.number}: {outcome.verdict}: {outcome.said}", file=sys.stderr
                )
        if done % 50 == 0:
            print(
                f"{len(outcomes):,} inputs, {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True
            )
    shutil.copytree(work / "offending", kept, dirs_exist_ok=True)
    shutil.rmtree(work)
    lines = totals(outcomes)
    errors = Counter(o.said for o in outcomes if o.verdict is Verdict.REFUSED and o.said != "text")
    told = ", ".join(f"{kind} {count:,}" for kind, count in errors.most_common())
    lines += [
        "",
        f"{time.perf_counter() - start:.0f} s, {memory:.0f} MiB at most in a process. Refused with --json by: {told}.",
    ]
    print("\n".join(lines))
    (options.out / "totals.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return int(any(outcome.verdict in FAULTS for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
