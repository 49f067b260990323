"""Columns of physics estimates in our tables: ``physics_density [g/cm3]``, told from what is measured or predicted by the name.

Nothing is read back from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from discovery.physics import Estimates

PREFIX = "physics_"
"""What the name of every such column begins with."""


def estimate_title(name: str, unit: str | None = None) -> str:
    """Title of the column of a property of :data:`discovery.physics.PROPERTIES`, by default in its own unit."""
    from discovery.physics import PROPERTIES

    unit = PROPERTIES[name].unit if unit is None else unit
    return f"{PREFIX}{name} [{unit}]" if unit else f"{PREFIX}{name}"


def titles_of(estimates: Estimates | None) -> list[str]:
    """Titles of the columns of estimates, in the units that these are in."""
    if estimates is None:
        return []
    return [estimate_title(*told) for told in zip(estimates.properties, estimates.units, strict=True)]


def estimate_titles(titles: Sequence[str]) -> list[str]:
    """Those of a table's titles that are such columns."""
    return [title for title in titles if title.startswith(PREFIX)]


def spoken(title: str) -> tuple[str, str]:
    """What such a column holds, as people read it, and its unit: ``("limiting oxygen index", "percent")``."""
    name, _, unit = title.removeprefix(PREFIX).partition(" [")
    return name.replace("_", " "), unit.removesuffix("]")


def estimate_cells(estimates: Estimates | None, row: int) -> list[str]:
    """The cells of one polymer, to four figures; empty where a property has no estimate."""
    if estimates is None:
        return []
    return ["" if value != value else f"{value:.4g}" for value in estimates.values[row].tolist()]
