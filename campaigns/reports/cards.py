"""A card: one finding with its words, its table and its figures, which any front end can show.

Cards hold display-ready values: the headings of a frame are what the reader sees, and text cells are already
rounded. Figures are matplotlib figures, so that a page can embed them as vectors and a notebook can show them
as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from campaigns.spec import Direction, ObjectiveSpec


@dataclass(frozen=True)
class Goal:
    """The property that a campaign is after.

    Args:
        name: As in the user's tables.
        direction: ``max`` or ``min``.
        unit: Empty for a number without one.
    """

    name: str
    direction: Direction
    unit: str = ""

    @classmethod
    def of(cls, objective: ObjectiveSpec) -> Goal:
        """The goal that a campaign's spec states."""
        return cls(objective.name, objective.direction, objective.unit)

    @property
    def label(self) -> str:
        """Name and unit, as on an axis: ``tg (K)``."""
        return f"{self.name} ({self.unit})" if self.unit else self.name

    @property
    def sentence(self) -> str:
        """What is wanted, in words."""
        return f"{'highest' if self.direction == 'max' else 'lowest'} {self.label}"

    def best_index(self, values: pd.Series[float]) -> int:
        """The position of the best value; ties go to the first."""
        return int(values.argmax() if self.direction == "max" else values.argmin())

    def running_best(self, values: pd.Series[float]) -> pd.Series[float]:
        """The best value up to and including each one."""
        return values.cummax() if self.direction == "max" else values.cummin()


@dataclass(frozen=True)
class Card:
    """One finding.

    Args:
        title: A few words.
        text: Paragraphs, separated by empty lines; plain text.
        facts: Short pairs of a label and a value, to be read at a glance.
        frame: A table whose headings and cells are ready to be read; numeric columns are aligned to the
            right.
        structures: The column of ``frame`` that holds PSMILES; a front end that can draw puts the structure
            beside it.
        figures: Shown side by side where there is room.
        captions: What each figure shows, for those who cannot see it; one for each figure.
    """

    title: str
    text: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    frame: pd.DataFrame | None = None
    structures: str | None = None
    figures: tuple[Figure, ...] = ()
    captions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.captions) != len(self.figures):
            raise ValueError(f"{len(self.figures)} figures need as many captions, not {len(self.captions)}")
        if self.structures is not None and (self.frame is None or self.structures not in self.frame.columns):
            raise ValueError(f"the frame has no column {self.structures!r} to draw structures from")

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The text, paragraph by paragraph."""
        return tuple(part.strip() for part in self.text.split("\n\n") if part.strip())
