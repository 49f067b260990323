"""What the models see of a polymer: the encoders, the embedding store and the fused latent, held together.

One :class:`Representation` serves a whole campaign. The cheap views (fingerprint, text branch of the
latent) are made for every candidate of a pool; the fused latent needs a conformer and is made for what is
measured and for a shortlist.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from discovery.bundled import bundled_checkpoint
from discovery.encoders.device import AUTO
from discovery.encoders.encoder import Counts, Encoding, EncodingFailure
from discovery.encoders.fingerprint import FingerprintEncoder
from discovery.encoders.geometry import GeometryEncoder
from discovery.encoders.loading import AS_IS, Loading
from discovery.encoders.physics import PhysicsAxes
from discovery.encoders.source import BUNDLED, UNTRAINED, located
from discovery.encoders.store import EmbeddingStore
from discovery.encoders.text import TextEncoder
from discovery.encoders.vectors import VectorRows
from discovery.errors import EncodingError
from discovery.latent.encoded import Encoded
from discovery.latent.fusion import FusedLatent
from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent

UNTRAINED_REMARK = (
    "No fusion was trained for these two encoders: their vectors are joined by random projections. Train one with "
    "polyloop pretrain align, and name its folder as fusion under [encoders]."
)


@dataclass(frozen=True, eq=False)
class Fused:
    """Polymers with both vectors, and those that lack one.

    Args:
        positions: Rows of the input that have both vectors, in order: ``m`` of ``n``.
        encoded: These ``m`` with their vectors.
        latent: ``m x d`` fused latent, float64.
        failures: The others, with the reason.
    """

    positions: tuple[int, ...]
    encoded: Encoded
    latent: Tensor
    failures: tuple[EncodingFailure, ...]


class Representation:
    """Encoders, store and fusion.

    Args:
        fingerprint: Fingerprint encoder.
        text: Text encoder.
        geometry: Geometry encoder.
        fusion: Projections and gate for these two encoders.
        store: Where frozen vectors are kept.
        trained: Whether the fusion's weights and statistics were trained; if not, see :meth:`settled`.
        remark: What a user should know of the latent before trusting it; empty where nothing.
    """

    def __init__(
        self,
        fingerprint: FingerprintEncoder,
        text: TextEncoder,
        geometry: GeometryEncoder,
        fusion: FusedLatent,
        store: EmbeddingStore,
        *,
        trained: bool = True,
        remark: str = "",
    ) -> None:
        self.fingerprint = fingerprint
        self.text = text
        self.geometry = geometry
        self.fusion = fusion.eval().requires_grad_(False)
        self.store = store
        self.trained = trained
        self.remark = remark
        self.axes = PhysicsAxes()

    @classmethod
    def load(
        cls,
        text: str = BUNDLED,
        geometry: str = BUNDLED,
        *,
        fusion: str | None = None,
        base: Path | None = None,
        device: str = AUTO,
        loading: Loading = AS_IS,
        store: EmbeddingStore | None = None,
    ) -> Representation:
        """Load encoders by name and the fusion that belongs to them.

        The bundled fusion was trained for the bundled pair. Where none was trained, projections that keep
        distances (random semi-orthogonal, fixed seed) and a gate at one half do, standardised by
        :meth:`settled` on the measured polymers.

        Args:
            text: Source of the text encoder, as :meth:`TextEncoder.load` takes it.
            geometry: Source of the geometry encoder, as :meth:`GeometryEncoder.load` takes it.
            fusion: ``bundled``, ``untrained``, or a folder that ``polyloop pretrain align`` wrote; by default
                ``bundled`` for the bundled pair and ``untrained`` for any other.
            base: Folder that sources are looked for in first; by default that of the process.
            device: Where both encoders run, as torch names it; ``auto`` is a CUDA GPU where there is one. The
                fusion, and every vector that is handed out, is on the processor.
            loading: Number format, device map and quantisation of the text encoder.
            store: Where vectors are kept; the user's cache folder by default.

        Raises:
            WeightsError: When weights are missing, or the fusion was trained for other revisions.
        """
        chosen = fusion or (BUNDLED if text == geometry == BUNDLED else UNTRAINED)
        text, geometry, chosen = (located(source, base or Path()) for source in (text, geometry, chosen))
        text_encoder = TextEncoder.load(text, device=device, loading=loading)
        geometry_encoder = GeometryEncoder.load(geometry, device=device)
        trained = chosen != UNTRAINED
        if trained:
            folder = bundled_checkpoint("fusion") if chosen == BUNDLED else Path(chosen)
            latent = FusedLatent.load(folder, text=text_encoder, geometry=geometry_encoder)
        else:
            latent = FusedLatent.initialise(text_encoder.dim, geometry_encoder.dim)
        return cls(
            FingerprintEncoder(),
            text_encoder,
            geometry_encoder,
            latent,
            store or EmbeddingStore(),
            trained=trained,
            remark="" if trained else UNTRAINED_REMARK,
        )

    @property
    def revisions(self) -> dict[str, str]:
        """Revisions of everything that decides a vector, for the record of a round."""
        return {
            "fingerprint": self.fingerprint.revision,
            "text": self.text.revision,
            "geometry": self.geometry.revision,
            "fusion": self.fusion.revision,
            "physics": self.axes.revision,
        }

    def fingerprints(self, units: Sequence[RepeatUnit]) -> Tensor:
        """Counts of ``n`` units through the store, ``n x b`` in the compact type ``int16``."""
        return torch.from_numpy(self.counts(units).dense())

    def counts(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Counts:
        """The same without the zeros: for pools."""
        return self.store.counts(self.fingerprint, units, progress)

    def physics(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Tensor:
        """Physics estimates of ``n`` units as axes, ``n x a`` float64, through the store."""
        return torch.from_numpy(self.store.rows(self.axes, units, progress).vectors).double()

    def text_vectors(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Encoding:
        """Frozen text vectors through the store."""
        return self.store.encode(self.text, units, progress)

    def text_rows(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> VectorRows:
        """The same by position: for pools."""
        return self.store.rows(self.text, units, progress)

    def text_branch(self) -> tuple[Tensor, Tensor]:
        """:meth:`text_latent` as a matrix ``d_t x d`` and an offset ``d``, float64: ``latent = vectors @ matrix + offset``."""
        fusion = self.fusion
        before, after = fusion.text_norm, fusion.text_only_norm
        weight = fusion.text_projection.weight.double() / before.deviation.double()
        offset = fusion.text_projection.bias.double() - weight @ before.mean.double() - after.mean.double()
        return (weight.T / after.deviation.double()).contiguous(), offset / after.deviation.double()

    def text_latent(self, vectors: NDArray[np.float32]) -> Tensor:
        """Text branch of the latent, ``n x d_t -> n x d`` float64: what a pool is screened on."""
        with torch.inference_mode():
            latent: Tensor = self.fusion(torch.from_numpy(vectors)).double()
        return latent

    def fuse(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Fused:
        """Both frozen vectors and the fused latent of those units that have both."""
        text = self.store.encode(self.text, units, progress)
        geometry = self.store.encode(self.geometry, units, progress)
        rows_t = {unit.key: i for i, unit in enumerate(text.units)}
        rows_g = {unit.key: i for i, unit in enumerate(geometry.units)}
        positions = [i for i, unit in enumerate(units) if unit.key in rows_t and unit.key in rows_g]
        t = text.vectors[[rows_t[units[i].key] for i in positions]]
        g = geometry.vectors[[rows_g[units[i].key] for i in positions]]
        encoded = Encoded([units[i] for i in positions], t, g)
        with torch.inference_mode():
            latent = self.fusion(*encoded.vectors).double()
        return Fused(tuple(positions), encoded, latent, (*text.failures, *geometry.failures))

    def settled(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Representation:
        """The same representation with an untrained fusion standardised on the vectors of ``units``.

        Raises:
            EncodingError: When fewer than two of the units have both vectors.
        """
        if self.trained:
            return self
        both = self.fuse(units, progress)
        if len(both.positions) < 2:
            raise EncodingError(
                "The latent of these encoders cannot be standardised: fewer than two of the polymers have both vectors.",
                "Measure two polymers that both encoders can read, or use the bundled encoders.",
            )
        fusion = copy.deepcopy(self.fusion)
        fusion.fit_statistics(*both.encoded.vectors)
        return Representation(
            self.fingerprint, self.text, self.geometry, fusion, self.store, remark=self.remark
        )
