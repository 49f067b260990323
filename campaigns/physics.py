"""Physics estimates in a campaign: as the prior mean of its objective, and as columns beside its proposals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from campaigns.units import line_between, parse_unit

if TYPE_CHECKING:
    import pandas as pd

    from campaigns.spec import ObjectiveSpec
    from discovery.encoders.store import EmbeddingStore
    from discovery.physics import Estimates
    from discovery.polymers import RepeatUnit
    from discovery.surrogate.prior import PriorMean


def prior_of(objective: ObjectiveSpec, store: EmbeddingStore) -> PriorMean | None:
    """The prior mean that an objective names, in its unit; ``None`` where it names none.

    Args:
        objective: Of a spec, so that its prior mean is known to exist and to fit its unit.
        store: Where estimates are kept.
    """
    if objective.prior_mean is None:
        return None
    from discovery.encoders.physics import PhysicsEncoder, PhysicsPrior

    encoder = PhysicsEncoder(objective.prior_mean.partition(":")[2])
    zero, slope = line_between(encoder.property.unit, objective.unit)
    return PhysicsPrior(encoder, store, zero=zero, slope=slope)


def estimates_of(
    units: Sequence[RepeatUnit], names: Sequence[str], properties: Sequence[ObjectiveSpec] = ()
) -> Estimates | None:
    """Estimates to stand beside polymers; ``None`` where no property is asked for.

    Args:
        units: The polymers.
        names: From :data:`discovery.physics.PROPERTIES`.
        properties: Of the campaign; the estimate of one of them, by its name or its prior mean, comes in its unit.
    """
    if not names:
        return None
    from discovery.physics import estimate

    found = estimate(units, names)
    for told in properties:
        found = _in_unit_of(found, told)
    return found


def _in_unit_of(found: Estimates, objective: ObjectiveSpec) -> Estimates:
    own = {objective.name.casefold(), (objective.prior_mean or "").partition(":")[2]}
    values, told = found.values.copy(), list(found.units)
    for column, name in enumerate(found.properties):
        same = parse_unit(told[column]).dimensionality == parse_unit(objective.unit).dimensionality
        if name in own and same:
            zero, slope = line_between(told[column], objective.unit)
            values[:, column] = zero + slope * values[:, column]
            told[column] = objective.unit
    return replace(found, values=values, units=tuple(told))


def with_estimates(frame: pd.DataFrame, estimates: Estimates | None) -> pd.DataFrame:
    """A frame of polymers with a column for each estimated property, before what is said of each polymer in words.

    Args:
        frame: One row for each polymer that was estimated, with a column ``reason``.
        estimates: In the same order; ``None`` leaves the frame as it is.
    """
    if estimates is None:
        return frame
    from campaigns.tables.estimated import titles_of

    at = frame.columns.get_loc("reason")
    wide = frame.copy()
    for column, title in enumerate(titles_of(estimates)):
        wide.insert(int(at) + column, title, estimates.values[:, column])  # type: ignore[arg-type]
    return wide
