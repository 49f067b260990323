"""Arithmetic that adapting an encoder cannot do without."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from torch import nn

from discovery.encoders.unimol import Prepared
from discovery.latent.adapted_blocks import AdaptedBlocks
from discovery.latent.geometry_blocks import GeometryBlocks
from discovery.latent.text_blocks import TextBlocks
from discovery.polymers import RepeatUnit

ENTERED = ("q_proj", "k_proj", "v_proj", "in_proj", "linear_q", "linear_k", "linear_v")
"""Layers that the states entering a block go through first; to those of the lowest adapted block no gradient is needed."""


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Floating-point operations for some polymers; no padding, nothing computed twice.

    Args:
        read: Up to the adapted blocks.
        forward: Through these and their factors.
        backward: From the vectors back to the factors: the gradient of every state above the lowest factors, and the factors'.
    """

    read: float
    forward: float
    backward: float

    @property
    def step(self) -> float:
        """A step of training."""
        return self.forward + self.backward

    @property
    def embedding(self) -> float:
        """Re-embedding the polymers."""
        return self.read + self.forward


def arithmetic(adapted: AdaptedBlocks, units: Sequence[RepeatUnit]) -> Arithmetic:
    """Count the products of matrices for ``n`` units; what runs number by number (norms, softmax, activations) is left out."""
    if isinstance(adapted.top, TextBlocks):
        text = adapted.top.encoder
        lengths = text.tokenize(text.texts(units))["attention_mask"].sum(dim=1).tolist()
        backbone = cast(Any, getattr(text.model, "base_model", text.model))
        blocks, width, causal, pairs = backbone.layers, text.dim, 0.5, 0
    else:
        network = cast(GeometryBlocks, adapted.top).encoder.network
        model = cast(Any, network.model)
        molecules = cast(GeometryBlocks, adapted.top).encoder.prepared(units)
        lengths = [molecule.size + 2 for molecule in molecules if isinstance(molecule, Prepared)]
        blocks, width, causal = model.encoder.layers, model.embed_tokens.embedding_dim, 1.0
        pairs = _products([model.gbf_proj])
    tokens, squares = sum(lengths), sum(length**2 for length in lengths)
    attention = 4 * causal * width * squares  # in one block: scores, and the sum over values
    below, top = list(blocks)[: -adapted.depth], list(blocks)[-adapted.depth :]
    rank = cast(int, adapted.settings["rank"])
    adapting = 2 * rank * sum(part.in_features + part.out_features for part in _linear(top)) * tokens
    frozen = 2 * _products(top) * tokens
    entered = 2 * tokens * sum(
        part.in_features * part.out_features
        for name, part in top[0].named_modules()
        if isinstance(part, nn.Linear) and name.endswith(ENTERED)
    )  # fmt: skip
    return Arithmetic(
        read=2 * _products(below) * tokens + len(below) * attention + 2 * pairs * squares,
        forward=frozen + adapting + len(top) * attention,
        backward=frozen - entered + 2 * adapting + 2 * len(top) * attention,
    )


def _linear(modules: Iterable[nn.Module]) -> list[nn.Linear]:
    return [part for module in modules for part in module.modules() if isinstance(part, nn.Linear)]


def _products(modules: Iterable[nn.Module]) -> int:
    """Multiplications of one vector's way through all linear layers."""
    return sum(part.in_features * part.out_features for part in _linear(modules))
