"""What refinement came to in a round, as JSON for the ledger: of each depth what it was worth against the frozen latent and how
its training went, or why there is none; and the latent of the measured polymers before and after, for a picture.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from discovery.latent.refinement import Refinement, RefinementSkipped
from discovery.surrogate.features import Features
from discovery.surrogate.gate import paired_difference
from discovery.surrogate.kernels import shares
from discovery.surrogate.learned import Fitted, Learned
from discovery.surrogate.members import GaussianProcess
from discovery.surrogate.prior import without_prior

FROZEN = "latent"
"""The member that every refined one is held against."""

BASE = "base"
"""What adapters start from that no earlier round trained."""

_FIGURES = 5
"""Significant figures of a coordinate: more than a picture shows."""


def refinement_document(learned: Learned, starts: Mapping[str, str] | None = None) -> dict[str, Any]:
    """``frozen_log_score``, ``refinements`` by member, and ``latent_map`` where a refined latent was fitted.

    Args:
        learned: Of one property.
        starts: What the adapters of each member began from, such as ``round 3``; :data:`BASE` where not given.
    """
    frozen = _best_variant(learned, FROZEN)
    told = {
        member: _skipped(adapted, learned)
        if isinstance(adapted, RefinementSkipped)
        else _refined(member, adapted, learned, frozen, (starts or {}).get(member, BASE))
        for member, adapted in learned.refinements.items()
    }
    latent_map = _latent_map(learned)
    return {
        "frozen_log_score": None if frozen is None else finite(learned.loo[frozen].log_score),
        "refinements": told,
        **({} if latent_map is None else {"latent_map": latent_map}),
    }


def _best_variant(learned: Learned, member: str) -> str | None:
    """The name of a member's variant, with the prior mean or without, that scored best; ``None`` where it was not fitted."""
    variants = [name for name in learned.loo if without_prior(name) == member]
    return max(variants, key=lambda name: learned.loo[name].log_score, default=None)


def _skipped(adapted: RefinementSkipped, learned: Learned) -> dict[str, Any]:
    return {"skipped": adapted.reason, "polymers": _values(learned)}


def _refined(
    member: str, adapted: Refinement, learned: Learned, frozen: str | None, start: str
) -> dict[str, Any]:
    name = _best_variant(learned, member)
    document: dict[str, Any] = {
        "hash": adapted.hash,
        "start": start,
        "polymers": len({key for fold in adapted.folds for key in fold.trained_on}),
        "folds": [_fold(fold, _lengthscale(learned)) for fold in adapted.summary()],
    }
    if name is None:
        return document | {"skipped": "no model could be fitted to its latent"}
    difference, error = (
        (None, None)
        if frozen is None
        else paired_difference(learned.loo[name].log_scores, learned.loo[frozen].log_scores)
    )
    return document | {
        "log_score": finite(learned.loo[name].log_score),
        "over_frozen": finite(difference),
        "over_frozen_error": finite(error),
    }


def _fold(told: Mapping[str, Any], lengthscale: float | None) -> dict[str, Any]:
    """How one fold was trained, and its distances in the length-scales of the property, which training held."""
    row: dict[str, Any] = _plain(told)
    if lengthscale is not None:
        row["lengthscale_ratio"] = [finite(lengthscale / d) if d else None for d in row["mean_distance"]]
        row["lengthscale_ratios"] = [finite(lengthscale / d) if d else None for d in row["mean_distances"]]
    return row


def _lengthscale(learned: Learned) -> float | None:
    """Of the frozen latent's model; ``None`` where it was not fitted, or reads no latent."""
    frozen = next((e.member for e in learned.fitted if without_prior(e.member.name) == FROZEN), None)
    if not isinstance(frozen, GaussianProcess):
        return None
    return finite(shares(frozen.posterior.kernel).lengthscale)


def _values(learned: Learned) -> int:
    """Polymers with a value, of those that all members see: an adapter learns nothing from a limit."""
    return sum(not o.bound for o in learned.compared)


def _latent_map(learned: Learned) -> dict[str, Any] | None:
    """The frozen latent of the measured polymers beside that of the refined member that is used, else of the best of them, under
    its first fold's adapter; ``None`` where there is none.
    """
    refined = {member for member, adapted in learned.refinements.items() if isinstance(adapted, Refinement)}
    of_refined = [each for each in learned.fitted if without_prior(each.member.name) in refined]
    before = next((each for each in learned.fitted if without_prior(each.member.name) == FROZEN), None)
    if before is None or not of_refined:
        return None
    best = max(
        of_refined,
        key=lambda each: (
            each.member.name == learned.decision.chosen,
            learned.loo[each.member.name].log_score,
        ),
    )
    frozen, adapted = _first_latent(before), _first_latent(best)
    if frozen is None or adapted is None:
        return None
    (first, first_shares), (second, second_shares) = (
        principal_components(frozen),
        principal_components(adapted),
    )
    # a component has no sign of its own: the second picture is turned so that it is like the first
    second = second * torch.where((first * second).sum(dim=0) < 0, -1.0, 1.0)
    return {
        "member": best.member.name,
        "shares_before": _rounded(first_shares),
        "shares_after": _rounded(second_shares),
        "points": [
            {
                "psmiles": o.unit.psmiles,
                "name": o.name,
                "value": o.value,
                "bound": o.bound,
                **dict(zip(("x_before", "y_before"), _rounded(a), strict=True)),
                **dict(zip(("x_after", "y_after"), _rounded(b), strict=True)),
            }
            for o, a, b in zip(learned.compared, first, second, strict=True)
        ],
    }


def _first_latent(fitted: Fitted) -> Tensor | None:
    known = fitted.known
    return (known if isinstance(known, Features) else known[0]).latent


def principal_components(latent: Tensor) -> tuple[Tensor, Tensor]:
    """The first two principal components of ``n x d`` latents, fitted to these rows.

    Returns:
        ``n x 2`` coordinates, the largest of each column positive, and the 2 shares of the variance that they hold.
    """
    rows = latent.double() - latent.double().mean(dim=0)
    left, sizes, _ = torch.linalg.svd(rows, full_matrices=False)
    shares = sizes.square() / sizes.square().sum().clamp_min(torch.finfo(torch.float64).tiny)
    across, held = rows.new_zeros(len(rows), 2), rows.new_zeros(2)
    count = min(2, len(sizes))
    across[:, :count], held[:count] = left[:, :count] * sizes[:count], shares[:count]
    largest = across.gather(0, across.abs().argmax(dim=0, keepdim=True))
    return across * torch.where(largest < 0, -1.0, 1.0), held


def finite(value: float | None) -> float | None:
    """A number that JSON can write; ``None`` for one that is not finite."""
    return None if value is None or not math.isfinite(value) else float(value)


def _rounded(values: Tensor) -> list[float]:
    return [float(f"{value:.{_FIGURES}g}") for value in values.tolist()]


def _plain(value: Any) -> Any:
    """Diagnostics as JSON can write them."""
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return finite(value) if isinstance(value, float) else value
