"""Held-out predictions of the models of `refinement.py` on random splits, and what they say together."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from latents_report import Interval, grid, interval
from peers_runs import Task
from peers_targets import Target
from refinement_models import FusedBelief
from refinement_rivals import MODELS, OURS, Memory, RefinementRing
from scipy.stats import binomtest

from campaigns.backtesting.rival_names import FROZEN
from discovery.errors import SurrogateError
from discovery.latent.adapter import DEPTHS
from discovery.surrogate.learned import Learned
from discovery.surrogate.learning import learn
from discovery.surrogate.observations import Observation
from discovery.surrogate.validation import LeaveOneOut

COLUMNS = ("n", "score", "plain", "r2", "coverage_80", "seconds", "chosen", "predicted")


@dataclass(frozen=True)
class ScoreSettings:
    """What all splits of a folder share.

    Args:
        train: Numbers of polymers to learn from.
        test: Polymers to predict, at most.
        most: Polymers of a table that take part, at most.
        growing: Whether each number adds to the polymers of the one before, as rounds of a campaign do, and the same ones are
            predicted throughout; else each has a split of its own.
        least: Polymers that must be left to predict.
        shuffled: Whether values are dealt out to other polymers, so that there is nothing to learn.
    """

    train: tuple[int, ...]
    test: int
    most: int
    growing: bool = False
    least: int = 50
    shuffled: bool = False


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a model says of polymers that it was not told of.

    Args:
        plain: By its own deviations.
        told: As a user is told it: polyloop corrects the deviations of its members by their leave-one-out errors.
        chosen: The member that spoke.
    """

    plain: LeaveOneOut
    told: LeaveOneOut
    chosen: str


def judge(ring: RefinementRing, task: Task, *, settings: ScoreSettings) -> pd.DataFrame:
    """One seed of a model on a target: a row for each number of polymers to learn from, with :data:`COLUMNS`.

    ``score`` is the mean negative log predictive density less that of predicting the training mean with the training variance,
    of what a user is told, ``plain`` the same of the model's own deviations; lower is better. ``seconds`` are those of learning
    and of predicting.
    """
    target, model, seed = task
    values = {o.unit.key: o.value for o in target.table}
    y = torch.tensor([values[unit.key] for unit in ring.table.units], dtype=torch.float64)
    if settings.shuffled:
        y = y[torch.from_numpy(np.random.default_rng([seed, 1]).permutation(len(y)))]
    memory = Memory(OURS[model].settings) if model in OURS else None
    found = []
    for n in settings.train:
        if len(y) < (max(settings.train) if settings.growing else n) + settings.least:
            continue
        draw = np.random.default_rng([seed, 0 if settings.growing else n])
        order = torch.from_numpy(draw.permutation(len(y)))
        rows = order[:n]
        asked = order[max(settings.train) :] if settings.growing else order[n:]
        asked = asked[: settings.test]
        begun = time.monotonic()
        if memory is not None:
            said = _of_polyloop(ring, OURS[model].members, memory, rows, asked, y, seed)
        else:
            said = _of_model(ring, model, rows, asked, y, seed)
        seconds = time.monotonic() - begun
        base = LeaveOneOut(y[rows].mean().expand(len(asked)), y[rows].var().expand(len(asked)), y[asked])
        found.append(
            (
                n,
                base.log_score - said.told.log_score,
                base.log_score - said.plain.log_score,
                math.nan if said.told.r2 is None else said.told.r2,
                said.told.coverage(0.8),
                seconds,
                said.chosen,
                len(asked),
            )
        )
    return pd.DataFrame(found, columns=list(COLUMNS))


def _of_model(
    ring: RefinementRing, model: str, rows: torch.Tensor, asked: torch.Tensor, y: torch.Tensor, seed: int
) -> Prediction:
    belief = MODELS[model]().fit(ring.table, rows, y[rows], seed)
    mean, variance = belief.predict(asked)
    plain = LeaveOneOut(mean, variance, y[asked])
    if not isinstance(belief, FusedBelief):
        return Prediction(plain, plain, model)
    corrected, degrees = belief.corrected(asked, mean, variance)
    return Prediction(plain, LeaveOneOut(mean, corrected, y[asked], degrees=degrees), model)


def _of_polyloop(
    ring: RefinementRing,
    members: Sequence[str],
    memory: Memory,
    rows: torch.Tensor,
    asked: torch.Tensor,
    y: torch.Tensor,
    seed: int,
) -> Prediction:
    table = ring.table
    observations = [Observation(table.units[i], float(y[i])) for i in rows.tolist()]
    learned = learn(observations, ring.representation, seed=seed, members=members, refining=memory.refining)
    if not isinstance(learned, Learned):
        raise SurrogateError(
            f"Nothing can be learned: {learned.reason}.", "Ask for more polymers to learn from."
        )
    memory.keep(learned)
    view = learned.view([table.units[i] for i in asked.tolist()])
    mean, variance = learned.chosen.predict(view.views)
    corrected, degrees = learned.calibrated(view.views, mean, variance)
    return Prediction(
        LeaveOneOut(mean, variance, y[asked]),
        LeaveOneOut(mean, corrected, y[asked], degrees=degrees),
        learned.decision.chosen,
    )


def columns_once(targets: Sequence[Target]) -> list[Target]:
    """Targets without those that differ from one before in their direction alone: values are to be predicted, not sought."""
    found: dict[tuple[str, str, bool], Target] = {}
    for target in targets:
        parts = target.name.split(":")
        found.setdefault((parts[0], parts[1], parts[-1] == "log10"), target)
    return list(found.values())


def score_of(frame: pd.DataFrame) -> str:
    """The scores of a run, for a line on the screen."""
    return (
        ", ".join(f"{n}: {score:+.3f}" for n, score in zip(frame["n"], frame["score"], strict=True))
        or "too small"
    )


def scores_report(frame: pd.DataFrame, models: Sequence[str], base: str = FROZEN) -> str:
    """Means over targets, and paired differences to ``base`` with intervals by bootstrap over tables.

    Only splits that all models have take part.

    Args:
        frame: As :meth:`peers_runs.Runs.read` gives it.
        models: In the order of the rows.
        base: What the others are held against.
    """
    place = ["n", "target", "seed"]
    frame = frame[frame["strategy"].isin(models)]
    whole = frame.groupby(place)["strategy"].transform("nunique") == len(models)
    frame = frame[whole].assign(table=lambda f: f["target"].str.split(":").str[0])
    if frame.empty:
        return "No split is complete for all models yet."
    parts = [
        "Log score: mean negative log predictive density less that of predicting the training mean, lower is better; in "
        "brackets plain, by the model's own deviations, where what a user is told has corrected ones. Differences are paired; "
        "intervals are 95 %, by bootstrap over tables."
    ]
    for n, of_size in frame.groupby("n"):
        means = of_size.groupby(["strategy", "table", "target"]).mean(numeric_only=True)
        targets, seeds = of_size["target"].nunique(), of_size.groupby("target")["seed"].nunique().min()
        rows: list[list[object]] = []
        for model in models:
            mean = means.loc[model]
            difference = mean["score"] - means.loc[base]["score"]
            of_plain = mean["plain"] - means.loc[base]["plain"]
            rows.append(
                [
                    model,
                    f"{mean['score'].mean():+.3f} ({mean['plain'].mean():+.3f})",
                    "" if model == base else told(interval(difference)),
                    "" if model == base else f"{int((difference < 0).sum())} of {len(difference)}",
                    "" if model == base else told(interval(of_plain)),
                    "" if model == base else told(interval(mean["r2"] - means.loc[base]["r2"])),
                    f"{mean['r2'].mean():.3f}",
                    f"{mean['coverage_80'].mean():.2f}",
                    f"{mean['seconds'].mean():.1f}",
                ]
            )
        head = [
            "model",
            "log score",
            f"less {base}'s",
            "better on",
            "(plain)",
            "R² less",
            "R²",
            "80 % hold",
            "s",
        ]
        parts += [f"n = {n}: {targets} targets, at least {seeds} seeds of each", grid(head, rows)]
    chosen = frame[frame["strategy"].isin([m for m in models if m in OURS and len(OURS[m].members) > 1])]
    if not chosen.empty:
        parts += ["Which member spoke, share of the splits", _choices(chosen)]
    return "\n\n".join(parts)


def _choices(frame: pd.DataFrame) -> str:
    share = frame.groupby(["strategy", "n"])["chosen"].value_counts(normalize=True).unstack(fill_value=0.0)
    rows = [
        [*index, *(f"{value:.2f}" for value in row)]
        for index, row in zip(share.index, share.to_numpy(), strict=True)
    ]
    return grid(["gate", "n", *map(str, share.columns)], rows)


def told(found: Interval) -> str:
    """A mean with its interval."""
    return f"{found.mean:+.3f}" if math.isnan(found.low) else str(found)


def shuffled_report(frame: pd.DataFrame) -> str:
    """How often the gate took a refined member on values that were dealt out anew, with Clopper-Pearson intervals.

    Args:
        frame: As :meth:`peers_runs.Runs.read` gives it, of gates.
    """
    rows: list[list[object]] = []
    for (rival, n), fits in frame.groupby(["strategy", "n"]):
        taken = int(fits["chosen"].isin(DEPTHS).sum())
        low, high = binomtest(taken, len(fits)).proportion_ci()
        rows.append([rival, n, len(fits), taken, f"{taken / len(fits):.1%} ({low:.1%} to {high:.1%})"])
    return grid(["gate", "measured", "fits", "refined taken", "share, 95 % interval"], rows)
