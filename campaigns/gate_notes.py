"""What the gate has to say to everybody who reads a prediction, in sentences."""

from __future__ import annotations

from discovery.surrogate.learning import Learned, NotLearned


def gate_notes(learned: Learned | NotLearned) -> tuple[str, ...]:
    """A warning where no model has shown that it predicts anything; nothing otherwise."""
    if isinstance(learned, NotLearned) or learned.decision.skilful:
        return ()
    return (
        "Read the predictions as guesses: left-one-out, no model predicts the measured polymers better than their mean does.",
    )
