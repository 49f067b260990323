"""What every surrogate can do, whoever wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from discovery.surrogate.features import Views
from discovery.surrogate.validation import LeaveOneOut


@dataclass(frozen=True, eq=False)
class Joint:
    """A joint normal belief about ``m`` polymers, in the property's unit.

    Args:
        mean: ``m``.
        covariance: ``m x m``, of the property itself, without the noise of measuring it.
        noise_variance: Of the next measurement, of one specimen, of any of them.
    """

    mean: Tensor
    covariance: Tensor
    noise_variance: float

    def __len__(self) -> int:
        return len(self.mean)


class Surrogate(Protocol):
    """A fitted model of one property. Values in and out are in the property's unit, tensors are float64."""

    @property
    def name(self) -> str:
        """Short name, as it stands in the ledger and in reports."""
        ...

    @property
    def views(self) -> int:
        """How many `Features` of the same polymers `joint` and `predict` take; 1 means a plain `Features`."""
        ...

    @property
    def size(self) -> int:
        """How many measurements it was fitted to."""
        ...

    def loo(self) -> LeaveOneOut:
        """Every measurement predicted from the others.

        Raises:
            SurrogateError: fewer than two measurements.
        """
        ...

    def joint(self, features: Views) -> Joint:
        """Belief about ``m`` polymers together, with ``m x m`` numbers: for shortlists, not for pools."""
        ...

    def predict(self, features: Views) -> tuple[Tensor, Tensor]:
        """Mean and predictive variance with noise, each ``m``, of every polymer alone: for pools."""
        ...
