"""How the bundled encoders were trained, in the numbers that options change: for help texts, without loading any library.

The settings themselves stand with each run (``TextTraining``, ``GeometryTraining``, ``Alignment``); a test holds these to them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usual:
    """Defaults of one training run."""

    steps: int
    batch: int
    learning_rate: float
    save_every: int
    polymers: int = 0
    """Drawn from the corpus; 0 for a run that reads all of it."""
    vocabulary: int = 0
    """Of the text encoder alone."""


TEXT = Usual(steps=3000, batch=96, learning_rate=1e-3, save_every=200, vocabulary=512)
GEOMETRY = Usual(steps=6000, batch=32, learning_rate=6e-4, save_every=200, polymers=16_000)
ALIGN = Usual(steps=600, batch=256, learning_rate=2e-3, save_every=100, polymers=12_000)
