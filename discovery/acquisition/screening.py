"""Screening: a whole pool through the cheap surrogates, down to the few that are worth the full posterior."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from botorch.utils.multi_objective.scalarization import get_chebyshev_scalarization
from numpy.typing import NDArray
from torch import Tensor

from discovery.acquisition.aim import LEAST, Aim, Beliefs, log_excess
from discovery.acquisition.pursuit import Pursuit
from discovery.acquisition.utility import utility_moments
from discovery.encoders.encoder import EncodingFailure
from discovery.polymers import Candidate, RepeatUnit
from discovery.pools import units_of
from discovery.progress import Progress, silent
from discovery.surrogate.feasibility import Feasibility
from discovery.surrogate.learned import Learned

OPTIMISM = 1.0
"""Standard deviations added to the mean when candidates are screened (an upper confidence bound, Srinivas 2010)."""

TRADE_OFFS = 4
"""Random weights of several objectives that candidates are screened by, each once optimistically and once by a draw."""

NO_ESTIMATE = "no estimate"
"""Under which candidates are counted that the prior mean has none for."""

Criterion = Literal["acquisition", "mean"]

Told = Callable[[Sequence[Candidate], NDArray[np.float64], NDArray[np.float64], Sequence[int]], None]
"""Called with a chunk, the predicted merits of those of its candidates that could be encoded, their standard deviations (with
noise), and their places in the chunk."""


def screen(
    candidates: Iterable[Sequence[Candidate]],
    pursuit: Pursuit,
    *,
    keep: int,
    seed: int,
    left_out: Counter[str],
    by: Criterion = "acquisition",
    explore: bool = False,
    feasibility: Feasibility | None = None,
    told: Told | None = None,
    remarked: Counter[str] | None = None,
    progress: Progress = silent,
) -> list[Candidate]:
    """The ``keep`` candidates that are worth the full posterior, best first; of equal ones the lesser key first.

    By ``"acquisition"``, half are the best by mean plus ``OPTIMISM`` standard deviations, half the best of one draw from each
    marginal (Thompson 1933), so that a broad shortlist does not hang on one guess of how optimistic to be. Several objectives
    that are weighed by their front are each asked for alone and in ``TRADE_OFFS`` random augmented Chebyshev scalarisations
    (Knowles 2006), which take turns. What constraints are likely to forbid stands behind. By ``"mean"`` they are the best by
    predicted merit: for a ranking, which promises nothing of what is uncertain.

    Args:
        candidates: Chunks of a pool.
        pursuit: Its models' screening surrogates are used.
        keep: How many to keep.
        seed: Of the draws and of the weights.
        left_out: Gets the number of candidates that could not be encoded, by reason.
        by: What makes a candidate worth it.
        explore: Keep those that are known least as well.
        feasibility: What failures have taught: what is likely to fail again stands behind.
        told: Hears the merit of every candidate, chunk by chunk.
        remarked: Gets the number of candidates that are screened without an estimate for a prior mean.
        progress: Told of every chunk.
    """
    generator = np.random.default_rng([seed, 7])
    criteria = _Criteria(pursuit.aim, by, explore, np.random.default_rng([seed, 17]))
    lists: list[_Best] = []
    for chunk in candidates:
        seen = screening_beliefs(pursuit.models, units_of(chunk), progress)
        left_out.update(reasons_of(seen.failures))
        if not seen.positions:
            continue
        if remarked is not None and seen.without_estimate:
            remarked[NO_ESTIMATE] += seen.without_estimate
        if told is not None:
            merit = pursuit.aim.merit(seen.beliefs)
            told(chunk, merit.mean.numpy(), merit.sigma.numpy(), seen.positions)
        chance = None
        if feasibility is not None:
            units = units_of(chunk)
            chance = feasibility.probability([units[i] for i in seen.positions]).clamp_min(LEAST).log()
        for place, score in enumerate(criteria.scores(seen.beliefs, chance, generator)):
            if place == len(lists):
                lists.append(_Best(keep))
            lists[place].offer(score.numpy(), chunk, seen.positions)
    chosen: dict[str, Candidate] = {}
    for row in zip(*(best.candidates for best in lists), strict=True):
        for candidate in row:
            if len(chosen) < keep:
                chosen.setdefault(candidate.unit.key, candidate)
    return list(chosen.values())


@dataclass(frozen=True, eq=False)
class Screened:
    """What the screening surrogates say of ``n`` units.

    Args:
        positions: Of those that all of them can read: ``m``.
        beliefs: Mean and predictive variance, each ``m``, by property, on its scale.
        failures: The others, each once, with the reason.
        without_estimate: How many lack an estimate for a prior mean.
    """

    positions: Sequence[int]
    beliefs: Beliefs
    failures: tuple[EncodingFailure, ...]
    without_estimate: int


def screening_beliefs(
    models: Mapping[str, Learned], units: Sequence[RepeatUnit], progress: Progress = silent
) -> Screened:
    """What the screening surrogates of some properties say of ``n`` units."""
    told: dict[str, tuple[Sequence[int], Tensor, Tensor]] = {}
    failures: dict[str, EncodingFailure] = {}
    without_estimate = 0
    for name, learned in models.items():
        view = learned.screen_view(units, progress)
        for failure in view.failures:
            failures.setdefault(failure.unit.key, failure)
        without_estimate = max(without_estimate, view.without_estimate)
        mean, variance = learned.screening.predict(view.views) if view.positions else (torch.empty(0),) * 2
        told[name] = (view.positions, mean, variance)
    shared = next(iter(told.values()))[0]
    if len(told) > 1 and failures:
        shared = sorted(set.intersection(*(set(positions) for positions, _, _ in told.values())))
    beliefs: dict[str, tuple[Tensor, Tensor]] = {}
    for name, (positions, mean, variance) in told.items():
        if len(positions) == len(shared):
            beliefs[name] = (mean, variance)
            continue
        rows = torch.from_numpy(np.searchsorted(np.asarray(positions), np.asarray(shared)))
        beliefs[name] = (mean[rows], variance[rows])
    return Screened(shared, beliefs, tuple(failures.values()), without_estimate)


class _Criteria:
    """What candidates are kept by: one list for each."""

    def __init__(self, aim: Aim, by: Criterion, explore: bool, generator: np.random.Generator) -> None:
        self._aim, self._by, self._explore = aim, by, explore
        self._sums = []
        if aim.pareto:
            best = torch.tensor(aim.best, dtype=torch.float64)
            spread = torch.tensor(aim.spreads, dtype=torch.float64)
            # Four standard deviations below the best measured is where an objective's utility counts as nothing.
            bounds = torch.stack([best - 4.0 * spread, best])
            for weights in torch.from_numpy(generator.dirichlet(np.ones(len(best)), TRADE_OFFS)):
                value = get_chebyshev_scalarization(weights, bounds)
                self._sums.append((value, float(value(best, None))))

    def scores(
        self, beliefs: Beliefs, chance: Tensor | None, generator: np.random.Generator
    ) -> Iterator[Tensor]:
        """``m`` numbers for each list, always in the same order; more is better. ``chance``: in logs, that each can be made."""
        aim = self._aim
        allowed = aim.log_allowed(beliefs)
        if chance is not None:
            allowed = chance if allowed is None else allowed + chance
        merit = aim.merit(beliefs)
        if self._by == "mean":
            yield aim.standing(merit.mean, allowed)
            return
        if not aim.pareto:
            yield aim.standing(merit.mean + OPTIMISM * merit.sigma, allowed)
            drawn = torch.from_numpy(generator.standard_normal(len(merit.mean)))
            yield aim.standing(merit.mean + merit.sigma * drawn, allowed)
        else:
            yield from self._trade_offs(beliefs, allowed, generator)
        if self._explore:
            wide = torch.stack([beliefs[o.name][1].log() for o in aim.driven]).sum(dim=0)
            yield wide if allowed is None else wide + allowed

    def _trade_offs(
        self, beliefs: Beliefs, allowed: Tensor | None, generator: np.random.Generator
    ) -> Iterator[Tensor]:
        aim = self._aim
        hoped = []
        for objective, best, spread in zip(aim.driven, aim.best, aim.spreads, strict=True):
            mean, variance = utility_moments(objective, *beliefs[objective.name])
            alone = mean + OPTIMISM * variance.sqrt()
            hoped.append(alone)
            yield alone if allowed is None else log_excess((alone - best) / spread) + allowed
        optimistic = torch.stack(hoped, dim=-1)
        for value, ideal in self._sums:
            drawn = {
                o.name: beliefs[o.name][0]
                + beliefs[o.name][1].sqrt() * torch.from_numpy(generator.standard_normal(len(optimistic)))
                for o in aim.driven
            }
            for utilities in (optimistic, aim.utilities(drawn)):
                score = value(utilities, None)
                yield score if allowed is None else log_excess(4.0 * (score / ideal - 1.0)) + allowed


def reasons_of(failures: Iterable[EncodingFailure]) -> Counter[str]:
    """How many polymers could not be encoded for which reason, as counted in what a pool lost."""
    return Counter({f"not encoded: {reason}": n for reason, n in _grouped(failures).items()})


def in_words(failures: Iterable[EncodingFailure]) -> str:
    """The same, to stand in brackets: ``no conformer within 20 s: 3, too many tokens: 1``."""
    return ", ".join(f"{reason}: {n}" for reason, n in _grouped(failures).most_common())


def _grouped(failures: Iterable[EncodingFailure]) -> Counter[str]:
    # "140 heavy atoms" and "150 heavy atoms" are one reason.
    return Counter(re.sub(r"^[0-9]+ ", "too many ", failure.reason) for failure in failures)


class _Best:
    """The ``keep`` best of a stream by score, best first, ties by key; nothing is held of the others."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._scores: NDArray[np.float64] = np.empty(0)
        self.candidates: list[Candidate] = []

    def offer(
        self, scores: NDArray[np.float64], chunk: Sequence[Candidate], positions: Sequence[int]
    ) -> None:
        """Take in ``m`` scores; score ``i`` belongs to ``chunk[positions[i]]``."""
        together = np.concatenate([self._scores, scores])
        held = len(self.candidates)
        if len(together) > self._keep:
            least = -np.partition(-together, self._keep - 1)[self._keep - 1]
            rows = np.flatnonzero(together >= least)  # ties with the last one are told apart below
        else:
            rows = np.arange(len(together))
        entrants = [self.candidates[i] if i < held else chunk[positions[i - held]] for i in rows]
        order = np.lexsort(([c.unit.key for c in entrants], -together[rows]))[: self._keep]
        self._scores = together[rows][order]
        self.candidates = [entrants[i] for i in order]
