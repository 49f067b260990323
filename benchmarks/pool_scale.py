"""How long does it take to propose a batch out of a pool of a thousand, and of a million? And how much memory?

    python benchmarks/pool_scale.py --table pool.csv.gz

`--table` names polymers (`psmiles` or `smiles`). Measured are `--observations` of another draw from the table, with a value that
is one direction of the latent, so that the gate takes the latent: then the screen reads both fingerprint and text, and the
shortlist gets geometry. `--measured TABLE:COLUMN` takes real values instead; the last column says what the gate took.

Every row is a process of its own: "start" loads the models and reads what is measured, "propose" opens the pool and chooses eight
polymers, in the stages that follow, each without the others. Seconds by the clock, or with `--cpu` of the processor.

    cold   nothing in the store: every polymer of the pool is really encoded. Up to `--cold-up-to`.
    warm   everything in the store: the same once more.

Over `--cold-up-to`, vectors are SYNTHETIC: each is that of a polymer of the table, moved at random by a tenth of the spread,
under a random key, and its counts are those of that polymer with some columns changed; all are written through the store's own
interface. "pool" opens and walks the pool's catalogue. "pass" is the one unavoidable pass over the vectors, measured by itself in
the same process: reading both from the store, and the two matrix products.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

WARM_UP = 2000
"""Polymers of the table that are really encoded, as patterns of the synthetic vectors."""

Q = 8


class Stopwatch:
    """Seconds of each stage, without what nested stages took.

    Args:
        clock: Says the time.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.seconds: dict[str, float] = defaultdict(float)
        self._nested: list[float] = []

    def wrap(self, owner: Any, name: str, stage: str) -> None:
        """Count the time of every call of ``owner.name`` as ``stage``."""
        inner: Callable[..., Any] = getattr(owner, name)

        def timed(*args: Any, **kwargs: Any) -> Any:
            return self.time(stage, lambda: inner(*args, **kwargs))

        setattr(owner, name, timed)

    def time(self, stage: str, work: Callable[[], Any]) -> Any:
        self._nested.append(0.0)
        start = self._clock()
        try:
            return work()
        finally:
            took = self._clock() - start
            self.seconds[stage] += took - self._nested.pop()
            if self._nested:
                self._nested[-1] += took


class Given:
    """A pool of candidates at hand, walked once, that a catalogue knows by its name."""

    def __init__(self, name: str, chunks: Iterable[Sequence[Any]] = ()) -> None:
        self.dropped: Counter[str] = Counter()
        self.signature = name
        self._chunks = chunks

    def chunks(self, size: int = 8192) -> Iterator[Sequence[Any]]:
        return iter(self._chunks)


def catalogue(path: Path, chunks: Iterable[Sequence[Any]] = ()) -> Any:
    """The catalogue of the polymers in a table, or of synthetic ones where ``path`` is none; opened where it was made before."""
    from discovery.pools import Catalogue, TablePool

    pool = TablePool(path) if path.suffix == ".csv" else Given(path.name, chunks)
    return Catalogue.prepare(pool, path.parent / "pools", workers=os.cpu_count() or 1)


def units_in(table: Path, column: str | None, limit: int, seed: int = 0) -> Iterator[tuple[Any, float]]:
    """Distinct polymers of a table with the value in ``column``, in the order of the table."""
    import pandas as pd

    from discovery.errors import PolymerError
    from discovery.polymers import RepeatUnit

    seen: set[str] = set()
    frame = pd.read_csv(table)
    texts = frame["psmiles" if "psmiles" in frame else "smiles"].sample(frac=1.0, random_state=seed)
    for row, text in texts.items():
        try:
            unit = RepeatUnit.parse(text)
        except PolymerError:
            continue
        if unit.key not in seen:
            seen.add(unit.key)
            yield unit, 0.0 if column is None else float(frame.loc[row, column])
        if len(seen) == limit:
            return


def representation(cache: Path) -> Any:
    from discovery.encoders.store import EmbeddingStore
    from discovery.latent.representation import Representation

    os.environ["POLYLOOP_CACHE"] = str(cache)
    return Representation.load(store=EmbeddingStore(cache / "embeddings"))


def write_synthetic(size: int, table: Path, cache: Path, path: Path) -> None:
    """A pool of ``size`` random keys, and vectors for all of them in the store."""
    import numpy as np

    from discovery.encoders.encoder import Counts, Encoding
    from discovery.encoders.store import EmbeddingStore

    seen, store = representation(cache.parent / "patterns"), EmbeddingStore(cache / "embeddings")
    patterns = [unit for unit, _ in units_in(table, None, WARM_UP)]
    encoded = seen.text_vectors(patterns)
    patterns = list(encoded.units)
    counts = seen.counts(patterns)
    spread = encoded.vectors.std(axis=0)
    rng = np.random.default_rng(0)

    class Text:
        name, revision, dim = seen.text.name, seen.text.revision, seen.text.dim

        def encode(self, units: Sequence[Any], progress: Any = None) -> Encoding:
            noise = rng.standard_normal((len(units), self.dim), dtype=np.float32)
            return Encoding(
                tuple(units), encoded.vectors[rows[[places[u.key] for u in units]]] + 0.1 * spread * noise
            )

    class Fingerprints(Text):
        name, revision, dim = seen.fingerprint.name, seen.fingerprint.revision, seen.fingerprint.dim

        def counts(self, units: Sequence[Any], progress: Any = None) -> Counts:
            drawn = counts.take(rows[[places[u.key] for u in units]])
            columns = drawn.columns.copy()
            changed = rng.random(len(columns)) < 0.1
            columns[changed] = rng.choice(counts.columns, int(changed.sum()))
            return Counts(drawn.starts, columns, drawn.counts, drawn.dim)

    def chunks() -> Iterator[list[Any]]:
        nonlocal rows, places
        from discovery.polymers import Candidate, RepeatUnit

        for start in range(0, size, 8192):
            n = min(8192, size - start)
            digits = rng.bytes(16 * n).hex()
            keys = [digits[32 * i : 32 * i + 32] for i in range(n)]
            rows, places = rng.integers(len(patterns), size=n), {key: i for i, key in enumerate(keys)}
            units = [RepeatUnit(patterns[row].psmiles, key) for row, key in zip(rows, keys, strict=True)]
            store.rows(Text(), units)
            store.counts(Fingerprints(), units)
            yield [Candidate(unit, sa_score=3.0) for unit in units]

    rows, places = np.empty(0, np.int64), dict[str, int]()
    catalogue(path, chunks())


def measurements(seen: Any, table: Path, column: str, count: int) -> list[Any]:
    from discovery.surrogate.observations import Observation

    if column:
        return [Observation(unit, value) for unit, value in units_in(table, column, count)]
    units = [unit for unit, _ in units_in(table, None, count, seed=1)]
    fused = seen.fuse(units)
    values = 300.0 + 40.0 * fused.latent[:, :2].sum(dim=1)
    return [Observation(units[i], float(value)) for i, value in zip(fused.positions, values, strict=True)]


def propose(
    path: Path, cache: Path, table: Path, column: str, observations: int, members: Sequence[str], cpu: bool
) -> dict[str, Any]:
    """Propose once, in this process, and say how long each stage took."""
    clock = time.process_time if cpu else time.perf_counter
    start = clock()
    from discovery.acquisition import round as rounds
    from discovery.acquisition.objectives import Goal, Objective
    from discovery.latent.representation import Representation
    from discovery.surrogate.screening import ScreeningSurrogate

    seen = representation(cache)
    known = measurements(seen, table, column, observations)
    watch = Stopwatch(clock)
    watch.seconds["start"] = clock() - start

    watch.wrap(rounds, "learn_goal", "learn")
    watch.wrap(rounds, "screen", "keep")
    watch.wrap(rounds, "shortlist", "shortlist")
    watch.wrap(rounds, "pick", "batch")
    for part in ("counts", "text_rows"):
        watch.wrap(Representation, part, "read")
    watch.wrap(ScreeningSurrogate, "predict", "predict")
    begin = clock()
    pool = catalogue(path)
    chunks = pool.chunks

    def timed_chunks(size: int = 8192) -> Iterator[Any]:
        walk = chunks(size)
        while (chunk := watch.time("pool", lambda: next(walk, None))) is not None:
            yield chunk

    pool.chunks = timed_chunks
    plan = rounds.plan_round(
        {"value": known},
        pool,
        Goal.of(Objective("value", "max")),
        seen,
        q=Q,
        seed=0,
        settings=rounds.RoundSettings(members=tuple(members)),
    )
    total = clock() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # kilobytes, on Linux
    stages = dict(watch.seconds)
    once = unavoidable(chunks, seen, len(known), clock)
    return {
        "candidates": plan.pool.candidates,
        "seconds": total,
        "stages": stages,
        "pass": once,
        "gigabytes": peak,
        "batch": [proposed.candidate.unit.key for proposed in plan.batch],
        "chosen": plan.learned["value"].decision.chosen,  # type: ignore[union-attr]
    }


def unavoidable(
    chunks: Callable[[], Iterator[Any]], seen: Any, measured: int, clock: Callable[[], float]
) -> float:
    """Seconds to read all vectors and to take both matrix products, and nothing else."""
    import torch

    table, matrix = torch.rand(seen.fingerprint.dim, measured), torch.rand(seen.text.dim, seen.fusion.dim)
    took = 0.0
    for chunk in chunks():
        units = chunk.units
        start = clock()
        counts, text = seen.counts(units), seen.text_rows(units)
        torch.from_numpy(text.vectors) @ matrix
        columns, starts = (
            torch.from_numpy(counts.columns.astype("int32")),
            torch.from_numpy(counts.starts[:-1]),
        )
        torch.nn.functional.embedding_bag(columns, table, starts.int(), mode="sum")
        took += clock() - start
    return took


STAGES = ("learn", "pool", "read", "predict", "keep", "shortlist", "batch")


def show(kind: str, figures: dict[str, Any]) -> None:
    stages = figures["stages"]
    other = figures["seconds"] - sum(stages.get(stage, 0.0) for stage in STAGES)
    cells = [f"{stages.get(stage, 0.0):.2f}" for stage in STAGES]
    share = f"{figures['pass']:.2f} ({100 * figures['pass'] / figures['seconds']:.0f} %)"
    row = [
        f"{figures['candidates']:,}",
        kind,
        f"{stages['start']:.1f}",
        f"{figures['seconds']:.1f}",
        *cells,
        f"{other:.2f}",
        share,
    ]
    print("| " + " | ".join([*row, f"{figures['gigabytes']:.2f}", figures["chosen"]]) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--table", type=Path, required=True, help="polymers of the pool")
    parser.add_argument("--measured", default="", metavar="TABLE:COLUMN")
    parser.add_argument("--observations", type=int, nargs="+", default=[40, 200])
    parser.add_argument("--sizes", type=float, nargs="+", default=[1e3, 1e4, 1e5, 1e6])
    parser.add_argument("--cold-up-to", type=float, default=1e4)
    parser.add_argument(
        "--members",
        default="fingerprint,latent",
        help="models to fit; a refined one alone, such as encoder, is used wherever it can be had",
    )
    parser.add_argument(
        "--cpu", action="store_true", help="seconds of processor instead of the clock's, for a busy machine"
    )
    parser.add_argument("--folder", type=Path, help="keep the stores here, for another run")
    parser.add_argument("--step", help=argparse.SUPPRESS)  # of a child process
    options = parser.parse_args()
    measured, _, column = options.measured.rpartition(":") if options.measured else ("", "", "")
    if options.step:
        step = json.loads(options.step)
        cache, path = Path(step["cache"]), Path(step["pool"])
        if step["do"] == "real":
            units = [unit for unit, _ in units_in(options.table, None, step["size"])]
            path.write_text("psmiles\n" + "".join(f"{unit.psmiles}\n" for unit in units), encoding="utf-8")
            start = time.perf_counter()
            made = catalogue(path)
            print(json.dumps({"polymers": len(made), "seconds": time.perf_counter() - start}))
        elif step["do"] == "synthetic":
            write_synthetic(step["size"], options.table, cache, path)
        else:
            print(
                json.dumps(
                    propose(
                        path,
                        cache,
                        Path(measured) if measured else options.table,
                        column,
                        step["observations"],
                        options.members.split(","),
                        options.cpu,
                    )
                )
            )
        return

    def child(**step: Any) -> Any:
        command = [sys.executable, *sys.argv, "--step", json.dumps(step)]
        out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        return json.loads(out.splitlines()[-1]) if out.strip() else None

    print(f"| candidates | store | start | propose | {' | '.join(STAGES)} | other | pass | GB | gate |")
    print("|" + "---|" * (len(STAGES) + 8))
    catalogues: list[str] = []
    with tempfile.TemporaryDirectory() as temporary:
        for size in map(int, options.sizes):
            cache = (options.folder or Path(temporary)) / f"{size}"
            cache.mkdir(parents=True, exist_ok=True)
            real = size <= options.cold_up_to
            path = cache / ("pool.csv" if real else "synthetic")
            fresh = not (cache / "pools").exists()
            if fresh:
                made = child(do="real" if real else "synthetic", size=size, cache=str(cache), pool=str(path))
                if real:
                    catalogues.append(f"{made['polymers']:,} polymers in {made['seconds']:.1f} s")
            for count in options.observations:
                step = {"do": "propose", "cache": str(cache), "pool": str(path), "observations": count}
                first = child(**step)
                if fresh and real:
                    show(f"cold, {count} measured", first)
                fresh = False
                warm = child(**step)
                show(f"warm{'' if real else ', synthetic'}, {count} measured", warm)
                assert warm["batch"] == first["batch"], "the same inputs gave another batch"
    if catalogues:
        print(f"\nCatalogues made from a table, once, by all cores: {'; '.join(catalogues)}.")


if __name__ == "__main__":
    main()
