"""Search a space of monomer pairs without enumerating it: Thompson sampling over monomers.

A hundred million pairs of ten thousand monomers each cannot be built, but what twenty thousand monomers add to a score can be
learned from a few thousand polymers. At each step some functions are drawn from what is believed of the monomers
(`discovery.acquisition.monomer_beliefs`), and the pairs that are best in a draw are built, scored and learned from; so a pair is
looked at as often as it may be among the best. After the reagent-level Thompson sampling of Klarich et al. (J. Chem. Inf. Model.
2024, 64, 1158), which holds each monomer's mean alone and needs some looks at every monomer before it begins.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from discovery.acquisition.monomer_beliefs import TYPICAL, Beliefs, Looks, fitted_variances
from discovery.acquisition.monomer_features import Seats
from discovery.acquisition.monomer_pairs import Ground, Pair
from discovery.acquisition.objectives import AcquisitionError
from discovery.polymers import Candidate
from discovery.polymers.space import Block
from discovery.progress import Progress, silent

STEPS = 20
"""Steps that a small budget is spent in: each learns from those before."""

SMALLEST_STEP = 8
"""Polymers of a step; of fewer, the work between two steps would outweigh theirs."""

FIRST_STEPS = 2
"""Steps spread evenly over the monomers before there is a model."""

DRAWS = 32
"""Functions drawn in a step; each gives an equal part of its pairs."""

BOLDNESS = (1.0, 0.5)
"""Factor on the deviations of draws from the mean, at the first step and, falling evenly, at the last: what is asked for is many
of the best within few looks, not the least regret in the long run, so the last looks are not spent on what might be learned."""

GROWTH = 1.4
"""The variances are fitted again when there are so many times the looks of the last fit."""

REMEMBERED = 4000
"""Looks that the posterior is conditioned on, so that it holds 128 MB and takes about a second; of more, the better ones for one
half and an even sample of the rest for the other."""

TRIES_PER_LOOK = 4
"""Pairs tried for each polymer of the budget before a space that hardly gives any is left."""

ROUTE = "made already by another route"
TAKEN = "measured, pending, abandoned or withdrawn"


class Space(Protocol):
    """What is searched: `discovery.polymers.space.MonomerSpace`, or something like it."""

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The reactions and their monomers."""

    @property
    def size(self) -> int:
        """Pairs of all blocks."""

    def make(
        self, block: Block, i: int, j: int | None, dropped: Counter[str] | None = None
    ) -> tuple[Candidate, ...]:
        """The polymers of one pair."""


Score = Callable[[Sequence[Candidate]], NDArray[np.float64]]
"""Gives for ``n`` candidates ``n`` numbers, more is better; ``nan`` for what cannot be scored."""


@dataclass(frozen=True, eq=False)
class Looked:
    """One step: polymers that were built, and their scores.

    Args:
        candidates: Never seen in an earlier step, and each chain once.
        scores: As the caller's function gave them.
    """

    candidates: tuple[Candidate, ...]
    scores: NDArray[np.float64]


def search(
    space: Space,
    score: Score,
    *,
    budget: int,
    seed: int,
    batch: int = 256,
    skip: Container[str] = frozenset(),
    dropped: Counter[str] | None = None,
    progress: Progress = silent,
) -> Iterator[Looked]:
    """Look at up to ``budget`` polymers of a space, so that the best of it are among them.

    A space of no more pairs than the budget is walked through in order. To keep only the best, let ``score`` keep them.

    Args:
        space: Its pairs are built when they are drawn.
        score: Called once in each step.
        budget: Polymers to build and score.
        seed: Same space, scores and seed, same polymers.
        batch: Polymers of a step at the most; a small budget is spent in smaller ones.
        skip: Keys of repeat units never to be scored.
        dropped: Filled with what was left out, by reason, while the steps are read.
        progress: Told of every step.

    Yields:
        Steps that gave at least one polymer.

    Raises:
        AcquisitionError: ``budget`` or ``batch`` is below one, or ``score`` does not give one number for each candidate.
    """
    if budget < 1 or batch < 1:
        raise AcquisitionError(
            f"A search of {budget} polymers in steps of {batch} cannot be made.", "Give at least one of each."
        )
    state = _Search(space, score, budget, seed, skip, Counter() if dropped is None else dropped)
    step = batch if space.size <= budget else min(batch, max(SMALLEST_STEP, -(-budget // STEPS)))
    while state.looked_at < budget and (pairs := state.choose(step)):
        looked = state.look(pairs)
        progress(state.looked_at, budget, "polymers looked at")
        if looked is not None:
            yield looked
        if state.ground.tried >= TRIES_PER_LOOK * budget:
            return


class _Search:
    """What a running search knows."""

    def __init__(
        self,
        space: Space,
        score: Score,
        budget: int,
        seed: int,
        skip: Container[str],
        dropped: Counter[str],
    ) -> None:
        self._space, self._score, self._budget = space, score, budget
        self._skip, self._dropped = skip, dropped
        self._rng = np.random.default_rng([seed, 23])
        self._walk = space.size <= budget
        self._seats: Seats | None = None
        self.ground = Ground(space.blocks)
        self._known: dict[str, float] = {}
        self._pairs: list[Pair] = []
        self._values: list[float] = []
        self._variances, self._fitted_to = TYPICAL, 0
        self._beliefs: Beliefs | None = None

    @property
    def looked_at(self) -> int:
        return len(self._known)

    def choose(self, number: int) -> list[Pair]:
        """Pairs to try next; none where all were tried."""
        if self._walk or self.ground.finished:
            return self.ground.next_in_order(number)
        values = self._values
        if self.looked_at < FIRST_STEPS * number or len(values) < 2 or min(values) == max(values):
            return self.ground.spread(number, self._rng)
        beliefs = self._learn()
        early, late = BOLDNESS
        boldness = early + (late - early) * self.looked_at / self._budget
        draws = beliefs.draw(min(DRAWS, number), self._rng, boldness=boldness)
        return self.ground.best(beliefs.seats, draws, number, self._rng)

    def _learn(self) -> Beliefs:
        if self._seats is None:
            self._seats = Seats.of(self._space.blocks)
        seats = self._seats
        block, i, j = (np.array(each) for each in zip(*self._pairs, strict=True))
        second = np.where(seats.second[block] == seats.none, seats.none, seats.second[block] + j)
        looks = Looks(block, seats.first[block] + i, second, np.array(self._values))
        before = self._beliefs
        if len(looks) >= GROWTH * self._fitted_to:
            self._variances = fitted_variances(seats, looks, self._variances, self._rng)
            self._fitted_to, before = len(looks), None
        if len(looks) > REMEMBERED:
            order = np.argsort(-looks.score, kind="stable")
            rest = self._rng.choice(order[REMEMBERED // 2 :], REMEMBERED - REMEMBERED // 2, replace=False)
            looks, before = looks[np.sort(np.concatenate([order[: REMEMBERED // 2], rest]))], None
        self._beliefs = Beliefs.on(seats, self._variances, looks, before)
        return self._beliefs

    def look(self, pairs: Sequence[Pair]) -> Looked | None:
        """Build and score the polymers of ``pairs`` until the budget is spent."""
        left = self._budget - self.looked_at
        new: dict[str, Candidate] = {}
        made: list[tuple[Pair, list[str]]] = []
        for pair in pairs:
            if len(new) >= left:
                break
            block = self._space.blocks[pair.block]
            products = self._space.make(block, pair.i, pair.j if block.seconds else None, self._dropped)
            self.ground.mark(pair)
            keys = []
            for product in products:
                key = product.unit.key
                if key in self._skip:
                    self._dropped[TAKEN] += 1
                    continue
                if key in self._known or key in new:
                    self._dropped[ROUTE] += 1
                elif len(new) < left:
                    new[key] = product
                else:
                    continue
                keys.append(key)
            if products and not keys:
                continue  # taken: it says nothing of the pair
            made.append((pair, keys))
        scores = self._scored(tuple(new.values()))
        self._known.update(zip(new, scores.tolist(), strict=True))
        for pair, keys in made:
            values = [self._known[key] for key in keys if np.isfinite(self._known[key])]
            self.ground.tell(pair, bool(values))
            if values:
                self._pairs.append(pair)
                self._values.append(max(values))
        return Looked(tuple(new.values()), scores) if new else None

    def _scored(self, candidates: tuple[Candidate, ...]) -> NDArray[np.float64]:
        if not candidates:
            return np.empty(0)
        scores = np.asarray(self._score(candidates), dtype=np.float64)
        if scores.shape != (len(candidates),):
            raise AcquisitionError(
                f"{len(candidates)} candidates were given to be scored, and an array of shape {scores.shape} came back.",
                "Give one number for each candidate, nan where there is none.",
            )
        return scores
