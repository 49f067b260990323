"""What a surrogate sees: fingerprints and latents as tensors, and the measurements that go with them.

The mathematics of this room knows rows of numbers only. ``observations`` and ``learning`` alone know of
polymers, and keep the rows in step with the repeat units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from discovery.errors import SurrogateError


@dataclass(frozen=True, eq=False)
class Features:
    """What the models see of ``n`` polymers.

    Args:
        fingerprint: ``n x b`` non-negative counts. Any dtype: a pool is held compactly as ``uint8`` or
            ``int16``, and becomes ``float64`` chunk by chunk where it is used.
        latent: ``n x d`` standardised latent, or ``None`` where only fingerprints are known.
        physics: ``n x a`` physics estimates of all kinds as axes of order one, or ``None`` where no member reads them.
        estimates: ``n`` estimates of the property in its unit, ``nan`` where there is none; or ``None`` where no member has
            a prior mean.

    Raises:
        SurrogateError: the views are not matrices of the same number of rows.
    """

    fingerprint: Tensor
    latent: Tensor | None = None
    estimates: Tensor | None = None
    physics: Tensor | None = None

    def __post_init__(self) -> None:
        if self.fingerprint.ndim != 2 or (self.latent is not None and self.latent.ndim != 2):
            raise SurrogateError(
                "Features must be matrices with one row per polymer.", "Give n x b counts and n x d latents."
            )
        if self.latent is not None and len(self.latent) != len(self.fingerprint):
            raise SurrogateError(
                f"There are {len(self.fingerprint)} fingerprints and {len(self.latent)} latents.",
                "Give both for the same polymers, in the same order.",
            )
        if self.estimates is not None and self.estimates.shape != (len(self.fingerprint),):
            raise SurrogateError(
                f"There are {len(self.fingerprint)} fingerprints and {tuple(self.estimates.shape)} estimates.",
                "Give one estimate for each polymer, nan where there is none.",
            )

        if self.physics is not None and (
            self.physics.ndim != 2 or len(self.physics) != len(self.fingerprint)
        ):
            raise SurrogateError(
                f"There are {len(self.fingerprint)} fingerprints and {tuple(self.physics.shape)} physics estimates.",
                "Give one row of them for each polymer.",
            )

    def __len__(self) -> int:
        return len(self.fingerprint)

    def __getitem__(self, rows: slice | Tensor | Sequence[int]) -> Features:
        """The chosen rows, in the order asked for."""
        chosen = rows if isinstance(rows, slice | Tensor) else torch.as_tensor(rows, dtype=torch.long)
        parts = (self.latent, self.estimates, self.physics)
        return Features(self.fingerprint[chosen], *(None if part is None else part[chosen] for part in parts))

    def with_latent(self, latent: Tensor) -> Features:
        """The same polymers with another latent, ``n x d``."""
        return replace(self, latent=latent)

    @staticmethod
    def cat(parts: Sequence[Features]) -> Features:
        """The rows of all parts, one after the other; what not every part has does not stay."""
        if not parts:
            raise SurrogateError("There are no features to join.", "Give at least one part.")

        def joined(views: Sequence[Tensor | None]) -> Tensor | None:
            there = [view for view in views if view is not None]
            return torch.cat(there) if len(there) == len(parts) else None

        return Features(
            torch.cat([part.fingerprint for part in parts]),
            joined([part.latent for part in parts]),
            joined([part.estimates for part in parts]),
            joined([part.physics for part in parts]),
        )


Views = Features | Sequence[Features]
"""Features of the same polymers as a member wants them: one, or one per fold of a cross-fitted member."""


def join_views(parts: Sequence[Views]) -> Views:
    """The polymers of all parts, one after the other, in the form that a member wants them in.

    Raises:
        SurrogateError: there are no parts, or parts for different members.
    """
    folds = [[part] if isinstance(part, Features) else list(part) for part in parts]
    if len({len(part) for part in folds}) != 1:
        raise SurrogateError("The views were made for different members.", "Make all with the same one.")
    joined = [Features.cat(part) for part in zip(*folds, strict=True)]
    return joined[0] if len(joined) == 1 else joined


@dataclass(frozen=True, eq=False)
class Data:
    """Measurements, one row per polymer.

    Args:
        features: Of the ``n`` measured polymers.
        values: ``n`` measured values, replicates already pooled, in the property's unit.
        sem: ``n`` standard errors in the same unit, ``nan`` where none is known; or ``None`` if none is known
            at all.
        n: ``n`` numbers of specimens behind the values; or ``None`` where each is one.
        bounds: ``n`` signs: 0 for a value, 1 for a limit that the property lies above, -1 for one that it lies below; or
            ``None`` where all are values.
        robust: Whether values have Student-t noise, for data with slips in them.

    Raises:
        SurrogateError: no rows, lengths that differ, a value that is not finite, a negative standard error,
            fewer than one specimen, or another sign.
    """

    features: Features
    values: Tensor
    sem: Tensor | None = None
    n: Tensor | None = None
    bounds: Tensor | None = None
    robust: bool = False

    def __post_init__(self) -> None:
        check_measurements(self.values, self.sem, self.n, self.bounds)
        if len(self.features) != len(self.values):
            raise SurrogateError(
                f"There are {len(self.features)} rows of features and {len(self.values)} values.",
                "Give one row of features per measured polymer.",
            )

    def __len__(self) -> int:
        return len(self.values)


def check_measurements(
    values: Tensor, sem: Tensor | None, n: Tensor | None, bounds: Tensor | None = None
) -> None:
    """Raise `SurrogateError` unless values, standard errors, specimens and signs (each ``n``) can be fitted to."""
    if values.ndim != 1 or len(values) == 0:
        raise SurrogateError(
            "There is no measurement to fit a surrogate to.", "Measure at least one polymer first."
        )
    wrong = int((~torch.isfinite(values)).sum())
    if wrong:
        raise SurrogateError(
            f"{wrong} of the measured values are not finite numbers.", "Correct or leave them out."
        )
    if bounds is not None and (
        bounds.shape != values.shape or not bool(((bounds == 0) | (bounds.abs() == 1)).all())
    ):
        raise SurrogateError(
            "The signs that tell limits from values do not fit the measurements.",
            "Give one per value: 0 for a value, 1 for a limit that the property lies above, -1 for one below.",
        )
    if n is not None and (n.shape != values.shape or not bool((n >= 1).all())):
        raise SurrogateError(
            "Every measured value needs a number of specimens of at least one.",
            "Give 1 where it is not known.",
        )
    if sem is None:
        return
    if sem.shape != values.shape:
        raise SurrogateError(
            f"There are {len(values)} values and {len(sem)} standard errors.",
            "Give one standard error per value, nan where none is known.",
        )
    if bool((sem < 0).any()) or bool(torch.isinf(sem).any()):
        raise SurrogateError(
            "A standard error is negative or infinite.", "Correct it, or leave the cell empty."
        )
