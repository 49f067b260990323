"""What refinement leaves behind: an adapter that turns polymers into the refined latent.

One adapter belongs to one fold of the observations and knows which of them it saw, because a GP's
hyper-parameters may only be judged on the others. It is a folder: PEFT's two files for the text encoder's
blocks, the same two for the projections in ``projection/``, and ``fold.json``.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from peft import PeftModel
from torch import Tensor, nn

from discovery.errors import WeightsError
from discovery.latent.digest import digest
from discovery.latent.fusion import FusedLatent
from discovery.latent.lora import adapt, factors, load_adapter, merged, save_adapter, scale, set_factors
from discovery.latent.text_blocks import AdaptableText, Pack, TopBlocks, pooled, read_below
from discovery.polymers import RepeatUnit

FOLD_FILE = "fold.json"
PROJECTION_FOLDER = "projection"
_FORMAT = 2
_PROJECTIONS = ("text_projection", "geometry_projection")


@dataclass(frozen=True, eq=False)
class FoldAdapter:
    """Low-rank updates of the text encoder's top blocks and of both projections, trained on one fold."""

    trained_on: tuple[int, ...]
    """Indices of the observations that training or early stopping looked at, in ascending order."""

    keys: tuple[str, ...]
    """Keys of those polymers: positions alone mean nothing once a measurement is added."""

    text: AdaptableText
    """The text encoder; its own model carries no adapter."""

    fusion: FusedLatent
    """The frozen fusion that the updates start from."""

    blocks: PeftModel
    """The adapted :class:`TopBlocks`."""

    projections: PeftModel
    """The adapted copy of :attr:`fusion`."""

    @classmethod
    def fresh(
        cls,
        text: AdaptableText,
        fusion: FusedLatent,
        trained_on: Mapping[int, str],
        *,
        rank: int,
        alpha: int,
        depth: int,
        seed: int,
    ) -> FoldAdapter:
        """An adapter that changes nothing yet.

        Args:
            text: Encoder to adapt.
            fusion: Fusion to adapt.
            trained_on: Indices of the observations that training will look at, with their polymers' keys.
            rank: Of the updates.
            alpha: Scale of the updates.
            depth: Blocks to adapt, from the top.
            seed: Of the initial factors.

        Raises:
            WeightsError: When the text encoder's model is not a decoder of the Llama family.
        """
        top = TopBlocks(text.model, depth)
        blocks = adapt(top, top.linear_layers(), rank=rank, alpha=alpha, seed=seed)
        projections = adapt(copy.deepcopy(fusion), _PROJECTIONS, rank=rank, alpha=alpha, seed=seed + 1)
        return cls(tuple(trained_on), tuple(trained_on.values()), text, fusion, blocks, projections)

    @property
    def depth(self) -> int:
        """Number of adapted blocks."""
        return len(cast(TopBlocks, self.blocks.get_base_model()).layers)

    @property
    def hash(self) -> str:
        """Address of the adapter: its factors, what they were trained on, and the weights they belong to."""
        tensors = {f"text.{name}": tensor for name, tensor in factors(self.blocks).items()}
        tensors |= {f"projection.{name}": tensor for name, tensor in factors(self.projections).items()}
        return digest(tensors, self._settings())

    def parameters(self) -> list[nn.Parameter]:
        """The trainable factors."""
        return [p for part in (self.blocks, self.projections) for p in part.parameters() if p.requires_grad]

    def state(self) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """A copy of all factors."""
        return factors(self.blocks), factors(self.projections)

    def restore(self, state: tuple[dict[str, Tensor], dict[str, Tensor]]) -> None:
        """Go back to a copy that :meth:`state` gave."""
        set_factors(self.blocks, state[0])
        set_factors(self.projections, state[1])

    def merged(self) -> FusedLatent:
        """The fusion with the projections' updates added in: cached vectors then cost one matrix product.

        This is the shallow depth of the adapter; the text blocks' updates are not in it.
        """
        return cast(FusedLatent, merged(self.projections))

    def vectors(self, packs: Sequence[Pack], geometry: Tensor | None) -> Tensor:
        """Refined latent ``n x d`` of units already read up to the blocks; gradients reach the factors."""
        text = pooled(self.text, self.blocks, packs)
        weight = self.fusion.text_projection.weight
        latent: Tensor = self.projections(text.to(weight.device), geometry)
        return latent

    def embed(self, units: Sequence[RepeatUnit], geometry: NDArray[np.floating[Any]] | None) -> Tensor:
        """Refined latent of ``n`` units.

        Args:
            units: Such as the text encoder can encode.
            geometry: ``n x d_g`` frozen geometry vectors of the units; ``None`` for the text branch alone.

        Returns:
            ``n x d`` float64.
        """
        return embed_all((self,), units, geometry)[0]

    def save(self, folder: Path) -> None:
        """Write the adapter into ``folder``, which is made where it is missing."""
        save_adapter(self.blocks, folder)
        save_adapter(self.projections, folder / PROJECTION_FOLDER)
        note = {**self._settings(), "hash": self.hash}
        (folder / FOLD_FILE).write_text(json.dumps(note, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, text: AdaptableText, fusion: FusedLatent) -> FoldAdapter:
        """Read what :meth:`save` wrote.

        Raises:
            WeightsError: When a file is missing or damaged, or the adapter belongs to other encoders.
        """
        path = folder / FOLD_FILE
        try:
            note = json.loads(path.read_text(encoding="utf-8"))
            trained_on, depth = tuple(int(index) for index in note["trained_on"]), int(note["depth"])
            keys = tuple(str(key) for key in note["keys"])
            revisions, address = (note["text_revision"], note["fusion_revision"]), note["hash"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise WeightsError(
                f"{path} cannot be read: {error}", "Let the next round make a new adapter."
            ) from error
        if revisions != (text.revision, fusion.revision):
            raise WeightsError(
                f"The adapter in {folder} belongs to {revisions[0]} and {revisions[1]}, "
                f"not to {text.revision} and {fusion.revision}.",
                "Use the encoders that it was trained on.",
            )
        blocks = load_adapter(TopBlocks(text.model, depth), folder)
        projections = load_adapter(copy.deepcopy(fusion), folder / PROJECTION_FOLDER)
        adapter = cls(trained_on, keys, text, fusion, blocks, projections)
        if adapter.hash != address:
            raise WeightsError(
                f"The adapter in {folder} was changed: its hash is {adapter.hash}, not {address}.",
                "Copy the folder again, or let the next round make a new one.",
            )
        return adapter

    def _settings(self) -> dict[str, Any]:
        return {
            "format": _FORMAT,
            "trained_on": list(self.trained_on),
            "keys": list(self.keys),
            "text_revision": self.text.revision,
            "fusion_revision": self.fusion.revision,
            "depth": self.depth,
            **scale(self.blocks),
        }


@torch.no_grad()
def embed_all(
    adapters: Sequence[FoldAdapter], units: Sequence[RepeatUnit], geometry: NDArray[np.floating[Any]] | None
) -> tuple[Tensor, ...]:
    """As :meth:`FoldAdapter.embed` for several adapters of one encoder, which reads the units only once.

    Returns:
        For each adapter ``n x d`` float64.
    """
    if geometry is not None and len(geometry) != len(units):
        raise ValueError(f"{len(units)} units need as many geometry vectors, got {len(geometry)}")
    if not adapters:
        return ()
    text, fusion = adapters[0].text, adapters[0].fusion
    vectors = [torch.empty(len(units), text.dim) for _ in adapters]
    for pack in read_below(text, units, adapters[0].depth):
        for adapter, rows in zip(adapters, vectors, strict=True):
            rows[pack.rows] = text.pool(adapter.blocks(pack), pack.attention_mask).float().cpu()
    weight = fusion.text_projection.weight
    frozen = (
        None
        if geometry is None
        else torch.as_tensor(np.asarray(geometry, dtype=np.float32), device=weight.device)
    )
    return tuple(
        adapter.merged()(rows.to(weight.device), frozen).double().cpu()
        for adapter, rows in zip(adapters, vectors, strict=True)
    )
