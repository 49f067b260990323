"""Which measured polymers are known to break a constraint. It loads no torch: the status of a campaign asks too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import compress

import numpy as np

from discovery.acquisition.objectives import Constraint
from discovery.polymers.accessibility import sa_score
from discovery.surrogate.observations import Observation


def known_to_break(constraint: Constraint, observation: Observation) -> bool:
    """Whether a measurement says that the polymer does not fulfil a constraint, as far as its value or limit tells."""
    value = observation.value
    if observation.bound != "below" and constraint.high is not None and value > constraint.high:
        return True
    return observation.bound != "above" and constraint.low is not None and value < constraint.low


def breakers(
    constraints: Sequence[Constraint], observations: Mapping[str, Sequence[Observation]]
) -> frozenset[str]:
    """Keys of the measured polymers that are known to break a constraint, by a measurement or by their structure."""
    measured = frozenset(
        o.unit.key
        for constraint in constraints
        for o in observations.get(constraint.name, ())
        if known_to_break(constraint, o)
    )
    return measured | breakers_by_structure(constraints, observations)


def breakers_by_structure(
    constraints: Sequence[Constraint], observations: Mapping[str, Sequence[Observation]]
) -> frozenset[str]:
    """Keys of the measured polymers that break a constraint by their structure alone.

    A constraint on the cost holds nothing against what is made already.
    """
    on_structure = [constraint for constraint in constraints if constraint.name == "sa_score"]
    if not on_structure:
        return frozenset()
    units = {o.unit.key: o.unit for given in observations.values() for o in given}
    scores = np.array([sa_score(unit) for unit in units.values()])
    broken = [~constraint.allows(scores) for constraint in on_structure]
    return frozenset(compress(units, np.any(broken, axis=0)))
