"""The top layers of a frozen Uni-Mol, run on their own.

As :mod:`discovery.latent.text_blocks` for the geometry encoder: what enters the adapted layers (the states of a molecule's atoms
and the bias of its pairs) is computed once by the encoder's own network, on the conformers of its own store. Adapted are the
linear layers of attention and of the feed-forward part: ``in_proj``, ``out_proj``, ``fc1`` and ``fc2`` of Uni-Mol, and what
Uni-Mol2 has in their place. Its pair updates stay frozen.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import torch
from torch import Tensor, nn

from discovery.encoders.encoder import Encoding, EncodingFailure
from discovery.encoders.memory import FIXED_SHAPE, PASS_BYTES
from discovery.encoders.unimol import Network, Prepared, pool
from discovery.errors import EncodingError, WeightsError
from discovery.latent.frozen import Blocks, Call, sharing_copy, stop_at_top, top_quarter
from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent


class AdaptableGeometry(Protocol):
    """What a geometry encoder must offer for its network to be adapted."""

    @property
    def network(self) -> Network:
        """The frozen network."""
        ...

    @property
    def revision(self) -> str:
        """Hash of weights and settings."""
        ...

    @property
    def name(self) -> str:
        """Short name for people."""
        ...

    @property
    def dim(self) -> int:
        """Length of a vector."""
        ...

    def prepared(
        self, units: Sequence[RepeatUnit], progress: Progress = silent
    ) -> list[Prepared | EncodingFailure]:
        """Each unit as the network reads it, or why it cannot."""
        ...

    def encode(self, units: Sequence[RepeatUnit]) -> Encoding:
        """The frozen vectors."""
        ...


MOLECULES_PER_PACK = 16
"""Molecules of like size that go through the layers together."""

MOLECULES_ON_GPU = 64
"""The same on a GPU, where every call costs as much as a small product."""

LEAST_FILLED = 0.8
"""Size of the smallest molecule of a pack, against the largest one: with less, more time would go into padding than into the
calls that are saved."""


@dataclass(frozen=True, slots=True)
class _LayerKind:
    """How the layers of a family of networks are built and called."""

    name: str
    pairs: str
    """The argument that carries the state of pairs from layer to layer."""
    returned: int
    """How many values a call returns, of which the first two are the states of atoms and of pairs."""
    adapted: tuple[str, ...]
    """The linear layers within a layer that are adapted."""
    padded: bool
    """Whether molecules of several sizes can go through a layer together, with a pair's state of minus infinity where there is
    no atom to look at. A layer of Uni-Mol2 scales its pair updates by the padded length."""


_KINDS = (
    _LayerKind(
        "Uni-Mol", "attn_bias", 3, ("self_attn.in_proj", "self_attn.out_proj", "fc1", "fc2"), padded=True
    ),
    _LayerKind(
        "Uni-Mol2",
        "pair",
        2,
        (*(f"self_attn.linear_{letter}" for letter in "qkvo"), "ffn.linear_1", "ffn.linear_2"),
        padded=False,
    ),
)


@dataclass(frozen=True, eq=False)
class GeometryPack:
    """A few molecules on their way through the network, stopped below the adapted layers."""

    rows: Tensor
    """``b`` positions of these molecules among the units asked for."""

    sizes: Tensor
    """``b`` numbers of atoms that the network reads."""

    states: Tensor
    """``b x t x e`` states that enter the first adapted layer: a begin token, the atoms and, but for Uni-Mol2, an end token."""

    pairs: Tensor
    """State of the pairs that enters it, shaped as the network has it."""

    arguments: Mapping[str, Any]
    """What every layer is called with beside these."""


class TopLayers(Blocks):
    """The last layers of a Uni-Mol and its final norm, sharing the weights but not the module tree.

    The layers keep the names they have in the network (``encoder.layers.5.self_attn.in_proj``).

    Args:
        network: The frozen network.
        depth: Number of layers.

    Raises:
        WeightsError: When the network's layers are of neither kind that is known here.
    """

    def __init__(self, network: Network, depth: int) -> None:
        super().__init__()
        layers = _layers(network.model)
        if not 0 < depth <= len(layers):
            raise ValueError(f"a network of {len(layers)} layers has no top {depth}")
        self._kind = _kind(network.model)
        top = range(len(layers) - depth, len(layers))
        norm: nn.Module | None = getattr(network.model.encoder, "final_layer_norm", None)
        self.encoder = nn.Module()
        self.encoder.layers = nn.ModuleDict({str(index): sharing_copy(layers[index]) for index in top})
        self.encoder.final_layer_norm = (
            nn.Identity() if norm is None else sharing_copy(norm)
        )  # Uni-Mol2 has none
        self.spares_memory = network.parameters > FIXED_SHAPE
        self.eval()

    def linear_layers(self) -> list[str]:
        """Those of attention and of the feed-forward part."""
        layers = cast(nn.ModuleDict, self.encoder.layers)
        return [f"encoder.layers.{index}.{name}" for index in layers for name in self._kind.adapted]

    def forward(self, pack: GeometryPack) -> Tensor:
        """Last states ``b x t x e``."""
        states, pairs = pack.states, pack.pairs
        for layer in cast(nn.ModuleDict, self.encoder.layers).values():
            passed = {self._kind.pairs: pairs, **pack.arguments}
            states, pairs = self.called(layer, states, **passed)[:2]
        last: Tensor = cast(nn.Module, self.encoder.final_layer_norm)(states)
        return last


@dataclass(frozen=True, eq=False)
class GeometryBlocks:
    """The top ``depth`` layers of a geometry encoder: what enters them, and what comes out of a copy of them."""

    encoder: AdaptableGeometry
    depth: int

    @classmethod
    def of(cls, encoder: AdaptableGeometry, depth: int | None = None) -> GeometryBlocks:
        """By default the top quarter of the layers, rounded up."""
        return cls(encoder, top_quarter(layer_count(encoder.network)) if depth is None else depth)

    def copied(self) -> TopLayers:
        """The layers for adapters to be put in."""
        return TopLayers(self.encoder.network, self.depth)

    def packs(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Iterator[GeometryPack]:
        """Run the frozen network on ``n`` units up to its top layers, a pack at a time, the largest molecules first.

        Raises:
            EncodingError: When a unit cannot be encoded.
        """
        prepared = self._prepared(units, progress)
        network = self.encoder.network
        kind = _kind(network.model)

        def handed_on(call: Call) -> tuple[Any, ...]:
            return (*_entering(kind, call)[:2], None)[: kind.returned]

        below = copy.copy(network)
        below.model = sharing_copy(network.model)
        stops = stop_at_top(_layers(below.model), self.depth, handed_on)
        done = 0
        for together in self._packed([item.size for item in prepared], kind):
            parts = []
            for rows in together:
                below.vectors([prepared[row] for row in rows])
                calls = [stop.calls.pop() for stop in stops]
                states, pairs, arguments = _entering(kind, calls[0])
                sizes = torch.full((len(rows),), prepared[rows[0]].size)
                # what is computed in inference mode can have no graph built on it, a copy of it can
                outside = {name: _copied(value) for name, value in arguments.items()}
                parts.append(GeometryPack(torch.tensor(rows), sizes, states.clone(), pairs.clone(), outside))
                done += len(rows)
            yield parts[0] if len(parts) == 1 else _padded(parts)
            progress(done, len(units), f"polymers read by {self.encoder.name}")

    def vectors(self, blocks: nn.Module, pack: GeometryPack) -> Tensor:
        """A pack through a copy of the layers, adapted or not: ``b x d`` float32, where the network runs."""
        states = blocks(pack)
        place = torch.arange(states.shape[1])
        is_atom = ((place > 0) & (place <= pack.sizes.unsqueeze(1))).to(states)
        return pool(states, is_atom, self.encoder.network.pooling).float()

    def graph_bytes(self, pack: GeometryPack) -> int:
        """What a pack's way through the layers keeps for the way back, from above.

        Per layer a few states of the pairs (attention and its softmax; updates in Uni-Mol2) and some twenty of the atoms, of
        which the feed-forward part has four times as many numbers; of large networks only what enters a layer.
        """
        large = self.encoder.network.parameters > FIXED_SHAPE
        states, pairs = (1, 1) if large else (24, 8)
        return self.depth * (states * pack.states.nbytes + pairs * pack.pairs.nbytes)

    def _prepared(self, units: Sequence[RepeatUnit], progress: Progress) -> list[Prepared]:
        found = self.encoder.prepared(units, progress)
        ready = [item for item in found if isinstance(item, Prepared)]
        if len(ready) < len(found):
            first = next(item for item in found if isinstance(item, EncodingFailure))
            raise EncodingError(
                f"{self.encoder.name} cannot encode {len(found) - len(ready)} of {len(units)} polymers: "
                f"{first.unit.psmiles}: {first.reason}.",
                "Refine with the polymers that the encoder can read.",
            )
        return ready

    def _packed(self, sizes: Sequence[int], kind: _LayerKind) -> Iterator[list[list[int]]]:
        """Positions of molecules that go through the layers together, in parts of one size, the largest first."""
        by_size: dict[int, list[int]] = {}
        for row, size in enumerate(sizes):
            by_size.setdefault(size, []).append(row)
        together: list[list[int]] = []
        room, least = 0, 0.0
        for size, members in sorted(by_size.items(), reverse=True):
            while members:
                if not room or size < least:
                    if together:
                        yield together
                    together, room = [], self._rows(size)
                    least = LEAST_FILLED * size if kind.padded else size
                together.append(members[:room])
                room -= len(together[-1])
                members = members[len(together[-1]) :]
        if together:
            yield together

    def _rows(self, size: int) -> int:
        """Molecules of a pack: halved until what the layers keep for the way back fits what a pass may take."""
        network = self.encoder.network
        on_gpu = network.device.startswith("cuda")
        rows, most = (MOLECULES_ON_GPU, PASS_BYTES) if on_gpu else (MOLECULES_PER_PACK, PASS_BYTES / 4)
        kept = 1 if network.parameters > FIXED_SHAPE else self.depth
        while rows > 1 and rows * kept * (size + 2) ** 2 * network.pair_bytes > most:
            rows //= 2
        return rows


def _padded(parts: Sequence[GeometryPack]) -> GeometryPack:
    """Molecules of several sizes as one pack, the largest first: no atom looks at what is not there."""
    longest = parts[0].states.shape[1]
    states, pairs = [], []
    for part in parts:
        missing = longest - part.states.shape[1]
        states.append(nn.functional.pad(part.states, (0, 0, 0, missing)))
        looked_at = nn.functional.pad(part.pairs, (0, missing), value=-torch.inf)
        pairs.append(nn.functional.pad(looked_at, (0, 0, 0, missing)))  # rows that nobody looks at
    rows, sizes = (torch.cat([getattr(part, name) for part in parts]) for name in ("rows", "sizes"))
    return GeometryPack(rows, sizes, torch.cat(states), torch.cat(pairs), parts[0].arguments)


def layer_count(network: Network) -> int:
    """Number of layers of a network."""
    return len(_layers(network.model))


def _layers(model: Any) -> nn.ModuleList:
    return cast(nn.ModuleList, model.encoder.layers)


def _kind(model: Any) -> _LayerKind:
    parts = {name for name, part in _layers(model)[0].named_modules() if isinstance(part, nn.Linear)}
    for kind in _KINDS:
        if parts.issuperset(kind.adapted):
            return kind
    raise WeightsError(
        f"A {type(model).__name__} cannot be refined: its layers are neither those of Uni-Mol nor of Uni-Mol2.",
        "Use the bundled geometry encoder or a released Uni-Mol, or refine the text encoder alone.",
    )


def _entering(kind: _LayerKind, call: Call) -> tuple[Tensor, Tensor, dict[str, Any]]:
    """States of atoms, states of pairs and the other arguments of a call of a layer."""
    positional, named = call
    pairs = positional[1] if len(positional) > 1 else named[kind.pairs]
    return positional[0], pairs, {name: value for name, value in named.items() if name != kind.pairs}


def _copied(value: Any) -> Any:
    return value.clone() if isinstance(value, Tensor) else value
