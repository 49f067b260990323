"""Replicates pooled: one observation per polymer, with the standard error that the scatter of its
measurements gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from math import fsum, sqrt
from typing import Protocol

from campaigns.ledger.records import Property
from discovery.polymers.repeat_unit import RepeatUnit
from discovery.surrogate.observations import Observation


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


def pool_replicates(measurements: Iterable[Measured]) -> list[Observation]:
    """One observation per polymer, ordered by the polymer's key: the order of ingestion has no part in what a
    round sees.

    A measurement is the mean of its ``n`` specimens. With k measurements v_i of n_i specimens, the value is
    sum(n_i v_i) / sum(n_i), and its standard error the larger of two: from the scatter, sqrt(sum(n_i (v_i -
    mean)^2) / ((k - 1) sum(n_i))), for k of 2 or more; and from the given standard errors, sqrt(sum((n_i
    sem_i)^2)) / sum(n_i), if every measurement has one. Measurements that agree to the last digit say that
    the instrument rounds, not that there is no noise: with nothing else known, ``sem`` is None. Rows without
    a value are passed over.
    """
    groups: dict[RepeatUnit, list[Measured]] = {}
    for measurement in measurements:
        if measurement.value is not None:
            groups.setdefault(measurement.unit, []).append(measurement)
    return [_pooled(unit, groups[unit]) for unit in sorted(groups, key=lambda unit: unit.key)]


def observations_hash(observations: Sequence[Observation], objective: Property) -> str:
    """Hash of what a surrogate learns from, 32 hexadecimal characters; polymers' names have no part in it."""
    digest = blake2b(f"{objective.name}\n{objective.unit}\n".encode(), digest_size=16)
    for o in sorted(observations, key=lambda o: o.unit.key):
        digest.update(f"{o.unit.key} {o.value!r} {o.sem!r} {o.n}\n".encode())
    return digest.hexdigest()


def _pooled(unit: RepeatUnit, rows: Sequence[Measured]) -> Observation:
    values = [row.value for row in rows if row.value is not None]
    weights = [row.n for row in rows]
    total = sum(weights)
    mean = values[0] if len(rows) == 1 else fsum(n * v for n, v in zip(weights, values, strict=True)) / total
    errors = []
    if len(rows) > 1:
        scatter = fsum(n * (v - mean) ** 2 for n, v in zip(weights, values, strict=True))
        errors.append(sqrt(scatter / ((len(rows) - 1) * total)))
    given = [row.sem for row in rows if row.sem is not None]
    if len(given) == len(rows):
        errors.append(
            given[0]
            if len(rows) == 1
            else sqrt(fsum((n * s) ** 2 for n, s in zip(weights, given, strict=True))) / total
        )
    # Rounding of the mean itself is not scatter.
    sem = max(errors, default=0.0)
    known = sem > 1e-12 * max(1.0, abs(mean))
    names = tuple(dict.fromkeys(row.name for row in rows if row.name))
    return Observation(unit, mean, sem if known else None, total, names)
