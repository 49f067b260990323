r"""What is best of several properties at once: the measured polymers that no other one beats in all of them.

The hypervolume is that between the front and a reference point; it grows with every polymer that joins the front [Zitzler1999]_.
Unless a point is given, it is inferred from what is measured: a tenth of the front's range below its worst corner in each
objective [Ishibuchi2011]_, and no better than the median of what is measured, so that a front of one or two polymers does not
shut out the rest. Measurements that all others speak against have no say in it where enough others remain.

.. [Ishibuchi2011]
    H. Ishibuchi, N. Akedo, Y. Nojima. A many-objective test problem for visually examining diversity maintenance behavior in a
    decision space. GECCO 2011.
.. [Zitzler1999]
    E. Zitzler, L. Thiele. Multiobjective evolutionary algorithms: a comparative case study and the strength Pareto approach. IEEE
    Transactions on Evolutionary Computation 3, 1999.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

import torch
from botorch.utils.multi_objective.box_decompositions.dominated import DominatedPartitioning
from botorch.utils.multi_objective.hypervolume import infer_reference_point
from botorch.utils.multi_objective.pareto import is_non_dominated
from torch import Tensor

from discovery.acquisition.breaking import breakers
from discovery.acquisition.objectives import AcquisitionError, Goal, Objective
from discovery.acquisition.pareto import Front
from discovery.acquisition.utility import assured
from discovery.surrogate.observations import Observation
from discovery.surrogate.scale import Scale


def front_of(
    observations: Mapping[str, Sequence[Observation]],
    goal: Goal,
    reference_point: Sequence[float] | None = None,
    *,
    suspects: Container[str] = (),
) -> Front | None:
    """The front of what is measured.

    A polymer counts where all driven properties are measured on it, and neither a measurement nor its structure says that it
    breaks a constraint. A limit counts as its bound where that is the good side, since the polymer is no worse than that; else
    the polymer does not count.

    Args:
        observations: Of each property, one per polymer.
        goal: What is wanted.
        reference_point: As :attr:`Front.reference_point` gives it, to compare rounds by; inferred where not given.
        suspects: Keys of polymers with a measurement that all others speak against, as for :func:`inferred_from`.

    Returns:
        ``None`` where fewer than two objectives are driven, or no polymer counts.

    Raises:
        AcquisitionError: a reference point of another number of objectives.
    """
    driven = goal.driven
    if len(driven) < 2:
        return None
    barred = breakers(goal.constraints, observations)
    measured = measured_utilities(observations, driven, barred)
    if not measured.keys:
        return None
    if reference_point is None:
        point, _ = inferred_from(measured, suspects)
    else:
        if len(reference_point) != len(driven):
            raise AcquisitionError(
                f"The reference point has {len(reference_point)} values for {len(driven)} objectives.",
                "Give one for each objective that is driven, in their order.",
            )
        point = _as_utilities(reference_point, driven)
    best = is_non_dominated(measured.utilities)
    rows = best.nonzero().squeeze(-1).tolist()
    return Front(
        names=tuple(o.name for o in driven),
        reference_point=tuple(_in_unit(o, u) for o, u in zip(driven, point.tolist(), strict=True)),
        hypervolume=hypervolume(measured.utilities[best], point),
        keys=tuple(measured.keys[row] for row in rows),
        values=tuple(measured.values[row] for row in rows),
    )


@dataclass(frozen=True, eq=False)
class Measured:
    """Polymers that all driven properties are measured on.

    Args:
        keys: ``n`` of them, in the order that they were measured.
        values: Of each, ``k`` values in the properties' units.
        utilities: ``n x k``, on the properties' scales.
    """

    keys: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    utilities: Tensor


def measured_utilities(
    observations: Mapping[str, Sequence[Observation]], driven: Sequence[Objective], barred: Container[str]
) -> Measured:
    """The polymers that count for a front, and what they are worth; those with a key that is ``barred`` do not."""
    worth: list[dict[str, tuple[float, float]]] = []
    for objective in driven:
        told = ((o, assured(objective, o)) for o in observations.get(objective.name, ()))
        worth.append({o.unit.key: (o.value, value) for o, value in told if value is not None})
    keys = [key for key in worth[0] if key not in barred and all(key in one for one in worth)]
    rows = [[one[key] for one in worth] for key in keys]
    utilities = torch.tensor([[worth for _, worth in row] for row in rows], dtype=torch.float64)
    return Measured(
        tuple(keys),
        tuple(tuple(value for value, _ in row) for row in rows),
        utilities.reshape(len(keys), len(worth)),
    )


FEWEST_TRUSTED = 5
"""Polymers that a reference point must have beside the suspect ones, for these to be left out."""


def inferred_from(measured: Measured, suspects: Container[str]) -> tuple[Tensor, tuple[str, ...]]:
    """The reference point, ``k`` utilities, of at least one polymer, and the keys of those that it was inferred without.

    Args:
        measured: What counts for the front.
        suspects: Keys of polymers with a measurement that all others speak against. One slip would move the point to where no
            polymer can be; they are left out where at least :data:`FEWEST_TRUSTED` others remain.
    """
    trusted = [row for row, key in enumerate(measured.keys) if key not in suspects]
    if len(trusted) < FEWEST_TRUSTED:
        return inferred_reference(measured.utilities), ()
    left_out = tuple(key for key in measured.keys if key in suspects)
    return inferred_reference(measured.utilities[trusted]), left_out


def inferred_reference(utilities: Tensor) -> Tensor:
    """The reference point, ``k`` utilities, of ``n x k`` measured ones, at least one."""
    inferred: Tensor = infer_reference_point(utilities[is_non_dominated(utilities)])
    return torch.minimum(inferred, utilities.quantile(0.5, dim=0))


def reference_in_words(driven: Sequence[Objective], point: Tensor, source: str) -> str:
    """A reference point, ``k`` utilities, and what it was inferred from, as a sentence for the user."""
    parts = []
    for objective, worth in zip(driven, point.tolist(), strict=True):
        unit = (
            "decades" if objective.scale is Scale.LOG and objective.direction == "target" else objective.unit
        )
        value = f"{_in_unit(objective, worth):.4g} {unit}".strip()
        off = " off its target" if objective.direction == "target" else ""
        parts.append(f"{objective.name} {value}{off}")
    return f"What a polymer has to beat to count for the front, inferred from {source}: {', '.join(parts)}."


def hypervolume(utilities: Tensor, point: Tensor) -> float:
    """What ``n x k`` utilities cover beyond a reference point of ``k``."""
    if len(utilities) == 0:
        return 0.0
    return float(DominatedPartitioning(ref_point=point, Y=utilities).compute_hypervolume())


def _as_utilities(point: Sequence[float], driven: Sequence[Objective]) -> Tensor:
    """A reference point in the properties' units as utilities."""
    utilities = [
        -value if o.direction == "target" else o.sign * o.scale.on(value)
        for o, value in zip(driven, point, strict=True)
    ]
    return torch.tensor(utilities, dtype=torch.float64)


def _in_unit(objective: Objective, worth: float) -> float:
    """A utility as :attr:`Front.reference_point` tells it."""
    return -worth if objective.direction == "target" else objective.scale.off(objective.sign * worth)
