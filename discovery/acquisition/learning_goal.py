"""The surrogates of a goal: one set for each of its properties, and what is to be said of those that there are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from discovery.acquisition.objectives import Goal, Objective
from discovery.acquisition.plan import Modelling
from discovery.latent.representation import Representation
from discovery.progress import Progress, silent
from discovery.surrogate.deciding import TRUSTED
from discovery.surrogate.learned import Learned, NotLearned
from discovery.surrogate.learning import MEMBERS, Refining, learn_together
from discovery.surrogate.legible import Asked
from discovery.surrogate.observations import MINIMUM_POLYMERS, Observation
from discovery.surrogate.sources import Source

MOST_SHARED = 300
"""Measurements of another property up to which it is tried as a source: the fit takes the cube of all rows."""


def learn_goal(
    observations: Mapping[str, Sequence[Observation]],
    goal: Goal,
    representation: Representation,
    *,
    seed: int,
    members: Sequence[str] = MEMBERS,
    modelling: Mapping[str, Modelling] | None = None,
    refining: Refining | None = None,
    progress: Progress = silent,
) -> dict[str, Learned | NotLearned]:
    """One set of surrogates for each property of a goal, by its name; adapters are shared.

    Args:
        observations: What is measured of each property, one per polymer.
        goal: Its objectives are all that is modelled.
        representation: Encoders, fusion and store.
        seed: Of the fits and of the refinements.
        members: Of :data:`discovery.surrogate.learning.ALL_MEMBERS`.
        modelling: How each property is learned, by its name.
        refining: How the latent is refined.
        progress: Told of every long step.

    Raises:
        SurrogateError, EncodingError, WeightsError: From the floors below.
    """
    asked = {}
    for objective in goal.objectives:
        how = (modelling or {}).get(objective.name, Modelling())
        # the multi-task member extends the frozen latent's, and stands beside it alone
        others = _others(objective, goal, observations) if TRUSTED in members else []
        asked[objective.name] = Asked(
            observations.get(objective.name, ()),
            objective.scale,
            how.robust,
            how.prior,
            (*how.sources, *others),
        )
    return learn_together(
        asked, representation, seed=seed, members=members, refining=refining, progress=progress
    )


def _others(
    objective: Objective, goal: Goal, observations: Mapping[str, Sequence[Observation]]
) -> list[Source]:
    """The other properties of a goal as sources of one: what is measured of them may tell of it, and the gate decides."""
    found = []
    for other in goal.objectives:
        told = tuple(observations.get(other.name, ()))
        if other.name != objective.name and MINIMUM_POLYMERS <= len(told) <= MOST_SHARED:
            found.append(Source(other.name, told, other.scale))
    return found


def learning_notes(learned: Mapping[str, Learned | NotLearned]) -> list[str]:
    """What learning has to say; of several properties with the name before it."""
    several = len(learned) > 1
    return [
        f"{name}: {note}" if several else note
        for name, one in learned.items()
        if isinstance(one, Learned)
        for note in one.notes
    ]


def why_not_learned(goal: Goal, learned: Mapping[str, Learned | NotLearned]) -> str:
    """Why nothing that is driven has a model."""
    reasons = {o.name: one.reason for o in goal.driven if isinstance(one := learned[o.name], NotLearned)}
    if len(goal.objectives) == 1:
        return next(iter(reasons.values()))
    return "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
