"""Joint beliefs about the properties of some polymers, as BoTorch reads them: a model whose inputs are row numbers.

A surrogate may be anything that gives a joint normal. Properties are independent of one another, each near unit size whatever
its unit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from botorch.acquisition.objective import PosteriorTransform
from botorch.models.gpytorch import GPyTorchModel
from botorch.models.model import ModelList
from botorch.posteriors.gpytorch import GPyTorchPosterior
from botorch.posteriors.transformed import TransformedPosterior
from botorch.sampling.base import MCSampler
from botorch.sampling.list_sampler import ListSampler
from botorch.sampling.normal import SobolQMCNormalSampler
from gpytorch.distributions import MultivariateNormal
from torch import Tensor

from discovery.acquisition.aim import Aim
from discovery.acquisition.objectives import Constraint, Objective
from discovery.acquisition.utility import bounds_on, target_range
from discovery.surrogate.surrogate import Joint

JITTER = 1e-6
"""Added to every variance, in units of the standardised belief: a thousandth of its deviation. Polymers that
no feature tells apart would make their covariance singular."""

Values = Callable[[Tensor], Tensor]
"""From joint samples ``... x p`` of ``p`` standardised properties to one number each, ``...``."""


class DiscretePosterior(GPyTorchModel):
    """A joint normal over ``m`` things as a BoTorch model of one outcome; inputs are row numbers.

    Args:
        mean: ``m``.
        covariance: ``m x m``, positive semi-definite.
    """

    mean: Tensor
    covariance: Tensor
    _num_outputs = 1

    def __init__(self, mean: Tensor, covariance: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("covariance", covariance)

    @property
    def batch_shape(self) -> torch.Size:
        """Empty: one belief."""
        return torch.Size()

    # BoTorch's two base classes disagree on this signature; callers pass everything after X by keyword.
    def posterior(  # type: ignore[override]
        self,
        X: Tensor,
        observation_noise: bool | Tensor = False,
        posterior_transform: PosteriorTransform | None = None,
        **kwargs: Any,
    ) -> GPyTorchPosterior | TransformedPosterior:
        """The marginal over rows ``X``, ``... x q x 1``, noise-free: a reading is no improvement."""
        rows = X.squeeze(-1).round().long()
        covariance = self.covariance[rows.unsqueeze(-1), rows.unsqueeze(-2)]
        posterior = GPyTorchPosterior(MultivariateNormal(self.mean[rows], covariance))
        return posterior if posterior_transform is None else posterior_transform(posterior=posterior, X=X)


@dataclass(frozen=True, eq=False)
class Standardised:
    """A property's joint belief near unit size, whatever its unit: ``value = centre + sign * spread * standardised``.

    Args:
        mean: ``m``.
        covariance: ``m x m``, with :data:`JITTER`.
        centre: On the property's scale.
        spread: On the property's scale.
        sign: So that more is better of what is maximised or minimised.
    """

    mean: Tensor
    covariance: Tensor
    centre: float
    spread: float
    sign: float

    @classmethod
    def of(cls, joint: Joint, sign: float) -> Standardised:
        """Of any belief; one without spread keeps its unit."""
        mean, covariance = joint.mean.to(torch.float64), joint.covariance.to(torch.float64)
        size = float(mean.var(correction=0) + covariance.diagonal().mean())
        spread = math.sqrt(size) if size > 0.0 else 1.0
        standardised = covariance / spread**2 + JITTER * torch.eye(len(mean), dtype=torch.float64)
        return cls(sign * (mean - mean.mean()) / spread, standardised, float(mean.mean()), spread, sign)

    def inside(self, low: float, high: float) -> tuple[float, float]:
        """Both ends of a range on the property's scale, standardised and in order."""
        ends = [self.sign * (end - self.centre) / self.spread for end in (low, high)]
        return min(ends), max(ends)


class JointBeliefs:
    """Standardised joint beliefs of all deciding properties, as BoTorch reads them.

    Args:
        joints: Over the same rows, by property.
        aim: What is wanted of them.
    """

    def __init__(self, joints: Mapping[str, Joint], aim: Aim) -> None:
        self.aim = aim
        self.names = list(joints)
        self.outcomes = [Standardised.of(joints[n], aim.objective(n).sign) for n in self.names]
        models = [DiscretePosterior(o.mean, o.covariance) for o in self.outcomes]
        self.model = models[0] if len(models) == 1 else ModelList(*models)
        self.constraints = [self._broken(c) for c in aim.constraints] or None
        self.utilities = [self._utility(o) for o in aim.driven]

    def __len__(self) -> int:
        return len(self.outcomes[0].mean)

    def outcome(self, name: str) -> Standardised:
        """The belief about a property."""
        return self.outcomes[self.names.index(name)]

    def sampler(self, samples: int, seed: int) -> MCSampler:
        """Quasi-random joint samples; properties are independent of one another."""
        samplers = [
            SobolQMCNormalSampler(torch.Size([samples]), seed=seed + 7919 * place)
            for place in range(len(self.names))
        ]
        return samplers[0] if len(samplers) == 1 else ListSampler(*samplers)

    def unit(self) -> float:
        """Logarithm of what a utility of one means in the properties' units: of several the product, of a sum none."""
        spreads = [self.outcome(o.name).spread for o in self.aim.driven]
        if self.aim.pareto or len(spreads) == 1:
            return sum(map(math.log, spreads))
        return 0.0

    def all_utilities(self, samples: Tensor, X: Tensor | None = None) -> Tensor:
        """Standardised utilities, ``... x k``, of joint samples ``... x p``."""
        return torch.stack([value(samples) for value in self.utilities], dim=-1)

    def total(self, samples: Tensor, X: Tensor | None = None) -> Tensor:
        """The utility of one objective, or the weighted sum of several, ``...``."""
        if len(self.utilities) == 1:
            return self.utilities[0](samples)
        shares = [
            weight * self.outcome(o.name).spread
            for o, weight in zip(self.aim.driven, self.aim.weights, strict=True)
        ]
        return self.all_utilities(samples) @ torch.tensor(shares, dtype=torch.float64)

    def standardised_utilities(self, utilities: Tensor) -> Tensor:
        """``... x k`` utilities on the properties' scales as those of this belief."""
        columns = []
        for place, objective in enumerate(self.aim.driven):
            outcome = self.outcome(objective.name)
            shift = 0.0 if objective.direction == "target" else outcome.sign * outcome.centre
            columns.append((utilities[..., place] - shift) / outcome.spread)
        return torch.stack(columns, dim=-1)

    def _utility(self, objective: Objective) -> Values:
        place, outcome = self.names.index(objective.name), self.outcome(objective.name)
        if objective.direction != "target":
            return lambda samples: samples[..., place]
        low, high = outcome.inside(*target_range(objective))
        return lambda samples: (
            -(low - samples[..., place]).clamp_min(0.0) - (samples[..., place] - high).clamp_min(0.0)
        )

    def _broken(self, constraint: Constraint) -> Values:
        """Negative where a constraint is fulfilled."""
        place, outcome = self.names.index(constraint.name), self.outcome(constraint.name)
        low, high = outcome.inside(*bounds_on(constraint, self.aim.objective(constraint.name).scale))
        return lambda samples: torch.maximum(low - samples[..., place], samples[..., place] - high)
