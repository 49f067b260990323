"""What refinement leaves behind for a property's surrogates: the adapters of all folds, and how their training went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from discovery.errors import WeightsError, WeightsStateError
from discovery.latent.adapter import COPY_AGAIN, Depth, Encoders, FoldAdapter, embed_all
from discovery.latent.digest import digest
from discovery.latent.encoded import Encoded
from discovery.latent.refining_gp import Trace
from discovery.progress import Progress, silent


@dataclass(frozen=True, slots=True)
class RefinementSkipped:
    """The measurements do not allow refinement; the frozen latent stands."""

    reason: str
    """Such as ``only 12 polymers have a value (limits do not count), 16 are needed``."""

    def __str__(self) -> str:
        return f"not refined: {self.reason}"


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """How the training of one fold went, and what it did to the latent of all measured polymers: before is always the frozen one,
    wherever the adapter started.
    """

    trace: Trace
    mean_distance: tuple[float, float]
    """Between their latents, before and after."""

    effective_rank: tuple[float, float]
    """Directions that their latent spreads over, before and after."""

    text_share: tuple[float, float]
    """Mean weight of text against geometry in the fusion's gate, before and after."""

    def summary(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            **asdict(self.trace),
            "mean_distance": list(self.mean_distance),
            "effective_rank": list(self.effective_rank),
            "text_share": list(self.text_share),
        }


@dataclass(frozen=True, eq=False)
class Refinement:
    """One adapter per fold, and how its training went."""

    folds: tuple[FoldAdapter, ...]
    diagnostics: tuple[Diagnostics, ...] = ()
    """Of each fold; empty where the adapters were loaded."""

    @property
    def depth(self) -> Depth:
        """What is adapted."""
        return self.folds[0].depth

    @property
    def hash(self) -> str:
        """Address of all adapters together."""
        return digest({}, {"folds": [fold.hash for fold in self.folds]})

    def embed(self, encoded: Encoded, progress: Progress = silent) -> tuple[Tensor, ...]:
        """Refined latent ``n x d`` float64 of ``n`` polymers under each fold's adapter."""
        return embed_all(self.folds, encoded, progress)

    def seen(self, keys: Sequence[str]) -> list[list[int]]:
        """Of each fold the positions among ``n`` polymers of those that it was trained on."""
        return [
            [i for i, key in enumerate(keys) if key in known]
            for known in (frozenset(f.trained_on) for f in self.folds)
        ]

    def save(self, folder: Path) -> None:
        """Write each adapter into a folder of its own: ``fold-0``, ``fold-1``."""
        for number, fold in enumerate(self.folds):
            fold.save(folder / f"fold-{number}")

    @classmethod
    def load(cls, folder: Path, encoders: Encoders, *, address: str) -> Refinement:
        """Read what :meth:`save` wrote.

        Args:
            folder: Holds a folder for each fold.
            encoders: That they belong to.
            address: Their :attr:`hash`, as it was recorded when they were saved.

        Raises:
            WeightsError: When there is no adapter, a file or a fold is missing or damaged, or it belongs to other encoders.
        """
        places = [folder / f"fold-{number}" for number in range(len(list(folder.glob("fold-*"))))]
        if not places:
            raise WeightsError(
                f"There is no adapter in {folder}.", "Name a folder that `polyloop adapter` wrote."
            )
        folds = tuple(FoldAdapter.load(place, encoders) for place in places)
        loaded = cls(folds)
        if loaded.hash != address:
            raise WeightsStateError(
                f"The adapter in {folder} is not whole, or another one: its hash is {loaded.hash}, not {address}.",
                COPY_AGAIN,
            )
        return loaded

    def summary(self) -> list[dict[str, Any]]:
        """The diagnostics as plain values, for a report or a JSON column."""
        return [each.summary() for each in self.diagnostics]
