"""Adapting the latent to a handful of measurements, cross-fitted.

An adapter trained on all points makes their latent so obliging that what a GP says of them means nothing. So each of ``k``
adapters is kept away from one of ``k`` parts of the measured polymers; a surrogate conditions on all points under each adapter,
mixes the folds, and scores a polymer by the adapters that did not see it. Hyper-parameters are no part of it: they stay those
that were fitted on the frozen latent (:mod:`~discovery.latent.refining_gp`). This module makes the adapters, not that surrogate.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from botorch.fit import fit_gpytorch_mll
from gpytorch.mlls import ExactMarginalLogLikelihood, LeaveOneOutPseudoLikelihood, SumMarginalLogLikelihood
from numpy.typing import NDArray

from discovery.errors import SurrogateError, WeightsError
from discovery.latent.adapter import Depth, Encoders, FoldAdapter
from discovery.latent.diagnostics import effective_rank, mean_distance, text_share
from discovery.latent.encoded import Encoded
from discovery.latent.folds import kept_apart
from discovery.latent.frozen_process import FrozenProcess, TrainedLatent
from discovery.latent.head import supervised
from discovery.latent.refinement import Diagnostics, Refinement, RefinementSkipped
from discovery.latent.refining_gp import Fold, RefiningGP, Trace
from discovery.latent.settings import SCHEDULES, RefinementSettings
from discovery.latent.under_training import LatentUnderTraining, read_below
from discovery.progress import Progress, silent

UNIMPROVED = "training made the predictions of held-out polymers worse"
"""Why nothing was refined where training went as it should."""

MINIMUM_POLYMERS = 16
"""Fewer measured polymers leave a fold of two with under eight to train on."""


def refine(
    encoders: Encoders,
    encoded: Encoded,
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
        encoded: ``n`` different measured polymers with their frozen vectors.
        processes: Of each property, whose measurements are rows of ``encoded``.
        depth: What is adapted.
        seed: Decides folds and initial factors.
        settings: How.
        previous: Adapters of the same depth of the round before; used where the settings start from them.
        progress: Told of every step.

    Returns:
        The adapters, or why there are none: too few polymers, a fold on whose frozen latent no process has a likelihood, no
        step that the held-out polymers allow, or a model of which accelerate keeps a part away from the GPU.

    Raises:
        ValueError: When a polymer stands twice or has no measurement, or there are fewer than two folds.
        WeightsError: When an encoder's model is of no kind that can be adapted, or the previous adapters are of another depth.
    """
    settings = settings or RefinementSettings()
    keys = encoded.keys
    if len(keys) != len(set(keys)):
        raise ValueError("latents are refined on different polymers, and one stands twice")
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
    pieces = read_below(adapters[0], encoded.units, apart, progress)
    latents = [
        LatentUnderTraining(adapter, pieces, number, encoded) for number, adapter in enumerate(adapters)
    ]
    frozen = encoders.fusion(*encoded.vectors).detach().double()
    folds = []
    for adapter, shown, away in zip(adapters, latents, apart, strict=True):
        held_out = torch.zeros(len(keys), dtype=torch.bool)
        held_out[torch.as_tensor(away)] = True
        told = [process for process in processes if not bool(held_out[process.rows].all())]
        latent = TrainedLatent(shown.compute, shown.settle, frozen)
        head = supervised(latent, told, held_out, seed) if settings.criterion == "head" else None
        folds.append(Fold(latent, told, held_out, adapter.parameters(), head))
    try:
        traces = _train(adapters, folds, depth, settings, progress)
    except SurrogateError as error:
        return RefinementSkipped(f"training could not begin ({error.message})")
    if traces[0].best_step == 0 and not before:
        return RefinementSkipped(
            "training diverged at its first step" if traces[0].stop == "diverged" else UNIMPROVED
        )
    return Refinement(tuple(adapters), _diagnostics(encoders, encoded, adapters, latents, traces))


def _obstacle(encoders: Encoders, polymers: int, depth: Depth, settings: RefinementSettings) -> str:
    """Why nothing can be refined, in words; empty where it can."""
    if depth != "projection" and any(p.is_meta for p in encoders.text.model.parameters()):
        return "a part of the text encoder lies in main memory, away from the GPU"
    needed = max(MINIMUM_POLYMERS, 4 * settings.folds)
    if polymers >= needed:
        return ""
    having = "polymer has" if polymers == 1 else "polymers have"
    return f"only {polymers} {having} a value (limits do not count), {needed} are needed"


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
    encoded: Encoded,
    adapters: Sequence[FoldAdapter],
    latents: Sequence[LatentUnderTraining],
    traces: Sequence[Trace],
) -> tuple[Diagnostics, ...]:
    """Of each adapter, against the frozen latent."""
    frozen = encoders.fusion(*encoded.vectors)
    distance, rank = mean_distance(frozen), effective_rank(frozen)
    share = text_share(encoders.fusion, *encoded.vectors)
    refined = [latent.compute() for latent in latents]
    return tuple(
        Diagnostics(
            trace,
            (distance, mean_distance(after)),
            (rank, effective_rank(after)),
            (share, text_share(adapter.merged(), *latent.vectors)),
        )
        for trace, adapter, latent, after in zip(traces, adapters, latents, refined, strict=True)
    )


def _train(
    adapters: Sequence[FoldAdapter],
    folds: Sequence[Fold],
    depth: Depth,
    settings: RefinementSettings,
    progress: Progress,
) -> tuple[Trace, ...]:
    """Train the factors of all adapters in place, and go back to those of the best step.

    Raises:
        SurrogateError: no process has a likelihood to begin with.
    """
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
