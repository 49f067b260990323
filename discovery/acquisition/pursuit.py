"""What a round goes after, and the surrogates that it goes by.

A property with too few measurements has no model. It cannot steer a round; it is named in a note, and the round goes after the
others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from discovery.acquisition.aim import Aim
from discovery.acquisition.objectives import Goal
from discovery.surrogate.learned import Learned, NotLearned
from discovery.surrogate.observations import Observation


@dataclass(frozen=True, eq=False)
class Pursuit:
    """The learned part of a goal.

    Args:
        aim: What is gone after.
        models: The surrogates that decide, by property, in the goal's order: those of driven and of constrained properties.
        shown: Surrogates of properties that are only observed.
        notes: What of the goal plays no part, in sentences.
    """

    aim: Aim
    models: Mapping[str, Learned]
    shown: Mapping[str, Learned]
    notes: tuple[str, ...]

    @classmethod
    def of(
        cls,
        goal: Goal,
        learned: Mapping[str, Learned | NotLearned],
        measured: Mapping[str, Sequence[Observation]] | None = None,
    ) -> Pursuit | None:
        """What of a goal can be gone after; ``None`` where no driven objective is learned. All that is ``measured`` tells who
        breaks a constraint, by default what models were learned from.
        """
        found = {name: one for name, one in learned.items() if isinstance(one, Learned)}
        if not any(o.name in found for o in goal.driven):
            return None
        aim = Aim.of(goal, {name: one.measured for name, one in found.items()}, measured)
        models = {name: found[name] for name in aim.decisive}
        shown = {name: one for name, one in found.items() if name not in models}
        return cls(aim, models, shown, tuple(_untold(goal, learned)))

    @property
    def skilful(self) -> bool:
        """Whether a model of something that is driven predicts better than the mean does."""
        return any(self.models[o.name].decision.skilful for o in self.aim.driven)


def _untold(goal: Goal, learned: Mapping[str, Learned | NotLearned]) -> list[str]:
    """What plays no part since nothing is learned of it."""
    notes = []
    for objective in goal.objectives:
        found = learned[objective.name]
        if not isinstance(found, NotLearned):
            continue
        concerned = [c.label for c in goal.constraints if c.name == objective.name]
        part = "it plays no part in this batch"
        if concerned:
            part = f"{' and '.join(concerned)} cannot be judged, and {part}"
        notes.append(f"No model of {objective.name} yet ({found.reason}): {part}.")
    return notes
