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
from typing import Any, Literal

import numpy as np
import torch
from botorch.fit import fit_gpytorch_mll
from gpytorch.mlls import ExactMarginalLogLikelihood, LeaveOneOutPseudoLikelihood, SumMarginalLogLikelihood
from numpy.typing import NDArray
from torch import Tensor

from discovery.errors import SurrogateError, WeightsError
from discovery.latent.adapter import Depth, Encoders, FoldAdapter, LatentUnderTraining, embed_all, read_below
from discovery.latent.diagnostics import effective_rank, text_share
from discovery.latent.digest import digest
from discovery.latent.folds import split
from discovery.latent.head import supervised
from discovery.latent.refining_gp import Fold, FrozenProcess, RefiningGP, Schedule, Trace, TrainedLatent
from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent

MINIMUM_POLYMERS = 16
"""Fewer measured polymers leave a fold of two with under eight to train on."""

Criterion = Literal["evidence", "loo", "head"]
"""What adapters are trained by: the marginal likelihood, the closed-form leave-one-out log score, or a regression head."""

CRITERIA: tuple[Criterion, ...] = ("evidence", "loo", "head")

Start = Literal["base", "previous"]
"""What adapters start from: the frozen latent, or those of the round before."""

STARTS: tuple[Start, ...] = ("base", "previous")


SCHEDULES: dict[Depth, Schedule] = {
    "projection": Schedule(steps=8, doubt=1.0),
    "encoder": Schedule(),
    "both": Schedule(),
}
"""How adapters of each depth are trained: a step of the projections moves little, one of the encoders much."""


@dataclass(frozen=True, slots=True)
class RefinementSettings:
    """How adapters are trained."""

    criterion: Criterion = "evidence"
    start: Start = "base"
    folds: int = 2
    """Number of parts; adapter ``i`` is trained on all parts but part ``i``."""

    repeats: int = 3
    """Times that the polymers are dealt into parts, each time with adapters of their own, whose predictions are mixed. Encoder
    depths make do with one.
    """

    rank: int = 4
    alpha: int = 8
    """Scale of the updates, which is ``alpha / sqrt(rank)``."""

    schedule: Schedule | None = None
    """By default that of the depth."""


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
    def load(cls, folder: Path, encoders: Encoders) -> Refinement:
        """Read what :meth:`save` wrote.

        Raises:
            WeightsError: When there is no adapter, a file is missing or damaged, or it belongs to other encoders.
        """
        places = [folder / f"fold-{number}" for number in range(len(list(folder.glob("fold-*"))))]
        if not places:
            raise WeightsError(
                f"There is no adapter in {folder}.", "Name a folder that `polyloop adapter` wrote."
            )
        folds = tuple(FoldAdapter.load(place, encoders) for place in places)
        if len({fold.depth for fold in folds}) > 1:
            raise WeightsError(
                f"The folds in {folder} are of different adapters.", "Copy the folder of one adapter again."
            )
        return cls(folds)

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
        step in any fold that raised the held-out score, or a model of which accelerate keeps a part away from the GPU.

    Raises:
        ValueError: When lengths disagree, a polymer stands twice, or there are fewer than two folds.
        WeightsError: When an encoder's model is of no kind that can be adapted, or the previous adapters are of another depth.
    """
    settings = settings or RefinementSettings()
    folds = settings.folds
    keys = [unit.key for unit in units]
    if not len(keys) == len(set(keys)) == len(text) == len(geometry):
        raise ValueError("units must be different polymers, with one text and one geometry vector each")
    if folds < 2:
        raise ValueError("cross-fitting needs at least two folds")
    if depth != "projection" and any(p.is_meta for p in encoders.text.model.parameters()):
        return RefinementSkipped("a part of the text encoder lies in main memory, away from the GPU")
    needed = max(MINIMUM_POLYMERS, 4 * folds)
    if len(keys) < needed:
        return RefinementSkipped(f"{len(keys)} measured polymers, needs {needed}")
    repeats = settings.repeats if depth == "projection" else 1
    before = previous if settings.start == "previous" else None
    if before is not None and (before.depth != depth or len(before.folds) != folds * repeats):
        raise WeightsError(
            f"{folds * repeats} adapters of depth {depth} cannot start from those of the round before, which are "
            f"{len(before.folds)} of depth {before.depth}.",
            'Start from "base".',
        )
    adapters: list[FoldAdapter] = []
    apart = [
        away
        for repeat in range(repeats)
        for away in _parts(
            processes,
            keys,
            folds,
            None if before is None else before.folds[repeat * folds : (repeat + 1) * folds],
            np.random.default_rng([seed, 0, repeat]),
        )
    ]
    for number, away in enumerate(apart):
        adapter = FoldAdapter.fresh(
            encoders,
            [keys[i] for i in np.setdiff1d(np.arange(len(keys)), away)],
            depth,
            rank=settings.rank,
            alpha=settings.alpha,
            seed=int(np.random.default_rng([seed, 1 + number]).integers(2**31)),
        )
        if before is not None:
            adapter.restore(before.folds[number].state())
        adapters.append(adapter)
    pieces = read_below(adapters[0], units, apart, progress)
    latents = [
        LatentUnderTraining(adapter, pieces, number, text, geometry)
        for number, adapter in enumerate(adapters)
    ]
    try:
        traces = _train(adapters, latents, apart, processes, settings, seed, depth, progress)
    except SurrogateError as error:
        return RefinementSkipped(f"training could not begin ({error.message})")
    if traces[0].best_step == 0 and before is None:
        return RefinementSkipped("no step improved the held-out score")
    vectors = torch.from_numpy(text), torch.from_numpy(geometry)
    shown = [encoders.fusion(*vectors), *(latent.compute().detach() for latent in latents)]
    ranks = [effective_rank(each) for each in shown]
    shares = [
        text_share(encoders.fusion, *vectors),
        *(text_share(a.merged(), *v.vectors) for a, v in zip(adapters, latents, strict=True)),
    ]
    return Refinement(
        tuple(adapters),
        tuple(
            Diagnostics(trace, (ranks[0], rank), (shares[0], share))
            for trace, rank, share in zip(traces, ranks[1:], shares[1:], strict=True)
        ),
    )


def _train(
    adapters: Sequence[FoldAdapter],
    latents: Sequence[LatentUnderTraining],
    apart: Sequence[NDArray[np.intp]],
    processes: Sequence[FrozenProcess],
    settings: RefinementSettings,
    seed: int,
    depth: Depth,
    progress: Progress,
) -> tuple[Trace, ...]:
    """Train the factors of all adapters in place, and go back to those of the best step.

    Raises:
        SurrogateError: no process has a likelihood to begin with.
    """
    folds = []
    for adapter, shown, away in zip(adapters, latents, apart, strict=True):
        latent = TrainedLatent(shown.compute, shown.settle)
        held_out = torch.zeros(len(latent.table), dtype=torch.bool)
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


def _parts(
    processes: Sequence[FrozenProcess],
    keys: Sequence[str],
    folds: int,
    before: Sequence[FoldAdapter] | None,
    generator: np.random.Generator,
) -> list[NDArray[np.intp]]:
    """Of each fold the positions that it is kept away from, alike in the mean of each polymer's standardised values; who was kept
    from an earlier adapter stays so.
    """
    totals, told = torch.zeros(len(keys), dtype=torch.float64), torch.zeros(len(keys), dtype=torch.float64)
    for process in processes:
        totals.index_add_(0, process.rows, process.targets)
        told.index_add_(0, process.rows, torch.ones_like(process.targets))
    if not bool((told > 0).all()):
        raise ValueError("every unit needs a measured value")
    levels = (totals / told).numpy()
    part = np.full(len(keys), -1)
    if before is not None:
        everyone = frozenset(key for fold in before for key in fold.trained_on)
        for number, fold in reversed(list(enumerate(before))):
            known = frozenset(fold.trained_on)
            part[[i for i, key in enumerate(keys) if key in everyone and key not in known]] = number
    new = np.flatnonzero(part < 0)
    for number, rows in enumerate(split([keys[i] for i in new], levels[new], folds, generator)):
        part[new[rows]] = number
    return [np.flatnonzero(part == number) for number in range(folds)]
