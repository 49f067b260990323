"""What the gate has to say to everybody who reads a prediction, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from campaigns.reports.wording import counted
from discovery.latent.refinement import RefinementSkipped
from discovery.surrogate.gate import paired_difference
from discovery.surrogate.learned import Learned, NotLearned, Outlier
from discovery.surrogate.multitask import NAME as MULTITASK
from discovery.surrogate.prior import without_prior

ADOPTED = "adopted"
"""The member on an adapter that another campaign trained."""

NAMED = 5
"""Outliers that a note calls by name; of more it gives the number, and the report names all."""


def gate_notes(learned: Mapping[str, Learned | NotLearned]) -> tuple[str, ...]:
    """A warning for each property whose model has not shown that it predicts anything; nothing otherwise.

    Args:
        learned: Of each property, by its name; of those without a model the plan itself tells.
    """
    several = len(learned) > 1
    return tuple(
        f"Read the predictions{f' of {name}' if several else ''} as guesses: left out one by one, no model predicts the measured "
        "polymers better than their mean does."
        for name, found in learned.items()
        if isinstance(found, Learned) and not found.decision.skilful
    )


def outlier_notes(learned: Mapping[str, Learned | NotLearned]) -> tuple[str, ...]:
    """The measurements of each property that all others speak against, with the question whether they hold."""
    return tuple(
        f"{name}, measure again? {_outliers_in_words(found.outliers)}{'' if found.robust else _cure(name)}"
        for name, found in learned.items()
        if isinstance(found, Learned) and found.outliers
    )


def _cure(name: str) -> str:
    return (
        f" Until then the model of {name} learns from what is there; with robust = true on its objective in campaign.toml (one "
        "that observes it, where there is none), it believes such values less."
    )


def source_notes(
    learned: Mapping[str, Learned | NotLearned], declared: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """Whether the sources of each property were used, and why; of other properties it is said only where they were.

    Args:
        learned: Of each property, by its name.
        declared: Names of the sources that the spec gives to each property.
    """
    told = []
    for name, found in learned.items():
        if not isinstance(found, Learned):
            continue
        named = declared.get(name, ())
        if found.sources is None:
            if named:
                told.append(
                    f"{_listed(named)}: not used for {name} this round, because too few measured polymers "
                    "can be read by both encoders."
                )
            continue
        values = {
            n: len(task.polymers) for n, task in zip(found.sources.names, found.sources.tasks, strict=True)
        }
        own = [f"{n} ({counted(values[n], 'value')})" for n in named if n in values]
        others = [n for n in values if n not in named]
        used = found.decision.chosen == MULTITASK
        besides = f" (and with {_listed(others)})" if others and used else ""
        if own:
            verdict = "used" if used else "not used"
            told.append(
                f"{_listed(own)}: learned together with {name}{besides}, {verdict} this round, because {_why(found)}."
            )
        elif others and used:
            told.append(
                f"{name} is learned together with {_listed(others)} this round, because {_why(found)}."
            )
    return tuple(told)


def adopted_notes(learned: Mapping[str, Learned | NotLearned], origin: str) -> tuple[str, ...]:
    """Whether an adapter that another campaign trained was used for each property, and why; nothing without one.

    Args:
        learned: Of each property, by its name.
        origin: Where the adapter came from, in words; empty without one.
    """
    told = []
    for name, found in learned.items():
        if not isinstance(found, Learned) or not origin:
            continue
        adapted = found.refinements.get(ADOPTED, RefinementSkipped("no model reads the latent"))
        if isinstance(adapted, RefinementSkipped):
            told.append(f"The adapter from {origin} could not be tried for {name}: {adapted.reason}.")
            continue
        used = without_prior(found.decision.chosen) == ADOPTED
        told.append(
            f"The adapter from {origin} is {'used' if used else 'not used'} for {name}, because {_why(found, ADOPTED)}."
        )
    return tuple(told)


def _why(found: Learned, member: str = MULTITASK) -> str:
    """What the gate's decision about a member that brings more than the measurements rests on."""
    own = {name: loo for name, loo in found.loo.items() if without_prior(name) == member}
    rivals = {name: loo for name, loo in found.loo.items() if name not in own}
    if not found.decision.scores or not own or not rivals:
        return "too little is measured to compare models with and without"
    if set(own) <= set(found.decision.barred):
        return "without it the latent predicts nothing yet that an adapter could make better"
    used = found.decision.chosen in own
    ours = found.decision.chosen if used else max(own, key=lambda name: own[name].log_score)
    rival = max(rivals, key=lambda name: rivals[name].log_score) if used else found.decision.chosen
    lead, error = paired_difference(own[ours].log_scores, rivals[rival].log_scores)
    verb = "predicts" if used else "does not predict"
    return (
        f"that model {verb} left-out polymers clearly better than without (log score {lead:+.3g} per polymer, "
        f"standard error {error:.2g})"
    )


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _outliers_in_words(outliers: Sequence[Outlier]) -> str:
    told = [
        f"{o.observation.name or o.observation.unit.psmiles} ({o.observation.value:.4g}, where the others say {o.expected:.4g})"
        for o in outliers[:NAMED]
    ]
    more = f" and {len(outliers) - NAMED} more" if len(outliers) > NAMED else ""
    return f"{', '.join(told)}{more}."
