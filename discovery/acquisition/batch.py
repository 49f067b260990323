r"""A batch from a shortlist, greedily: each pick for what it adds to those before it.

What a polymer adds is its acquisition value, less the handicap of its cost, more its log probability that it can be made, more
what its monomers save. Where no model predicts better than the mean does, expected improvement means little; then every second
pick is the polymer that is known least well given all that is measured, pending or picked: greedy choice by the determinant of
the joint covariance [Kulesza2012]_.

.. [Kulesza2012]
    A. Kulesza, B. Taskar. Determinantal point processes for machine learning. Foundations and Trends in Machine Learning 5,
    2012 (4.2.1 and section 6: the mode by greedy choice).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from gpytorch.settings import fast_computations
from torch import Tensor

from discovery.acquisition.aim import Aim
from discovery.acquisition.improvement import SAMPLES, Improvement
from discovery.acquisition.joint_beliefs import JointBeliefs
from discovery.acquisition.objectives import AcquisitionError
from discovery.surrogate.surrogate import Joint


class Limits(Protocol):
    """What a batch has to keep; see :class:`discovery.acquisition.limits.BatchLimits`."""

    def allowed(self) -> Tensor:
        """Which of ``n`` candidates may be picked next, ``n`` truth values."""

    def bonus(self) -> Tensor:
        """What is added to the log acquisition of each, ``n``."""

    def take(self, place: int) -> None:
        """Count on a candidate as picked."""


@dataclass(frozen=True)
class BatchChoice:
    """A batch, best first.

    Args:
        indices: Positions in the shortlist, in the order they were picked.
        values: Log of the expected improvement that each adds to what is measured, pending or picked before it, in the
            properties' units (of a front their product), times the chance that it can be made; whatever the handicap.
        widened: Which were picked since they are known least well.
    """

    indices: tuple[int, ...]
    values: tuple[float, ...]
    widened: tuple[bool, ...]


def choose_batch(
    joints: Mapping[str, Joint],
    n_measured: int,
    n_pending: int,
    aim: Aim,
    q: int,
    *,
    seed: int,
    reference: Tensor | None = None,
    handicap: Tensor | None = None,
    log_chance: Tensor | None = None,
    limits: Limits | None = None,
    widen: bool = False,
) -> BatchChoice:
    """Pick up to ``q`` of a shortlist of ``n``, each for what it adds to those before it.

    Args:
        joints: By deciding property, on its scale; over the measured polymers, then the pending ones, then the shortlist.
        n_measured: How many are measured, at least one.
        n_pending: How many are being made or measured; they count as if their results were in, whatever they
            may be.
        aim: What is wanted.
        q: Size of the batch; of a shortlist that is no longer than this all are picked that the limits allow.
        seed: Of the joint samples. Same inputs and seed, same batch.
        reference: ``k`` utilities of the reference point of a front; asked for where the aim is one.
        handicap: ``n``, taken off the log improvement before candidates are compared; for costs.
        log_chance: ``n`` logarithms of the probability that each can be made.
        limits: What the batch has to keep.
        widen: Make every second pick, from the second on, the one that is known least well.

    Raises:
        AcquisitionError: nothing measured, nothing on the shortlist, counts that do not fit, or a belief with
            numbers that are not finite.
    """
    known = n_measured + n_pending
    _check(joints, known, n_measured, n_pending, q)
    beliefs = JointBeliefs(joints, aim)
    shortlist = len(beliefs) - known
    chance = torch.zeros(shortlist, dtype=torch.float64) if log_chance is None else log_chance
    chance = chance + _unresolved(joints, aim, known)
    cost = torch.zeros(shortlist, dtype=torch.float64) if handicap is None else handicap
    point = None
    if aim.pareto:
        if reference is None:
            raise AcquisitionError("A front needs a reference point.", "Infer one from what is measured.")
        point = beliefs.standardised_utilities(reference)
    indices: list[int] = []
    values: list[float] = []
    widened: list[bool] = []
    # Lanczos roots are random and inexact where a Cholesky factor is neither, and sizes here are modest.
    with torch.no_grad(), fast_computations(covar_root_decomposition=False):
        improvement = Improvement(beliefs, known, point, seed)
        spread = _Spread(beliefs, n_measured, known) if widen else None
        free = torch.ones(shortlist, dtype=torch.bool)
        while len(indices) < min(q, shortlist):
            open_ = free if limits is None else free & limits.allowed()
            rows = open_.nonzero().squeeze(-1)
            if not len(rows):
                break
            gains = improvement.values(rows + known) + chance[rows]
            turn = spread is not None and len(indices) % 2 == 1
            worth = spread.values()[rows] + chance[rows] if spread is not None and turn else gains
            if limits is not None:
                worth = worth + limits.bonus()[rows]
            best = int((worth - cost[rows]).argmax())
            place = int(rows[best])
            indices.append(place)
            values.append(float(gains[best]))
            widened.append(turn)
            free[place] = False
            if limits is not None:
                limits.take(place)
            if len(indices) < min(q, shortlist):
                improvement.take(place + known)
                if spread is not None:
                    spread.take(place)
    return BatchChoice(tuple(indices), tuple(values), tuple(widened))


def _unresolved(joints: Mapping[str, Joint], aim: Aim, known: int) -> Tensor | float:
    """What the chance that constraints hold is below that of one joint sample, in logs: BoTorch's indicator, which is smoothed
    with a fat tail, tells less likely ones apart from nothing by their distance alone.
    """
    marginals = {n: (joint.mean[known:], joint.covariance.diagonal()[known:]) for n, joint in joints.items()}
    allowed = aim.log_allowed(marginals)
    return 0.0 if allowed is None else (allowed + math.log(SAMPLES)).clamp_max(0.0)


class _Spread:
    """How badly each one of the shortlist is known, given what is measured, pending and picked.

    The surrogates' beliefs are conditioned on what is measured already; a pending or picked polymer is one more measurement, with
    the jitter of the standardised belief for its noise.
    """

    def __init__(self, beliefs: JointBeliefs, n_measured: int, known: int) -> None:
        self._covariances = [
            beliefs.outcome(o.name).covariance[n_measured:, n_measured:].clone() for o in beliefs.aim.driven
        ]
        self._pending = known - n_measured
        for row in range(self._pending):
            self._condition(row)

    def values(self) -> Tensor:
        """Logarithm of the conditional variance, ``n``, summed over the properties: what a pick adds to the log determinant."""
        diagonals = [c.diagonal()[self._pending :].clamp_min(1e-12).log() for c in self._covariances]
        return torch.stack(diagonals).sum(dim=0)

    def take(self, place: int) -> None:
        self._condition(self._pending + place)

    def _condition(self, row: int) -> None:
        for covariance in self._covariances:
            column = covariance[:, row].clone()
            covariance -= torch.outer(column, column) / column[row].clamp_min(1e-12)


def _check(joints: Mapping[str, Joint], known: int, n_measured: int, n_pending: int, q: int) -> None:
    if n_measured < 1:
        raise AcquisitionError(
            "Nothing is measured, so nothing can be improved on.",
            "Fill the first batch by spreading it over the pool.",
        )
    if q < 1:
        raise AcquisitionError(f"A batch of {q} cannot be chosen.", "Ask for at least one polymer.")
    for joint in joints.values():
        if n_pending < 0 or len(joint) - known < 1:
            raise AcquisitionError("The shortlist is empty.", "Widen the pool, or wait for pending results.")
        if not (bool(torch.isfinite(joint.mean).all()) and bool(torch.isfinite(joint.covariance).all())):
            raise AcquisitionError(
                "The surrogate's belief holds numbers that are not finite.", "Check its features."
            )
