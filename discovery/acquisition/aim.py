"""What a goal makes of predictions: utilities, one number for what a candidate is worth, and the chance that constraints hold."""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from discovery.acquisition.breaking import breakers, breakers_by_structure
from discovery.acquisition.objectives import Constraint, Goal, Objective
from discovery.acquisition.utility import (
    assured,
    probability,
    spread_on,
    utility,
    utility_moments,
    values_on,
)
from discovery.surrogate.observations import Observation

Beliefs = Mapping[str, tuple[Tensor, Tensor]]
"""Mean and variance, each ``m``, of properties of some candidates, on the properties' scales."""

LEAST = math.exp(-50.0)
"""Probability that stands for none, so that candidates without any chance still have an order."""


@dataclass(frozen=True, eq=False)
class Merit:
    """What ``m`` candidates are worth, in one number each; more is better.

    Of one property to be maximised or minimised this is its value on its scale, or minus its value. Otherwise it is the weighted
    mean of the standardised utilities: in standard deviations of what is measured, of a target in its tolerances.

    Args:
        mean: ``m``.
        sigma: ``m`` standard deviations.
    """

    mean: Tensor
    sigma: Tensor


@dataclass(frozen=True)
class Aim:
    """Driven objectives and constraints that something is known of, with what is measured as the measure.

    Args:
        goal: All that is wanted.
        driven: ``k`` driven objectives, at least one.
        constraints: On modelled properties.
        weights: What each objective's utility is multiplied by in a sum; one where a single property is maximised or minimised.
        best: The best utility that is measured of each, on polymers that are not known to break a constraint where there are any.
        barred: Keys of measured polymers that are known to break a constraint of the goal.
        some_allowed: Whether each driven property is measured on polymers that are not barred.
        barred_by_structure: Those of them that break one by their structure, whatever is measured of them.
        spreads: Standard deviation of the measured values of each, on its scale; of a target its tolerance.
    """

    goal: Goal
    driven: tuple[Objective, ...]
    constraints: tuple[Constraint, ...]
    weights: tuple[float, ...]
    best: tuple[float, ...]
    barred: frozenset[str]
    some_allowed: bool
    barred_by_structure: frozenset[str]
    spreads: tuple[float, ...]

    @classmethod
    def of(
        cls,
        goal: Goal,
        observations: Mapping[str, Sequence[Observation]],
        measured: Mapping[str, Sequence[Observation]] | None = None,
    ) -> Aim:
        """The part of a goal that is on the properties in ``observations``; at least one of them is driven.

        Args:
            goal: All that is wanted.
            observations: Of the properties that are modelled.
            measured: Of all properties, also of those that too little is known of for a model: they too tell who breaks a
                constraint. By default those of ``observations``.
        """
        driven = tuple(o for o in goal.driven if o.name in observations)
        spreads = tuple(
            o.tolerance
            if o.tolerance is not None and o.direction == "target"
            else spread_on(o, observations[o.name])
            for o in driven
        )
        total = sum(o.weight for o in driven)
        weights = tuple(o.weight / total / spread for o, spread in zip(driven, spreads, strict=True))
        if len(driven) == 1 and driven[0].direction != "target":
            weights = (1.0,)
        constraints = tuple(c for c in goal.constraints if not c.fixed and c.name in observations)
        off = breakers_by_structure(goal.constraints, observations)
        barred = breakers(goal.constraints, measured or observations)
        allowed = all(any(o.unit.key not in barred for o in observations[d.name]) for d in driven)
        best = tuple(_best(o, observations[o.name], barred) for o in driven)
        return cls(goal, driven, constraints, weights, best, barred, allowed, off, spreads)

    @property
    def held_to_constraints(self) -> bool:
        """Whether the best of each property is that of the polymers that keep the constraints, some of them being left out."""
        return bool(self.barred) and self.some_allowed

    @property
    def decisive(self) -> tuple[str, ...]:
        """Names of the properties that are driven or constrained, in the goal's order."""
        names = {o.name for o in self.driven} | {c.name for c in self.constraints}
        return tuple(o.name for o in self.goal.objectives if o.name in names)

    @property
    def plain(self) -> bool:
        """Whether one property alone is maximised or minimised."""
        return len(self.driven) == 1 and self.driven[0].direction != "target"

    @property
    def pareto(self) -> bool:
        """Whether several objectives are weighed by their front."""
        return len(self.driven) > 1 and self.goal.combine == "pareto"

    def objective(self, name: str) -> Objective:
        """The objective of a property."""
        return next(o for o in self.goal.objectives if o.name == name)

    def merit(self, beliefs: Beliefs) -> Merit:
        """One number for each of ``m`` candidates, and how sure it is; properties are taken to be independent."""
        mean, variance = torch.zeros(1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
        for objective, weight in zip(self.driven, self.weights, strict=True):
            one, spread = utility_moments(objective, *beliefs[objective.name])
            mean, variance = mean + weight * one, variance + weight**2 * spread
        return Merit(mean, variance.sqrt())

    def utilities(self, values: Mapping[str, Tensor]) -> Tensor:
        """Utilities, ``... x k``, of values ``...`` of the ``k`` driven properties on their scales."""
        return torch.stack([utility(o, values[o.name]) for o in self.driven], dim=-1)

    def weighed(self, utilities: Tensor) -> Tensor:
        """The weighted sum, ``...``, of ``... x k`` utilities."""
        return utilities @ torch.tensor(self.weights, dtype=torch.float64)

    def standing(self, merit: Tensor, log_allowed: Tensor | None) -> Tensor:
        """What ``m`` candidates are ordered by: their merit, or where there are constraints the logarithm of its smoothed excess
        over the best that is measured (of a sum: over what the best of each objective would add up to), plus the logarithm of the
        chance that the constraints hold.

        Far below the best, a standard deviation of merit weighs as much as a factor of e in the chance.
        """
        if log_allowed is None:
            return merit
        ideal = sum(weight * best for weight, best in zip(self.weights, self.best, strict=True))
        unit = self.spreads[0] if self.plain else 1.0
        return log_excess((merit - ideal) / unit) + log_allowed

    def log_allowed(self, beliefs: Beliefs) -> Tensor | None:
        """Logarithm of the probability, ``m``, that all learned constraints are fulfilled; ``None`` without constraints."""
        if not self.constraints:
            return None
        chances = [
            probability(c, self.objective(c.name).scale, *beliefs[c.name]).clamp_min(LEAST).log()
            for c in self.constraints
        ]
        return torch.stack(chances).sum(dim=0)


def log_excess(standardised: Tensor) -> Tensor:
    """Logarithm of ``log(1 + exp(x))``: rises with ``x`` everywhere, below zero near linearly, and is never infinite."""
    return torch.where(
        standardised < -30.0, standardised, torch.nn.functional.softplus(standardised).clamp_min(1e-300).log()
    )


def _best(objective: Objective, observations: Sequence[Observation], barred: Container[str]) -> float:
    """The best utility that measurements vouch for; where all are limits on the bad side, that of the limits; zero of none.
    Polymers that are ``barred`` count only where all are.
    """
    observations = [o for o in observations if o.unit.key not in barred] or observations
    told = [value for o in observations if (value := assured(objective, o)) is not None]
    return max(told or utility(objective, values_on(objective, observations)).tolist() or [0.0])
