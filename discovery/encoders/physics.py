"""Property estimates of :mod:`discovery.physics` as an encoder, so that the store computes them once for a pool of a million.

A vector is the estimate of one property, in its own unit. A unit that the method does not cover is a failure with the reason;
the revision is that of the tables and the code, so that no old estimate is taken for a new one.
"""

from __future__ import annotations

from collections.abc import Sequence

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
