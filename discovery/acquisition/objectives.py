"""What a campaign wants: a property and the direction in which it should go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from discovery.errors import DiscoveryError

if TYPE_CHECKING:
    from torch import Tensor

Direction = Literal["max", "min"]


class AcquisitionError(DiscoveryError):
    """A batch that cannot be chosen: an objective that makes no sense, or nothing to choose from."""


@dataclass(frozen=True, slots=True)
class Objective:
    """One property to drive.

    Args:
        name: Of the property, as in the tables' column.
        direction: ``"max"`` or ``"min"``.
        unit: Of its values; empty where it has none.

    Raises:
        AcquisitionError: an empty name, or another direction.
    """

    name: str
    direction: Direction
    unit: str = ""

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise AcquisitionError("An objective has no name.", "Name the property's column.")
        if self.direction not in ("max", "min"):
            raise AcquisitionError(
                f"The direction {self.direction!r} of {self.name} is unknown.", "Write max or min."
            )

    @property
    def sign(self) -> float:
        """``+1`` where more is better, ``-1`` where less is: values times this are to be maximised."""
        return 1.0 if self.direction == "max" else -1.0

    def best(self, values: Tensor) -> int:
        """Position of the best of ``n`` values; the first of several equal ones."""
        return int((self.sign * values).argmax())
