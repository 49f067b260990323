"""The top blocks of one frozen encoder with low-rank updates, and exact gradients that fit into memory.

What enters the blocks never changes and is read once (:class:`Below`). A Gaussian process needs the vectors of all polymers at
once to say how each should move, but the states inside the blocks of all polymers need not exist at once: the vectors are
computed without a graph, the loss gives the gradient with respect to them, and each pack then goes through the blocks once more
and takes its rows of that gradient back to the factors (gradient caching, Gao et al., arXiv 2101.06983). Where the graph of all
polymers is small it is kept instead (:meth:`AdaptedBlocks.traced`), which saves a third of the work.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol, cast

import torch
from peft import PeftModel
from torch import Tensor, nn

from discovery.encoders.memory import PASS_BYTES
from discovery.encoders.unimol import without_denormals
from discovery.errors import WeightsError, WeightsStateError
from discovery.latent.frozen import Blocks
from discovery.latent.geometry_blocks import AdaptableGeometry, GeometryBlocks
from discovery.latent.lora import CONFIG_FILE, adapt, factors, load_adapter, save_adapter, scale, set_factors
from discovery.latent.text_blocks import AdaptableText, TextBlocks
from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent

Kind = Literal["text", "geometry"]

GRAPH_BYTES = 500_000_000
"""Estimated size up to which a graph is kept in main memory, of which a whole round may take 4 GB."""

GRAPH_BYTES_ON_GPU = PASS_BYTES
"""The same on a GPU: as much as a pass may take there."""


class Pack(Protocol):
    """A few units on their way through the encoder, stopped below the adapted blocks."""

    @property
    def rows(self) -> Tensor:
        """Their ``b`` positions among the units asked for."""
        ...


class Top(Protocol):
    """The top blocks of a frozen encoder."""

    @property
    def encoder(self) -> AdaptableText | AdaptableGeometry:
        """Whose own network carries no adapter."""
        ...

    @property
    def depth(self) -> int:
        """How many blocks they are."""
        ...

    def copied(self) -> Blocks:
        """The blocks for adapters to be put in, under the names that they have in the whole model."""
        ...

    def packs(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Iterator[Any]:
        """What enters the blocks."""
        ...

    def vectors(self, blocks: nn.Module, pack: Any) -> Tensor:
        """A pack through the blocks: ``b x d`` float32, where the network runs."""
        ...

    def graph_bytes(self, pack: Any) -> int:
        """What a pack's way through the blocks keeps for the way back, from above."""
        ...


@dataclass(frozen=True, eq=False)
class Below:
    """What enters the adapted blocks of ``n`` units; it does not depend on the factors, so adapters of one depth share it."""

    packs: tuple[Pack, ...]

    def __len__(self) -> int:
        return sum(len(pack.rows) for pack in self.packs)


@dataclass(frozen=True, eq=False)
class Traced:
    """Vectors under the present factors, and the way back to these."""

    vectors: Tensor
    """``n x d`` float32 on the processor; a leaf, whose gradient a loss fills in."""

    way_back: Callable[[Tensor], None]
    """Takes that gradient on to the factors."""

    def settle(self) -> None:
        """Carry the gradient that reached the vectors, if any, on to the factors; once."""
        if self.vectors.grad is not None:
            self.way_back(self.vectors.grad)


@dataclass(frozen=True, eq=False)
class AdaptedBlocks:
    """Rank-stabilised LoRA on all linear layers of the top blocks of an encoder. A fresh one changes nothing.

    Unlike the encoder's own, the last digits of a vector tell what it was embedded beside: packs are put together by length.
    """

    top: Top
    """The frozen blocks."""

    model: PeftModel
    """A copy of them, over the same storage, with the factors."""

    @classmethod
    def fresh(
        cls,
        encoder: AdaptableText | AdaptableGeometry,
        *,
        rank: int,
        alpha: int,
        seed: int,
        depth: int | None = None,
    ) -> AdaptedBlocks:
        """Factors that change nothing yet.

        Args:
            encoder: Encoder to adapt; its own network stays as it is.
            rank: Of the updates.
            alpha: Scale of the updates, which is ``alpha / sqrt(rank)``.
            seed: Of the initial factors.
            depth: Blocks to adapt, from the top; by default a quarter of all, rounded up.

        Raises:
            WeightsError: When the network's blocks are not of a kind that can be adapted.
        """
        top = _top(encoder, depth)
        blocks = top.copied()
        return cls(top, adapt(blocks, blocks.linear_layers(), rank=rank, alpha=alpha, seed=seed))

    @property
    def kind(self) -> Kind:
        """Which encoder it belongs to."""
        return "text" if isinstance(self.top, TextBlocks) else "geometry"

    @property
    def depth(self) -> int:
        """Number of adapted blocks."""
        return self.top.depth

    @property
    def dim(self) -> int:
        """Length ``d`` of a vector."""
        return self.top.encoder.dim

    @property
    def settings(self) -> dict[str, str | int]:
        """What an adapter's address hangs on beside its factors: encoder, depth, rank and alpha."""
        revision = self.top.encoder.revision
        return {"kind": self.kind, "revision": revision, "depth": self.depth, **scale(self.model)}

    def parameters(self) -> list[nn.Parameter]:
        """The trainable factors, float32."""
        return [p for p in self.model.parameters() if p.requires_grad]

    def state(self) -> dict[str, Tensor]:
        """A copy of all factors, by PEFT's names."""
        return factors(self.model)

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go back to a copy that :meth:`state` gave.

        Raises:
            WeightsError: When it is of other blocks.
        """
        set_factors(self.model, state)

    def read(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Below:
        """Run the frozen encoder on ``n`` units up to the adapted blocks.

        Raises:
            EncodingError: When a unit cannot be encoded.
        """
        return Below(tuple(self.top.packs(units, progress)))

    @torch.no_grad()
    def vectors(self, below: Below) -> Tensor:
        """Adapted vectors ``n x d``, float32 on the processor, without a graph."""
        return self._gathered(below, [self._run(pack) for pack in below.packs])

    def backward(self, below: Below, gradient: Tensor) -> None:
        """Add to the factors' ``grad`` what a loss has, given its gradient with respect to :meth:`vectors`.

        Args:
            below: What the vectors were computed from.
            gradient: ``n x d``; packs all of whose rows are zero are passed over.
        """
        for pack in below.packs:
            if gradient[pack.rows].any():
                _propagate([pack], [self._run(pack)], gradient)

    def traced(self, below: Below, memory: int | None = None) -> Traced:
        """Adapted vectors to take a loss of, in as little time as memory allows: one step of training.

        Args:
            below: What the vectors are computed from.
            memory: Bytes that a graph may take until the loss is propagated back; by default :data:`GRAPH_BYTES`.
        """
        if memory is None:
            memory = GRAPH_BYTES_ON_GPU if self._on_gpu else GRAPH_BYTES
        if self._graph_bytes(below) > memory:
            return Traced(self.vectors(below).requires_grad_(), partial(self.backward, below))
        kept = [self._run(pack) for pack in below.packs]
        vectors = self._gathered(below, [each.detach() for each in kept]).requires_grad_()
        return Traced(vectors, partial(_propagate, below.packs, kept))

    def embed(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Tensor:
        """Adapted vectors ``n x d`` of units, of which no states are kept; float32 on the processor.

        Raises:
            EncodingError: When a unit cannot be encoded.
        """
        return embed_all((self,), units, progress)[0]

    def save(self, folder: Path) -> None:
        """Write PEFT's two files into ``folder``, which is made where it is missing."""
        save_adapter(self.model, folder)

    @classmethod
    def load(cls, encoder: AdaptableText | AdaptableGeometry, folder: Path) -> AdaptedBlocks:
        """Read what :meth:`save` wrote; the names of the adapted layers tell the depth.

        Raises:
            WeightsError: When a file is missing or damaged, or the adapter does not fit the encoder.
        """
        top = _top(encoder, _saved_depth(folder))
        try:
            blocks = top.copied()
        except ValueError as error:
            raise WeightsError(
                f"The adapter in {folder} is for another model: {error}.",
                "Use the encoders that it was trained on.",
            ) from error
        return cls(top, load_adapter(blocks, folder))

    @property
    def _on_gpu(self) -> bool:
        return any(factor.is_cuda for factor in self.parameters())

    def _graph_bytes(self, below: Below) -> int:
        return sum(self.top.graph_bytes(pack) for pack in below.packs)

    def _gathered(self, below: Below, found: Sequence[Tensor]) -> Tensor:
        """``n x d`` of the vectors of each pack."""
        vectors = torch.empty(len(below), self.dim)
        for pack, rows in zip(below.packs, found, strict=True):
            vectors[pack.rows] = rows.cpu()
        return vectors

    def _run(self, pack: Pack) -> Tensor:
        with without_denormals():
            return self.top.vectors(self.model, pack)


@torch.no_grad()
def embed_all(
    adapters: Sequence[AdaptedBlocks], units: Sequence[RepeatUnit], progress: Progress = silent
) -> tuple[Tensor, ...]:
    """As :meth:`AdaptedBlocks.embed` for adapters of one encoder and depth, which reads the units only once.

    Returns:
        For each adapter ``n x d`` float32.
    """
    vectors = tuple(torch.empty(len(units), adapter.dim) for adapter in adapters)
    if len({(adapter.kind, adapter.top.encoder.revision, adapter.depth) for adapter in adapters}) > 1:
        raise ValueError("adapters of several encoders or depths do not read the same")
    for pack in adapters[0].top.packs(units, progress) if adapters else ():
        for adapter, rows in zip(adapters, vectors, strict=True):
            rows[pack.rows] = adapter._run(pack).cpu()
    return vectors


def _propagate(packs: Sequence[Pack], found: Sequence[Tensor], gradient: Tensor) -> None:
    """Take each pack's rows of the gradient back through its graph, where any of them is not zero."""
    moved = [place for place, pack in enumerate(packs) if gradient[pack.rows].any()]
    if moved:
        ends = [found[place] for place in moved]
        shares = [gradient[packs[place].rows].to(found[place]) for place in moved]
        with without_denormals():
            torch.autograd.backward(ends, shares)


def _top(encoder: AdaptableText | AdaptableGeometry, depth: int | None) -> Top:
    if hasattr(encoder, "tokenize"):
        return TextBlocks.of(cast(AdaptableText, encoder), depth)
    return GeometryBlocks.of(encoder, depth)


def _saved_depth(folder: Path) -> int:
    """Number of blocks whose layers an adapter's configuration names."""
    try:
        names = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))["target_modules"]
        return len({str(name).partition("layers.")[2].partition(".")[0] for name in names})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsStateError(
            f"The adapter in {folder} cannot be read: {error}",
            "Copy the folder again, or let the next round make a new one.",
        ) from error
