"""The representations that `latents.py` compares, each made of the frozen vectors of some encoders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from latents_encoders import (
    UNKNOWN,
    DescriptorEncoder,
    EstimatesEncoder,
    ScrambledTextEncoder,
    random_geometry,
    random_text,
)
from numpy.typing import NDArray

from discovery.encoders.encoder import Encoder
from discovery.encoders.geometry import GeometryEncoder
from discovery.encoders.text import TextEncoder
from discovery.errors import SurrogateError
from discovery.latent.fusion import FusedLatent
from discovery.latent.representation import Representation

Vectors = Mapping[str, NDArray[np.float32]]
"""Vectors of the same ``n`` polymers by the name of their encoder."""

Latent = Callable[[Vectors], NDArray[np.float64]]
"""From the vectors of ``n`` polymers to a latent ``n x d``."""


CLIP = 3.0
"""Standardised values beyond this are cut: counts of rare groups, many deviations from their mean, would own every distance.
On six tables this makes better opponents of descriptors than no cut (mean log score at 50 polymers lower by 0.025)."""


@dataclass(frozen=True, eq=False)
class View:
    """One representation to fit a Gaussian process on.

    Args:
        name: In the tables of results.
        needs: Names of the encoders whose vectors it is made of.
        latent: What is made of them; ``None`` for fingerprints alone.
        fingerprint: Whether the Tanimoto kernel is added.
    """

    name: str
    needs: tuple[str, ...]
    latent: Latent | None
    fingerprint: bool = False


def standardised(*parts: NDArray[np.floating]) -> NDArray[np.float64]:
    """Vectors side by side, as every view of vectors has them.

    Each dimension has zero mean and unit deviation over the polymers of the target and is cut at ``CLIP``; what is ``UNKNOWN`` is
    put at its median; constants are dropped.
    """
    joined = np.concatenate(parts, axis=1).astype(np.float64)
    joined[joined >= UNKNOWN] = np.nan
    joined = joined[:, np.isfinite(joined).any(axis=0)]
    joined = np.where(np.isfinite(joined), joined, np.nanmedian(joined, axis=0))
    centre, deviation = joined.mean(axis=0), joined.std(axis=0)
    varies = deviation > 1e-6 * np.maximum(1.0, np.abs(centre))
    if not varies.any():
        raise SurrogateError("Every dimension of a representation is constant.", "Leave it out by --only.")
    return ((joined - centre)[:, varies] / deviation[varies]).clip(-CLIP, CLIP)


def frozen(*encoders: str) -> Latent:
    """Vectors as the encoders give them, side by side, standardised."""
    return lambda vectors: standardised(*(vectors[name] for name in encoders))


def aligned(fusion: FusedLatent, text: str, geometry: str) -> Latent:
    """The fused latent as a campaign sees it."""

    def latent(vectors: Vectors) -> NDArray[np.float64]:
        with torch.inference_mode():
            fused = fusion(torch.from_numpy(vectors[text]), torch.from_numpy(vectors[geometry]))
        return np.asarray(fused.double().numpy())

    return latent


def unaligned(dim: int, text: str, geometry: str) -> Latent:
    """The fusion that was never trained: random projections, standardised over the polymers of the table."""

    def latent(vectors: Vectors) -> NDArray[np.float64]:
        t, g = vectors[text], vectors[geometry]
        fusion = FusedLatent.initialise(t.shape[1], g.shape[1], dim)
        fusion.fit_statistics(torch.from_numpy(t), torch.from_numpy(g))
        return aligned(fusion, text, geometry)(vectors)

    return latent


class Comparison:
    """All views, and the encoders they are made of, which are loaded when first asked for.

    Args:
        text: Source of the text encoder.
        geometry: Source of the geometry encoder.
        fusion: Source of the fusion; by default the one that belongs to both.
        device: Where the encoders run.
    """

    def __init__(self, text: str, geometry: str, fusion: str | None, device: str) -> None:
        self.device = device
        self.main = Representation.load(text, geometry, fusion=fusion, device=device)
        self.store = self.main.store
        self._makers: dict[str, Callable[[], Encoder]] = {
            "text": lambda: self.main.text,
            "geometry": lambda: self.main.geometry,
            "random text": lambda: random_text(text, device),
            "random geometry": lambda: random_geometry(geometry, device),
            "scrambled text": lambda: ScrambledTextEncoder.of(text, device),
            "descriptors": DescriptorEncoder,
            "physics": EstimatesEncoder,
        }
        self._loaded: dict[str, Encoder] = {}
        self._fusions: dict[str, FusedLatent] = {}
        dim, both, chance = self.main.fusion.dim, ("text", "geometry"), ("random text", "random geometry")
        fused = aligned(self.main.fusion, *both) if self.main.trained else unaligned(dim, *both)
        self.views = [
            View("tanimoto", (), None, fingerprint=True),
            View("descriptors", ("descriptors",), frozen("descriptors")),
            View("descriptors+fingerprint", ("descriptors",), frozen("descriptors"), fingerprint=True),
            View("physics", ("physics",), frozen("physics")),
            View("descriptors+physics", ("descriptors", "physics"), frozen("descriptors", "physics")),
            View("text", ("text",), frozen("text")),
            View("geometry", ("geometry",), frozen("geometry")),
            View("text+geometry", both, frozen(*both)),
            View("text-branch", ("text",), self._text_branch),
            View("geometry-branch", ("geometry",), self._geometry_branch),
            View("fused", both, fused),
            View("fused-standardised", both, lambda vectors: standardised(fused(vectors))),
            View("text-branch+fingerprint", ("text",), self._text_branch, fingerprint=True),
            View("fused+fingerprint", both, fused, fingerprint=True),
            View("fused-unaligned", both, unaligned(dim, *both)),
            View("random-text", chance[:1], frozen(chance[0])),
            View("random-geometry", chance[1:], frozen(chance[1])),
            View("random-fused", chance, unaligned(dim, *chance)),
            View("scrambled-text", ("scrambled text",), frozen("scrambled text")),
        ]

    def _text_branch(self, vectors: Vectors) -> NDArray[np.float64]:
        latent: NDArray[np.float64] = self.main.text_latent(vectors["text"]).numpy()
        return latent if self.main.trained else standardised(latent)

    def _geometry_branch(self, vectors: Vectors) -> NDArray[np.float64]:
        """A campaign has no use for it alone, so that the fusion has no statistics of it."""
        fusion = self.main.fusion
        with torch.inference_mode():
            branch = fusion.geometry_projection(fusion.geometry_norm(torch.from_numpy(vectors["geometry"])))
        return standardised(branch.numpy())

    def add_text(self, name: str, folder: str) -> None:
        """Compare the vectors of another text encoder too."""
        self._makers[name] = lambda: TextEncoder.load(folder, device=self.device)
        self.views.append(View(name, (name,), frozen(name)))

    def add_geometry(self, name: str, folder: str) -> None:
        """Compare the vectors of another geometry encoder too."""
        self._makers[name] = lambda: GeometryEncoder.load(folder, device=self.device)
        self.views.append(View(name, (name,), frozen(name)))

    def add_fusion(self, name: str, folder: str, text: str = "", geometry: str = "") -> None:
        """Compare another fused latent too, of the same encoders where no others are given."""
        names = ["text", "geometry"]
        if text:
            names[0] = f"{name}: text"
            self._makers[names[0]] = lambda: TextEncoder.load(text, device=self.device)
        if geometry:
            names[1] = f"{name}: geometry"
            self._makers[names[1]] = lambda: GeometryEncoder.load(geometry, device=self.device)
        fusion = FusedLatent.load(
            Path(folder), text=self.encoder(names[0]), geometry=self.encoder(names[1])
        ).requires_grad_(False)
        self._fusions[name] = fusion
        self.views.append(View(name, (names[0], names[1]), aligned(fusion, names[0], names[1])))

    def encoder(self, name: str) -> Encoder:
        """The encoder of that name."""
        if name not in self._loaded:
            self._loaded[name] = self._makers[name]()
        return self._loaded[name]

    @property
    def revisions(self) -> dict[str, str]:
        """Revisions of everything that decides a vector: of every encoder that was loaded, and of the fusions."""
        encoders = {name: encoder.revision for name, encoder in self._loaded.items()}
        return (
            self.main.revisions | encoders | {name: fusion.revision for name, fusion in self._fusions.items()}
        )
