"""Which monomers to order: every polymer that a monomer enters speaks for it.

While a pool is screened, a tally keeps for each monomer how many polymers it enters, what they promise on average and which of
them promises most. How likely one of its polymers is among the best of the pool is then read off joint draws of the belief about
the polymers that the full model has seen: two polymers of one monomer rise and fall together, so that chances of single polymers
could not simply be added up.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from discovery.acquisition.aim import Aim
from discovery.polymers import Candidate, Provenance
from discovery.pools import take
from discovery.surrogate.surrogate import Joint

DRAWS = 4096
"""Joint draws that chances are counted over: a chance of one half is told to within two percent."""

JITTER = 1e-8
"""Added to the variances, in units of their mean, so that polymers that no feature tells apart keep a Cholesky factor."""


@dataclass(slots=True)
class Promise:
    """What the polymers of one monomer promise, by the screening model."""

    polymers: int
    total: float
    best: Candidate
    gain: float
    """Predicted merit of ``best``."""

    @property
    def average(self) -> float:
        """Mean of the predicted merits of its polymers."""
        return self.total / self.polymers


class MonomerTally:
    """Listens to a screen and keeps one :class:`Promise` for each monomer; nothing is held of the polymers themselves.

    Args:
        measured: Keys of polymers that are measured already: no bottle need be ordered for them.
    """

    def __init__(self, measured: Container[str] = frozenset()) -> None:
        self._measured = measured
        self.promises: dict[str, Promise] = {}

    def __call__(
        self,
        chunk: Sequence[Candidate],
        merit: NDArray[np.float64],
        sigma: NDArray[np.float64],
        positions: Sequence[int],
    ) -> None:
        """Take in a chunk; ``merit[i]`` belongs to ``chunk[positions[i]]``."""
        for value, candidate in zip(merit.tolist(), take(chunk, positions), strict=True):
            if candidate.unit.key in self._measured:
                continue
            for label in monomers_of(candidate):
                promise = self.promises.get(label)
                if promise is None:
                    self.promises[label] = Promise(1, value, candidate, value)
                    continue
                promise.polymers += 1
                promise.total += value
                # of equal ones the lesser key, so that the order of the pool decides nothing
                if (-value, candidate.unit.key) < (-promise.gain, promise.best.unit.key):
                    promise.best, promise.gain = candidate, value

    def most_promising(self, n: int) -> list[Candidate]:
        """The best polymer of each of the ``n`` monomers whose best promises most, each polymer once."""
        order = sorted(self.promises.items(), key=lambda item: (-item[1].gain, item[0]))[:n]
        return list({promise.best.unit.key: promise.best for _, promise in order}.values())


def monomers_of(candidate: Candidate) -> frozenset[str]:
    """Labels of all monomers that some route to the polymer takes."""
    return frozenset(label for route in routes_of(candidate) for label in route.monomers)


def routes_of(candidate: Candidate) -> Iterator[Provenance]:
    """Every known way to make the polymer, the first first."""
    if candidate.provenance is not None:
        yield candidate.provenance
    yield from candidate.other_routes


def chance_in_top(
    joints: Mapping[str, Joint],
    groups: Mapping[str, Sequence[int]],
    aim: Aim,
    top: int,
    *,
    seed: int,
) -> dict[str, float]:
    """How likely at least one member of each group is among the ``top`` best of ``m`` polymers.

    Args:
        joints: Belief about the ``m`` polymers by driven property, noise-free, on its scale.
        groups: Rows of the belief, by name; a row may be in several groups.
        aim: What makes one better than another.
        top: How many are the best, at least one.
        seed: Of the draws.
    """
    m = len(next(iter(joints.values())))
    if top >= m:
        return {name: float(bool(rows)) for name, rows in groups.items()}
    generator = torch.Generator().manual_seed(seed)
    drawn = {o.name: _drawn(joints[o.name], generator) for o in aim.driven}
    values = aim.weighed(aim.utilities(drawn))
    in_top = torch.zeros(DRAWS, m, dtype=torch.bool)
    in_top.scatter_(1, values.topk(top, dim=1).indices, value=True)
    return {
        name: float(in_top[:, list(rows)].any(dim=1).double().mean()) if rows else 0.0
        for name, rows in groups.items()
    }


def _drawn(joint: Joint, generator: torch.Generator) -> Tensor:
    """``DRAWS x m`` joint draws."""
    m, covariance = len(joint), joint.covariance.double()
    scale = float(covariance.diagonal().mean().clamp_min(torch.finfo(torch.float64).tiny))
    factor = torch.linalg.cholesky(covariance + JITTER * scale * torch.eye(m, dtype=torch.float64))
    normal = torch.randn(DRAWS, m, generator=generator, dtype=torch.float64)
    drawn: Tensor = joint.mean.double() + normal @ factor.T
    return drawn
