"""What a campaign wants: properties and the way each should go, what must hold besides, and how several are weighed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from discovery.errors import DiscoveryError
from discovery.surrogate.scale import Scale

Direction = Literal["max", "min", "target", "observe"]
"""More is better, less is better, a value or range is wanted, or the property is only modelled, for constraints or for show."""

FIXED_COLUMNS = ("sa_score", "cost")
"""What is known of every candidate without measuring it; a constraint on one of these holds or does not."""


class AcquisitionError(DiscoveryError):
    """A batch that cannot be chosen: an objective that makes no sense, or nothing to choose from."""


@dataclass(frozen=True, slots=True)
class Objective:
    """One property, and which way it should go.

    Args:
        name: Of the property, as in the tables' column.
        direction: ``"max"``, ``"min"``, ``"target"`` or ``"observe"``.
        unit: Of its values; empty where it has none.
        low: Lower end of the wanted range, for a target, in the property's unit; positive on a logarithmic scale.
        high: Upper end of the wanted range, for a target; the same as ``low`` where one value is wanted.
        tolerance: How far outside the range the desirability has fallen from 1 to 0, for a target; in the property's unit, and on
            a logarithmic scale in decades.
        weight: Of this objective among several, where they are weighed.
        scale: That the property is modelled on.

    Raises:
        AcquisitionError: an empty name, another direction, a target without range or tolerance, or a weight that is not positive.
    """

    name: str
    direction: Direction
    unit: str = ""
    low: float | None = None
    high: float | None = None
    tolerance: float | None = None
    weight: float = 1.0
    scale: Scale = Scale.LINEAR

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise AcquisitionError("An objective has no name.", "Name the property's column.")
        if self.direction not in ("max", "min", "target", "observe"):
            raise AcquisitionError(
                f"The direction {self.direction!r} of {self.name} is unknown.",
                "Write max, min, target or observe.",
            )
        aimed = self.direction == "target"
        if aimed and (self.low is None or self.high is None or self.low > self.high):
            raise AcquisitionError(f"The target of {self.name} is no range.", "Give its lower and upper end.")
        if aimed and (self.tolerance is None or not self.tolerance > 0.0):
            raise AcquisitionError(
                f"The target of {self.name} has no tolerance.", "Say how far off is as bad as useless."
            )
        if aimed and self.scale is Scale.LOG and not (self.low or 0.0) > 0.0:
            raise AcquisitionError(
                f"The target of {self.name} has no logarithm.", "Give a positive range, or a linear scale."
            )
        if not (math.isfinite(self.weight) and self.weight > 0.0):
            raise AcquisitionError(f"The weight of {self.name} is not positive.", "Give a positive weight.")

    @property
    def sign(self) -> float:
        """``-1`` where less is better, else ``+1``: values of what is maximised or minimised, times this, are to be maximised."""
        return -1.0 if self.direction == "min" else 1.0


@dataclass(frozen=True, slots=True)
class Constraint:
    """What must hold of a property besides the objectives: it lies between ``low`` and ``high``, each of which may be missing.

    Args:
        name: Of a modelled property, or one of :data:`FIXED_COLUMNS`.
        low: Lowest allowed value in the property's unit, or ``None``.
        high: Highest allowed value, or ``None``.
        unit: Of both.
        text: As the user wrote it, such as ``tg > 400 K``.

    Raises:
        AcquisitionError: neither bound, or a lower one above the upper one.
    """

    name: str
    low: float | None = None
    high: float | None = None
    unit: str = ""
    text: str = ""

    def __post_init__(self) -> None:
        if self.low is None and self.high is None:
            raise AcquisitionError(f"The constraint on {self.name} has no bound.", "Write it as: tg > 400 K.")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise AcquisitionError(
                f"Nothing fulfils the constraint on {self.name}.", "Give a lower bound below the upper one."
            )

    @property
    def fixed(self) -> bool:
        """Whether it is decided without measuring."""
        return self.name in FIXED_COLUMNS

    def allows(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which of ``n`` values in the property's unit lie within the bounds; what is not a number does not."""
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        allowed: NDArray[np.bool_] = (values >= low) & (values <= high)
        return allowed

    @property
    def label(self) -> str:
        """As the user wrote it, or what he might have written."""
        if self.text:
            return self.text
        low = "" if self.low is None else f"{self.low:g} <= "
        high = "" if self.high is None else f" <= {self.high:g}"
        return f"{low}{self.name}{high} {self.unit}".strip()


@dataclass(frozen=True, slots=True)
class Goal:
    """All that a campaign wants.

    Args:
        objectives: Every modelled property, each name once; at least one of them is driven.
        constraints: What must hold besides; each on a modelled property or a fixed column.
        combine: How several driven objectives are weighed: by their Pareto front (expected hypervolume improvement), or by the
            weighted sum of what each is worth.

    Raises:
        AcquisitionError: a name twice, nothing driven, or a constraint on a property that is not modelled.
    """

    objectives: tuple[Objective, ...]
    constraints: tuple[Constraint, ...] = ()
    combine: Literal["pareto", "weights"] = "pareto"

    def __post_init__(self) -> None:
        names = [objective.name for objective in self.objectives]
        if len(set(names)) < len(names):
            raise AcquisitionError("A property is named by two objectives.", "Name each once.")
        if not self.driven:
            raise AcquisitionError(
                "No property is to be improved.", "Give one a direction: max, min or target."
            )
        for constraint in self.constraints:
            if not constraint.fixed and constraint.name not in names:
                raise AcquisitionError(
                    f"The constraint on {constraint.name} is on a property that is not modelled.",
                    "Add it to the objectives with the direction observe.",
                )

    @classmethod
    def of(cls, objective: Objective) -> Goal:
        """One property and nothing else."""
        return cls((objective,))

    @property
    def driven(self) -> tuple[Objective, ...]:
        """The objectives that are to be improved."""
        return tuple(o for o in self.objectives if o.direction != "observe")

    @property
    def single(self) -> bool:
        """Whether one property alone is maximised or minimised."""
        return len(self.driven) == 1 and self.driven[0].direction in ("max", "min")
