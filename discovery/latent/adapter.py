"""What refinement leaves behind: an adapter that turns polymers into the refined latent.

One adapter belongs to one fold of the measured polymers and knows which of them it saw, because only the others may judge
it. It has one or both depths: low-rank updates of the fusion (its two projections and its gate), which cached vectors pass
through in one matrix product, and of the top blocks of both encoders. On disk it is a folder: PEFT's two files for each part,
in ``projection/``, ``text/`` and ``geometry/``, and ``fold.json``.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, cast

import torch
from peft import PeftModel
from torch import Tensor, nn

from discovery.errors import WeightsError, WeightsStateError
from discovery.latent.adapted_blocks import AdaptedBlocks
from discovery.latent.adapted_blocks import embed_all as embed_blocks
from discovery.latent.digest import digest
from discovery.latent.encoded import Encoded
from discovery.latent.fusion import FusedLatent
from discovery.latent.geometry_blocks import AdaptableGeometry
from discovery.latent.lora import adapt, factors, load_adapter, merged, save_adapter, scale, set_factors
from discovery.latent.text_blocks import AdaptableText
from discovery.progress import Progress, silent

FOLD_FILE = "fold.json"
COPY_AGAIN = "Copy the whole folder again from where it was made, or go on without the adapter."
PROJECTION_FOLDER = "projection"
_FORMAT = 4
_PROJECTIONS = ("text_projection", "geometry_projection", "gate")

CHUNK = 65_536
"""Cached vectors that pass through a fusion at a time."""

Depth = Literal["projection", "encoder", "both"]
"""What is adapted: the fusion, the top blocks of both encoders, or all of it."""

DEPTHS: tuple[Depth, ...] = ("projection", "encoder", "both")


class Encoders(Protocol):
    """What is adapted: a :class:`~discovery.latent.representation.Representation` is one."""

    @property
    def text(self) -> AdaptableText:
        """The text encoder; its own model carries no adapter."""
        ...

    @property
    def geometry(self) -> AdaptableGeometry:
        """The geometry encoder; its own network carries no adapter."""
        ...

    @property
    def fusion(self) -> FusedLatent:
        """The frozen fusion that updates start from."""
        ...


@dataclass(frozen=True, eq=False)
class FoldAdapter:
    """Low-rank updates of the fusion, of both encoders' top blocks, or of all, trained on one fold."""

    depth: Depth
    trained_on: tuple[str, ...]
    """Keys of the polymers whose values it knows."""

    encoders: Encoders
    projections: PeftModel | None
    """The adapted copy of the fusion."""

    blocks: tuple[AdaptedBlocks, ...]
    """Of the text encoder and of the geometry encoder."""

    @classmethod
    def fresh(
        cls, encoders: Encoders, trained_on: Sequence[str], depth: Depth, *, rank: int, alpha: int, seed: int
    ) -> FoldAdapter:
        """An adapter that changes nothing yet.

        Args:
            encoders: To adapt.
            trained_on: Keys of the polymers that training will look at.
            depth: What is adapted.
            rank: Of the updates.
            alpha: Scale of the updates, which is ``alpha / sqrt(rank)``.
            seed: Of the initial factors.

        Raises:
            WeightsError: When an encoder's model is of no kind that can be adapted.
        """
        projections: PeftModel | None = None
        blocks: tuple[AdaptedBlocks, ...] = ()
        if depth != "encoder":
            projections = adapt(
                copy.deepcopy(encoders.fusion), _PROJECTIONS, rank=rank, alpha=alpha, seed=seed
            )
        if depth != "projection":
            blocks = (
                AdaptedBlocks.fresh(encoders.text, rank=rank, alpha=alpha, seed=seed + 1),
                AdaptedBlocks.fresh(encoders.geometry, rank=rank, alpha=alpha, seed=seed + 2),
            )
        return cls(depth, tuple(trained_on), encoders, projections, blocks)

    @property
    def hash(self) -> str:
        """Address of the adapter: its factors, what they were trained on, and the weights they belong to."""
        tensors = {f"projection.{name}": t for name, t in self._projection_factors().items()}
        for part in self.blocks:
            tensors |= {f"{part.kind}.{name}": tensor for name, tensor in part.state().items()}
        return digest(tensors, self.settings())

    def parameters(self) -> list[nn.Parameter]:
        """The trainable factors."""
        own = (
            [] if self.projections is None else [p for p in self.projections.parameters() if p.requires_grad]
        )
        return [*own, *(p for part in self.blocks for p in part.parameters())]

    def state(self) -> tuple[dict[str, Tensor], ...]:
        """A copy of all factors, part by part."""
        return (self._projection_factors(), *(part.state() for part in self.blocks))

    def restore(self, state: Sequence[dict[str, Tensor]]) -> None:
        """Go back to a copy that :meth:`state` gave, of this adapter or of another of the same depth."""
        if self.projections is not None:
            set_factors(self.projections, state[0])
        for part, values in zip(self.blocks, state[1:], strict=True):
            part.restore(values)

    def merged(self) -> FusedLatent:
        """The fusion with the updates added in: cached vectors then cost one matrix product."""
        if self.projections is None:
            return self.encoders.fusion
        return cast(FusedLatent, merged(self.projections))

    def fused(self, text: Tensor, geometry: Tensor) -> Tensor:
        """Latent ``n x d`` float64 of vectors ``n x d_t`` and ``n x d_g``; gradients reach vectors and factors."""
        latent: Tensor = (self.projections or self.encoders.fusion)(text, geometry)
        return latent.double()

    def embed(self, encoded: Encoded) -> Tensor:
        """Refined latent ``n x d`` of ``n`` polymers, as :func:`embed_all` gives it."""
        return embed_all((self,), encoded)[0]

    def save(self, folder: Path) -> None:
        """Write the adapter into ``folder``, which is made where it is missing."""
        folder.mkdir(parents=True, exist_ok=True)
        if self.projections is not None:
            save_adapter(self.projections, folder / PROJECTION_FOLDER)
        for part in self.blocks:
            part.save(folder / part.kind)
        note = {**self.settings(), "hash": self.hash}
        (folder / FOLD_FILE).write_text(json.dumps(note, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, encoders: Encoders) -> FoldAdapter:
        """Read what :meth:`save` wrote.

        Raises:
            WeightsError: When a file is missing or damaged, or the adapter belongs to other encoders.
        """
        path = folder / FOLD_FILE
        try:
            note = json.loads(path.read_text(encoding="utf-8"))
            if note["format"] != _FORMAT:
                raise WeightsStateError(
                    f"{path} was written by another version of polyloop.",
                    "Go on without the adapter, or export it again where it was made: polyloop adapter.",
                )
            depth: Depth = next(each for each in DEPTHS if each == note["depth"])
            trained_on = tuple(str(key) for key in note["trained_on"])
            revisions, address = dict(note["revisions"]), note["hash"]
        except FileNotFoundError as error:
            raise WeightsStateError(f"There is no {path}.", COPY_AGAIN) from error
        except (OSError, ValueError, KeyError, TypeError, StopIteration) as error:
            raise WeightsStateError(
                f"{path} cannot be read: it is not what polyloop wrote.", COPY_AGAIN
            ) from error
        if revisions != _revisions(encoders):
            apart = [f"{revisions.get(name)}, not {now}" for name, now in _revisions(encoders).items()
                     if revisions.get(name) != now]  # fmt: skip
            raise WeightsError(
                f"The adapter in {folder} belongs to other encoders: {'; '.join(apart)}.",
                "Use the encoders that it was trained on.",
            )
        projections: PeftModel | None = None
        blocks: tuple[AdaptedBlocks, ...] = ()
        if depth != "encoder":
            projections = load_adapter(copy.deepcopy(encoders.fusion), folder / PROJECTION_FOLDER)
        if depth != "projection":
            blocks = (
                AdaptedBlocks.load(encoders.text, folder / "text"),
                AdaptedBlocks.load(encoders.geometry, folder / "geometry"),
            )
        adapter = cls(depth, trained_on, encoders, projections, blocks)
        if adapter.hash != address:
            raise WeightsStateError(
                f"The adapter in {folder} was changed: its hash is {adapter.hash}, not {address}.",
                COPY_AGAIN,
            )
        return adapter

    def settings(self) -> dict[str, Any]:
        """All but the factors, as JSON values."""
        return {
            "format": _FORMAT,
            "depth": self.depth,
            "trained_on": list(self.trained_on),
            "revisions": _revisions(self.encoders),
            "blocks": {part.kind: dict(part.settings) for part in self.blocks},
            **({} if self.projections is None else scale(self.projections)),
        }

    def _projection_factors(self) -> dict[str, Tensor]:
        return {} if self.projections is None else factors(self.projections)


def embed_all(
    adapters: Sequence[FoldAdapter], encoded: Encoded, progress: Progress = silent
) -> tuple[Tensor, ...]:
    """Refined latent of ``n`` polymers under adapters of one depth; encoders read the polymers only once.

    Args:
        adapters: Of the same encoders.
        encoded: The polymers with their frozen vectors.
        progress: Told of re-embedding.

    Returns:
        For each adapter ``n x d`` float64.
    """
    views = [encoded.vectors] * len(adapters)
    if adapters and adapters[0].blocks and len(encoded):
        kinds = zip(*(adapter.blocks for adapter in adapters), strict=True)
        views = list(zip(*(embed_blocks(parts, encoded.units, progress) for parts in kinds), strict=True))
    return tuple(_fused(adapter.merged(), *vectors) for adapter, vectors in zip(adapters, views, strict=True))


@torch.no_grad()
def _fused(fusion: FusedLatent, text: Tensor, geometry: Tensor) -> Tensor:
    """``n x d`` float64, chunk by chunk."""
    chunks = zip(torch.split(text, CHUNK), torch.split(geometry, CHUNK), strict=True)
    return torch.cat([fusion(t, g).double() for t, g in chunks])


def _revisions(encoders: Encoders) -> dict[str, str]:
    return {
        "text": encoders.text.revision,
        "geometry": encoders.geometry.revision,
        "fusion": encoders.fusion.revision,
    }
