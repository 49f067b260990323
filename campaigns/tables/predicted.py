"""What the columns of predictions are called: ``mean``, ``lower``, ``upper`` where one property is modelled, and with the
property's name where there are several; in data frames, in the form, and in whatever is shown of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from campaigns.ledger.measurements import Property

CHANCE = "chance that "
"""What the title of a column with the probability of a constraint begins with."""


@dataclass(frozen=True, slots=True)
class PredictedColumns:
    """Titles of the columns that say what is predicted of one property."""

    mean: str
    """The median, for a property on a logarithmic scale."""
    lower: str
    """95 % of new measurements are expected between this and ``upper``."""
    upper: str

    @property
    def titles(self) -> tuple[str, str, str]:
        """All three, in order."""
        return self.mean, self.lower, self.upper


def predicted_columns(properties: Sequence[Property]) -> Mapping[str, PredictedColumns]:
    """Of a data frame, by the property's name."""
    if len(properties) == 1:
        return {properties[0].name: PredictedColumns("mean", "lower", "upper")}
    return {
        p.name: PredictedColumns(*(f"{p.name}_{w}" for w in ("mean", "lower", "upper"))) for p in properties
    }


def predicted_titles(properties: Sequence[Property]) -> list[str]:
    """Of the form, where a unit stands beside each predicted value."""
    titles = []
    for p in properties:
        one = "" if len(properties) == 1 else f"{p.name}_"
        bounds = [f"{one}lower_95", f"{one}upper_95"]
        unit = f" [{p.unit}]" if p.unit else ""
        titles += [f"{p.name}_predicted{unit}", *(f"{b}{unit if one else ''}" for b in bounds)]
    return titles


def chance_title(constraint: str) -> str:
    """Title of the column with the probability of a constraint, such as ``chance that tg > 400 K``.

    Brackets would be read as a unit; a constraint has none.
    """
    return f"{CHANCE}{constraint}"
