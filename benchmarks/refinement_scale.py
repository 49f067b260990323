"""What does refinement at encoder depth cost: a step, re-embedding, memory, and how near to the machine's arithmetic limit?

    python benchmarks/refinement_scale.py --table TABLE.csv
    python benchmarks/refinement_scale.py --shape 8b --measured 200 --shortlist 1024
    python benchmarks/refinement_scale.py --shape small

`bundled` are the bundled encoders. `8b` is a Llama 3 of 8 billion random weights in bfloat16 and a Uni-Mol of the released size,
random too, for a GPU of 40 GB or more; `small` is the same code with small networks. Weights do not change what a step costs.

`--table` names polymers (`psmiles` or `smiles`); without one they are put together at random from common groups. Their conformers
are made beforehand and kept in `--cache`, and are not part of any time.

A step is the vectors of all `--measured` polymers under the present factors, the marginal likelihood of a Gaussian process with
fixed hyper-parameters, its exact gradient to the factors, and AdamW's move. A refinement is two folds of half of the polymers
each: what enters the adapted blocks, read once, and `--steps` steps. "GFLOP" counts products of matrices that cannot be avoided:
no padding, nothing computed twice (see `refinement_flops.py`); "of limit" is that over the time, against the fastest product of
two large matrices of the same type on the same machine, measured in the same run. Seconds are those of the clock on the wall, or
with `--cpu` of the processor, for a machine that others use as well.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import torch
from refinement_flops import arithmetic
from refinement_shapes import SHAPES, drawn, encoders, polymers
from torch import Tensor

from discovery.encoders.device import AUTO, chosen_device
from discovery.errors import DiscoveryError
from discovery.latent.adapted_blocks import AdaptedBlocks
from discovery.latent.adapter import FoldAdapter
from discovery.latent.encoded import Encoded
from discovery.latent.fusion import FusedLatent
from discovery.polymers import RepeatUnit


def evidence(latent: Tensor, values: Tensor) -> Tensor:
    """Negative log marginal likelihood of ``n`` values under an RBF kernel of fixed length-scale on ``n x d`` vectors."""
    distances = torch.cdist(latent, latent)
    scale = distances.detach()[distances.detach() > 0].median()
    covariance = torch.exp(-0.5 * (distances / scale).square()) + 0.1 * torch.eye(
        len(latent), dtype=latent.dtype
    )
    factor = torch.linalg.cholesky(covariance)
    white = torch.linalg.solve_triangular(factor, values.unsqueeze(-1), upper=False)
    return 0.5 * white.square().sum() + factor.diagonal().log().sum()


def step(
    adapted: Sequence[AdaptedBlocks], below: Sequence[Any], values: Tensor, optimiser: torch.optim.Optimizer
) -> None:
    """One step of training."""
    traced = [each.traced(states) for each, states in zip(adapted, below, strict=True)]
    latent = torch.cat([each.vectors.double() / math.sqrt(each.vectors.shape[1]) for each in traced], dim=1)
    optimiser.zero_grad()
    evidence(latent, values).backward()
    for each in traced:
        each.settle()
    optimiser.step()


@dataclass(frozen=True, slots=True)
class Stopwatch:
    """Seconds that work takes on a device.

    Args:
        device: Waited for.
        repeats: Runs, of which the fastest counts.
        clock: Of the wall or of the processor.
    """

    device: str
    repeats: int = 3
    clock: Callable[[], float] = time.perf_counter

    def once(self, work: Callable[[], Any]) -> float:
        begun = self.clock()
        work()
        if self.device.startswith("cuda"):
            torch.cuda.synchronize(self.device)
        return self.clock() - begun

    def fastest(self, work: Callable[[], Any]) -> float:
        """After one run that is not timed."""
        self.once(work)
        return min(self.once(work) for _ in range(self.repeats))

    def limit(self, dtype: torch.dtype, size: int) -> float:
        """Operations a second of the product of two square matrices."""
        left, right = (torch.randn(size, size, device=self.device).to(dtype) for _ in range(2))
        return 2 * size**3 / self.fastest(lambda: left @ right)


def refine(adapted: Sequence[AdaptedBlocks], units: Sequence[RepeatUnit], values: Tensor, steps: int) -> None:
    """Two folds."""
    for fold in (0, 1):
        below = [each.read(units[fold::2]) for each in adapted]
        optimiser = torch.optim.AdamW([p for each in adapted for p in each.parameters()], lr=1e-4)
        for _ in range(steps):
            step(adapted, below, values[fold::2], optimiser)


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the work with one encoder's polymers."""

    encoder: str
    what: str
    polymers: int
    seconds: float
    gflop: float
    of_limit: float
    """Share of the machine's limit."""


@dataclass(frozen=True, slots=True)
class Figures:
    """All that a run tells."""

    shape: str
    machine: str
    measured: int
    shortlist: int
    rank: int
    blocks: dict[str, int]
    factors: dict[str, int]
    limit_tflops: dict[str, float]
    stages: tuple[Stage, ...]
    step_seconds: float
    steps: int
    refinement_seconds: float
    embedded_per_second: float
    main_memory_gb: float
    gpu_memory_gb: float | None

    def __str__(self) -> str:
        limits = ", ".join(f"{value:.3g} TFLOP/s in {name}" for name, value in self.limit_tflops.items())
        memory = f"{self.main_memory_gb:.2f} GB of main memory"
        if self.gpu_memory_gb is not None:
            memory += f", {self.gpu_memory_gb:.2f} GB of the GPU's"
        stages = [
            f"| {each.encoder} | {each.what} | {each.polymers} | {each.seconds:.3f} | "
            f"{each.polymers / each.seconds:.0f} | {each.gflop:.2f} | {each.of_limit:.0%} |"
            for each in self.stages
        ]
        return "\n".join(
            [
                f"{self.shape} on {self.machine}; limit {limits}; blocks {self.blocks}, factors {self.factors}",
                "",
                "| encoder | what | polymers | seconds | polymers/s | GFLOP | of limit |",
                "|---|---|---:|---:|---:|---:|---:|",
                *stages,
                "",
                f"a step with {self.measured} measured: {self.step_seconds:.3f} s",
                f"a refinement, two folds of {self.steps} steps: {self.refinement_seconds:.1f} s",
                f"re-embedded by both encoders: {self.embedded_per_second:.0f} polymers/s",
                f"peak: {memory}",
            ]
        )


def stages(
    adapted: AdaptedBlocks,
    measured: Sequence[RepeatUnit],
    shortlist: Sequence[RepeatUnit],
    limit: float,
    stopwatch: Stopwatch,
) -> list[Stage]:
    """Times of one encoder, against a limit in operations a second."""
    below = adapted.read(measured)
    gradient = torch.ones(len(measured), adapted.dim)
    needed, wanted = arithmetic(adapted, measured), arithmetic(adapted, shortlist)
    works: list[tuple[str, Callable[[], Any], float, int]] = [
        ("read", lambda: adapted.read(measured), needed.read, len(measured)),
        ("vectors", lambda: adapted.vectors(below), needed.forward, len(measured)),
        (
            "vectors and backward",
            lambda: adapted.traced(below).way_back(gradient),
            needed.step,
            len(measured),
        ),
        ("embed", lambda: adapted.embed(shortlist), wanted.embedding, len(shortlist)),
    ]
    found = []
    for what, work, operations, count in works:
        seconds = stopwatch.fastest(work)
        found.append(
            Stage(adapted.kind, what, count, seconds, operations / 1e9, operations / seconds / limit)
        )
    return found


def fusion_stage(both: Sequence[Any], count: int, limit: float, stopwatch: Stopwatch) -> Stage:
    """Time in which ``count`` cached vectors pass through refined projections, on the processor."""
    text, geometry = both
    fusion = FusedLatent.initialise(text.dim, geometry.dim)
    encoders = SimpleNamespace(text=text, geometry=geometry, fusion=fusion.requires_grad_(False))
    adapter = FoldAdapter.fresh(encoders, [], "projection", rank=4, alpha=8, seed=0)
    draw = np.random.default_rng(0)
    vectors = [draw.normal(size=(count, each.dim)).astype(np.float32) for each in both]
    # projection depth looks at no polymer, only at how many there are
    encoded = Encoded(cast(Any, range(count)), *vectors)
    seconds = stopwatch.fastest(lambda: adapter.embed(encoded))
    operations = 2 * count * fusion.dim * (text.dim + geometry.dim + 2 * fusion.dim)
    return Stage("fusion", "embed", count, seconds, operations / 1e9, operations / seconds / limit)


def measure(options: argparse.Namespace) -> Figures:
    device = chosen_device(options.device)
    on_gpu = device.startswith("cuda")
    both = encoders(options.shape, device, options.cache)
    units = polymers(drawn(options.table), options.measured + options.shortlist, both)
    measured, shortlist = units[: options.measured], units[options.measured :]
    values = torch.from_numpy(np.random.default_rng(0).normal(size=len(measured)))
    adapted = [AdaptedBlocks.fresh(each, rank=options.rank, alpha=2 * options.rank, seed=0) for each in both]
    types = [next(p.dtype for p in each.model.parameters() if not p.requires_grad) for each in adapted]
    size = options.matrix or (8192 if on_gpu else 1024)
    stopwatch = Stopwatch(device, options.repeats, time.process_time if options.cpu else time.perf_counter)
    limits = {dtype: stopwatch.limit(dtype, size) for dtype in set(types)}
    if on_gpu:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    found = [
        stage
        for each, dtype in zip(adapted, types, strict=True)
        for stage in stages(each, measured, shortlist, limits[dtype], stopwatch)
    ]
    embedded = sum(each.seconds for each in found if each.what == "embed")
    in_floats = limits.get(torch.float32) or stopwatch.limit(torch.float32, size)
    found.append(fusion_stage(both, options.cached, in_floats, stopwatch))
    below = [each.read(measured) for each in adapted]
    optimiser = torch.optim.AdamW([p for each in adapted for p in each.parameters()], lr=1e-4)
    return Figures(
        shape=options.shape,
        machine=torch.cuda.get_device_name() if on_gpu else f"{torch.get_num_threads()} CPU threads",
        measured=len(measured),
        shortlist=len(shortlist),
        rank=options.rank,
        blocks={each.kind: each.depth for each in adapted},
        factors={each.kind: sum(p.numel() for p in each.parameters()) for each in adapted},
        limit_tflops={str(dtype).removeprefix("torch."): each / 1e12 for dtype, each in limits.items()},
        stages=tuple(found),
        step_seconds=stopwatch.fastest(lambda: step(adapted, below, values, optimiser)),
        steps=options.steps,
        refinement_seconds=stopwatch.once(lambda: refine(adapted, measured, values, options.steps)),
        embedded_per_second=len(shortlist) / embedded,
        main_memory_gb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
        gpu_memory_gb=torch.cuda.max_memory_allocated() / 1e9 if on_gpu else None,
    )


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shape", choices=SHAPES, default="bundled")
    parser.add_argument("--measured", type=int, default=100)
    parser.add_argument("--shortlist", type=int, default=128)
    parser.add_argument(
        "--cached", type=int, default=100_000, help="vectors that pass through refined projections"
    )
    parser.add_argument("--rank", type=int, default=4)
    parser.add_argument("--steps", type=int, default=40, help="of each fold of a refinement")
    parser.add_argument("--repeats", type=int, default=3, help="of which the fastest counts")
    parser.add_argument("--cpu", action="store_true", help="seconds of the processor, not of the wall")
    parser.add_argument("--matrix", type=int, help="size of the product that tells the limit")
    parser.add_argument("--table", type=Path, help="polymers, by psmiles or smiles")
    parser.add_argument("--cache", type=Path, help="folder of the conformers; by default the user's cache")
    parser.add_argument("--device", default=AUTO)
    parser.add_argument("--json", type=Path, help="file that the figures are written to")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> None:
    options = arguments(given)
    found = measure(options)
    print(found)
    if options.json:
        options.json.write_text(json.dumps(asdict(found), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except DiscoveryError as error:
        sys.exit(str(error))
