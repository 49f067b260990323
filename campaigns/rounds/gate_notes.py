"""What the gate has to say to everybody who reads a prediction, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from discovery.surrogate.learned import Learned, NotLearned, Outlier

NAMED = 5
"""Outliers that a note calls by name; of more it gives the number, and the report names all."""


def gate_notes(learned: Mapping[str, Learned | NotLearned]) -> tuple[str, ...]:
    """A warning for each property whose model has not shown that it predicts anything; nothing otherwise.

    Args:
        learned: Of each property, by its name; of those without a model the plan itself tells.
    """
    several = len(learned) > 1
    return tuple(
        f"Read the predictions{f' of {name}' if several else ''} as guesses: left-one-out, no model predicts the measured "
        "polymers better than their mean does."
        for name, found in learned.items()
        if isinstance(found, Learned) and not found.decision.skilful
    )


def outlier_notes(learned: Mapping[str, Learned | NotLearned]) -> tuple[str, ...]:
    """The measurements of each property that all others speak against, with the question whether they hold."""
    return tuple(
        f"{name}, measure again? {_outliers_in_words(found.outliers)}"
        for name, found in learned.items()
        if isinstance(found, Learned) and found.outliers
    )


def _outliers_in_words(outliers: Sequence[Outlier]) -> str:
    told = [
        f"{o.observation.name or o.observation.unit.psmiles} ({o.observation.value:.4g}, where the others say {o.expected:.4g})"
        for o in outliers[:NAMED]
    ]
    more = f" and {len(outliers) - NAMED} more" if len(outliers) > NAMED else ""
    return f"{', '.join(told)}{more}."
