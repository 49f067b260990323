"""What a ranking is ordered by, in words."""

from __future__ import annotations

from discovery.acquisition.aim import Aim


def order_in_words(aim: Aim, *, feasible: bool) -> str:
    """What the candidates are ordered by (:meth:`discovery.acquisition.aim.Aim.standing`), in one sentence.

    Args:
        aim: What is gone after.
        feasible: Whether the chance that a candidate can be made counts.
    """
    names = " and ".join(objective.name for objective in aim.driven)
    chances = [
        *(
            ["constraints hold" if len(aim.constraints) > 1 else "the constraint holds"]
            if aim.constraints
            else []
        ),
        *(["it can be made"] if feasible else []),
    ]
    if not chances and aim.plain:
        return f"Ordered by the predicted {names}."
    if not chances:
        return f"Ordered by the score, the higher the better: {_merit(aim, names)}."
    if aim.plain:
        excess = f"the predicted {names} goes beyond the best measured{_within(aim)}, in standard deviations"
    elif len(aim.driven) == 1:
        excess = f"{_merit(aim, names)} goes beyond the best measured{_within(aim)}"
    else:
        excess = (
            f"{_merit(aim, names)} goes beyond what the best measured{_within(aim)} of each would add up to"
        )
    return (
        f"Ordered by the score, the higher the better: the natural logarithm of how far {excess}, smoothed so that it never "
        f"falls to zero, times the chance that {' and that '.join(chances)}."
    )


def _merit(aim: Aim, names: str) -> str:
    """What a candidate is worth, as :class:`discovery.acquisition.aim.Merit` has it."""
    targets = [objective.name for objective in aim.driven if objective.direction == "target"]
    if len(aim.driven) == 1:
        return f"minus the distance of the predicted {names} from what is wanted, in tolerances"
    less = [objective.name for objective in aim.driven if objective.direction == "min"]
    asides = [
        *([f"{' and '.join(less)} counted negative"] if less else []),
        *(
            [f"of {' and '.join(targets)} minus the distance from what is wanted, in tolerances"]
            if targets
            else []
        ),
    ]
    of = f" ({'; '.join(asides)})" if asides else ""
    return (
        f"the weighted mean of the predicted {names}, each in standard deviations of its measured values{of}"
    )


def _within(aim: Aim) -> str:
    return " within the constraints" if aim.held_to_constraints else ""
