"""Names of the strategies that a replay holds against each other.

``gate`` is what a campaign does: all members are fitted and the leave-one-out scores choose. ``refined``, ``frozen`` and
``tanimoto`` are its members alone: the Gaussian process on the refined latent, on the frozen one, on fingerprints; shortlist and
acquisition are the same. ``random`` takes what comes.
"""

from __future__ import annotations

GATE, REFINED, FROZEN, TANIMOTO, RANDOM = "gate", "refined", "frozen", "tanimoto", "random"

RIVALS = (GATE, REFINED, FROZEN, TANIMOTO, RANDOM)
"""All names, the costliest first, so that no process is left alone with it at the end of a replay."""

USUAL = (GATE, FROZEN, TANIMOTO, RANDOM)
"""Those of a backtest that names none: ``refined`` costs as much again as the gate, which fits it anyway."""
