r"""How well a replay went: recall of the table's best polymers, simple regret, and the area under the recall.

The area is the mean recall over the evaluations from the start to the budget, by the trapezoid rule between the ends of the
batches: 1 where all of the best are known from the start, 0 where none is found. Its interval over the seeds is the
bias-corrected and accelerated bootstrap [Efron1987]_.

.. [Efron1987]
    B. Efron. Better bootstrap confidence intervals. Journal of the American Statistical Association 82, 1987.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from discovery.acquisition.objectives import Objective
from discovery.surrogate.observations import Observation

RESAMPLES = 9999
"""Of the bootstrap; scipy's own number."""


@dataclass(frozen=True)
class Goodness:
    """How good a value is, higher is better: on the objective's scale, or how near to the range that is wanted."""

    objective: Objective

    def __call__(self, value: float) -> float:
        """The value times the objective's sign, on its scale; for a target less than zero outside its range."""
        wanted = self.objective
        number = wanted.scale.on(value)
        if wanted.direction != "target" or wanted.low is None or wanted.high is None:
            return wanted.sign * number
        low, high = wanted.scale.on(wanted.low), wanted.scale.on(wanted.high)
        return min(0.0, number - low, high - number)


class Judge:
    """Knows the whole table and says how good a replay is; never within reach of a strategy.

    Args:
        table: One observation per polymer.
        objective: What is wanted.
    """

    def __init__(self, table: Sequence[Observation], objective: Objective) -> None:
        self.goodness = Goodness(objective)
        best_first = sorted(table, key=lambda o: (-self.goodness(o.value), o.unit.key))
        self.size = len(table)
        self.top_n = count_as_best(len(table))
        self.top = frozenset(o.unit.key for o in best_first[: self.top_n])
        self.best = self.goodness(best_first[0].value)

    def recall(self, measured: Sequence[Observation]) -> float:
        """Share of the table's best polymers that are measured."""
        return sum(o.unit.key in self.top for o in measured) / self.top_n

    def best_value(self, measured: Sequence[Observation]) -> float:
        """The best value so far, in the property's unit."""
        return max((o.value for o in measured), key=self.goodness)

    def regret(self, measured: Sequence[Observation]) -> float:
        """Simple regret: how far the best value so far is from the best of the table, on the objective's scale."""
        return self.best - max(self.goodness(o.value) for o in measured)


def count_as_best(size: int) -> int:
    """How many polymers of a table count as its best: 2 %, but at least ten; of fewer than forty a quarter, out of which no start
    is drawn.
    """
    return max(1, round(0.02 * size), min(10, size // 4))


def evaluation_counts(size: int, start: int, batch: int, rounds: int) -> list[int]:
    """How many polymers are measured at the start and after each round, in a table of ``size``."""
    counts = [min(start + batch * number, size) for number in range(rounds + 1)]
    return sorted(set(counts))


def on_counts(evaluations: Sequence[int], values: Sequence[float], counts: Sequence[int]) -> list[float]:
    """A curve at all ``counts``: what was known last holds until more is, and to the end where a replay ended early."""
    places = np.searchsorted(np.asarray(evaluations), np.asarray(counts), side="right") - 1
    return [float(values[place]) for place in places]


def area_under(evaluations: Sequence[int], recall: Sequence[float]) -> float:
    """Mean of a curve over the evaluations, by the trapezoid rule; of a single point its value."""
    if len(evaluations) < 2:
        return float(recall[0])
    return float(np.trapezoid(recall, evaluations) / (evaluations[-1] - evaluations[0]))


def bootstrap_interval(values: Sequence[float], seed: int = 0) -> tuple[float, float] | None:
    """The 95 % interval of the mean; ``None`` of a single value, which has none."""
    from scipy.stats import bootstrap

    if len(values) < 2:
        return None
    if max(values) - min(values) <= 1e-12 * max(1.0, abs(values[0])):
        return values[0], values[0]
    found = bootstrap(
        (np.asarray(values, dtype=float),),
        np.mean,
        n_resamples=RESAMPLES,
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return float(found.low), float(found.high)


@dataclass(frozen=True)
class RivalScore:
    """One rival over all seeds; lists go with :attr:`evaluations`.

    Args:
        area_top: Area under the recall, mean over the seeds.
        area_top_ci: Its 95 % bootstrap interval over the seeds; ``None`` with one seed.
        recall_top: Share of the best polymers found, mean over the seeds.
        evaluations: Polymers measured, those of the start included.
        simple_regret: Best of the table less the best so far, mean over the seeds; in the property's unit, and in decades on a
            logarithmic scale.
        best: Best value so far, mean over the seeds.
        seeds: How many.
        areas: Of each seed, in order.
    """

    area_top: float
    area_top_ci: tuple[float, float] | None
    recall_top: tuple[float, ...]
    evaluations: tuple[int, ...]
    simple_regret: tuple[float, ...]
    best: tuple[float, ...]
    seeds: int
    areas: tuple[float, ...]


def score(frame: pd.DataFrame) -> dict[str, RivalScore]:
    """Every rival's score.

    Args:
        frame: One row per ``seed``, ``strategy`` and number of ``experiments``, the same numbers for all, with ``recall``,
            ``regret`` and ``best``.
    """
    found = {}
    for rival in frame["strategy"].unique():
        rows = frame[frame["strategy"] == rival]
        recall = rows.pivot(index="seed", columns="experiments", values="recall")
        counts = [int(count) for count in recall.columns]
        areas = [area_under(counts, curve) for curve in recall.to_numpy().tolist()]
        means = rows.groupby("experiments")[["recall", "regret", "best"]].mean()
        found[str(rival)] = RivalScore(
            float(np.mean(areas)),
            bootstrap_interval(areas),
            tuple(means["recall"]),
            tuple(counts),
            tuple(means["regret"]),
            tuple(means["best"]),
            len(areas),
            tuple(areas),
        )
    return found
