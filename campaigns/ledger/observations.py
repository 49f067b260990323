"""Replicates pooled: one observation per polymer, with the standard error that the scatter of its measurements gives, or
the tightest of its limits where nothing but limits is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import fsum, sqrt
from typing import Protocol

from campaigns.ledger.measurements import Property
from discovery.polymers.repeat_unit import RepeatUnit
from discovery.surrogate.observations import Bound, Observation
from discovery.surrogate.scale import Scale


class Measured(Protocol):
    """A value with its standard error: a recorded measurement or a checked row."""

    @property
    def unit(self) -> RepeatUnit:
        """The polymer."""

    @property
    def value(self) -> float | None:
        """Measured value."""

    @property
    def sem(self) -> float | None:
        """Its standard error; None if not known."""

    @property
    def n(self) -> int:
        """Number of specimens behind the value."""

    @property
    def name(self) -> str:
        """What the scientist calls the polymer."""

    @property
    def bound(self) -> Bound:
        """Whether the value is only a limit."""


FAR_FROM_LIMIT = 2.0
"""Standard errors by which a pooled value may lie on the wrong side of a limit before the two contradict each other: 95 % of a
normal distribution."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Measurements of one polymer that cannot all hold.

    Args:
        unit: The polymer.
        name: What people call it; may be empty.
        limit: The limit that is passed over.
        bound: Where the property should lie from it.
        other: What it contradicts: the pooled value, or the opposite limit, which is passed over as well.
        other_bound: Empty for a value.
    """

    unit: RepeatUnit
    name: str
    limit: float
    bound: Bound
    other: float
    other_bound: Bound


def pool_replicates(measurements: Iterable[Measured], scale: Scale = Scale.LINEAR) -> list[Observation]:
    """One observation per polymer, ordered by the polymer's key: the order of ingestion has no part in what a
    round sees.

    **Values.** A measurement is the mean of its ``n`` specimens. With k measurements v_i of n_i specimens, the value is
    sum(n_i v_i) / sum(n_i), and its standard error the larger of two: from the scatter, sqrt(sum(n_i (v_i -
    mean)^2) / ((k - 1) sum(n_i))), for k of 2 or more; and from the given standard errors, sqrt(sum((n_i
    sem_i)^2)) / sum(n_i), if every measurement has one. Measurements that agree to the last digit say that
    the instrument rounds, not that there is no noise: with nothing else known, ``sem`` is None. On a logarithmic scale all of
    this is done with the logarithms, since errors are factors there: the value is the geometric mean, and its standard error
    what :meth:`~discovery.surrogate.scale.Scale.error_on` takes back to that of the logarithm.

    **Limits beside values** are passed over: one that holds says nothing that the values do not say better, and one that does
    not is a contradiction, which :func:`contradictions` tells.

    **Limits alone**: the tightest of those on one side, the highest ``above`` or the lowest ``below``. With limits on both
    sides the property lies in between: the observation is the middle on the scale, and its standard error that of a uniform
    distribution, the distance of the limits divided by sqrt(12). Limits that leave nothing in between contradict each other,
    and the polymer has no observation.

    Rows without a value are passed over. All rows are of one property and in one unit.

    Args:
        measurements: Of any number of polymers.
        scale: That the property is modelled on.

    Raises:
        SurrogateError: A value of zero or less on a logarithmic scale.
    """
    groups = _by_polymer(measurements)
    found = (_pooled(unit, groups[unit], scale) for unit in sorted(groups, key=lambda unit: unit.key))
    return [observation for observation in found if observation is not None]


def contradictions(measurements: Iterable[Measured], scale: Scale = Scale.LINEAR) -> list[Contradiction]:
    """Where limits are passed over because other measurements of the same polymer say otherwise, ordered by the polymer's key.

    A limit contradicts values whose pooled mean lies on its wrong side by more than :data:`FAR_FROM_LIMIT` standard errors (at
    all, where no error is known). Two opposite limits contradict each other where nothing is left between them.
    """
    groups = _by_polymer(measurements)
    return [
        told for unit in sorted(groups, key=lambda unit: unit.key) for told in _disputed(groups[unit], scale)
    ]


def observations_hash(
    observations: Mapping[str, Sequence[Observation]], properties: Sequence[Property]
) -> str:
    """Hash of what surrogates learn from, 32 hexadecimal characters; polymers' names have no part in it.

    Args:
        observations: Of each property, by its name.
        properties: In the order of the spec.
    """
    digest = blake2b(digest_size=16)
    for of in properties:
        digest.update(f"{of.name}\n{of.unit}\n".encode())
        for o in sorted(observations[of.name], key=lambda o: o.unit.key):
            # what a limit adds is left out of values, so that hashes of before there were limits hold
            bound = f" {o.bound}" if o.bound else ""
            digest.update(f"{o.unit.key} {o.value!r} {o.sem!r} {o.n}{bound}\n".encode())
    return digest.hexdigest()


def _by_polymer(measurements: Iterable[Measured]) -> dict[RepeatUnit, list[Measured]]:
    groups: dict[RepeatUnit, list[Measured]] = {}
    for measurement in measurements:
        if measurement.value is not None:
            groups.setdefault(measurement.unit, []).append(measurement)
    return groups


def _pooled(unit: RepeatUnit, rows: Sequence[Measured], scale: Scale) -> Observation | None:
    names = tuple(dict.fromkeys(row.name for row in rows if row.name))
    values = [row for row in rows if not row.bound]
    if values:
        if len(values) == 1:
            [row] = values
            return Observation(unit, _number(row), row.sem, row.n, names)
        mean, sem, n = _mean(values, scale)
        return _off(scale, unit, mean, sem, n, names)
    low, high = _limits(rows)
    n = sum(row.n for row in rows)
    if low is None or high is None:
        bound: Bound = "above" if high is None else "below"
        limit = low if high is None else high
        return None if limit is None else Observation(unit, limit, None, n, names, bound)
    if low >= high:
        return None
    low, high = scale.on(low), scale.on(high)
    return _off(scale, unit, (low + high) / 2, (high - low) / sqrt(12.0), n, names)


def _off(
    scale: Scale, unit: RepeatUnit, mean: float, sem: float | None, n: int, names: tuple[str, ...]
) -> Observation:
    """The observation of a mean and its error on the scale."""
    value = scale.off(mean)
    # error_on is linear in the error
    sem = None if sem is None else sem / scale.error_on(value, 1.0)
    return Observation(unit, value, sem, n, names)


def _number(row: Measured) -> float:
    if row.value is None:
        raise ValueError("a row without value among values")
    return row.value


def _limits(rows: Sequence[Measured]) -> tuple[float | None, float | None]:
    """The tightest lower and upper limit."""
    above = [_number(row) for row in rows if row.bound == "above"]
    below = [_number(row) for row in rows if row.bound == "below"]
    return max(above, default=None), min(below, default=None)


def _disputed(rows: Sequence[Measured], scale: Scale) -> list[Contradiction]:
    unit, name = rows[0].unit, next((row.name for row in rows if row.name), "")
    low, high = _limits(rows)
    values = [row for row in rows if not row.bound]
    if not values:
        if low is None or high is None or low < high:
            return []
        return [Contradiction(unit, name, low, "above", high, "below")]
    mean, sem, _ = _mean(values, scale)
    slack, value = FAR_FROM_LIMIT * (sem or 0.0), scale.off(mean)
    told = []
    if low is not None and mean + slack < scale.on(low):
        told.append(Contradiction(unit, name, low, "above", value, ""))
    if high is not None and mean - slack > scale.on(high):
        told.append(Contradiction(unit, name, high, "below", value, ""))
    return told


def _mean(rows: Sequence[Measured], scale: Scale) -> tuple[float, float | None, int]:
    """Mean and standard error of values on the scale, and their number of specimens."""
    values = [scale.on(_number(row)) for row in rows]
    weights = [row.n for row in rows]
    total = sum(weights)
    mean = values[0] if len(rows) == 1 else fsum(n * v for n, v in zip(weights, values, strict=True)) / total
    errors = []
    if len(rows) > 1:
        scatter = fsum(n * (v - mean) ** 2 for n, v in zip(weights, values, strict=True))
        errors.append(sqrt(scatter / ((len(rows) - 1) * total)))
    given = [scale.error_on(_number(row), row.sem) for row in rows if row.sem is not None]
    if len(given) == len(rows):
        errors.append(
            given[0]
            if len(rows) == 1
            else sqrt(fsum((n * s) ** 2 for n, s in zip(weights, given, strict=True))) / total
        )
    # Rounding of the mean itself is not scatter. The yardstick is the values': a diffusion coefficient in m2/s is a small number.
    sem = max(errors, default=0.0)
    known = sem > 1e-12 * max(map(abs, values))
    return mean, sem if known else None, total
