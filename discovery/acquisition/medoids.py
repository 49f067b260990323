r"""A batch that stands for a pool, for when nothing is known yet: greedy k-medoids.

Every candidate has a nearest pick, and the sum of those distances is made small: the facility-location problem, whose greedy
solution is within a factor of 1 - 1/e of the best gain [Nemhauser1978]_. What is measured or pending counts as picked. Unlike a
choice of the farthest, it takes no oddity that stands for nothing but itself.

.. [Nemhauser1978]
    G. L. Nemhauser, L. A. Wolsey, M. L. Fisher. An analysis of approximations for maximizing submodular set functions.
    Mathematical Programming 14, 1978.
"""

from __future__ import annotations

import torch
from torch import Tensor

from discovery.acquisition.objectives import AcquisitionError

REFERENCES = 1_000
"""Members of the pool, drawn at random, that the picks have to stand for: all of a small pool."""


class Medoids:
    """How well each of ``n`` candidates would stand for what the picks so far do not.

    Args:
        points: ``n x d``; distances between them are what counts.
        fixed: ``m x d``, what is picked already; no rows if nothing is.
        seed: Of the sample of references.

    Raises:
        AcquisitionError: no candidates.
    """

    def __init__(self, points: Tensor, fixed: Tensor, *, seed: int) -> None:
        if len(points) == 0:
            raise AcquisitionError("There is no candidate to spread a batch over.", "Widen the pool.")
        generator = torch.Generator().manual_seed(seed)
        sample = torch.randperm(len(points), generator=generator)[:REFERENCES].sort().values
        references = points[sample]
        self._distances = torch.cdist(points, references)
        self._nearest = torch.full((len(references),), float(self._distances.max()), dtype=points.dtype)
        if len(fixed):
            self._nearest = torch.cdist(fixed, references).amin(dim=0)

    def gains(self) -> Tensor:
        """By how much the mean distance of the references to their nearest pick would fall, ``n``."""
        return torch.cat(
            [
                (self._nearest - part).clamp_min_(0.0).mean(dim=-1)
                for part in torch.split(self._distances, ROWS)
            ]
        )

    def take(self, place: int) -> None:
        """Count a candidate as picked."""
        self._nearest = torch.minimum(self._nearest, self._distances[place])


ROWS = 2048
"""Candidates compared at a time: no second matrix of the size of the distances is made."""
