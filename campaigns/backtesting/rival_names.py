"""Names of the strategies that a replay holds against each other.

``gate`` is what a campaign does: all members are fitted and the leave-one-out scores choose. ``frozen`` and ``tanimoto`` are its
members alone: the Gaussian process on the frozen latent, and on fingerprints. ``projection``, ``encoder`` and ``both`` are that
on the latent refined at one depth, whether or not it pays; while too little is measured for it, the frozen latent stands in.
Shortlist and acquisition are the same. ``random`` takes what comes.
"""

from __future__ import annotations

GATE, FROZEN, TANIMOTO, RANDOM = "gate", "frozen", "tanimoto", "random"

REFINED = ("projection", "encoder", "both")
"""The depths of refinement, by the names that the gate's members have."""

RIVALS = (GATE, "both", "encoder", "projection", FROZEN, TANIMOTO, RANDOM)
"""All names, the costliest first, so that no process is left alone with it at the end of a replay."""

USUAL = (GATE, FROZEN, TANIMOTO, RANDOM)
"""Those of a backtest that names none: a depth alone costs as much again as the gate, which fits it anyway."""
