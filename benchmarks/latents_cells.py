"""One representation on one target, over all splits: what `latents.py` hands to its processes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from latents_gp import Likeness, Matrix, fit_and_predict
from numpy.typing import NDArray

from discovery.errors import SurrogateError
from discovery.surrogate.posterior import Standardisation
from discovery.surrogate.validation import LeaveOneOut

Rows = NDArray[np.int64]

FOLDS = 5
FOLDED = f"{FOLDS}-fold"


@dataclass(frozen=True)
class Protocol:
    """Which splits are made.

    Args:
        train: Numbers of polymers to learn from; all others are predicted.
        seeds: Random splits for each of these.
        shuffles: Random orders in which the rows are dealt into five folds.
        least: Polymers that must be left to predict.
    """

    train: tuple[int, ...]
    seeds: int
    shuffles: int
    least: int = 20

    def splits(self, size: int) -> Iterator[tuple[str, int, list[tuple[Rows, Rows]]]]:
        """Name of the training size, number of the split, and what to learn from and to predict: of ``size`` rows."""
        for n in self.train:
            if size < n + self.least:
                continue
            for seed in range(self.seeds):
                order = np.random.default_rng([seed, n]).permutation(size)
                yield str(n), seed, [(order[:n], order[n:])]
        for seed in range(self.shuffles):
            order = np.random.default_rng([seed, 0]).permutation(size)
            parts = np.array_split(order, FOLDS)
            rest = [np.concatenate([*parts[:i], *parts[i + 1 :]]) for i in range(FOLDS)]
            yield FOLDED, seed, list(zip(rest, parts, strict=True))


@dataclass(frozen=True, eq=False)
class Task:
    """One view of one target.

    Args:
        table: Name of the file.
        target: Name of the file and column.
        view: Name of the representation.
        values: ``n`` values.
        tanimoto: ``n x n`` similarities, where the view has the fingerprint.
        latent: ``n x d``, where it has a latent.
        protocol: The splits to make, the same for every view.
    """

    table: str
    target: str
    view: str
    values: Matrix
    tanimoto: Matrix | None
    latent: Matrix | None
    protocol: Protocol


@dataclass(frozen=True)
class Cell:
    """How good the predictions of one split are.

    ``score`` is the mean negative log predictive density, less that of predicting the training mean with the training
    variance: lower is better, 0 is no better than the mean. All are ``nan`` where no hyper-parameters could be fitted.
    """

    table: str
    target: str
    view: str
    size: str
    split: int
    rmse: float = math.nan
    r2: float = math.nan
    score: float = math.nan
    spearman: float = math.nan
    coverage: float = math.nan


def cells(task: Task) -> list[Cell]:
    """Fit and judge every split of a task."""
    torch.set_num_threads(1)
    likeness = Likeness.of(tanimoto=task.tanimoto, latent=task.latent)
    found = []
    for size, seed, folds in task.protocol.splits(len(task.values)):
        place = (task.table, task.target, task.view, size, seed)
        try:
            found.append(_judged(place, likeness, task.values, folds, seed))
        except SurrogateError:
            found.append(Cell(*place))
    return found


def _judged(
    place: tuple[str, str, str, str, int],
    likeness: Likeness,
    values: Matrix,
    folds: list[tuple[Rows, Rows]],
    seed: int,
) -> Cell:
    predictions = [fit_and_predict(likeness, values, train, test, seed=seed) for train, test in folds]
    truth = torch.from_numpy(np.concatenate([values[test] for _, test in folds]))
    mean, variance = (torch.from_numpy(np.concatenate(column)) for column in zip(*predictions, strict=True))
    # as a surrogate standardises, so that a training set without any spread has a density too
    scales = [Standardisation.of(torch.from_numpy(values[train])) for train, _ in folds]
    lengths = torch.tensor([len(test) for _, test in folds])
    centre = torch.tensor([scale.centre for scale in scales]).double().repeat_interleave(lengths)
    spread = torch.tensor([scale.spread for scale in scales]).double().repeat_interleave(lengths)
    model, plain = LeaveOneOut(mean, variance, truth), LeaveOneOut(centre, spread.square(), truth)
    r2, spearman = model.r2, model.spearman_error_sigma
    return Cell(
        *place,
        rmse=model.rmse,
        r2=math.nan if r2 is None else r2,
        score=plain.log_score - model.log_score,
        spearman=math.nan if spearman is None else spearman,
        coverage=model.coverage(0.95),
    )
