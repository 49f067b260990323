"""Adapting the latent to a handful of measurements, cross-fitted.

An adapter trained on all points makes their latent so obliging that what a GP says of them means nothing. So each of ``k``
adapters is kept away from one of ``k`` parts of the measured polymers; a surrogate conditions on all points under each adapter,
mixes the folds, and scores a polymer by the adapters that did not see it. Hyper-parameters are no part of it: they stay those
that were fitted on the frozen latent (:mod:`~discovery.latent.refining_gp`). This module makes the adapters, not that surrogate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from botorch.fit import fit_gpytorch_mll
from gpytorch.mlls import ExactMarginalLogLikelihood, LeaveOneOutPseudoLikelihood, SumMarginalLogLikelihood
from numpy.typing import NDArray
from torch import Tensor

from discovery.errors import SurrogateError, WeightsError
from discovery.latent.adapter import Depth, Encoders, FoldAdapter, embed_all
from discovery.latent.diagnostics import effective_rank, text_share
from discovery.latent.digest import digest
from discovery.latent.folds import kept_apart
from discovery.latent.head import supervised
from discovery.latent.refining_gp import Fold, FrozenProcess, RefiningGP, Trace, TrainedLatent
from discovery.latent.settings import SCHEDULES, RefinementSettings
from discovery.latent.under_training import LatentUnderTraining, read_below
from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent

MINIMUM_POLYMERS = 16
"""Fewer measured polymers leave a fold of two with under eight to train on."""


@dataclass(frozen=True, slots=True)
class RefinementSkipped:
    """The measurements do not allow refinement; the frozen latent stands."""

    reason: str
    """Such as ``12 measured polymers, needs 16``."""

    def __str__(self) -> str:
        return f"not refined: {self.reason}"


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """How the training of one fold went, and what it did to the latent of all measured polymers."""

    trace: Trace
    effective_rank: tuple[float, float]
    """Directions that their latent spreads over, before and after."""

    text_share: tuple[float, float]
    """Mean weight of text against geometry in the fusion's gate, before and after."""

    def summary(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            **asdict(self.trace),
            "effective_rank": list(self.effective_rank),
            "text_share": list(self.text_share),
        }


@dataclass(frozen=True, eq=False)
class Refinement:
    """One adapter per fold, and how its training went."""

    folds: tuple[FoldAdapter, ...]
    diagnostics: tuple[Diagnostics, ...] = ()
    """Of each fold; empty where the adapters were loaded."""

    @property
    def depth(self) -> Depth:
        """What is adapted."""
        return self.folds[0].depth

    @property
    def hash(self) -> str:
        """Address of all adapters together."""
        return digest({}, {"folds": [fold.hash for fold in self.folds]})

    def embed(
        self,
        units: Sequence[RepeatUnit],
        text: NDArray[Any],
        geometry: NDArray[Any],
        progress: Progress = silent,
    ) -> tuple[Tensor, ...]:
        """Refined latent ``n x d`` float64 of ``n`` units with their frozen vectors, under each fold's adapter."""
        return embed_all(self.folds, units, text, geometry, progress)

    def seen(self, keys: Sequence[str]) -> list[list[int]]:
        """Of each fold the positions among ``n`` polymers of those that it was trained on."""
        return [
            [i for i, key in enumerate(keys) if key in known]
            for known in (frozenset(f.trained_on) for f in self.folds)
        ]

    def save(self, folder: Path) -> None:
        """Write each adapter into a folder of its own: ``fold-0``, ``fold-1``."""
        for number, fold in enumerate(self.folds):
            fold.save(folder / f"fold-{number}")

    @classmethod
    def load(cls, folder: Path, encoders: Encoders, *, address: str) -> Refinement:
        """Read what :meth:`save` wrote.

        Args:
            folder: Holds a folder for each fold.
            encoders: That they belong to.
            address: Their :attr:`hash`, as it was recorded when they were saved.

        Raises:
            WeightsError: When there is no adapter, a file or a fold is missing or damaged, or it belongs to other encoders.
        """
        places = [folder / f"fold-{number}" for number in range(len(list(folder.glob("fold-*"))))]
        if not places:
            raise WeightsError(
                f"There is no adapter in {folder}.", "Name a folder that `polyloop adapter` wrote."
            )
        folds = tuple(FoldAdapter.load(place, encoders) for place in places)
        loaded = cls(folds)
        if loaded.hash != address:
            raise WeightsError(
                f"The adapter in {folder} is not whole, or another one: its hash is {loaded.hash}, not {address}.",
                "Copy the whole folder again, or let the next round make a new adapter.",
            )
        return loaded

    def summary(self) -> list[dict[str, Any]]:
        """The diagnostics as plain values, for a report or a JSON column."""
        return [each.summary() for each in self.diagnostics]


def refine(
    encoders: Encoders,
    units: Sequence[RepeatUnit],
    text: NDArray[Any],
    geometry: NDArray[Any],
    processes: Sequence[FrozenProcess],
    depth: Depth,
    *,
    seed: int,
    settings: RefinementSettings | None = None,
    previous: Refinement | None = None,
    progress: Progress = silent,
) -> Refinement | RefinementSkipped:
    """Train one adapter per fold for all properties together.

    Encoders and fusion are left untouched.

    Args:
        encoders: To adapt.
        units: ``n`` different measured polymers, which both encoders can encode.
        text: Their ``n x d_t`` frozen text vectors.
        geometry: Their ``n x d_g`` frozen geometry vectors.
        processes: Of each property, whose measurements are rows of ``units``.
        depth: What is adapted.
        seed: Decides folds and initial factors.
        settings: How.
        previous: Adapters of the same depth of the round before; used where the settings start from them.
        progress: Told of every step.

    Returns:
        The adapters, or why there are none: too few polymers, a fold on whose frozen latent no process has a likelihood, no
        step that the held-out polymers allow, or a model of which accelerate keeps a part away from the GPU.

    Raises:
        ValueError: When lengths disagree, a polymer stands twice, or there are fewer than two folds.
        WeightsError: When an encoder's model is of no kind that can be adapted, or the previous adapters are of another depth.
    """
    settings = settings or RefinementSettings()
    keys = [unit.key for unit in units]
    if not len(keys) == len(set(keys)) == len(text) == len(geometry):
        raise ValueError("units must be different polymers, with one text and one geometry vector each")
    if settings.folds < 2:
        raise ValueError("cross-fitting needs at least two folds")
    if why := _obstacle(encoders, len(keys), depth, settings):
        return RefinementSkipped(why)
    before = _earlier(previous, depth, settings) if settings.start == "previous" else ()
    apart = kept_apart(
        keys,
        _levels(processes, len(keys)),
        settings.folds,
        settings.dealings(depth),
        [adapter.trained_on for adapter in before],
        seed,
    )
    adapters = []
    for number, away in enumerate(apart):
        # a value that an earlier round knew stays known, though it may have been withdrawn since
        known = [*before[number].trained_on] if before else []
        known += [keys[i] for i in np.setdiff1d(np.arange(len(keys)), away)]
        adapter = FoldAdapter.fresh(
            encoders,
            list(dict.fromkeys(known)),
            depth,
            rank=settings.rank,
            alpha=settings.alpha,
            seed=int(np.random.default_rng([seed, 1 + number]).integers(2**31)),
        )
        if before:
            adapter.restore(before[number].state())
        adapters.append(adapter)
    pieces = read_below(adapters[0], units, apart, progress)
    latents = [
        LatentUnderTraining(adapter, pieces, number, text, geometry)
        for number, adapter in enumerate(adapters)
    ]
    frozen = encoders.fusion(torch.from_numpy(text), torch.from_numpy(geometry)).detach().double()
    try:
        traces = _train(adapters, latents, apart, processes, settings, seed, depth, frozen, progress)
    except SurrogateError as error:
        return RefinementSkipped(f"training could not begin ({error.message})")
    if traces[0].best_step == 0 and not before:
        return RefinementSkipped(
            "training diverged at its first step"
            if traces[0].stop == "diverged"
            else "no step improved the held-out score"
        )
    vectors = torch.from_numpy(text), torch.from_numpy(geometry)
    return Refinement(tuple(adapters), _diagnostics(encoders, vectors, adapters, latents, traces))


def _obstacle(encoders: Encoders, polymers: int, depth: Depth, settings: RefinementSettings) -> str:
    """Why nothing can be refined, in words; empty where it can."""
    if depth != "projection" and any(p.is_meta for p in encoders.text.model.parameters()):
        return "a part of the text encoder lies in main memory, away from the GPU"
    needed = max(MINIMUM_POLYMERS, 4 * settings.folds)
    return f"{polymers} measured polymers, needs {needed}" if polymers < needed else ""


def _earlier(
    previous: Refinement | None, depth: Depth, settings: RefinementSettings
) -> tuple[FoldAdapter, ...]:
    """The adapters to start from, none where there was no earlier round.

    Raises:
        WeightsError: they are of another depth or number.
    """
    if previous is None:
        return ()
    wanted = settings.folds * settings.dealings(depth)
    if previous.depth != depth or len(previous.folds) != wanted:
        raise WeightsError(
            f"{wanted} adapters of depth {depth} cannot start from those of the round before, which are "
            f"{len(previous.folds)} of depth {previous.depth}.",
            'Start from "base".',
        )
    return previous.folds


@torch.no_grad()
def _diagnostics(
    encoders: Encoders,
    vectors: tuple[Tensor, Tensor],
    adapters: Sequence[FoldAdapter],
    latents: Sequence[LatentUnderTraining],
    traces: Sequence[Trace],
) -> tuple[Diagnostics, ...]:
    """Of each adapter, against the frozen latent."""
    rank = effective_rank(encoders.fusion(*vectors))
    share = text_share(encoders.fusion, *vectors)
    return tuple(
        Diagnostics(
            trace,
            (rank, effective_rank(latent.compute())),
            (share, text_share(adapter.merged(), *latent.vectors)),
        )
        for trace, adapter, latent in zip(traces, adapters, latents, strict=True)
    )


def _train(
    adapters: Sequence[FoldAdapter],
    latents: Sequence[LatentUnderTraining],
    apart: Sequence[NDArray[np.intp]],
    processes: Sequence[FrozenProcess],
    settings: RefinementSettings,
    seed: int,
    depth: Depth,
    frozen: Tensor,
    progress: Progress,
) -> tuple[Trace, ...]:
    """Train the factors of all adapters in place, and go back to those of the best step.

    Raises:
        SurrogateError: no process has a likelihood to begin with.
    """
    folds = []
    for adapter, shown, away in zip(adapters, latents, apart, strict=True):
        latent = TrainedLatent(shown.compute, shown.settle, frozen)
        held_out = torch.zeros(len(frozen), dtype=torch.bool)
        held_out[torch.as_tensor(away)] = True
        told = [process for process in processes if not bool(held_out[process.rows].all())]
        head = supervised(latent, told, held_out, seed) if settings.criterion == "head" else None
        folds.append(Fold(latent, told, held_out, adapter.parameters(), head))
    best = [adapter.state() for adapter in adapters]

    def keep() -> None:
        best[:] = [adapter.state() for adapter in adapters]

    schedule = settings.schedule or SCHEDULES[depth]
    steps, what = schedule.steps, f"refining the latent ({depth})"
    gp = RefiningGP(folds, keep=keep, schedule=schedule, progress=lambda step: progress(step, steps, what))
    likelihood = LeaveOneOutPseudoLikelihood if settings.criterion == "loo" else ExactMarginalLogLikelihood
    fit_gpytorch_mll(SumMarginalLogLikelihood(gp.likelihood, gp, mll_cls=likelihood))
    progress(steps, steps, what)
    for adapter, state in zip(adapters, best, strict=True):
        adapter.restore(state)
        for factor in adapter.parameters():
            factor.grad = None
    return gp.traces


def _levels(processes: Sequence[FrozenProcess], count: int) -> NDArray[np.float64]:
    """Of each of ``count`` polymers the mean of its standardised values, by which folds are made alike."""
    totals, told = torch.zeros(count, dtype=torch.float64), torch.zeros(count, dtype=torch.float64)
    for process in processes:
        totals.index_add_(0, process.rows, process.targets)
        told.index_add_(0, process.rows, torch.ones_like(process.targets))
    if not bool((told > 0).all()):
        raise ValueError("every unit needs a measured value")
    levels: NDArray[np.float64] = (totals / told).numpy()
    return levels
