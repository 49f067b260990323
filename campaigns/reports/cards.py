"""A card: one finding with its words, its table and its figures, which any front end can show.

Cards hold display-ready values: the headings of a frame are what the reader sees, and text cells are already
rounded. Figures are matplotlib figures, so that a page can embed them as vectors and a notebook can show them
as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure


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
