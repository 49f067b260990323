"""Adapting the latent to a handful of measurements, cross-fitted.

An adapter trained on all points makes their latent so obliging that a GP's variance, and its leave-one-out
score, mean nothing. So each of ``k`` adapters is kept away from one of ``k`` parts of the observations; the
surrogate fits its hyper-parameters on the part that the adapter did not see, conditions on all points, and
mixes the folds. This module makes the adapters, not that GP.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from botorch.fit import fit_gpytorch_mll
from gpytorch.mlls import ExactMarginalLogLikelihood
from numpy.typing import NDArray
from torch import Tensor

from discovery.errors import SurrogateError
from discovery.latent.adapter import FoldAdapter, embed_all
from discovery.latent.digest import digest
from discovery.latent.folds import split
from discovery.latent.fusion import FusedLatent
from discovery.latent.lora import seeded
from discovery.latent.refining_gp import RefiningGP, Schedule, Trace, TrainedLatent
from discovery.latent.text_blocks import AdaptableText, block_count, read_below
from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent

MINIMUM_POLYMERS = 16
"""Fewer measured polymers leave a fold of two with under six to train on and two to stop by."""

_HELD_OUT_PARTS = 4
"""One in four of a fold's observations is held out to stop by."""

_DEPTH = 2
"""Adapted blocks at the top of the language model, or all blocks where it has fewer."""


@dataclass(frozen=True, slots=True)
class RefinementSkipped:
    """The measurements do not allow refinement; the frozen latent stands."""

    reason: str
    """Such as ``12 measured polymers, needs 16``."""

    def __str__(self) -> str:
        return f"not refined: {self.reason}"


@dataclass(frozen=True, eq=False)
class Refinement:
    """One adapter per fold, and how its training went."""

    folds: tuple[FoldAdapter, ...]
    diagnostics: tuple[Trace, ...]

    @property
    def hash(self) -> str:
        """Address of all adapters together."""
        return digest({}, {"folds": [fold.hash for fold in self.folds]})

    def embed(
        self, units: Sequence[RepeatUnit], geometry: NDArray[np.floating[Any]] | None
    ) -> tuple[Tensor, ...]:
        """Refined latent ``n x d`` float64 under each fold's adapter; the encoder reads the units once."""
        return embed_all(self.folds, units, geometry)

    def save(self, folder: Path) -> None:
        """Write each adapter into a folder of its own: ``fold-0``, ``fold-1``."""
        for number, fold in enumerate(self.folds):
            fold.save(folder / f"fold-{number}")

    def summary(self) -> list[dict[str, Any]]:
        """The diagnostics as plain values, for a report or a JSON column."""
        return [asdict(trace) for trace in self.diagnostics]


def refine(
    text_encoder: AdaptableText,
    fusion: FusedLatent,
    units: Sequence[RepeatUnit],
    geometry: NDArray[np.floating[Any]] | None,
    values: Sequence[float] | NDArray[np.floating[Any]],
    *,
    seed: int,
    folds: int = 2,
    rank: int = 4,
    alpha: int = 8,
    steps: int = 20,
    schedule: Schedule | None = None,
    progress: Progress = silent,
) -> Refinement | RefinementSkipped:
    """Train one adapter per fold through the marginal likelihood of a GP.

    Every adapter starts from the frozen model; nothing is carried over between calls. The text encoder's
    model and the fusion are left untouched.

    Args:
        text_encoder: Encoder whose top two blocks are adapted.
        fusion: Fusion whose two projections are adapted.
        units: ``n`` measured polymers, all of which the text encoder can encode.
        geometry: ``n x d_g`` frozen geometry vectors of them, or ``None`` for the text branch alone.
        values: ``n`` measured values, in any unit.
        seed: Decides folds and initial factors.
        folds: Number of parts; adapter ``i`` is trained on all parts but part ``i``.
        rank: Rank of the updates.
        alpha: Scale of the updates, which is ``alpha / sqrt(rank)``.
        steps: Most steps per fold.
        schedule: Learning rates and the rule to stop by.
        progress: Told of every step.

    Returns:
        The adapters, or why there are none: too few polymers, values that do not differ, a fold on whose
        frozen latent no GP can be fitted, no step in any fold that raised the held-out score, or a model of which
        accelerate keeps a part away from the GPU.

    Raises:
        ValueError: When lengths disagree, a value is not finite, or ``folds`` is under two.
        WeightsError: When the text encoder's model is not a decoder of the Llama family.
    """
    measured = np.asarray(values, dtype=np.float64)
    if measured.shape != (len(units),) or (geometry is not None and len(geometry) != len(units)):
        raise ValueError("units, geometry and values must have as many rows")
    if not np.isfinite(measured).all():
        raise ValueError("a value is not finite")
    if folds < 2:
        raise ValueError("cross-fitting needs at least two folds")
    if any(parameter.is_meta for parameter in text_encoder.model.parameters()):
        return RefinementSkipped("a part of the text encoder lies in main memory, away from the GPU")
    keys = [unit.key for unit in units]
    needed = max(MINIMUM_POLYMERS, 4 * folds)
    if len(set(keys)) < needed:
        return RefinementSkipped(f"{len(set(keys))} measured polymers, needs {needed}")
    generator = np.random.default_rng([seed, 0])
    plans = [
        _plan(keys, measured, away, np.random.default_rng([seed, 1 + number]))
        for number, away in enumerate(split(keys, measured, folds, generator))
    ]
    for fitted, _ in plans:
        if np.ptp(measured[fitted]) <= 1e-9 * np.abs(measured[fitted]).max():
            same = "all measured values" if np.ptp(measured) == 0 else "all measured values of a fold"
            return RefinementSkipped(f"{same} are the same")
    adapters, traces = [], []
    for number, (fitted, held_out) in enumerate(plans):

        def report(step: int, number: int = number) -> None:
            progress(
                number * steps + step, folds * steps, f"refining the latent, fold {number + 1} of {folds}"
            )

        rows = np.concatenate([fitted, held_out])
        fold_seed = int(np.random.default_rng([seed, 1 + folds + number]).integers(2**31))
        adapter = FoldAdapter.fresh(
            text_encoder,
            fusion,
            {int(row): keys[row] for row in sorted(rows)},
            rank=rank,
            alpha=alpha,
            depth=min(_DEPTH, block_count(text_encoder.model)),
            seed=fold_seed,
        )
        try:
            trace = _train(
                adapter,
                [units[row] for row in rows],
                None if geometry is None else np.asarray(geometry, dtype=np.float32)[rows],
                measured[rows],
                len(fitted),
                schedule=schedule or Schedule(),
                steps=steps,
                seed=fold_seed,
                report=report,
            )
        except SurrogateError as error:
            return RefinementSkipped(f"fold {number + 1} of {folds} could not be trained ({error.message})")
        traces.append(trace)
        adapters.append(adapter)
    progress(folds * steps, folds * steps, "refining the latent")
    if all(trace.best_step == 0 for trace in traces):
        return RefinementSkipped("no step improved the held-out score")
    return Refinement(tuple(adapters), tuple(traces))


def _plan(
    keys: Sequence[str], values: NDArray[np.float64], away: NDArray[np.intp], generator: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices to train on and indices to stop by, out of everything that is not ``away``."""
    seen = np.setdiff1d(np.arange(len(keys)), away)
    parts = split([keys[row] for row in seen], values[seen], _HELD_OUT_PARTS, generator)
    return seen[np.sort(np.concatenate(parts[1:]))], seen[parts[0]]


def _train(
    adapter: FoldAdapter,
    units: Sequence[RepeatUnit],
    geometry: NDArray[np.float32] | None,
    values: NDArray[np.float64],
    fitted: int,
    *,
    schedule: Schedule,
    steps: int,
    seed: int,
    report: Callable[[int], None],
) -> Trace:
    """Train the factors of ``adapter`` in place on the first ``fitted`` rows; the others say when to stop."""
    standard = torch.as_tensor((values - values[:fitted].mean()) / values[:fitted].std(), dtype=torch.float64)
    device = adapter.fusion.text_projection.weight.device
    halves = []
    for part in (slice(0, fitted), slice(fitted, None)):
        frozen = None if geometry is None else torch.as_tensor(geometry[part], device=device)
        halves.append((list(read_below(adapter.text, units[part], adapter.depth)), frozen))
    (packs, frozen), (held_packs, held_frozen) = halves

    def latent() -> Tensor:
        trained = adapter.vectors(packs, frozen)
        with torch.no_grad():
            held = adapter.vectors(held_packs, held_frozen)
        return torch.cat([trained, held]).double().cpu()

    best = [adapter.state()]

    def keep() -> None:
        best[0] = adapter.state()

    # BoTorch draws new starting points from the global generator when its first fit fails.
    with seeded(seed):
        gp = RefiningGP(
            TrainedLatent(latent),
            standard,
            fitted,
            factors=adapter.parameters(),
            keep=keep,
            schedule=schedule,
            steps=steps,
            progress=report,
        )
        fit_gpytorch_mll(ExactMarginalLogLikelihood(gp.likelihood, gp))
    adapter.restore(best[0])
    for factor in adapter.parameters():
        factor.grad = None
    return gp.trace
