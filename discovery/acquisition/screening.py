"""Screening: a whole pool through the cheap surrogate, down to the few that are worth the full posterior."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from discovery.acquisition.objectives import Objective
from discovery.encoders.encoder import EncodingFailure
from discovery.polymers import Candidate
from discovery.pools import units_of
from discovery.progress import Progress, silent
from discovery.surrogate.learning import Learned

OPTIMISM = 1.0
"""Standard deviations added to the mean when candidates are screened (an upper confidence bound, Srinivas 2010)."""

NO_ESTIMATE = "no estimate"
"""Under which candidates are counted that the prior mean has none for."""

Criterion = Literal["acquisition", "mean"]

Told = Callable[[Sequence[Candidate], NDArray[np.float64], NDArray[np.float64], Sequence[int]], None]
"""Called with a chunk, the predicted means and standard deviations (with noise) of those of its candidates that could be
encoded, in the property's unit, and their places in the chunk."""


def screen(
    candidates: Iterable[Sequence[Candidate]],
    learned: Learned,
    objective: Objective,
    *,
    keep: int,
    seed: int,
    left_out: Counter[str],
    by: Criterion = "acquisition",
    told: Told | None = None,
    remarked: Counter[str] | None = None,
    progress: Progress = silent,
) -> list[Candidate]:
    """The ``keep`` candidates that are worth the full posterior, best first; of equal ones the lesser key first.

    By ``"acquisition"``, half are the best by mean plus ``OPTIMISM`` standard deviations, half the best of one draw from each
    marginal (Thompson 1933), so that a broad shortlist does not hang on one guess of how optimistic to be. By ``"mean"`` they are
    the best by predicted mean: for a ranking, which promises nothing of what is uncertain.

    Args:
        candidates: Chunks of a pool.
        learned: Its screening surrogate is used.
        objective: Gives the direction.
        keep: How many to keep.
        seed: Of the draws.
        left_out: Gets the number of candidates that could not be encoded, by reason.
        by: What makes a candidate worth it.
        told: Hears the prediction of every candidate, chunk by chunk.
        remarked: Gets the number of candidates that are screened without an estimate for the prior mean.
        progress: Told of every chunk.
    """
    generator = np.random.default_rng([seed, 7])
    lists = [_Best(keep)] if by == "mean" else [_Best(keep), _Best(keep)]
    for chunk in candidates:
        view = learned.screen_view(units_of(chunk), progress)
        left_out.update(reasons_of(view.failures))
        if not view.positions:
            continue
        if remarked is not None and view.without_estimate:
            remarked[NO_ESTIMATE] += view.without_estimate
        mean, variance = learned.screening.predict(view.views)
        gain, sigma = objective.sign * mean.numpy(), variance.sqrt().numpy()
        if told is not None:
            told(chunk, mean.numpy(), sigma, view.positions)
        scores = [gain]
        if by == "acquisition":
            scores = [gain + OPTIMISM * sigma, gain + sigma * generator.standard_normal(len(gain))]
        for best, score in zip(lists, scores, strict=True):
            best.offer(score, chunk, view.positions)
    chosen: dict[str, Candidate] = {}
    for row in zip(*(best.candidates for best in lists), strict=True):
        for candidate in row:
            if len(chosen) < keep:
                chosen.setdefault(candidate.unit.key, candidate)
    return list(chosen.values())


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
