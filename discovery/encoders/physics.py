"""Property estimates of :mod:`discovery.physics` as encoders, so that the store computes them once for a pool of a million.

One gives the estimate of one property, in its own unit; a unit that the method does not cover is a failure with the reason. The
other gives all properties at once as axes for a surrogate, to which a trend can be fitted. The revision is that of the tables and
the code, so that no old estimate is taken for a new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from discovery.encoders.encoder import Encoding, EncodingFailure
from discovery.encoders.store import EmbeddingStore
from discovery.physics import PROPERTIES, REVISION, UnknownPropertyError, estimate
from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent

SOURCE = "physics"
"""What stands before the colon in the name of such a source: ``physics:tg``."""


class PhysicsEncoder:
    """The estimate of one property, ``n x 1``.

    Args:
        property: One of :data:`discovery.physics.PROPERTIES`.
        workers: Processes; the estimates do not hang on them.

    Raises:
        UnknownPropertyError: There is no such property.
    """

    dim = 1

    def __init__(self, property: str, *, workers: int = 1) -> None:
        if property not in PROPERTIES:
            raise UnknownPropertyError(
                f"There is no estimate of {property!r}.", f"Choose from: {', '.join(PROPERTIES)}."
            )
        self.property = PROPERTIES[property]
        self.workers = workers
        self.name = f"{SOURCE}:{property}"
        self.revision = f"{SOURCE}-{property}-{REVISION}"

    def encode(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Encoding:
        """Estimate ``n`` units; those that the method does not cover are failures."""
        found = estimate(units, [self.property.name], workers=self.workers, progress=progress)
        values = found.values[:, 0]
        rows = np.flatnonzero(np.isfinite(values))
        # the reasons of a pool are kept by the hundred thousand: the first sentence of each says enough
        failures = tuple(
            EncodingFailure(units[i], reason.partition(". ")[0].rstrip("."))
            for i, reason in enumerate(found.missing)
            if not np.isfinite(values[i])
        )
        vectors = values[rows, None].astype(np.float32)
        return Encoding(tuple(units[i] for i in rows), vectors, failures)


TYPICAL = {
    "molar_volume": (315.0, 152.0),
    "density": (1.215, 0.187),
    "cohesive_energy": (1.47e5, 7.73e4),
    "solubility_parameter": (21.5, 2.64),
    "tg": (385.0, 101.0),
    "heat_capacity": (1.193, 0.193),
    "refractive_index": (1.563, 0.0696),
    "dielectric_constant": (3.01, 0.412),
    "thermal_conductivity": (0.183, 0.030),
    "decomposition_temperature": (698.0, 56.6),
    "char_yield": (0.192, 0.156),
    "heat_of_combustion": (28.5, 7.23),
    "limiting_oxygen_index": (26.7, 8.28),
    "time_to_ignition": (91.2, 50.8),
    "peak_heat_release_rate": (843.0, 397.0),
}
"""Mean and deviation of the estimates of 3,480 polymers that `polyloop pretrain corpus` made, 120 of each of 29 classes."""

FARTHEST = 4.0
"""Standard deviations from the mean at which an axis ends: estimates far beyond what is typical are not believed so exactly."""


class PhysicsAxes:
    """All estimates of a unit as numbers of order one, ``n x 2p`` for ``p`` properties.

    The first half are the estimates, in standard deviations from what is typical of polymers; where the method does not cover a
    unit the place is 0, and the same place of the second half, which is 0 elsewhere, says so with a 1.

    Args:
        workers: Processes; the estimates do not hang on them.
    """

    name = "physics"
    dim = 2 * len(TYPICAL)

    def __init__(self, *, workers: int = 1) -> None:
        self.workers = workers
        settings = repr((sorted(TYPICAL.items()), FARTHEST))
        self.revision = f"{SOURCE}-axes-{REVISION}-{blake2b(settings.encode(), digest_size=4).hexdigest()}"

    def encode(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Encoding:
        """Estimate ``n`` units; none is a failure."""
        values = estimate(units, list(TYPICAL), workers=self.workers, progress=progress).values
        centre, spread = np.array(list(TYPICAL.values())).T
        unknown = ~np.isfinite(values)
        axes = np.where(unknown, 0.0, (values - centre) / spread).clip(-FARTHEST, FARTHEST)
        return Encoding(tuple(units), np.hstack([axes, unknown]).astype(np.float32), ())


class PhysicsPrior:
    """Estimates of a property as the prior mean of an objective, through the store.

    Args:
        encoder: Of the property.
        store: Where estimates are kept.
        zero, slope: The line from the property's unit to the objective's: ``zero + slope * value``.
    """

    def __init__(
        self, encoder: PhysicsEncoder, store: EmbeddingStore, *, zero: float = 0.0, slope: float = 1.0
    ) -> None:
        self._encoder = encoder
        self._store = store
        self._line = zero, slope
        self.name = encoder.name
        self.revision = encoder.revision

    def estimates(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> NDArray[np.float64]:
        """One for each of ``n`` units in the objective's unit; ``nan`` where the method does not cover it.

        Raises:
            EncodingError: The store cannot be read or written.
        """
        zero, slope = self._line
        found = self._store.rows(self._encoder, units, progress)
        values = np.full(len(units), np.nan)
        values[found.positions] = zero + slope * found.vectors[:, 0].astype(np.float64)
        return values

    def why_not(self, unit: RepeatUnit) -> str:
        """Why a unit has no estimate; empty where it has one."""
        failures = self._store.rows(self._encoder, [unit]).failures
        return failures[0][1] if failures else ""
